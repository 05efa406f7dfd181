"""The sign of a column: which rows are negative, shown by their bits.

A field has no order, so d < 0 means: signed(d) is negative, and showing that takes d apart. With
m = 2^255 + signed(d), bit 255 of m is 1 exactly where d >= 0. Bits that are the same in all rows
(for negative rows: inverted bits) need no column; two masks say which bits vary and what the
others are. The columns of varying bits are pushed, each must be 0 or 1, and their weighted sum must
be d.

The masks are the prover's word: bits 128 to 254 of the inverted leading mask must be all ones, or
one value would have two decompositions and a prover could choose the sign.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, base/bit and proof_gadgets/sign_expr.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.sql.exact.builder import Builder
from aicrypto.sql.exact.format.proofs import Mask
from aicrypto.sql.exact.polynomials import Polynomial, rows_of

SIGN_BIT = 255
SIGN, LOW_BITS = 1 << SIGN_BIT, (1 << SIGN_BIT) - 1
ALL_BITS = SIGN | LOW_BITS
N_FREE_BITS = 128  # above them a value's bits must follow its sign
HIGH_BITS = LOW_BITS ^ ((1 << N_FREE_BITS) - 1)


class BitDecompositionInvalid(ValueError):
    """The bit columns do not add up to the value."""


class InvalidVaryingBits(ValueError):
    """The bit masks allow two decompositions of one value."""


@dataclass(frozen=True)
class Distribution:
    """How the bits of a column are spread.

    Attributes:
        masks: (which bits vary, leading bits: set in all rows).
        bit_columns: the column of every varying bit, lowest first.
        negative: 1 in the rows below zero.
    """

    masks: Mask
    bit_columns: list[list[int]]
    negative: list[int]


def distribution(scalars: Sequence[int]) -> Distribution:
    """The bit distribution of a column of scalars.

    >>> found = distribution([1, 2, 3])
    >>> found.masks[0], found.bit_columns
    (3, [[1, 0, 1], [0, 1, 1]])
    """
    shifted = [SIGN + FR.signed(d) for d in scalars]
    aligned = [m if m & SIGN else m ^ LOW_BITS for m in shifted]
    leading = reduce(and_, aligned, ALL_BITS)
    varying = reduce(or_, aligned, 0) ^ leading if aligned else 0
    columns = [[m >> i & 1 for m in shifted] for i in _positions(varying)]
    return Distribution((varying, leading), columns, [1 - (m >> SIGN_BIT) for m in shifted])


def sign(b: Builder, d: Polynomial, chi: Polynomial, length: int) -> Polynomial:
    """The column that is 1 where d is negative, among the first `length` rows.

    Raises:
        InvalidVaryingBits: (verifier) if the masks are ambiguous.
        BitDecompositionInvalid: (verifier) if the bits do not give d.
    """
    found: list[Distribution] = []

    def spread() -> Distribution:
        if not found:
            found.append(distribution(rows_of(d, length)))
        return found[0]

    varying, leading = b.masks(lambda: spread().masks)
    positions = _positions(varying)
    columns = []
    for number in range(len(positions)):
        column = b.final(lambda number=number: spread().bit_columns[number])  # type: ignore[misc]
        b.vanish(column - column * column)
        columns.append(column)
    not_negative = _sign_column(varying, leading, columns, chi)
    if length or varying:  # without rows all terms are zero, and the leading mask is all ones
        _check_sum(b, (varying, leading), columns, not_negative, chi, d)
    else:
        b.same(chi * 0, d, BitDecompositionInvalid)
    return chi - not_negative


def _sign_column(
    varying: int, leading: int, columns: list[Polynomial], chi: Polynomial
) -> Polynomial:
    """1 where the value is not negative: the top bit's column, or the same in all rows."""
    return columns[-1] if varying & SIGN else chi * (leading >> SIGN_BIT & 1)


def _check_sum(
    b: Builder,
    masks: Mask,
    columns: list[Polynomial],
    not_negative: Polynomial,
    chi: Polynomial,
    d: Polynomial,
) -> None:
    """Sum 2^i·b_i + sign·lead + (chi - sign)·inverted - 2^255·chi = d."""
    varying, leading = masks
    lead, inverted = leading | SIGN, (~varying ^ (leading | SIGN)) & LOW_BITS
    if varying & leading & LOW_BITS or inverted & HIGH_BITS != HIGH_BITS:
        raise InvalidVaryingBits(f"masks are {varying:#x} and {leading:#x}: ambiguous")
    total = not_negative * lead + (chi - not_negative) * inverted - chi * SIGN
    for position, column in zip(_positions(varying), columns, strict=True):
        if position != SIGN_BIT:
            total = total + column * (1 << position)
    b.same(total, d, BitDecompositionInvalid)


def _positions(mask: int) -> list[int]:
    return [i for i in range(SIGN_BIT + 1) if mask >> i & 1]
