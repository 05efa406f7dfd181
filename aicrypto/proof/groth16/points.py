"""Numbers and points as snarkjs writes them: decimal strings, a third coordinate that says nothing.

    G1 [x, y, "1"]        G2 [[x.re, x.im], [y.re, y.im], ["1", "0"]]        infinity: z = 0

Writers are exact, readers refuse: coordinates outside 0..q-1 (snarkjs reduces them, and x + q names
the same point a second time), points off their curve, points of the twist outside G2. The contract
wants G2 with the imaginary part first: see `calldata`.

Source: npm snarkjs 0.7.6, its verification_key.json and proof.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FQ, BN254_FR, PrimeField

CURVE_NAME = "bn128"  # snarkjs's name for BN254
DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")  # 78 digits hold 256 bits
WORD, TWIST_BYTES = 32, 128
ONE_2, ZERO_2 = ["1", "0"], ["0", "0"]


def number_from_json(value: Any, field: PrimeField, argument: str) -> int:
    """The field element that a decimal string stands for.

    Raises:
        ValueError: naming the argument, if it is no decimal string or not canonical.
    """
    if not isinstance(value, str) or not DECIMAL.fullmatch(value):
        raise ValueError(f"{argument} is {value!r}, must be a decimal string")
    return field.element(int(value), argument)


def publics_from_json(values: Any) -> tuple[int, ...]:
    """The public inputs in public.json; ValueError naming one that is not in 0..r-1."""
    listed = enumerate(_listed(values, None, "public"))
    return tuple(number_from_json(value, BN254_FR, f"public[{i}]") for i, value in listed)


def publics_to_json(values: Sequence[int]) -> list[str]:
    """The public inputs as snarkjs writes them."""
    return list(map(str, BN254_FR.elements(values, "public")))


def g1_from_json(value: Any, argument: str) -> Affine:
    """The point of G1; ValueError naming the argument, if it is none."""
    x, y, z = (number_from_json(c, BN254_FQ, argument) for c in _listed(value, 3, argument))
    if (x, y, z) == (0, 1, 0):
        return None
    if z != 1:
        raise ValueError(f"{argument} has third coordinate {z}, must be 1")
    return bn254.G1.require_on_curve((x, y), argument)


def g2_from_json(value: Any, argument: str) -> Affine:
    """The point of G2; ValueError naming the argument, if it is none or outside the subgroup."""
    rows = [_listed(row, 2, argument) for row in _listed(value, 3, argument)]
    if rows == [ZERO_2, ONE_2, ZERO_2]:
        return None
    if rows[2] != ONE_2:
        raise ValueError(f"{argument} has third coordinate {rows[2]}, must be {ONE_2}")
    pairs = [[number_from_json(c, BN254_FQ, argument) for c in row] for row in rows[:2]]
    return require_g2((Gaussian(*pairs[0]), Gaussian(*pairs[1])), argument)


def require_g2(point: Affine, argument: str) -> Affine:
    """`point`, if it lies in the group G2; ValueError naming the argument otherwise."""
    if not bn254.in_g2(point):
        raise ValueError(f"{argument} is {point}, which is not in G2 of BN254")
    return point


def g1_to_json(point: Affine) -> list[str]:
    """The point of G1 as snarkjs writes it."""
    return ["0", "1", "0"] if point is None else [str(point[0]), str(point[1]), "1"]


def g2_to_json(point: Affine) -> list[list[str]]:
    """The point of G2 as snarkjs writes it."""
    if point is None:
        return [list(ZERO_2), list(ONE_2), list(ZERO_2)]
    return [*([str(c.re), str(c.im)] for c in point), list(ONE_2)]


def g2_from_words(data: bytes, argument: str) -> Affine:
    """The point of G2 in 128 bytes, imaginary parts first, as EIP-197 has them; zeros: infinity.

    Raises:
        ValueError: naming the argument, if it is none or outside the subgroup.
    """
    if len(data) != TWIST_BYTES:
        raise BadLength(f"{argument} has {len(data)} bytes, must be {TWIST_BYTES}")
    words = (data[i : i + WORD] for i in range(0, TWIST_BYTES, WORD))
    x_im, x_re, y_im, y_re = (BN254_FQ.from_bytes(word) for word in words)
    point = (Gaussian(x_re, x_im), Gaussian(y_re, y_im)) if any(data) else None
    return require_g2(point, argument)


def require_protocol(value: Any, protocol: str, argument: str) -> Mapping[str, Any]:
    """The JSON object, if it says protocol and curve as expected; ValueError otherwise."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{argument} is no JSON object")
    for name, expected in (("protocol", protocol), ("curve", CURVE_NAME)):
        if field_of(value, name, argument) != expected:
            raise ValueError(f"{argument} has {name} {value[name]!r}, must be {expected!r}")
    return value


def field_of(value: Mapping[str, Any], name: str, argument: str) -> Any:
    """A field of a JSON object; ValueError naming it, if it is missing."""
    if name not in value:
        raise ValueError(f"{argument} lacks {name!r}")
    return value[name]


def _listed(value: Any, length: int | None, argument: str) -> list[Any]:
    if not isinstance(value, list) or length not in (None, len(value)):
        raise ValueError(f"{argument} must be a list" + (f" of {length}" if length else ""))
    return value
