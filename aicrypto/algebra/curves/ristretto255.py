"""ristretto255: a group of prime order, made from the curve of Ed25519.

The curve -x² + y² = 1 + d·x²y² modulo 2^255 - 19 has a quick addition without special cases, but
8·ORDER points, and protocols that forget the 8 have lost money to it. Ristretto calls two points
equal if they differ by one of four small points, leaves out every second class, and writes a class
in one way only, as 32 bytes. ORDER elements are left, a prime number: no subgroup to check.
Dalek's Bulletproofs, Signal's credentials and Polkadot's sr25519 signatures compute here.

A `Point` is any point of its class in extended coordinates (X : Y : Z : T): x = X/Z, y = Y/Z, and
xy = T/Z. Nothing is divided until it is written. Scalars are any integers and act modulo ORDER.
Discrete logarithms are assumed infeasible: about 2^126 additions. Nothing here runs in constant
time, so a clock learns about secret scalars.

Sources: RFC 9496 section 4 (group, encoding, map), eprint 2008/522 section 3.1 (addition).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.curves.gaussian import FASTEST
from aicrypto.algebra.curves.msm import signed_digits, window_bits
from aicrypto.algebra.plain import BadLength, repeated_squaring
from aicrypto.algebra.primes import PrimeField

FIELD = PrimeField("the field of ristretto255", 2**255 - 19, generator=2)
ORDER = 2**252 + 27742317777372353535851937790883648493
UNIFORM_BYTES = 64
INDEX_BYTES = 8

P = FIELD.modulus
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_1 = FIELD.root_of_unity(4)
# Of the two roots the map needs this one: RFC 9496 section 4.1, SQRT_AD_MINUS_ONE.
SQRT_MINUS_D_MINUS_1 = 25063068953384623474111414158702152701244531502492656460079210482610430750235

Coordinates = tuple[int, int, int, int]  # inside a computation they may be gmpy2's integers
_FAST_P = FASTEST(P)
_TWICE_D = FASTEST(2 * D % P)


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """An element of the group: a class of four curve points, held by one of them.

    Points come out of `decode`, `from_uniform` and sums of points. `==` compares the classes.

    Attributes:
        coordinates: X, Y, Z, T in 0..p-1.

    Raises:
        ValueError: if the coordinates are none of a point on the curve.
    """

    coordinates: Coordinates

    def __post_init__(self) -> None:
        x, y, z, t = FIELD.elements(self.coordinates, "coordinates")
        on_curve = (y * y - x * x - z * z - D * t * t) % P == 0
        if z == 0 or (x * y - z * t) % P != 0 or not on_curve:
            raise ValueError(f"coordinates {self.coordinates} are not on the curve")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Point):
            return NotImplemented
        (x1, y1, _, _), (x2, y2, _, _) = self.coordinates, other.coordinates
        return (x1 * y2 - y1 * x2) % P == 0 or (y1 * y2 - x1 * x2) % P == 0

    def __hash__(self) -> int:
        return hash(encode(self))


def encode(point: Point) -> bytes:
    """The 32 bytes that stand for the point's class, and for no other."""
    x, y, z, t = point.coordinates
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    _, root = _sqrt_ratio(1, u1 * u2 * u2 % P)
    d1, d2 = root * u1 % P, root * u2 % P
    z_inverse = d1 * d2 * t % P
    if _is_negative(t * z_inverse):  # of the four points, take one with xy non-negative
        x, y = y * SQRT_MINUS_1 % P, x * SQRT_MINUS_1 % P
        d2 = d1 * pow(SQRT_MINUS_D_MINUS_1, -1, P) % P
    if _is_negative(x * z_inverse):
        y = -y
    return FIELD.to_bytes(_absolute(d2 * (z - y)), "little")


def decode(data: bytes) -> Point:
    """The point that `encode` wrote.

    Raises:
        ValueError: if the 32 bytes are not what `encode` writes for some point: wrong length, a
            number that is not below p or odd, or no point.
    """
    s = FIELD.from_bytes(data, "little")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    is_square, root = _sqrt_ratio(1, v * u2 * u2 % P)
    x = _absolute(2 * s * root * u2)
    y = u1 * root * root * u2 * v % P
    if _is_negative(s) or not is_square or _is_negative(x * y) or y == 0:
        raise ValueError(f"data {data.hex()} encodes no element of ristretto255")
    return Point((x, y, 1, x * y % P))


def from_uniform(data: bytes) -> Point:
    """A uniform point from 64 uniform bytes; nobody learns its logarithm to any other point.

    Raises:
        BadLength: if there are not 64 bytes.
    """
    if len(data) != UNIFORM_BYTES:
        raise BadLength(f"data has {len(data)} bytes, must have {UNIFORM_BYTES}")
    half = UNIFORM_BYTES // 2
    return add(_map_to_curve(data[:half]), _map_to_curve(data[half:]))


def hash_to_group(tag: bytes, index: int) -> Point:
    """Point `index` of the endless list that a public tag names, from SHA-512(tag || le64(index)).

    Whoever chooses the tag still knows no relation between the points of the list, to one another
    or to `BASE`, if SHA-512 behaves like a random function.

    Raises:
        ValueError: if the index is not in 0..2^64-1.
    """
    if not 0 <= index < 1 << 8 * INDEX_BYTES:
        raise ValueError(f"index is {index}, must be in 0..{(1 << 8 * INDEX_BYTES) - 1}")
    return from_uniform(hashlib.sha512(tag + index.to_bytes(INDEX_BYTES, "little")).digest())


