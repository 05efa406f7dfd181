"""SQL values as limbs below p = 2^61 - 1, for proofs over the fast field.

A 64-bit value does not fit one element of the field without wrapping in sums, so it becomes two
limbs of 32 bits, most significant first, shifted by 2^63 to be non-negative. Short integers and
columns whose bound is attested keep one limb; decimals take two, four or eight; text, bytes and
scalars enter by their 253-bit scalar, in five limbs of 60 bits.

Two things follow that gadgets rely on: 2^28 limbs of 32 bits add up without wrapping, and a < b
shows in the borrows of a two-limb subtraction whose differences fit 32 bits.

Source: this project's own design of the fast back end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.plain import BadLength, P
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.sql.exact.commitments import scalar
from aicrypto.sql.types import ColumnType, OutOfRange, Value

LIMB_BITS, SCALAR_LIMB_BITS, WORD_BITS = 32, 60, 16
N_SCALAR_LIMBS = 5
NARROW_LIMIT = 1 << 60  # sums of narrow columns stay below it
WIDTHS = {18: 64, 38: 128}  # decimals with so many digits fit so many bits
WIDEST = 256


class LimbOutOfRange(ValueError):
    """A limb has more bits than its place allows."""


class NonCanonicalLimb(ValueError):
    """A limb is no element of the field."""


@dataclass(frozen=True)
class Comparison:
    """a < b by subtraction.

    Attributes:
        borrow: whether the low limbs borrow from the high ones.
        less: whether a < b.
        words: both differences as 16-bit words: high, then low.
    """

    borrow: int
    less: int
    words: tuple[int, int, int, int]


@dataclass(frozen=True)
class LimbSum:
    """A sum taken limb by limb: total = 2^32·high + low - 2^63·count."""

    high: int
    low: int
    count: int

    @property
    def total(self) -> int:
        """The sum of the values."""
        return (self.high << LIMB_BITS) + self.low - (self.count << 63)


def encode(
    type_: ColumnType, value: Value, n_rows: int | None = None, bound: int | None = None
) -> list[int]:
    """The value's limbs; one only where an attested bound times the rows stays below 2^60.

    Raises:
        OutOfRange: if the value lies outside its type or the bound.
    """
    type_.check(value)
    if _by_scalar(type_):
        return _cut(scalar(value), SCALAR_LIMB_BITS, N_SCALAR_LIMBS)
    number = int(value)
    if bound is not None and abs(number) > bound:
        raise OutOfRange(f"value is {number}, the bound is {bound}")
    width = bits_of(type_)
    short = width == min(WIDTHS.values()) and is_narrow(n_rows, bound)
    if width is None or short:
        return [number % P]
    return _cut(number + (1 << (width - 1)), LIMB_BITS, width // LIMB_BITS)


def is_narrow(n_rows: int | None, bound: int | None) -> bool:
    """Whether so many values within the bound add up below 2^60, so that one limb is enough."""
    return bound is not None and n_rows is not None and bound * n_rows < NARROW_LIMIT


def decode(type_: ColumnType, limbs: Sequence[int]) -> Value:
    """The value that limbs stand for; text and bytes give their scalar.

    Raises:
        NonCanonicalLimb, LimbOutOfRange: if a limb is not in its range.
        OutOfRange: if the value lies outside its type.
        BadLength: if there are not as many limbs as the type has.
    """
    _check_canonical(limbs)
    if _by_scalar(type_):
        return _decode_scalar(type_, limbs)
    number = _decode_narrow(type_, limbs[0]) if len(limbs) == 1 else _decode_wide(type_, limbs)
    value: Value = bool(number) if type_.kind == "boolean" and number in (0, 1) else number
    type_.check(value)
    return value


def less_than(a: int, b: int) -> Comparison:
    """A < b for 64-bit values: u_lo = a_lo - b_lo + 2^32·t, u_hi = a_hi - b_hi - t + 2^32·s.

    >>> less_than(1, 2).less, less_than(2, 1).less
    (1, 0)
    """
    bigint = ColumnType("bigint")
    (a_high, a_low), (b_high, b_low) = encode(bigint, a), encode(bigint, b)
    borrow = int(a_low < b_low)
    less = int(a_high < b_high + borrow)
    low = a_low - b_low + (borrow << LIMB_BITS)
    high = a_high - b_high - borrow + (less << LIMB_BITS)
    mask = (1 << WORD_BITS) - 1
    return Comparison(borrow, less, (high >> WORD_BITS, high & mask, low >> WORD_BITS, low & mask))


def sum_limbs(values: Sequence[int]) -> LimbSum:
    """The sum of 64-bit values, limb by limb."""
    pairs = [encode(ColumnType("bigint"), value) for value in values]
    return LimbSum(sum(high for high, _ in pairs), sum(low for _, low in pairs), len(pairs))


def bits_of(type_: ColumnType) -> int | None:
    """How many bits a type's limbs hold together; None for types of one limb."""
    if type_.kind in ("bigint", "timestamp"):
        return min(WIDTHS.values())
    if type_.kind != "decimal75":
        return None
    return next((bits for digits, bits in WIDTHS.items() if type_.digits <= digits), WIDEST)


def _by_scalar(type_: ColumnType) -> bool:
    return type_.is_text or type_.kind == "scalar"


def _check_canonical(limbs: Sequence[int]) -> None:
    for limb in limbs:
        if not 0 <= limb < P:
            raise NonCanonicalLimb(f"limb is {limb}, must be in 0..{P - 1}")


def _cut(number: int, bits: int, count: int) -> list[int]:
    """The number in limbs of so many bits, the most significant first."""
    return [number >> bits * i & ((1 << bits) - 1) for i in reversed(range(count))]


def _decode_narrow(type_: ColumnType, limb: int) -> int:
    if (width := bits_of(type_)) not in (None, min(WIDTHS.values())):
        raise BadLength(f"one limb for {type_.to_json()}, which has {width} bits")
    return limb if limb <= P // 2 else limb - P


def _decode_wide(type_: ColumnType, limbs: Sequence[int]) -> int:
    width = bits_of(type_) or 0
    return _joined(limbs, LIMB_BITS, width) - (1 << width >> 1)


def _decode_scalar(type_: ColumnType, limbs: Sequence[int]) -> int:
    number = _joined(limbs, SCALAR_LIMB_BITS, N_SCALAR_LIMBS * SCALAR_LIMB_BITS)
    if number >= FR.modulus:
        raise LimbOutOfRange(f"limbs give {number}, must be below the scalar field's order")
    return FR.signed(number) if type_.kind == "scalar" else number


def _joined(limbs: Sequence[int], bits: int, width: int) -> int:
    if len(limbs) * bits != width:
        raise BadLength(f"there are {len(limbs)} limbs of {bits} bits, the type has {width} bits")
    number = 0
    for limb in limbs:
        if limb >> bits:
            raise LimbOutOfRange(f"limb is {limb}, must be below 2^{bits}")
        number = number << bits | limb
    return number
