"""BLS12-381: the curve of Ethereum's validators, of its blobs, and of most threshold signatures.

G1 is a subgroup of y² = x³ + 4 over F_p, G2 one of its twist y² = x³ + 4(1 + i) over F_{p²}. Both
curves have many more points: being on the curve is *not* enough, and (0, 2) of order 3 is the
standing example of what a missing check lets in. About 120 bits of security.

Points travel compressed, 48 and 96 bytes: x, big-endian and imaginary part first, with three flags
in the top bits of the first byte: 0x80 compressed (always), 0x40 infinity, 0x20 y is the larger of
y and -y. A decoder refuses everything that is not exactly what the encoder writes.

Sources: draft-irtf-cfrg-pairing-friendly-curves; zkcrypto's encoding (draft, appendix C); subgroup
tests: Scott, A note on group membership tests (eprint 2021/1130).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aicrypto.algebra.curves.gaussian import Gaussian, inverse, power, sqrt
from aicrypto.algebra.curves.pairing import Fq12, Pairing
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.plain import BadLength, NonCanonical, NonResidue
from aicrypto.algebra.primes import BLS12_381_P as P
from aicrypto.algebra.primes import BLS12_381_R, BLS12_381_X

COORDINATE_BYTES = 48
COMPRESSED, INFINITY, LARGER_Y = 0x80, 0x40, 0x20

XI = Gaussian(1, 1)
# The standard generators: x and y of G1; real and imaginary part of x, then of y, of G2.
_GENERATORS = """
17F1D3A73197D7942695638C4FA9AC0FC3688C4F9774B905A14E3A3F171BAC586C55E83FF97A1AEFFB3AF00ADB22C6BB
08B3F481E3AAA0F1A09E30ED741D8AE4FCF5E095D5D00AF600DB18CB2C04B3EDD03CC744A2888AE40CAA232946C5E7E1
024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8
13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E
0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801
0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE
"""
_X, _Y, _X_RE, _X_IM, _Y_RE, _Y_IM = (int(digits, 16) for digits in _GENERATORS.split())
G1 = Curve("BLS12-381 G1", P, 4, BLS12_381_R, (_X, _Y))
G2 = Curve("BLS12-381 G2", P, 4 * XI, BLS12_381_R, (Gaussian(_X_RE, _X_IM), Gaussian(_Y_RE, _Y_IM)))
# A cube root of 1 modulo p: (x, y) -> (BETA·x, y) multiplies points of G1 by -x² (x the parameter).
BETA = 0x5F19672FDF76CE51BA69C6076A0F77EADDB3A93BE6F89688DE17D813620A00022E01FFFFFFFEFFFE
# psi carries a point to the curve over F_{p¹²}, takes p-th powers, and carries it back.
PSI_X = inverse(power(XI, (P - 1) // 3, P), P)
PSI_Y = inverse(power(XI, (P - 1) // 2, P), P)


def psi(point: Affine) -> Affine:
    """The endomorphism of the twist that multiplies points of G2 by the curve's parameter x."""
    if point is None:
        return None
    x, y = point
    return x.conj() * PSI_X % P, y.conj() * PSI_Y % P


def in_g1(point: Affine) -> bool:
    """Whether the point lies on the curve and in the subgroup of order r; half a millisecond."""
    if point is None or not G1.contains(point):
        return point is None
    x, y = point
    return (BETA * x % P, y) == G1.multiply(point, -(BLS12_381_X**2))


def in_g2(point: Affine) -> bool:
    """Whether the point lies on the twist and in the subgroup of order r; a few milliseconds."""
    return G2.contains(point) and psi(point) == G2.multiply(point, BLS12_381_X)


def product_is_one(pairs: Iterable[tuple[Affine, Affine]]) -> bool:
    """Whether the product of all e(P, Q) is 1, for points of G1 and G2 that were checked."""
    return PAIRING.product_is_one(pairs)


def g1_to_bytes(point: Affine) -> bytes:
    """48 bytes."""
    return _compress(point, [] if point is None else [point[0]], 1)


def g2_to_bytes(point: Affine) -> bytes:
    """96 bytes, the imaginary part of x first."""
    return _compress(point, [] if point is None else [point[0].im, point[0].re], 2)


