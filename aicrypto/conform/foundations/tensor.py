"""Answers of the suite ligero.commit."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aicrypto.commit.tensor import ligero
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.conform.foundations.fields import vector

Json = dict[str, Any]


def commitment(case: Json) -> Json:
    """Suite ligero.commit: `op` selects a commitment, an opening or a verdict."""
    return _OPS[case["op"]](case)


def _shape(case: Json) -> ligero.Shape:
    return ligero.Shape(case["rows"], case["columns"], case["inv_rate"])


def _values(case: Json) -> Tensor:
    """The integers as they stand, so that the library meets those it must refuse."""
    return torch.tensor(case["values"], dtype=torch.int64)


def _commit(case: Json) -> Json:
    committed = ligero.commit(_values(case), _shape(case))
    # Column 0 alone, without the siblings that follow it.
    first_column = ligero.open_columns(committed, [0])[: 16 * case["rows"]]
    return {"root": enhex(committed.root), "first_column": enhex(first_column)}


def _open(case: Json) -> Json:
    committed = ligero.commit(_values(case), _shape(case))
    folds = ligero.fold(committed, vector(case["coefficients"]))
    opening = ligero.open_columns(committed, case["indices"])
    return {"u": enhex(folds.to_bytes()), "opening": enhex(opening)}


def _check(case: Json) -> Json:
    try:
        shape, coefficients = _shape(case), vector(case["coefficients"])
        root, folds, opening = (unhex(case[name]) for name in ("root", "u", "opening"))
    except ValueError:
        return {"valid": False}
    verdict = ligero.check(root, shape, coefficients, case["indices"], folds, opening)
    return {"valid": verdict}


_OPS: dict[str, Callable[[Json], Json]] = {"commit": _commit, "open": _open, "check": _check}
