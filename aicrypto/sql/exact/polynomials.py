"""What constraints are written in: columns to the prover, values at one point to the verifier.

A gadget says `s * d` or `chi - s - d * inverse` once. Run by the prover, the letters are columns
and the result is a sum of products of columns, for the sumcheck; run by the verifier, they are the
columns' values at the sumcheck's point and the result is a number, with the degree that the
constraint has. `Polynomial` is what both have in common.

Sums of columns are computed at once, so a product always has few factors. Scalars are integers
modulo r of BN254.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from aicrypto.algebra.primes import BN254_FR as FR

R = FR.modulus


class Polynomial(ABC):
    """Something that can be added, subtracted and multiplied, with its like and with scalars."""

    @abstractmethod
    def plus(self, other: Polynomial, sign: int) -> Polynomial:
        """Self + sign·other."""

    @abstractmethod
    def times(self, other: Polynomial) -> Polynomial:
        """The product in every row."""

    @abstractmethod
    def scaled(self, factor: int) -> Polynomial:
        """The scalar times self."""

    def __add__(self, other: Polynomial) -> Polynomial:
        return self.plus(other, 1)

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self.plus(other, -1)

    def __mul__(self, other: Polynomial | int) -> Polynomial:
        return self.scaled(other) if isinstance(other, int) else self.times(other)

    def __rmul__(self, factor: int) -> Polynomial:
        return self.scaled(factor)


@dataclass(frozen=True, eq=False)
class Rows(Polynomial):
    """The prover's column: scalars, zero beyond their end."""

    values: Sequence[int]

    def plus(self, other: Polynomial, sign: int) -> Polynomial:
        """A column, or a sum of products if the other is one."""
        if not isinstance(other, Rows):
            return as_products(self).plus(other, sign)
        pairs = zip_longest(self.values, other.values, fillvalue=0)
        return Rows([(a + sign * b) % R for a, b in pairs])

    def times(self, other: Polynomial) -> Polynomial:
        """A product, not multiplied out."""
        return as_products(self).times(other)

    def scaled(self, factor: int) -> Polynomial:
        """A column."""
        return Rows([factor * a % R for a in self.values])


@dataclass(frozen=True, eq=False)
class Products(Polynomial):
    """The prover's constraint: sum of coefficient · column · column · ..."""

    terms: tuple[tuple[int, tuple[Rows, ...]], ...]

    def plus(self, other: Polynomial, sign: int) -> Polynomial:
        """The terms of both."""
        signed = tuple((sign * c, factors) for c, factors in as_products(other).terms)
        return Products(self.terms + signed)

    def times(self, other: Polynomial) -> Polynomial:
        """Every term of one with every term of the other."""
        right = as_products(other).terms
        return Products(tuple((c * d, f + g) for c, f in self.terms for d, g in right))

    def scaled(self, factor: int) -> Polynomial:
        """Every coefficient times the factor."""
        return Products(tuple((factor * c, factors) for c, factors in self.terms))


@dataclass(frozen=True)
class Evaluation(Polynomial):
    """The verifier's view: a value at the point, and how many columns were multiplied."""

    value: int
    degree: int = 1

    def plus(self, other: Polynomial, sign: int) -> Polynomial:
        """Values add, the higher degree stays."""
        o = as_evaluation(other)
        return Evaluation((self.value + sign * o.value) % R, max(self.degree, o.degree))

    def times(self, other: Polynomial) -> Polynomial:
        """Values multiply, degrees add."""
        o = as_evaluation(other)
        return Evaluation(self.value * o.value % R, self.degree + o.degree)

    def scaled(self, factor: int) -> Polynomial:
        """The value times the factor."""
        return Evaluation(factor * self.value % R, self.degree)


def as_products(polynomial: Polynomial) -> Products:
    """A prover's polynomial as a sum of products."""
    if isinstance(polynomial, Rows):
        return Products(((1, (polynomial,)),))
    if not isinstance(polynomial, Products):
        raise TypeError("a verifier's value among a prover's columns")
    return polynomial


def as_evaluation(polynomial: Polynomial) -> Evaluation:
    """A verifier's polynomial as a value."""
    if not isinstance(polynomial, Evaluation):
        raise TypeError("a prover's column among a verifier's values")
    return polynomial


def rows_of(polynomial: Polynomial, length: int) -> list[int]:
    """The first `length` scalars of a prover's column."""
    if not isinstance(polynomial, Rows):
        raise TypeError("only a prover's column has rows")
    return [*polynomial.values[:length], *([0] * (length - len(polynomial.values)))]
