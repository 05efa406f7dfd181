"""Exact complex numbers: the prime p = 2^61 - 1 and its extension F_p[i] on Python integers.

Proofs need numbers that never round. Modulo a prime, + - * / are exact; p = 2^61 - 1 is chosen
because reducing modulo it is a shift and an addition, and because 64-bit integers hold its values.
Its 61 bits are too few for a challenge that nobody may guess, so challenges come from F_p[i] with
i² = -1, which has p² elements (122 bits). That i is new: -1 has no square root modulo p.

Verifiers and first lessons compute here, with `Fp2`; provers compute on tensors (`m61`, `m61x2`),
and the tests compare the two. The refusals of the whole room are defined here as well.

Source: protocol zkml-1 of this project, section 1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from operator import index
from typing import TypeVar

P = 2**61 - 1
COORDINATE_BYTES = 8
ELEMENT_BYTES = 2 * COORDINATE_BYTES

Element = TypeVar("Element")


# The conformance suites fix these five names, hence no suffix "Error".
class ZeroInverse(ValueError):
    """Zero was to be inverted."""


class NonResidue(ValueError):
    """A square root was asked of an element that has none."""


class NonCanonical(ValueError):
    """A coordinate lies outside 0..p-1; reducing it would give one element two encodings."""


class BadLength(ValueError):
    """A sequence has a length that the operation cannot take."""


class NoSuchRoot(ValueError):
    """A root of unity was asked whose order does not divide 2^61."""


@dataclass(frozen=True, slots=True)
class Fp2:
    """The element re + im·i of F_p[i], where i² = -1.

    Integers, also negative ones, mix freely with elements under + - * /. Equality compares elements
    with elements. Nothing here runs in constant time: never compute with secrets.

    >>> i = Fp2(0, 1)
    >>> i * i == -Fp2(1)
    True
    >>> (3 + 4 * i) * (3 - 4 * i)
    Fp2(re=25, im=0)
    >>> z = 2 - i
    >>> 1 / z == z**-1 == z.inverse()
    True
    >>> Fp2(2**31) ** 2
    Fp2(re=2, im=0)

    Raises:
        NonCanonical: if a coordinate lies outside 0..p-1.
    """

    re: int
    im: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.re < P and 0 <= self.im < P):
            raise NonCanonical(f"coordinates are ({self.re}, {self.im}), must be in 0..{P - 1}")

    def __add__(self, other: "Fp2 | int") -> "Fp2":
        other = _lift(other)
        return canonical((self.re + other.re) % P, (self.im + other.im) % P)

    def __neg__(self) -> "Fp2":
        return canonical(-self.re % P, -self.im % P)

    def __sub__(self, other: "Fp2 | int") -> "Fp2":
        other = _lift(other)
        return canonical((self.re - other.re) % P, (self.im - other.im) % P)

    def __mul__(self, other: "Fp2 | int") -> "Fp2":
        other = _lift(other)
        re = self.re * other.re - self.im * other.im
        im = self.re * other.im + self.im * other.re
        return canonical(re % P, im % P)

    def __truediv__(self, other: "Fp2 | int") -> "Fp2":
        return self * _lift(other).inverse()

    def __radd__(self, other: int) -> "Fp2":
        return _lift(other) + self

    def __rsub__(self, other: int) -> "Fp2":
        return _lift(other) - self

    def __rmul__(self, other: int) -> "Fp2":
        return _lift(other) * self

    def __rtruediv__(self, other: int) -> "Fp2":
        return _lift(other) / self

    def __pow__(self, exponent: int) -> "Fp2":
        if exponent < 0:
            return self.inverse() ** -exponent
        return repeated_squaring(self, exponent, Fp2(1), Fp2.__mul__)

    def conj(self) -> "Fp2":
        """The conjugate re - im·i, which is also self^p."""
        return Fp2(self.re, -self.im % P)

    def norm(self) -> int:
        """The integer re² + im² modulo p, zero for the element zero alone.

        >>> Fp2(3, 4).norm()
        25
        """
        return (self.re**2 + self.im**2) % P

    def inverse(self) -> "Fp2":
        """1/self = conj/norm.

        Raises:
            ZeroInverse: if self is zero.
        """
        if self == Fp2(0):
            raise ZeroInverse("the element 0 has no inverse")
        return self.conj() * pow(self.norm(), -1, P)

    def to_bytes(self) -> bytes:
        """16 bytes: re, then im, each 8 bytes little-endian."""
        return b"".join(x.to_bytes(COORDINATE_BYTES, "little") for x in (self.re, self.im))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Fp2":
        """The element that `to_bytes` wrote.

        >>> Fp2.from_bytes(Fp2(3, 4).to_bytes())
        Fp2(re=3, im=4)

        Raises:
            BadLength: if data has not 16 bytes.
            NonCanonical: if a coordinate is p or more.
        """
        if len(data) != ELEMENT_BYTES:
            raise BadLength(f"data has {len(data)} bytes, an element has {ELEMENT_BYTES}")
        re, im = data[:COORDINATE_BYTES], data[COORDINATE_BYTES:]
        return cls(int.from_bytes(re, "little"), int.from_bytes(im, "little"))


_new = object.__new__
_set_re, _set_im = (vars(Fp2)[name].__set__ for name in ("re", "im"))  # a frozen class's slots


def canonical(re: int, im: int) -> Fp2:
    """The element of coordinates known to be in 0..p-1: a third of the time that `Fp2` takes.

    >>> canonical(3, 4) == Fp2(3, 4)
    True
    """
    element = _new(Fp2)
    _set_re(element, re)
    _set_im(element, im)
    return element


def _lift(value: Fp2 | int) -> Fp2:
    """An integer as an element; `index` keeps floats out."""
    return value if isinstance(value, Fp2) else Fp2(index(value) % P)


def repeated_squaring(
    base: Element, exponent: int, one: Element, multiply: Callable[[Element, Element], Element]
) -> Element:
    """base^exponent, with at most two multiplications per bit of the exponent.

    >>> repeated_squaring(3, 5, 1, lambda x, y: x * y)
    243

    Raises:
        ValueError: if the exponent is negative: the caller knows how to invert, not this function.
    """
    if exponent < 0:
        raise ValueError(f"exponent is {exponent}, must be at least 0")
    power = one
    for bit in f"{exponent:b}":
        power = multiply(power, power)
        if bit == "1":
            power = multiply(power, base)
    return power