def add(left: Point, right: Point) -> Point:
    """The sum of two points."""
    return _point(_add(left.coordinates, right.coordinates))


def negate(point: Point) -> Point:
    """The point that added to this one gives the identity."""
    return _point(_negate(point.coordinates))


def multiply(point: Point, scalar: int) -> Point:
    """scalar·point, about 380 additions.

    >>> multiply(BASE, ORDER + 2) == add(BASE, BASE)
    True
    """
    fast = _fast(point)
    return _point(repeated_squaring(fast, scalar % ORDER, IDENTITY.coordinates, _add))


def msm(points: Sequence[Point], scalars: Sequence[int]) -> Point:
    """The sum of scalars[i]·points[i]; the empty sum is the identity.

    Pippenger's buckets, as in the module `msm`: 80 additions a point for 64 points, 40 for 1,024.
    Scalars near zero, also below it, cost less.

    Raises:
        BadLength: if there are not as many scalars as points.
    """
    if len(points) != len(scalars):
        raise BadLength(f"there are {len(points)} points and {len(scalars)} scalars")
    nearest = [(scalar + ORDER // 2) % ORDER - ORDER // 2 for scalar in scalars]
    n_bits = max((abs(scalar).bit_length() for scalar in nearest), default=0)
    window = window_bits(len(points))
    fast, total = [_fast(point) for point in points], IDENTITY.coordinates
    digits = [signed_digits(scalar, window, n_bits) for scalar in nearest]
    for column in zip(*digits, strict=True):
        for _ in range(window):
            total = _add(total, total)
        total = _add(total, _weighted_sum(fast, column, window))
    return _point(total)


def _weighted_sum(points: Sequence[Coordinates], digits: Sequence[int], window: int) -> Coordinates:
    """The sum of digit·point: a bucket for each |digit|, weighed by adding up suffix sums."""
    buckets = [IDENTITY.coordinates] * ((1 << (window - 1)) + 1)
    for point, digit in zip(points, digits, strict=True):
        if digit:
            buckets[abs(digit)] = _add(buckets[abs(digit)], point if digit > 0 else _negate(point))
    suffix = total = IDENTITY.coordinates
    for bucket in buckets[:0:-1]:
        suffix = _add(suffix, bucket)
        total = _add(total, suffix)
    return total


def _add(left: Coordinates, right: Coordinates) -> Coordinates:
    """The sum of any two points, equal ones too: -1 is a square and d is none, so Z is never 0."""
    (x1, y1, z1, t1), (x2, y2, z2, t2) = left, right
    a, b = (y1 - x1) * (y2 - x2) % _FAST_P, (y1 + x1) * (y2 + x2) % _FAST_P
    c, d = t1 * t2 % _FAST_P * _TWICE_D % _FAST_P, 2 * z1 * z2 % _FAST_P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _FAST_P, g * h % _FAST_P, f * g % _FAST_P, e * h % _FAST_P


def _negate(point: Coordinates) -> Coordinates:
    x, y, z, t = point
    return -x % _FAST_P, y, z, -t % _FAST_P


def _fast(point: Point) -> Coordinates:
    """The coordinates as the fastest integers there are."""
    x, y, z, t = map(FASTEST, point.coordinates)
    return x, y, z, t


def _point(coordinates: Coordinates) -> Point:
    """The point with coordinates of plain integers."""
    x, y, z, t = map(int, coordinates)
    return Point((x, y, z, t))


def _map_to_curve(half: bytes) -> Point:
    """Elligator's map of 32 bytes, whose top bit is ignored (RFC 9496 section 4.3.4)."""
    t = int.from_bytes(half, "little") % (1 << 255) % P
    r = SQRT_MINUS_1 * t * t % P
    u, v = (r + 1) * (1 - D * D) % P, (-1 - r * D) * (r + D) % P
    is_square, s = _sqrt_ratio(u, v)
    c = P - 1
    if not is_square:
        s, c = -_absolute(s * t) % P, r
    n = c * (r - 1) * (D - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_MINUS_D_MINUS_1, 1 - s * s, 1 + s * s
    return Point((w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P))


def _sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """Whether u/v is a square, and a non-negative root of it, or else of SQRT_MINUS_1·u/v.

    0/v has the root 0; u/0 counts as no square, with root 0. One power for quotient and root.
    """
    root = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * root * root % P
    if check in (-u % P, -u * SQRT_MINUS_1 % P):
        root = root * SQRT_MINUS_1
    return check in (u, -u % P), _absolute(root)


def _is_negative(value: int) -> bool:
    """Whether the element is odd: of a and -a exactly one is, unless both are 0."""
    return value % P % 2 == 1


def _absolute(value: int) -> int:
    """Of the element and its opposite, the one that is not negative."""
    return -value % P if _is_negative(value) else value % P


IDENTITY = decode(bytes(32))
# y = 4/5, x non-negative, as in Ed25519: RFC 9496 section 4.1.
_BASE_Y = 4 * pow(5, -1, P) % P
_BASE_X = _sqrt_ratio((_BASE_Y**2 - 1) % P, (D * _BASE_Y**2 + 1) % P)[1]
BASE = Point((_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P))
