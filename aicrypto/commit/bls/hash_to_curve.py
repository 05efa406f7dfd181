"""Hashing to BLS12-381: any message becomes a point whose logarithm nobody knows.

A signature multiplies the message's point by the key. Were that point known as k·G, everybody could
sign with the public key alone: k·(sk·G). So the message goes to coordinates, never to a multiple:

    bytes --hash_to_field--> u --simplified SWU--> point of E' --isogeny--> E --clear cofactor--> G

The map of Shallue, van de Woestijne and Ulas (SWU) turns every field element into a point, without
retries, but only on curves y² = x³ + A·x + B with A·B != 0, and E has A = 0. Hence E', whose points
an isogeny (a map by fractions that respects addition) carries to E. Vélu's formulas compute it from
its kernel, of which one abscissa suffices: the standard's 66 constants of tables are not needed.

`hash_to_*` adds two such points and is as good as a random oracle; `encode_to_*` takes one, reaches
only a part of the curve, and is not what signatures use.

Sources: RFC 9380 sections 6.6.2, 6.6.3, 8.8 and appendix G.3; Vélu, CRAS 1971; Wahby and Boneh,
eprint 2019/403 (choice of E'); Budroni and Pintore, eprint 2017/419 (clearing with psi).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aicrypto.algebra.curves.bls12_381 import G1, G2, psi
from aicrypto.algebra.curves.gaussian import FASTEST, Gaussian, convert, inverse, sqrt
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.plain import NonResidue
from aicrypto.algebra.primes import BLS12_381_P, BLS12_381_X
from aicrypto.commit.bls.expand import hash_to_field

Coordinate = Any  # int or Gaussian
_P = FASTEST(BLS12_381_P)


@dataclass(frozen=True)
class Map:
    """How one of the two curves is reached from field elements.

    Attributes:
        curve: where points end up.
        a, b: the curve E': y² = x³ + a·x + b.
        z: the element that makes one of two candidates a square.
        kernel: abscissa of a point of E' that generates the isogeny's kernel.
        scale: 1/s; the isogeny of Vélu, then (x, y) -> (s²·x, s³·y), ends on `curve`.
        clear: carries any point of `curve` into the subgroup.
    """

    curve: Curve
    a: Coordinate
    b: Coordinate
    z: Coordinate
    kernel: Coordinate
    scale: int
    clear: Callable[[Affine], Affine]

    @property
    def degree(self) -> int:
        """Coordinates of a field element: 1 or 2."""
        return 2 if isinstance(self.z, Gaussian) else 1


def hash_to_g1(message: bytes, tag: bytes) -> Affine:
    """The point of G1 that a random oracle would give for the message under this tag."""
    return _hash(MAP_TO_G1, message, tag, 2)


def hash_to_g2(message: bytes, tag: bytes) -> Affine:
    """The point of G2 that a random oracle would give for the message under this tag."""
    return _hash(MAP_TO_G2, message, tag, 2)


def encode_to_g1(message: bytes, tag: bytes) -> Affine:
    """A point of G1 for half the work, not uniform: no random oracle, unfit for signatures."""
    return _hash(MAP_TO_G1, message, tag, 1)


def encode_to_g2(message: bytes, tag: bytes) -> Affine:
    """A point of G2 for half the work, not uniform: no random oracle, unfit for signatures."""
    return _hash(MAP_TO_G2, message, tag, 1)


def map_to_curve(target: Map, u: Coordinate) -> Affine:
    """A point of the target curve for a field element; its cofactor is not cleared yet."""
    return isogeny(target, swu(target, u))


def swu(target: Map, u: Coordinate) -> tuple[Coordinate, Coordinate]:
    """The point of E' for a field element, by the simplified map of SWU.

    With t = z·u², candidates x1 and x2 = t·x1 are chosen so that g(x2) = t³·g(x1), where g(x) is
    x³ + a·x + b. As z is no square, exactly one of the two is one. y takes the sign of u.
    """
    a, b, z = (convert(constant, FASTEST) for constant in (target.a, target.b, target.z))
    u = convert(u, FASTEST)
    t = z * (u * u) % _P
    d = (t * t + t) % _P
    x = -b * inverse(a, _P) * (1 + inverse(d, _P)) if d else b * inverse(z * a % _P, _P)
    x = x % _P
    try:
        y = sqrt((x * x * x + a * x + b) % _P, _P)
    except NonResidue:
        x = t * x % _P
        y = sqrt((x * x * x + a * x + b) % _P, _P)
    return (x, y) if sgn0(y) == sgn0(u) else (x, -y % _P)


def sgn0(value: Coordinate) -> int:
    """The parity, 0 or 1, which tells a value from its opposite; of F_{p²} the real part's, or else
    the imaginary part's.
    """
    if isinstance(value, Gaussian):
        return sgn0(value.re if value.re else value.im)
    return int(value % 2)


def isogeny(target: Map, point: tuple[Coordinate, Coordinate]) -> Affine:
    """The image on the target curve of a point of E', by Vélu's formulas.

    A sum runs over the kernel's points up to sign. Each pulls its own abscissa to infinity, which
    is where the kernel goes: it is what the isogeny forgets.
    """
    x, y = point
    x_sum, slope_sum = x, x * 0 + 1
    for abscissa, t, v in _kernel_terms(target):
        distance = (x - abscissa) % _P
        if not distance:
            return None
        near = inverse(distance, _P)
        near_squared = near * near % _P
        x_sum = x_sum + t * near + v * near_squared
        slope_sum = slope_sum - t * near_squared - 2 * (v * near_squared % _P * near)
    scale = inverse(FASTEST(target.scale), _P)
    square = scale * scale % _P
    image_x, image_y = square * x_sum % _P, square * scale % _P * y * (slope_sum % _P) % _P
    return convert(image_x, int), convert(image_y, int)


def clear_g1(point: Affine) -> Affine:
    """(1 - x)·point, which lies in G1, x being the curve's parameter (RFC 9380 section 8.8.1)."""
    return G1.multiply(point, 1 - BLS12_381_X)


