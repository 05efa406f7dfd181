"""Suite olas.fsm: rounds of a service, and the choice of its keeper."""

from collections.abc import Hashable
from typing import Any

from aicrypto.agents.services.fsm import (
    Members,
    Payload,
    Round,
    TransactionNotValidError,
    select_keeper,
)

Json = dict[str, Any]


def fsm(case: Json) -> Json:
    """What became of the steps of a round, or the keeper."""
    try:
        return _keeper(case) if case["op"] == "keeper" else _round(case)
    except (ValueError, RuntimeError) as error:
        return {"error": type(error).__name__}


def _round(case: Json) -> Json:
    everybody = tuple(case.get("allParticipants") or ())
    members = Members(tuple(case["participants"]), everybody, case["threshold"])
    confirmations = case.get("requiredBlockConfirmations", 0)
    number, keeper = case.get("roundCount", 0), case.get("keeper")
    under_way = Round(case["kind"], members, number, keeper, confirmations)
    return {"steps": [_step(under_way, step) for step in case["steps"]]}


def _step(under_way: Round, step: Json) -> Json:
    if step.get("endBlock"):
        return {"event": under_way.end_block()}
    value = step["value"]
    values = _frozen(value if isinstance(value, list) else [value])
    number = step.get("round", under_way.round_count)
    try:
        under_way.deliver(Payload(step["sender"], values, number))
    except TransactionNotValidError as error:
        return {"error": type(error).__name__}
    return {"accepted": True}


def _frozen(values: list[Any]) -> tuple[Hashable, ...]:
    """The attributes, with lists in them made comparable."""
    return tuple(_frozen(value) if isinstance(value, list) else value for value in values)


def _keeper(case: Json) -> Json:
    who = case["participants"], case["blacklisted"]
    return {"keeper": select_keeper(*who, case["randomness"], case.get("current"))}
