"""Answers of the suite sentient.ledger: a result for each operation, and the money left."""

from collections.abc import Callable
from typing import Any

from aicrypto.conform.encoding import unhex, unhex_all
from aicrypto.oml.protocol import Ledger, Pair, Refused, Reveal, Terms
from aicrypto.oml.protocol import ledger as rules

Json = dict[str, Any]
Step = Callable[[Ledger, Json], tuple[Ledger, str]]


def ledger(case: Json) -> Json:
    """Suite sentient.ledger; a refused operation answers with its reason and changes nothing."""
    state, results = Ledger(), []
    for op in case["ops"]:
        given = {name: value for name, value in op.items() if name != "op"}
        try:
            state, result = _STEPS[op["op"]](state, given)
        except Refused as why:
            result = type(why).__name__
        results.append(result)
    hosts = state.hosts.items()
    money = {name: {"collateral": h.collateral, "credit": h.credit} for name, h in hosts}
    return {
        "results": results,
        "owner": state.owner,
        "hosts": money,
        "provers": dict(state.provers),
    }


def _publish(state: Ledger, given: Json) -> tuple[Ledger, str]:
    return rules.publish(state, Terms(**{**given, "root": unhex(given["root"])})), "ok"


def _authorise(state: Ledger, given: Json) -> tuple[Ledger, str]:
    return rules.authorise(state, given["host"], unhex(given["query_hash"])), "ok"


def _claim(state: Ledger, given: Json) -> tuple[Ledger, str]:
    pair = Pair(given["key"], given["response"], unhex(given["salt"]))
    reveal = Reveal(given["index"], pair, tuple(unhex_all(given["proof"])))
    return rules.claim(state, given["prover"], given["host"], reveal, given["observed"])


_STEPS: dict[str, Step] = {
    "publish": _publish,
    "deposit": lambda state, given: (rules.deposit(state, **given), "ok"),
    "authorise": _authorise,
    "claim": _claim,
    "withdraw": lambda state, given: (rules.withdraw(state, **given), "ok"),
}