def clear_g2(point: Affine) -> Affine:
    """(x² - x - 1)·P + (x - 1)·psi(P) + psi²(2P) in G2, x being the curve's parameter.

    Two multiplications by 64 bits, x having six ones, instead of one by the 636 of the cofactor.
    """
    by_x = G2.multiply(point, BLS12_381_X)
    image = psi(point)
    once_more = G2.multiply(G2.add(by_x, image), BLS12_381_X)
    far = psi(psi(G2.add(point, point)))
    return G2.sum([once_more, *map(G2.negate, (by_x, point, image)), far])


def _hash(target: Map, message: bytes, tag: bytes, count: int) -> Affine:
    elements = hash_to_field(message, tag, target.degree, count)
    units = [Gaussian(*e) if target.degree == 2 else e[0] for e in elements]
    return target.clear(target.curve.sum([map_to_curve(target, u) for u in units]))


@lru_cache(maxsize=4)
def _kernel_terms(target: Map) -> tuple[tuple[Coordinate, Coordinate, Coordinate], ...]:
    """Vélu's (x_k, t_k, u_k) for the points of the kernel, of which P and -P count once.

    Doubling runs through them all, for the orders 3 and 11 at hand, and doubles abscissas without
    knowing y, which lies in a larger field for G2.
    """
    a, b = convert(target.a, FASTEST), convert(target.b, FASTEST)
    x = convert(target.kernel, FASTEST) % _P
    terms: list[tuple[Coordinate, Coordinate, Coordinate]] = []
    while not terms or x != terms[0][0]:
        slope, cubic = (3 * (x * x) + a) % _P, (x * x * x + a * x + b) % _P
        terms.append((x, 2 * slope % _P, 4 * cubic % _P))
        x = (slope * slope * inverse(4 * cubic % _P, _P) - 2 * x) % _P
    return tuple(terms)


# Constants: RFC 9380 section 8.8; kernels and scales follow from its appendices E.2 and E.3.
_G1_CONSTANTS = """
00144698A3B8E9433D693A02C96D4982B0EA985383EE66A8D8E8981AEFD881AC98936F8DA0E0F97F5CF428082D584C1D
12E2908D11688030018B12E8753EEE3B2016C1F0F24F4070A0B9C14FCEF35EF55A23215A316CEAA5D1CC48E98E172BE0
010EF325DD1E98BDF0D97A4C6B7F968ED7F31F2FBFF088ACB39D5319CFC261EA18773405F325612742F0C5D90634BCF4
"""
_A, _B, _KERNEL = (int(digits, 16) for digits in _G1_CONSTANTS.split())
MAP_TO_G1 = Map(
    curve=G1,
    a=_A,
    b=_B,
    z=11,
    kernel=_KERNEL,
    scale=11,
    clear=clear_g1,
)
MAP_TO_G2 = Map(
    curve=G2,
    a=Gaussian(0, 240),
    b=Gaussian(1012, 1012),
    z=Gaussian(-2, -1),
    kernel=Gaussian(-6, 6),
    scale=-3,
    clear=clear_g2,
)
