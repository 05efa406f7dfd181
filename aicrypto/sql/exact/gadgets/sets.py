"""Sets of rows: that two tables hold the same rows, that rows come from a table, that keys ascend.

A row is folded to one number, alpha·(c_1·beta^(k-1) + ... + c_k), and a multiset of rows to the sum
of 1/(1 + number): two multisets with one sum are the same, except with a chance of about rows/2^253
over alpha and beta, which are drawn after the columns were committed (the logarithmic derivative,
eprint 2022/1530). A star column holds the inverses; a constraint in every row shows it honest.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, proof_gadgets and proof_plans/fold_util.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.sql.exact.builder import Builder, Known, Recorder
from aicrypto.sql.exact.gadgets.bits import sign
from aicrypto.sql.exact.polynomials import Evaluation, Polynomial, R, Rows, rows_of


class MonotonyCheckFailed(ValueError):
    """Keys that must ascend strictly do not."""


class LengthMismatch(ValueError):
    """An announced length is not that of the column it belongs to."""


@dataclass(frozen=True)
class Fold:
    """The challenges that turn rows into numbers."""

    alpha: int
    beta: int

    def __call__(self, columns: Sequence[Polynomial], zero: Polynomial) -> Polynomial:
        """Alpha times `powers`; no columns fold to zero."""
        return self.powers(columns, zero) * self.alpha

    def powers(self, columns: Sequence[Polynomial], zero: Polynomial) -> Polynomial:
        """The sum of beta^(k-j)·c_j: the last column counts once."""
        total = zero
        for column in columns:
            total = total * self.beta + column
        return total


def take_fold(b: Builder) -> Fold:
    """The next two challenges."""
    return Fold(b.challenge(), b.challenge())


def inverses(values: Sequence[int]) -> list[int]:
    """1/v for every v, and 0 for 0, at the price of one inversion."""
    ones = FR.batch_inverse([v or 1 for v in values])
    return [inverse if v else 0 for v, inverse in zip(values, ones, strict=True)]


def star(b: Builder, folded: Polynomial, chi: Known) -> Polynomial:
    """The column 1/(1 + folded) in the first rows, pushed and constrained."""
    column = push_star(b, folded, chi)
    constrain_star(b, column, folded, chi)
    return column


def push_star(b: Builder, folded: Polynomial, chi: Known) -> Polynomial:
    """The column 1/(1 + folded), pushed only."""
    return b.final(lambda: inverses([(1 + f) % R for f in rows_of(folded, chi.length)]))


def constrain_star(b: Builder, column: Polynomial, folded: Polynomial, chi: Known) -> None:
    """column·(1 + folded) = 1 in the first rows, and 0 beyond."""
    b.vanish(column + folded * column - chi.polynomial)


def same_rows(
    b: Builder,
    fold: Fold,
    sides: tuple[Sequence[Polynomial], Sequence[Polynomial]],
    selected: Polynomial,
    chis: tuple[Known, Known],
) -> None:
    """The second table's rows are those of the first that are selected, each as often."""
    zero = chis[0].polynomial * 0
    inputs, outputs = (fold(side, zero) for side in sides)
    c_star, d_star = push_star(b, inputs, chis[0]), push_star(b, outputs, chis[1])
    constrain_star(b, c_star, inputs, chis[0])
    constrain_star(b, d_star, outputs, chis[1])
    b.sum_to_zero(c_star * selected - d_star)
    b.vanish(outputs * chis[1].polynomial - outputs)


def record_member(
    first: Recorder, source: Sequence[Sequence[int]], candidates: Sequence[Sequence[int]]
) -> None:
    """First pass of `member`: how often each source row occurs among the candidates.

    A repeated source row is counted at its first place.
    """
    places: dict[tuple[int, ...], int] = {}
    for i, row in enumerate(zip(*source, strict=True)):
        places.setdefault(row, i)
    counts = [0] * len(source[0])
    for row in zip(*candidates, strict=True):
        counts[places[row]] += 1
    first.columns.append(Rows(counts))


def member(
    b: Builder,
    fold: Fold,
    sides: tuple[Sequence[Polynomial], Sequence[Polynomial]],
    chis: tuple[Known, Known],
) -> Polynomial:
    """Every row of the second table is one of the first; the column of multiplicities."""
    zero = chis[0].polynomial * 0
    multiplicity = b.first()
    stars = [star(b, fold(side, zero), chi) for side, chi in zip(sides, chis, strict=True)]
    b.sum_to_zero(stars[0] * multiplicity - stars[1])
    return multiplicity


def record_shift(first: Recorder, values: Sequence[int]) -> None:
    """First pass of `ascending`: the column moved down by one row, and four lengths."""
    n = len(values)
    first.columns.append(Rows([0, *values]))
    first.chi_lengths.append(n + 1)
    first.rho_lengths += [n, n + 1]


def shift(b: Builder, fold: Fold, column: Polynomial, chi: Known) -> tuple[Polynomial, Known]:
    """The column moved down by one row: 0, c_0, ..., c_{n-1}; shown by folding row numbers in."""
    shifted, longer, numbers, more = b.first(), b.chi(), b.rho(), b.rho()
    if [longer.length, numbers.length, more.length] != [chi.length + n for n in (1, 0, 1)]:
        raise LengthMismatch(f"a shift of {chi.length} rows announces {longer.length} and others")
    zero = chi.polynomial * 0
    before = fold([numbers.polynomial + chi.polynomial, column], zero)
    after = fold([more.polynomial, shifted], zero)
    c_star, d_star = push_star(b, before, longer), push_star(b, after, longer)
    b.sum_to_zero(c_star - d_star)
    constrain_star(b, c_star, before, longer)
    constrain_star(b, d_star, after, longer)
    return shifted, longer


def ascending(b: Builder, fold: Fold, column: Polynomial, chi: Known) -> None:
    """The column ascends strictly, so no value comes twice.

    c_{i-1} - c_i must be negative in rows 1..n-1. Rows 0 and n compare with the zeros outside, so
    each may have either sign: three patterns are possible.

    Raises:
        MonotonyCheckFailed: (verifier) if the signs follow none of them.
    """
    shifted, longer = shift(b, fold, column, chi)
    negative = sign(b, shifted - column, longer.polynomial, longer.length)
    first_row = b.ones(1)
    patterns = [chi.polynomial, longer.polynomial - first_row, chi.polynomial - first_row]
    if isinstance(negative, Evaluation) and negative.value not in _values(patterns):
        raise MonotonyCheckFailed("keys do not ascend strictly")


def _values(patterns: list[Polynomial]) -> list[int]:
    return [pattern.value for pattern in patterns if isinstance(pattern, Evaluation)]
