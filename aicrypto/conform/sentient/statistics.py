"""Answers of the suites sentient.detection, .coalition and .attribution."""

from collections.abc import Callable
from typing import Any

import numpy as np

from aicrypto import oml

Json = dict[str, Any]


def detection(case: Json) -> Json:
    """Suite sentient.detection; `fn` names the function."""
    given = {name: value for name, value in case.items() if name != "fn"}
    return _DETECTION[case["fn"]](given)


def coalition(case: Json) -> Json:
    """Suite sentient.coalition: what a coalition answers, and whom that accuses."""
    matrix, members = np.array(case["assignment"]), set(case["coalition"])
    answered = oml.answers(matrix, case["coalition"], case["strategy"])
    verdict = oml.accuse(matrix, answered, case["p"], case["delta"])
    accused = set(verdict.accused)
    return {
        "answered": list(verdict.answered),
        "scores": list(verdict.scores),
        "top": list(verdict.top),
        "accused": list(verdict.accused),
        "caught": bool(accused & members),
        "false_accusation": bool(accused - members),
    }


def attribution(case: Json) -> Json:
    """Suite sentient.attribution: shares of players and a pool split by Shapley's."""
    players, values = case["players"], case["values"]
    shares = oml.shapley(players, values)
    return {
        "shapley": [float(share) for share in shares],
        "leave_one_out": [float(share) for share in oml.leave_one_out(players, values)],
        "payout": oml.split(case["pool"], shares),
    }


def _for_coalition(given: Json) -> Json:
    triggered, expected = oml.fingerprints_for_coalition(**given)
    return {"triggered": triggered, "expected_fingerprints": expected}


_DETECTION: dict[str, Callable[[Json], Json]] = {
    "binomial_pvalue": lambda given: {"log10_pvalue": oml.binomial_pvalue(**given)},
    "poisson_binomial_pvalue": lambda given: {"log10_pvalue": oml.poisson_binomial_pvalue(**given)},
    "matches_needed": lambda given: {"matches": oml.matches_needed(**given)},
    "fingerprints_for_coalition": _for_coalition,
}
