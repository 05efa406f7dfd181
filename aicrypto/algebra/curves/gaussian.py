"""Gaussian integers a + b·i: the coordinates of G2, for both pairing-friendly curves.

BN254 and BLS12-381 have base fields with q = 3 modulo 4, where -1 is no square, so the second field
F_{q²} is F_q[i] with i² = -1 in both. We compute with a + b·i over the integers and reduce with
`% q` when the formula says so, exactly as with plain integers. Formulas for points are therefore
written once: coordinates are `int` in G1 and `Gaussian` in G2, and `% q` does the right thing.

`FASTEST` is gmpy2's integer where that package is installed (two to three times faster at these
sizes), else `int`. Results that leave this room are always made of `int`.

Source: Scott, Implementing cryptographic pairings, 2007 (square roots in F_{q²}).
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from aicrypto.algebra.plain import NonResidue, ZeroInverse, repeated_squaring

try:
    FASTEST: Any = import_module("gmpy2").mpz
except ImportError:  # optional: everything works without, slower
    FASTEST = int

Integer = Any  # int, or what behaves like it (gmpy2.mpz)
Coordinate = Any  # int or Gaussian


class Gaussian:
    """The number re + im·i with integer parts; `x % q` is its canonical form in F_{q²}.

    >>> i = Gaussian(0, 1)
    >>> (3 + 2 * i) * (3 - 2 * i), (5 - i) % 7
    (13 + 0i, 5 + 6i)
    """

    __slots__ = ("im", "re")

    def __init__(self, re: Integer, im: Integer = 0) -> None:
        self.re = re
        self.im = im

    def __add__(self, other: Gaussian | Integer) -> Gaussian:
        if isinstance(other, Gaussian):
            return Gaussian(self.re + other.re, self.im + other.im)
        return Gaussian(self.re + other, self.im)

    def __sub__(self, other: Gaussian | Integer) -> Gaussian:
        if isinstance(other, Gaussian):
            return Gaussian(self.re - other.re, self.im - other.im)
        return Gaussian(self.re - other, self.im)

    def __mul__(self, other: Gaussian | Integer) -> Gaussian:
        a, b = self.re, self.im
        if isinstance(other, Gaussian):
            c, d = other.re, other.im
            return Gaussian(a * c - b * d, a * d + b * c)
        return Gaussian(a * other, b * other)

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Integer) -> Gaussian:
        return Gaussian(other - self.re, -self.im)

    def __neg__(self) -> Gaussian:
        return Gaussian(-self.re, -self.im)

    def __mod__(self, q: Integer) -> Gaussian:
        return Gaussian(self.re % q, self.im % q)

    def __bool__(self) -> bool:
        return bool(self.re) or bool(self.im)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Gaussian):
            return bool(self.re == other.re) and bool(self.im == other.im)
        return bool(self.re == other) and not self.im

    def __hash__(self) -> int:
        re, im = int(self.re), int(self.im)
        return hash((re, im)) if im else hash(re)  # equal to an integer, so with its hash

    def __repr__(self) -> str:
        return f"{self.re} + {self.im}i"

    def conj(self) -> Gaussian:
        """The conjugate re - im·i, which is the q-th power in F_{q²}."""
        return Gaussian(self.re, -self.im)


def convert(value: Coordinate, integer: Any) -> Coordinate:
    """The coordinate with its parts made by `integer`: int, or gmpy2's mpz."""
    if isinstance(value, Gaussian):
        return Gaussian(integer(value.re), integer(value.im))
    return integer(value)


def inverse(value: Coordinate, q: Integer) -> Coordinate:
    """1/value modulo q; in F_{q²} it is conj/norm.

    Raises:
        ZeroInverse: if the value is zero modulo q.
    """
    if isinstance(value, Gaussian):
        norm = value.re * value.re + value.im * value.im
        return value.conj() * inverse(norm, q) % q
    try:
        return pow(value, -1, q)
    except (ValueError, ZeroDivisionError):  # int's, gmpy2's
        raise ZeroInverse(f"{value} is zero modulo {q}") from None


def power(value: Gaussian, exponent: int, q: Integer) -> Gaussian:
    """value^exponent in F_{q²}; ValueError if the exponent is negative."""
    return repeated_squaring(value, exponent, Gaussian(1), lambda x, y: x * y % q)


def sqrt(value: Coordinate, q: Integer) -> Coordinate:
    """One of the two square roots modulo q = 3 modulo 4, which one is not said.

    In F_{q²}, (c + d·i)² = a + b·i means c² = (a ± sqrt(a² + b²))/2 and d = b/(2c).

    Raises:
        NonResidue: if the value is no square.
    """
    if isinstance(value, Gaussian):
        root = _sqrt_gaussian(value % q, q)
    else:
        root = pow(value, (q + 1) // 4, q)
    if (root * root - value) % q:
        raise NonResidue(f"{value} is no square")
    return root


def _sqrt_gaussian(value: Gaussian, q: Integer) -> Gaussian:
    """A root if there is one, anything otherwise; the caller squares it."""
    a, b = value.re, value.im
    candidate = pow(a, (q + 1) // 4, q)
    if not b:  # sqrt(a), or i·sqrt(-a), whichever exists: -1 is no square
        real = candidate * candidate % q == a
        return Gaussian(candidate) if real else Gaussian(0, pow(-a, (q + 1) // 4, q))
    norm_root = pow(a * a + b * b, (q + 1) // 4, q)
    half = (q + 1) // 2
    for square in ((a + norm_root) * half % q, (a - norm_root) * half % q):
        c = pow(square, (q + 1) // 4, q)
        if c * c % q == square:
            return Gaussian(c, b * half * pow(c, -1, q) % q)
    return Gaussian(0)
