"""Products, tests and comparisons as constraints on columns.

A condition is a column that is 1 where it holds and 0 elsewhere. Equality of numbers needs one more
column, the difference's inverse; order needs the difference cut into words of w bits, each of them
looked up in 0..2^w-1 (w is 16, but 8 where so few rows are that a table of 2^16 would be most):

    d = 0   s·d = 0, 1 - s = d·i           a nonzero d forces s = 0, a zero d forces s = 1
    d < 0   d + 2^L·s = sum_j 2^wj·word_j   the right side is in 0..2^L-1, so s is d's sign

for |d| < 2^L. Everything else is a polynomial: and a·b, or a + b - ab, not 1 - a.
"""

from collections.abc import Callable
from functools import partial

import torch

from aicrypto.algebra import m61
from aicrypto.sql.fast.statement.builder import (
    MAX_DEGREE,
    Block,
    Builder,
    Poly,
    Values,
    number,
)
from aicrypto.sql.fast.tables import FieldOverflow

WIDTHS = (16, 32, 48, 60)  # bits of a difference; 60 stay below p


def column(b: Builder, poly: Poly) -> Poly:
    """The same values in a column: degree 1."""
    if poly.degree <= 1:
        return poly

    def _make() -> Poly:
        new = b.witness(lambda: b.evaluate(poly), poly.low, poly.high, poly.padding)
        b.require_zero(new - poly)
        return new

    return b.known(("column", frozenset(poly.terms.items())), _make)


def product(b: Builder, left: Poly, right: Poly) -> Poly:
    """left·right, of degree 2 at most."""
    if left.constant is not None:
        return right.scaled(left.constant)
    if right.constant is not None:
        return left.scaled(right.constant)
    if left.degree + right.degree > MAX_DEGREE:
        left, right = column(b, left), column(b, right)
    return left.times(right)


def either(b: Builder, left: Poly, right: Poly) -> Poly:
    """Whether one of two conditions holds."""
    both = product(b, left, right)
    joined = left + right - both
    return Poly(joined.terms, 0, 1, joined.padding)


def negation(condition: Poly) -> Poly:
    """Whether the condition does not hold."""
    return number(1) - condition


def is_zero(b: Builder, difference: Poly) -> Poly:
    """Whether the number is 0."""
    if difference.constant is not None:
        return number(int(difference.constant == 0))
    d = column(b, difference)

    def _make() -> Poly:
        padding = None if d.padding is None else int(d.padding == 0)
        s = b.witness(lambda: (b.evaluate(d) == 0).long(), 0, 1, padding)
        inverse = b.witness(lambda: _pseudo_inverse(b.evaluate(d)), 0, 0)
        b.require_zero(s.times(d))
        b.require_zero(number(1) - s - d.times(inverse))
        return s

    return b.known(("zero", frozenset(d.terms.items())), _make)


def is_negative(b: Builder, difference: Poly) -> Poly:
    """Whether the number is below 0.

    Raises:
        FieldOverflow: if it may have more than 60 bits.
    """
    if difference.constant is not None:
        return number(int(difference.constant < 0))
    d = column(b, difference)

    def _make() -> Poly:
        bits = width(d)
        padding = None if d.padding is None else int(d.padding < 0)
        s = b.witness(lambda: (b.integers(d) < 0).long(), 0, 1, padding)
        b.require_zero(s.times(s) - s)
        shifted = Poly(d.terms, 0, 0, None) + Poly({next(iter(s.terms)): 1 << bits}, 0, 0, None)
        require_width(b, shifted, bits)
        return s

    return b.known(("negative", frozenset(d.terms.items())), _make)


def width(poly: Poly) -> int:
    """The smallest of `WIDTHS` that holds the number's magnitude."""
    for bits in WIDTHS:
        # strictly: 2^60 - 1 + 2^60 is p, which is 0, and would count as negative
        if -(1 << bits) < poly.low and poly.high + 1 < 1 << bits:
            return bits
    raise FieldOverflow(f"a comparison of {poly.low}..{poly.high} needs more than 60 bits")


def require_width(b: Builder, poly: Poly, bits: int) -> None:
    """The number is in 0..2^bits-1: it is words, and every word stands in the table."""
    rest, size = poly, b.word_bits
    for shift in range(0, bits, size):
        word = b.witness(partial(_word, b, poly, shift), 0, (1 << size) - 1)
        rest = rest - Poly({next(iter(word.terms)): 1 << shift}, 0, 0, None)
        b.words.append(word)
        if bits - shift < size:  # the top word is short: its multiple must fit as well
            b.words.append(word.scaled(1 << (size - bits + shift)))
    b.require_zero(rest)


def close_words(b: Builder) -> None:
    """All words so far stand in the table: one look-up for all."""
    if not b.words:
        return
    tag = b.tag()
    for word in b.words:
        b.blocks.append(Block(tag, (number(1),), (word,)))
    look_up_table(b, tag, 1 << b.word_bits, (b.rho(),), lambda: _count(b, b.words))


def look_up_table(
    b: Builder, tag: int, length: int, fold: tuple[Poly, ...], count: Callable[[], Values]
) -> None:
    """The table's side of a look-up: `length` entries, each as often as `count` says."""
    times = b.witness(count, 0, 0)
    weight = product(b, times, b.chi(length))
    b.blocks.append(Block(tag, (weight,), fold, negative=True))


def _count(b: Builder, words: list[Poly]) -> Values:
    total = torch.zeros(b.n_rows, dtype=torch.int64)
    for word in words:
        total += torch.bincount(b.evaluate(word), minlength=b.n_rows)
    return total


def _pseudo_inverse(d: Values) -> Values:
    """1/d, and 0 for 0."""
    zero = d == 0
    return m61.inverse(torch.where(zero, 1, d)).masked_fill_(zero, 0)


def _word(b: Builder, poly: Poly, shift: int) -> Values:
    return (b.evaluate(poly) >> shift) & ((1 << b.word_bits) - 1)
