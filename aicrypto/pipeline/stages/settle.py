"""Stage 7, settle: the contract holds every commitment, and pays everybody who worked, to the wei.

The run's whole life on chain is a list of signed transactions. A stranger replays them on a fresh
chain and must find the same data-set root, model digest and result there, the payouts that the
rules give, and not one wei made or lost.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.evm import Chain, Journal
from aicrypto.pipeline.job import COORDINATOR, REWARD_WEI, Job, Posted
from aicrypto.pipeline.receipts import Evidence, Facts, Json, demand
from aicrypto.pipeline.state import State

NAME = "settle"
# Shares of the reward in percent; what rounding leaves goes to the coordinator with the rest.
SHARES = {"nodes": 30, "miners": 40, "validators": 20}


@dataclass(frozen=True)
class Settlement:
    """Wei paid to each party."""

    payouts: dict[str, int]


def payouts_of(facts: Facts) -> dict[str, int]:
    """What each party is due: nodes by pages, miners by rank, validators by dividend."""
    miners = dict(facts["rank"]["rank"]) | {facts["rank"]["deregistered"]: 0}
    work = {
        "nodes": facts["crawl"]["pages_by_node"],
        "miners": miners,
        "validators": facts["rank"]["dividends"],
    }
    due: dict[str, int] = {}
    for group, percent in SHARES.items():
        due |= in_proportion(work[group], REWARD_WEI * percent // 100)
    return due | {COORDINATOR: REWARD_WEI - sum(due.values())}


def in_proportion(amounts: Mapping[str, int], wei: int) -> dict[str, int]:
    """`wei` split in proportion to the amounts, each share rounded down.

    >>> in_proportion({"a": 2, "b": 1}, 10)
    {'a': 6, 'b': 3}
    """
    total = sum(amounts.values())
    return {name: wei * amount // total if total else 0 for name, amount in amounts.items()}


def run(state: State) -> State:
    """The state with everybody paid, and the receipt."""
    facts = {receipt.stage: receipt.facts for receipt in state.receipts}
    payouts = payouts_of(facts)
    state.job.settle(payouts)
    return state.publish(
        NAME,
        Settlement(payouts),
        claim=f"the contract paid {REWARD_WEI} wei to {len(payouts)} parties, none lost",
        facts={
            "payouts": payouts,
            "contract": state.job.contract.address,
            "job": state.job.number,
            "addresses": {name: state.chain.account(name).address for name in payouts},
            "gas": state.job.gas,
        },
        evidence={"journal": state.chain.journal.to_bytes().hex()},
        assumes="the chain is a fresh one in this process: nobody else has confirmed it",
    )


def check(evidence: Json, facts: Facts, inputs: Evidence) -> None:
    """The replayed transactions leave the published commitments and the payouts of the rules."""
    claimed = facts[NAME]
    chain = Chain.replay(Journal.from_bytes(bytes.fromhex(evidence["journal"])))
    job = Job.at(chain, claimed["contract"], claimed["job"])
    data, proof = facts["dataset"], facts["prove"]
    model, answer = facts["quantise"]["digest"], (proof["input"], proof["label"], proof["proof"])
    expected = Posted(data["root"], data["n_rows"], model, *answer)
    demand(job.posted() == expected, f"the chain holds {job.posted()}, the receipts {expected}")
    demand(claimed["payouts"] == payouts_of(facts), "other payouts follow from the rules")
    demand(sum(claimed["payouts"].values()) == REWARD_WEI, "payouts do not sum to the reward")
    due = {claimed["addresses"][name]: wei for name, wei in claimed["payouts"].items() if wei}
    demand(job.withdrawn() == due, "the chain paid other amounts")
    demand(chain.balance(job.contract) == 0, "wei are left in the contract")
    demand(chain.total_wei() == chain.minted_wei, "wei were made or lost")
