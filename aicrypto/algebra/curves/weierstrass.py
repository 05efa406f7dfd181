"""Curves y² = x³ + b: points, their sums and multiples, in G1 and G2 alike.

An affine point is a pair (x, y), the point at infinity (the group's zero) is None. Coordinates are
`int` over F_q and `Gaussian` over F_{q²}: every formula below serves both.

Adding affine points costs an inversion each time. Inside a computation we therefore carry Jacobian
points (X, Y, Z) with x = X/Z², y = Y/Z³ and divide once at the end; Z = 0 is infinity. Doubling
takes 7 products, adding an affine point to a Jacobian one 11.

Functions of a `Curve` trust that their points lie on it, and in the subgroup where that matters:
check what comes from outside with `require_on_curve`, or decode it with the curve's own decoder.

Sources: Explicit-Formulas Database, short Weierstrass, a = 0: dbl-2009-l, madd, add-2007-bl without
its shortcuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto.algebra.curves.gaussian import FASTEST, convert, inverse

Affine = tuple[Any, Any] | None  # (x, y), None is infinity
Jacobian = tuple[Any, Any, Any]  # (X, Y, Z), Z = 0 is infinity


@dataclass(frozen=True, slots=True)
class Curve:
    """A group of points on y² = x³ + b.

    Attributes:
        name: for messages.
        q: the prime of the base field.
        b: the curve's constant, `int` or `Gaussian`.
        order: the prime r; r times any point of the group is infinity.
        generator: the standard point that generates the group.
    """

    name: str
    q: int
    b: Any
    order: int
    generator: tuple[Any, Any]

    def contains(self, point: Affine) -> bool:
        """Whether the coordinates satisfy the equation; infinity does."""
        if point is None:
            return True
        x, y = point
        return not (y * y - x * x * x - self.b) % self.q

    def require_on_curve(self, point: Affine, argument: str = "point") -> Affine:
        """`point`, if it lies on the curve.

        Raises:
            ValueError: naming the argument, if it does not.
        """
        if not self.contains(point):
            raise ValueError(f"{argument} is {point}, which is not on the curve {self.name}")
        return point

    def in_group_slowly(self, point: Affine) -> bool:
        """Whether r·point is infinity: the definition, for one multiplication of full length."""
        return self.contains(point) and self.multiply(point, self.order) is None

    def negate(self, point: Affine) -> Affine:
        """The point mirrored at the x axis."""
        return None if point is None else (point[0], -point[1] % self.q)

    def add(self, left: Affine, right: Affine) -> Affine:
        """The sum of two points."""
        return self.sum([left, right])

    def sum(self, points: Sequence[Affine]) -> Affine:
        """The sum of any number of points, for one inversion."""
        q = FASTEST(self.q)
        total = infinity(self)
        for point in points:
            total = add_affine(total, self.fast(point), q)
        return self.normalise([total])[0]

    def multiply(self, point: Affine, scalar: int) -> Affine:
        """scalar·point for any integer, also one above the order: nothing is reduced first."""
        if scalar < 0:
            return self.multiply(self.negate(point), -scalar)
        q, base = FASTEST(self.q), self.fast(point)
        result = infinity(self)
        for bit in f"{scalar:b}":
            result = double(result, q)
            if bit == "1":
                result = add_affine(result, base, q)
        return self.normalise([result])[0]

    def fast(self, point: Affine, integer: Any = FASTEST) -> Affine:
        """The point with coordinates of the given integer type, for computing inside this room."""
        return None if point is None else (convert(point[0], integer), convert(point[1], integer))

    def normalise(self, points: Sequence[Jacobian]) -> list[Affine]:
        """Affine points with `int` coordinates, for one inversion in all (Montgomery's trick)."""
        before, product, q = [], convert(self.generator[0], int) * 0 + 1, self.q
        for _, _, z in points:
            before.append(product)
            product = product * z % q if z else product
        unrolled = inverse(product, q)
        affine: list[Affine] = []
        for (x, y, z), prefix in zip(reversed(points), reversed(before), strict=True):
            if not z:
                affine.append(None)
                continue
            z_inverse = unrolled * prefix % q
            unrolled = unrolled * z % q
            square = z_inverse * z_inverse % q
            x, y = x * square % q, y * square * z_inverse % q
            affine.append((convert(x, int), convert(y, int)))
        return affine[::-1]


def infinity(curve: Curve) -> Jacobian:
    """The group's zero in Jacobian coordinates."""
    zero = curve.generator[0] * 0
    return zero + 1, zero + 1, zero


def double(point: Jacobian, q: Any) -> Jacobian:
    """2·point; infinity stays infinity."""
    x, y, z = point
    a = x * x % q
    b = y * y % q
    c = b * b % q
    s = x + b
    d = 2 * (s * s - a - c)
    e = 3 * a
    x_new = (e * e - 2 * d) % q
    return x_new, (e * (d - x_new) - 8 * c) % q, 2 * y * z % q


def add_affine(left: Jacobian, right: Affine, q: Any) -> Jacobian:
    """The sum left + right for an affine right ("mixed addition"), whatever the two are."""
    if right is None:
        return left
    x, y, z = left
    x2, y2 = right
    if not z:
        return x2, y2, x2 * 0 + 1
    zz = z * z % q
    h = (x2 * zz - x) % q
    r = (y2 * (zz * z % q) - y) % q
    if not h:  # the same x: equal points, or opposite ones
        return (x2 * 0 + 1, x2 * 0 + 1, h) if r else double(left, q)
    hh = h * h % q
    hhh = h * hh % q
    v = x * hh % q
    x_new = (r * r - hhh - 2 * v) % q
    return x_new, (r * (v - x_new) - y * hhh) % q, z * h % q


def add(left: Jacobian, right: Jacobian, q: Any) -> Jacobian:
    """The sum of two Jacobian points, whatever they are."""
    x1, y1, z1 = left
    x2, y2, z2 = right
    if not z1 or not z2:
        return right if not z1 else left
    zz1, zz2 = z1 * z1 % q, z2 * z2 % q
    u = x1 * zz2 % q
    s = y1 * (zz2 * z2 % q) % q
    h = (x2 * zz1 - u) % q
    r = (y2 * (zz1 * z1 % q) - s) % q
    if not h:
        return (z1 * 0 + 1, z1 * 0 + 1, h) if r else double(left, q)
    hh = h * h % q
    hhh = h * hh % q
    v = u * hh % q
    x_new = (r * r - hhh - 2 * v) % q
    return x_new, (r * (v - x_new) - s * hhh) % q, z1 * z2 % q * h % q
