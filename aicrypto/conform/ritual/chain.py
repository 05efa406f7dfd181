"""Suites ritual.async and ritual.schedule: calls that take their time."""

from typing import Any

from aicrypto.ritual.chain import (
    Fees,
    Job,
    Life,
    Servants,
    executions,
    payments,
    status_of,
)

Case = dict[str, Any]


def asynchronous(case: Case) -> Case:
    """`ritual.async`: where a call stands, and who was paid."""
    times = ("commit_block", "ttl", "fulfilled_block", "inclusion_block")
    servants = Servants(case["executor"], case["commitment_validator"], case["inclusion_validator"])
    fees = Fees(**case["fees"])
    life = Life(*(case[name] for name in times))
    status = status_of(life, case["now"], case["wallet"], fees)
    paid = payments(status, fees, servants)
    return {
        "status": str(status),
        "payments": paid,
        "wallet": case["wallet"] - sum(paid.values()),
    }


def schedule(case: Case) -> Case:
    """`ritual.schedule`: every execution of a job, and what its wallet has left."""
    job = Job(
        *(case["initial_block"], case["frequency"], case["max_block"], case["ttl"]),
        *(case["wallet"], case["max_fee"], case["fee"]),
    )
    done, wallet = executions(job, case["full_blocks"])
    listed = [
        {"index": one.index, "target": one.target, "status": str(one.outcome)}
        | ({} if one.block is None else {"block": one.block})
        for one in done
    ]
    return {"executions": listed, "wallet": wallet}
