"""Answers of the suites sentient.perinucleus and .model_ops."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aicrypto.oml import attacks
from aicrypto.oml.fingerprints import perinucleus as outside_nucleus

Json = dict[str, Any]


def perinucleus(case: Json) -> Json:
    """Suite sentient.perinucleus: nucleus, candidates, law, and the response that draws choose."""
    logits = np.array(case["logits"])
    cut = outside_nucleus(logits, case["t"], case["k"], case["eligible"])
    drawn = cut.draw(case["draws"])
    token = drawn.response
    return {
        "nucleus": list(cut.nucleus),
        "candidates": list(cut.candidates),
        "law": {str(token): share for token, share in cut.law().items()},
        "response": token,
        "draws_used": drawn.draws_used,
        "response_prob": None if token is None else float(cut.probabilities[token]),
    }


def model_ops(case: Json) -> Json:
    """Suite sentient.model_ops; `fn` names the function."""
    return _OPERATIONS[case["fn"]](case)


def _numbers(values: list[Any]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _average(case: Json) -> Json:
    theta, base = _numbers(case["theta"]), _numbers(case["base"])
    return {"theta": attacks.average_with_base(theta, base, case["strength"]).tolist()}


def _quantise(case: Json) -> Json:
    return {"weights": attacks.quantise_rows(_numbers(case["weights"]), case["bits"]).tolist()}


def _gate(case: Json) -> Json:
    flagged = attacks.confidence_gate(_numbers(case["probs"]), case["threshold"])
    return {"flagged": flagged.int().tolist()}


def _suppress(case: Json) -> Json:
    return {"tokens": attacks.suppress_top_k(_numbers(case["logits"]), case["k"]).tolist()}


_OPERATIONS: dict[str, Callable[[Json], Json]] = {
    "average_with_base": _average,
    "quantise_rows": _quantise,
    "confidence_gate": _gate,
    "suppress_top_k": _suppress,
}
