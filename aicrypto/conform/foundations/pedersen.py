"""Answers of the suite pedersen.ristretto255."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra.curves import ristretto255 as group
from aicrypto.commit import pedersen
from aicrypto.conform.encoding import enhex, unhex, unhex_all

Json = dict[str, Any]


def ristretto255(case: Json) -> Json:
    """Suite pedersen.ristretto255: `op` selects a point, a commitment or a verdict."""
    return _OPS[case["op"]](case)


def _points(encodings: list[str]) -> list[group.Point]:
    return [group.decode(data) for data in unhex_all(encodings)]


def _point(point: group.Point) -> Json:
    return {"point": enhex(group.encode(point))}


def _commitment(point: group.Point) -> Json:
    return {"commitment": enhex(group.encode(point))}


def _decode(case: Json) -> Json:
    try:
        group.decode(unhex(case["encoding"]))
    except ValueError:
        return {"valid": False}
    return {"valid": True}


def _commit(case: Json) -> Json:
    points = _points(case["generators"])
    return _commitment(pedersen.commit(case["messages"], case["blinding"], points))


def _sum(case: Json) -> Json:
    return _commitment(pedersen.sum_commitments(_points(case["commitments"])))


def _verify_opening(case: Json) -> Json:
    try:
        commitment, *points = _points([case["commitment"], *case["generators"]])
    except ValueError:
        return {"valid": False}
    opening = (case["messages"], case["blinding"])
    return {"valid": pedersen.verify_opening(commitment, *opening, points)}


_OPS: dict[str, Callable[[Json], Json]] = {
    "mul_base": lambda case: _point(group.multiply(group.BASE, case["k"])),
    "from_uniform": lambda case: _point(group.from_uniform(unhex(case["bytes"]))),
    "decode": _decode,
    "commit": _commit,
    "sum": _sum,
    "verify_opening": _verify_opening,
}