def g1_from_bytes(data: bytes, argument: str = "point") -> Affine:
    """The point of G1 that `g1_to_bytes` wrote, subgroup included.

    Raises:
        ValueError: naming the argument: BadLength, NonCanonical (flags or coordinate), NonResidue
            (no point has this x), or not in the subgroup.
    """
    coordinates = _decompress(data, 1, argument)
    point = _with_y(G1, coordinates[0], data, argument) if coordinates else None
    return _require(in_g1(point), point, argument)


def g2_from_bytes(data: bytes, argument: str = "point") -> Affine:
    """The point of G2 that `g2_to_bytes` wrote, subgroup included; errors as for G1."""
    coordinates = _decompress(data, 2, argument)
    point = None
    if coordinates:
        point = _with_y(G2, Gaussian(coordinates[1], coordinates[0]), data, argument)
    return _require(in_g2(point), point, argument)


def is_larger(y: int | Gaussian) -> bool:
    """Whether y is the larger of y and -y: over F_{p²} the imaginary part decides, unless zero."""
    if isinstance(y, Gaussian):
        return is_larger(y.im if y.im else y.re)
    return y > P // 2


def _compress(point: Affine, coordinates: Sequence[int], n_coordinates: int) -> bytes:
    if point is None:
        return bytes([COMPRESSED | INFINITY]) + bytes(n_coordinates * COORDINATE_BYTES - 1)
    data = bytearray(b"".join(c.to_bytes(COORDINATE_BYTES, "big") for c in coordinates))
    data[0] |= COMPRESSED | (LARGER_Y if is_larger(point[1]) else 0)
    return bytes(data)


def _decompress(data: bytes, n_coordinates: int, argument: str) -> list[int]:
    """The coordinates of x as they were written, none for infinity; flags and bounds checked."""
    size = n_coordinates * COORDINATE_BYTES
    if len(data) != size:
        raise BadLength(f"{argument} has {len(data)} bytes, must be {size}")
    if data[0] & INFINITY:
        if data != _compress(None, [], n_coordinates):
            raise NonCanonical(f"{argument}: infinity has no other bit than 0xc0 set")
        return []
    if not data[0] & COMPRESSED:
        raise NonCanonical(f"{argument}: first byte is {data[0]:#x}, must have 0x80 set")
    body = bytes([data[0] & (LARGER_Y - 1)]) + data[1:]
    parts = [body[i : i + COORDINATE_BYTES] for i in range(0, size, COORDINATE_BYTES)]
    coordinates = [int.from_bytes(part, "big") for part in parts]
    if max(coordinates) >= P:
        raise NonCanonical(f"{argument}: a coordinate is {max(coordinates):#x}, must be below p")
    return coordinates


def _with_y(curve: Curve, x: int | Gaussian, data: bytes, argument: str) -> Affine:
    """The point with this x whose y is the larger or smaller one, as the flag in `data` says."""
    try:
        y = sqrt((x * x * x + curve.b) % P, P)
    except NonResidue:
        raise NonResidue(f"{argument}: no point of {curve.name} has this x") from None
    return (x, -y % P) if is_larger(y) != bool(data[0] & LARGER_Y) else (x, y)


def _require(member: bool, point: Affine, argument: str) -> Affine:
    if not member:
        raise ValueError(f"{argument} is on the curve, but not in the subgroup of order r")
    return point


def _hard_part(pairing: Pairing, f: Fq12) -> Fq12:
    """f^(3·(q⁴ - q² + 1)/r), whose exponent is (x - 1)²·(x + q)·(x² + q² - 1) + 3."""
    times, raised = pairing.multiply, pairing.power_cyclotomic
    t = raised(raised(f, BLS12_381_X - 1), BLS12_381_X - 1)
    t = times(raised(t, BLS12_381_X), pairing.frobenius(t))
    squared = raised(raised(t, BLS12_381_X), BLS12_381_X)
    t = times(times(squared, pairing.frobenius(t, 2)), pairing.conjugate(t))
    return times(t, times(pairing.square_cyclotomic(f), f))


PAIRING = Pairing(
    q=P,
    loop=-BLS12_381_X,
    xi=XI,
    divides=False,
    frobenius_lines=False,
    hard_part=_hard_part,
)
