"""Sumcheck over rows: that a weighted sum of constraints is zero, in log2(rows) rounds.

    0 = sum over rows of [ sum_I mu_j·eq(row)·f_j(row) + sum_Z mu_j·f_j(row) ]

Constraints of kind I vanish in every row; eq, the equality polynomial at a random point, keeps
violations from cancelling. Constraints of kind Z only sum to zero. Each round the prover sends the
polynomial in the lowest variable that is left, D + 1 coefficients, highest first, and the verifier
fixes that variable to a challenge, which here is *peeked*: the next round's message moves it on.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sumcheck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript
from aicrypto.sql.exact.multilinear import fold
from aicrypto.sql.exact.polynomials import Polynomial, Rows, as_products

R = FR.modulus


class RoundEvaluationMismatch(ValueError):
    """A round's polynomial does not sum to what the round before claimed."""


class InvalidSumcheckProofSize(ValueError):
    """The number of coefficients is no multiple of the number of rounds."""


@dataclass(frozen=True)
class Constraint:
    """A polynomial that vanishes in every row (`is_identity`), or sums to zero over all rows."""

    polynomial: Polynomial
    is_identity: bool


@dataclass
class _Sum:
    """Terms over numbered columns: what is left of the claim after some variables were fixed."""

    columns: list[list[int]]
    terms: dict[tuple[int, ...], int]


def degree_of(constraints: Sequence[Constraint]) -> int:
    """The largest number of factors of a term, the equality polynomial counted; 0 for no term."""
    return max(
        (
            len(factors) + c.is_identity
            for c in constraints
            for _, factors in as_products(c.polynomial).terms
        ),
        default=0,
    )


def prove(
    constraints: Sequence[Constraint],
    multipliers: Sequence[int],
    equality: Sequence[int],
    n_rounds: int,
    transcript: KeccakTranscript,
) -> tuple[list[int], list[int]]:
    """All rounds' coefficients, one after the other, and the point; the transcript moves on.

    Cost: about rows · terms · D² products.
    """
    degree = degree_of(constraints)
    left = _collect(constraints, multipliers, Rows(equality), n_rounds)
    coefficients: list[int] = []
    point: list[int] = []
    for _ in range(n_rounds):
        message = poly.interpolate(FR, range(degree + 1), _round_values(left, degree))[::-1]
        coefficients += message
        point.append(_challenge(transcript, message))
        left.columns = [fold(column, point[-1]) for column in left.columns]
    return coefficients, point


def verify(
    coefficients: Sequence[int], n_rounds: int, transcript: KeccakTranscript
) -> tuple[list[int], int, int]:
    """The point, the value that the constraints must take there, and the degree allowed.

    Raises:
        InvalidSumcheckProofSize: if the coefficients do not split into the rounds.
        RoundEvaluationMismatch: if a round does not continue the one before.
    """
    size, rest = divmod(len(coefficients), n_rounds)
    if rest or not size:
        raise InvalidSumcheckProofSize(f"{len(coefficients)} coefficients for {n_rounds} rounds")
    claim, point = 0, list[int]()
    for start in range(0, len(coefficients), size):
        message = coefficients[start : start + size]
        if (sum(message) + message[-1] - claim) % R:
            raise RoundEvaluationMismatch(f"round {len(point)} does not continue the one before")
        point.append(_challenge(transcript, message))
        claim = poly.evaluate(FR, message[::-1], point[-1])
    return point, claim, size - 1


def _collect(
    constraints: Sequence[Constraint], multipliers: Sequence[int], equality: Rows, n_rounds: int
) -> _Sum:
    """The weighted sum, equal products taken together, and terms of one column added up."""
    numbers: dict[int, int] = {}
    columns: list[list[int]] = []
    terms: dict[tuple[int, ...], int] = {}
    kept: list[Rows] = []  # objects whose identity is a key must stay alive

    def number(rows: Rows) -> int:
        if id(rows) not in numbers:
            kept.append(rows)
            numbers[id(rows)] = len(columns)
            columns.append([*rows.values, *([0] * ((1 << n_rounds) - len(rows.values)))])
        return numbers[id(rows)]

    for constraint, mu in zip(constraints, multipliers, strict=True):
        extra = (equality,) if constraint.is_identity else ()
        for coefficient, factors in as_products(constraint.polynomial).terms:
            key = tuple(sorted(map(number, extra + factors)))
            terms[key] = (terms.get(key, 0) + mu * coefficient) % R
    return _Sum(columns, terms)


def _round_values(left: _Sum, degree: int) -> list[int]:
    """The round polynomial at 0, 1, ..., degree."""
    values = []
    lines = [(column[::2], column[1::2]) for column in left.columns]
    for t in range(degree + 1):
        at = [_along(low, high, t) for low, high in lines]
        values.append(sum(c * _sum_of_products([at[i] for i in k]) for k, c in left.terms.items()))
    return [value % R for value in values]


def _along(low: list[int], high: list[int], t: int) -> list[int]:
    """Every line through low (at 0) and high (at 1), read at t."""
    if t < 2:
        return high if t else low
    return [a + t * (b - a) for a, b in zip(low, high, strict=True)]


def _sum_of_products(columns: list[list[int]]) -> int:
    product = columns[0]
    for column in columns[1:-1]:
        product = [a * b % R for a, b in zip(product, column, strict=True)]
    if len(columns) == 1:
        return sum(product) % R
    return int(sum(map(mul, product, columns[-1]))) % R


def _challenge(transcript: KeccakTranscript, message: Sequence[int]) -> int:
    transcript.append(*map(FR.to_bytes, message))
    return transcript.peek()
