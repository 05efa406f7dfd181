"""Suite myshell.automata."""

from aicrypto.agents import myshell
from aicrypto.agents.refusals import Refusal
from aicrypto.conform.agents.traces import Json


def automata(case: Json) -> Json:
    """The suite: documents that are accepted or not, transitions, orders of tasks."""
    try:
        return OPS[case["op"]](case)
    except Refusal as refusal:
        return {"error": refusal.name}


def _validate(case: Json) -> Json:
    return {"valid": myshell.is_valid(case["automata"])}


def _transition(case: Json) -> Json:
    automaton = myshell.load(case["automata"])
    _, chosen = myshell.next_case(automaton, case["state"], case["event"], case["variables"])
    return {"target": chosen.target}


def _order(case: Json) -> Json:
    return {"order": myshell.order(case["tasks"], case["edges"])}


OPS = {"validate": _validate, "transition": _transition, "order": _order}
