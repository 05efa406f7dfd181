"""Curves and pairings: exhaustive on a toy curve, then equal to py_ecc on the real ones."""

import math
import random
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import optimized_bls12_381, optimized_bn128
from py_ecc.bls import point_compression

from aicrypto.algebra import BadLength, NonCanonical, NonResidue, ZeroInverse
from aicrypto.algebra.curves import bls12_381, bn254, gaussian, weierstrass
from aicrypto.algebra.curves.gaussian import FASTEST, Gaussian
from aicrypto.algebra.curves.msm import msm, multiples, signed_digits
from aicrypto.algebra.curves.pairing import Fq12, Pairing
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.primes import BLS12_381_R as R
from aicrypto.algebra.primes import BLS12_381_X as X

P = bls12_381.P
ROOMS = [(bn254, optimized_bn128, 9), (bls12_381, optimized_bls12_381, 1)]
each_room = pytest.mark.parametrize(("room", "peer", "real"), ROOMS, ids=["BN254", "BLS12-381"])
GROUPS = [bn254.G1, bn254.G2, bls12_381.G1, bls12_381.G2]
each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
EDGES = [0, 1, 2, -1, -2, 3, 2**64, -(2**70)]


# A curve with 31 points: everything about its group can be written out.
def toy_sum(left: Affine, right: Affine, q: int = 43) -> Affine:
    """The chord and tangent rule as the textbook has it."""
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % q == 0:
        return None
    if left == right:
        slope = 3 * x1 * x1 * pow(2 * y1, -1, q)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, q)
    x = (slope * slope - x1 - x2) % q
    return x, (slope * (x1 - x) - y1) % q


TOY_POINTS = [None, *((x, y) for x in range(43) for y in range(43) if (y * y - x**3 - 7) % 43 == 0)]
TOY = Curve("toy", 43, 7, len(TOY_POINTS), TOY_POINTS[1])


def test_the_toy_curve_has_a_prime_order() -> None:
    assert TOY.order == 31
    assert all(TOY.in_group_slowly(point) for point in TOY_POINTS)
    assert not TOY.contains((1, 1))
    assert not TOY.in_group_slowly((1, 1))


def test_all_sums_of_the_toy_curve() -> None:
    for left in TOY_POINTS:
        assert TOY.add(left, TOY.negate(left)) is None
        for right in TOY_POINTS:
            expected = toy_sum(left, right)
            assert TOY.add(left, right) == expected
            # The same points with any Z: Jacobian coordinates are not unique.
            z1, z2 = 5, 11
            a, b = jacobian(left, z1), jacobian(right, z2)
            assert TOY.normalise([weierstrass.add(a, b, 43)]) == [expected]
            assert TOY.normalise([weierstrass.add_affine(a, right, 43)]) == [expected]
        assert TOY.normalise([weierstrass.double(jacobian(left, 7), 43)]) == [toy_sum(left, left)]


def jacobian(point: Affine, z: int) -> weierstrass.Jacobian:
    if point is None:
        return z * z % 43, z**3 % 43, 0
    x, y = point
    return x * z * z % 43, y * z**3 % 43, z


def test_all_multiples_of_the_toy_curve() -> None:
    for point in TOY_POINTS:
        total = None
        for k in range(70):
            assert TOY.multiply(point, k) == total
            assert TOY.multiply(point, -k) == TOY.negate(total)
            total = toy_sum(total, point)
        assert multiples(TOY, point, range(70)) == [TOY.multiply(point, k) for k in range(70)]


@given(st.lists(st.tuples(st.sampled_from(TOY_POINTS), st.integers(-(2**40), 2**40))))
def test_msm_of_the_toy_curve(terms: list[tuple[Affine, int]]) -> None:
    points, scalars = [point for point, _ in terms], [k for _, k in terms]
    expected = None
    for point, scalar in terms:
        expected = toy_sum(expected, TOY.multiply(point, scalar % TOY.order))
    assert msm(TOY, points, scalars) == expected


def test_normalise_divides_everything_at_once() -> None:
    points = [jacobian(point, z) for point in TOY_POINTS for z in (1, 2, 42)]
    assert TOY.normalise(points) == [point for point in TOY_POINTS for _ in range(3)]
    assert TOY.normalise([]) == []


@given(st.integers(-(2**300), 2**300), st.integers(1, 12))
def test_signed_digits_are_the_scalar(scalar: int, window: int) -> None:
    digits = signed_digits(scalar, window, abs(scalar).bit_length())
    assert sum(digit << (window * k) for k, digit in enumerate(digits[::-1])) == scalar
    assert all(abs(digit) <= 1 << (window - 1) or window == 1 for digit in digits)


# The real groups against py_ecc.
def from_peer(peer: ModuleType, point: Any) -> Affine:
    if peer.is_inf(point):
        return None
    x, y = peer.normalize(point)
    return tuple(int(c) if hasattr(c, "n") else Gaussian(*map(int, c.coeffs)) for c in (x, y))


def peer_generator(peer: ModuleType, group: Curve) -> Any:
    return peer.G2 if isinstance(group.b, Gaussian) else peer.G1


@each_room
def test_sums_and_multiples_are_those_of_py_ecc(
    room: ModuleType, peer: ModuleType, real: int
) -> None:
    rng = random.Random(real)
    for group in (room.G1, room.G2):
        base = peer_generator(peer, group)
        assert from_peer(peer, base) == group.generator
        a, b = rng.randrange(group.order), rng.randrange(group.order)
        p, q = peer.multiply(base, a), peer.multiply(base, b)
        ours, other = from_peer(peer, p), from_peer(peer, q)
        assert group.multiply(group.generator, a) == ours
        assert group.add(ours, other) == from_peer(peer, peer.add(p, q))
        assert group.add(ours, ours) == from_peer(peer, peer.double(p))
        assert group.negate(ours) == from_peer(peer, peer.neg(p))
        assert group.sum([ours, None, other, ours]) == group.multiply(group.generator, 2 * a + b)


@each_group
def test_scalars_at_the_edges(group: Curve) -> None:
    point, order = group.multiply(group.generator, 12345), group.order
    assert group.multiply(point, 0) is None
    assert group.multiply(point, order) is None
    assert group.multiply(point, order + 1) == group.multiply(point, 1) == point
    assert group.multiply(point, -1) == group.multiply(point, order - 1) == group.negate(point)
    assert group.multiply(None, 5) is None
    assert group.negate(None) is None
    assert group.add(point, group.negate(point)) is None
    assert group.sum([]) is None


@each_group
@pytest.mark.parametrize("integer", {int, FASTEST})
def test_msm_is_the_sum_of_products(group: Curve, integer: Any) -> None:
    rng = random.Random(1)
    edges = [*EDGES, group.order, group.order - 1, group.order + 1, rng.getrandbits(400)]
    points = [group.multiply(group.generator, rng.randrange(1, 1000)) for _ in range(30)]
    points += [None, points[0], group.negate(points[0])]
    scalars = [*edges, *(rng.randrange(group.order) for _ in range(len(points) - len(edges)))]
    products = [group.multiply(p, k) for p, k in zip(points, scalars, strict=True)]
    result = msm(group, points, scalars, integer)
    assert result == group.sum(products)
    assert all(type(part) is int for part in parts(result))


def parts(point: Affine) -> list[int]:
    return [n for c in point for n in ([c.re, c.im] if isinstance(c, Gaussian) else [c])]


@each_group
def test_msm_of_nothing_is_infinity(group: Curve) -> None:
    assert msm(group, [], []) is None
    assert msm(group, [None, group.generator], [5, 0]) is None
    assert msm(group, [group.generator], [-group.order]) is None
    with pytest.raises(BadLength, match="there are 1 points and 2 scalars"):
        msm(group, [None], [1, 2])


@each_group
def test_multiples_are_products(group: Curve) -> None:
    point = group.multiply(group.generator, 777)
    scalars = [0, 1, 63, 64, 65, group.order - 1, group.order, 2**300 + 1]
    assert multiples(group, point, scalars) == [group.multiply(point, k) for k in scalars]
    assert multiples(group, point, []) == []
    assert multiples(group, None, [3]) == [None]
    with pytest.raises(ValueError, match="scalars: -1 is negative"):
        multiples(group, point, [2, -1])


@each_group
def test_points_off_the_curve_are_refused(group: Curve) -> None:
    x, y = group.generator
    assert group.require_on_curve((x, y)) == (x, y)
    assert group.require_on_curve(None) is None
    for bad in ((x, y + 1), (x + 1, y), (y, x), (x * 0, y * 0)):
        assert not group.contains(bad)
        with pytest.raises(ValueError, match=f"proof is .* not on the curve {group.name}"):
            group.require_on_curve(bad, "proof")


# Complex coordinates.
gaussians = st.builds(Gaussian, st.integers(0, P - 1), st.integers(0, P - 1))
small = st.builds(Gaussian, st.integers(-2, 2), st.integers(-2, 2))


@given(st.one_of(gaussians, small), st.one_of(gaussians, small), st.integers(-9, 9))
@settings(deadline=None)
def test_gaussians_compute_like_complex_numbers(a: Gaussian, b: Gaussian, n: int) -> None:
    assert a * b - b * a == 0
    assert (a + b) * (a - b) == a * a - b * b
    assert n - a == -(a - n)
    assert n * a == a * n == a * Gaussian(n)
    assert (a * b).conj() == a.conj() * b.conj()
    assert hash(a) == hash(gaussian.convert(a, FASTEST))
    if a % P:
        assert a * gaussian.inverse(a, P) % P == 1


@pytest.mark.parametrize("zero", [0, P, FASTEST(P), Gaussian(0), Gaussian(P, -P)])
def test_zero_has_no_inverse(zero: Any) -> None:
    for integer in (int, FASTEST):
        with pytest.raises(ZeroInverse, match="is zero modulo"):
            gaussian.inverse(gaussian.convert(zero, integer), integer(P))


def test_gaussian_powers_want_an_exponent_that_is_not_negative() -> None:
    z = Gaussian(3, 4)
    assert [gaussian.power(z, n, P) for n in range(3)] == [1, z, z * z % P]
    with pytest.raises(ValueError, match="exponent is -2, must be at least 0"):
        gaussian.power(z, -2, P)


@given(st.integers())
def test_a_gaussian_that_equals_an_integer_has_its_hash(n: int) -> None:
    assert len({n, Gaussian(n), Gaussian(FASTEST(n))}) == 1
    assert {Gaussian(n, 1): "kept"}[Gaussian(n, FASTEST(1))] == "kept"


@given(st.one_of(gaussians, small, small.map(lambda z: Gaussian(z.re, 0))))
@settings(deadline=None)
def test_square_roots_of_gaussians(value: Gaussian) -> None:
    square = value * value % P
    root = gaussian.sqrt(square, P)
    assert root in (value % P, -value % P)
    if square:  # 1 + i is no square, so this is none either
        with pytest.raises(NonResidue, match="is no square"):
            gaussian.sqrt(square * Gaussian(1, 1) % P, P)
    assert gaussian.power(value, P, P) == value.conj() % P


def test_square_roots_of_integers() -> None:
    assert gaussian.sqrt(49, P) in (7, P - 7)
    with pytest.raises(NonResidue, match="is no square"):
        gaussian.sqrt(P - 49, P)


# Pairings.
def to_peer(peer: ModuleType, real: int, f: Fq12) -> Any:
    """Our a + b·i before w^k is their (a - real·b)·w^k + b·w^(k+6), as w^6 = real + i."""
    low = [int(c.re) - real * int(c.im) for c in f]
    return peer.FQ12([*low, *(int(c.im) for c in f)])


def random_fq12(pairing: Pairing, rng: random.Random) -> Fq12:
    return [Gaussian(rng.randrange(pairing.q), rng.randrange(pairing.q)) for _ in range(6)]


@each_room
def test_the_large_field_is_that_of_py_ecc(room: ModuleType, peer: ModuleType, real: int) -> None:
    pairing, rng = room.PAIRING, random.Random(3)
    f, g = random_fq12(pairing, rng), random_fq12(pairing, rng)
    one = pairing.multiply(f, pairing.invert(f))
    assert one == [1, 0, 0, 0, 0, 0]
    theirs = to_peer(peer, real, f)
    assert to_peer(peer, real, pairing.multiply(f, g)) == theirs * to_peer(peer, real, g)
    assert to_peer(peer, real, pairing.frobenius(f)) == theirs**pairing.q
    assert pairing.frobenius(f, 6) == pairing.conjugate(f)
    assert pairing.frobenius(f, 12) == f


@each_room
def test_squares_and_powers_in_the_cyclotomic_subgroup(
    room: ModuleType, peer: ModuleType, real: int
) -> None:
    pairing = room.PAIRING
    f = random_fq12(pairing, random.Random(4))
    assert pairing.square_cyclotomic(f) != pairing.multiply(f, f)  # only there
    f = pairing.multiply(pairing.conjugate(f), pairing.invert(f))
    f = pairing.multiply(pairing.frobenius(f, 2), f)
    assert pairing.square_cyclotomic(f) == pairing.multiply(f, f)
    assert to_peer(peer, real, pairing.power_cyclotomic(f, 1000)) == to_peer(peer, real, f) ** 1000
    assert pairing.multiply(pairing.power_cyclotomic(f, -5), pairing.power_cyclotomic(f, 5)) == [
        *(1, 0, 0, 0, 0, 0)
    ]


@pytest.mark.parametrize(
    ("room", "peer", "real", "multiple"), [(*ROOMS[0], 1), (*ROOMS[1], 3)], ids=["BN254", "BLS"]
)
def test_final_exponentiation_is_a_power_prime_to_r(
    room: ModuleType, peer: ModuleType, real: int, multiple: int
) -> None:
    """py_ecc raises to (q^12 - 1)/r; we to a small multiple of it, which forgets nothing."""
    f = random_fq12(room.PAIRING, random.Random(5))
    ours = to_peer(peer, real, room.PAIRING.final_exponentiation(f))
    assert ours == peer.final_exponentiate(to_peer(peer, real, f)) ** multiple
    assert math.gcd(multiple, room.G1.order) == 1
    assert ours**room.G1.order == peer.FQ12.one()


def test_the_exponent_of_bls12_381_is_the_one_in_its_docstring() -> None:
    assert (X - 1) ** 2 * (X + P) * (X**2 + P**2 - 1) + 3 == 3 * (P**4 - P**2 + 1) // R
    assert (P**4 - P**2 + 1) % R == 0


@each_room
def test_the_pairing_is_bilinear_and_not_trivial(
    room: ModuleType, peer: ModuleType, real: int
) -> None:
    g1, g2, rng = room.G1, room.G2, random.Random(6)
    a, b = rng.randrange(g1.order), rng.randrange(g1.order)
    p, q = g1.multiply(g1.generator, a), g2.multiply(g2.generator, b)
    minus = g1.negate(g1.generator)
    by_ab = g2.multiply(g2.generator, a * b)
    assert room.product_is_one([(p, q), (minus, by_ab)])
    assert room.product_is_one([(g1.generator, by_ab), (g1.negate(p), q)])
    assert not room.product_is_one([(p, q), (minus, g2.add(by_ab, g2.generator))])
    assert not room.product_is_one([(g1.generator, g2.generator)])
    assert not room.product_is_one([(p, q)])
    # e(P, Q1)·e(P, Q2)·e(-P, Q1 + Q2) = 1, and the same in the first argument.
    assert room.product_is_one([(p, q), (p, by_ab), (g1.negate(p), g2.add(q, by_ab))])
    assert room.product_is_one([(p, q), (minus, q), (g1.negate(g1.add(p, minus)), q)])


@each_room
def test_infinity_counts_as_one(room: ModuleType, peer: ModuleType, real: int) -> None:
    g1, g2 = room.G1.generator, room.G2.generator
    assert room.product_is_one([])
    assert room.product_is_one([(None, g2), (g1, None), (None, None)])
    assert not room.product_is_one([(None, g2), (g1, g2)])


@each_room
def test_values_are_powers_of_those_of_py_ecc(
    room: ModuleType, peer: ModuleType, real: int
) -> None:
    """Libraries choose different powers of the pairing; ours has order r and matches theirs."""
    g1, g2 = room.G1.generator, room.G2.generator
    ours = room.PAIRING.final_exponentiation(room.PAIRING.miller_loop([(g1, g2)]))
    theirs = peer.pairing(peer.G2, peer.G1)
    multiple = 3 if room is bls12_381 else 1
    mine = to_peer(peer, real, ours)
    assert mine != peer.FQ12.one()
    assert mine in (theirs**multiple, (theirs**multiple).inv())


# Membership and encodings.
def outside(group: Curve, rng: random.Random) -> tuple[Any, Any]:
    """A point of the curve with a random abscissa: almost surely not in the subgroup."""
    while True:
        x = rng.randrange(group.q)
        x = Gaussian(x, rng.randrange(group.q)) if isinstance(group.b, Gaussian) else x
        try:
            return x, gaussian.sqrt((x * x * x + group.b) % group.q, group.q)
        except NonResidue:
            continue


def of_prime_order(group: Curve, point: Affine, n_points: int, prime: int) -> Affine:
    """A multiple of the point with this small order."""
    while n_points % prime == 0:
        n_points //= prime
    point = group.multiply(point, n_points)
    while (multiple := group.multiply(point, prime)) is not None:
        point = multiple
    return point


H1 = (X - 1) ** 2 // 3
H2 = (X**8 - 4 * X**7 + 5 * X**6 - 4 * X**4 + 6 * X**3 - 4 * X**2 - 4 * X + 13) // 9


@pytest.mark.parametrize(
    ("group", "member", "cofactor", "primes"),
    [
        (bls12_381.G1, bls12_381.in_g1, H1, (3, 11, 10177, 859267, 52437899)),
        (bls12_381.G2, bls12_381.in_g2, H2, (13, 23, 2713)),
        (bn254.G2, bn254.in_g2, 2 * bn254.BN254_Q - bn254.BN254_R, (10069,)),
    ],
    ids=["BLS12-381 G1", "BLS12-381 G2", "BN254 G2"],
)
def test_membership_is_the_definition(
    group: Curve, member: Callable[[Affine], bool], cofactor: int, primes: tuple[int, ...]
) -> None:
    rng = random.Random(7)
    stray = outside(group, rng)
    inside = group.multiply(stray, cofactor)
    assert group.multiply(stray, cofactor * group.order) is None
    cases = [None, inside, group.generator, group.negate(inside), stray]
    cases += [outside(group, rng) for _ in range(3)]
    cases += [of_prime_order(group, stray, cofactor * group.order, prime) for prime in primes]
    cases += [group.add(inside, point) for point in cases[-len(primes) :]]
    cases += [(group.generator[0], group.generator[1] + 1)]  # not even on the curve
    verdicts = [member(point) for point in cases]
    assert verdicts == [group.in_group_slowly(point) for point in cases]
    assert verdicts[:4] == [True] * 4
    assert not any(verdicts[4:])


def test_every_point_of_bn254_g1_is_a_member() -> None:
    stray = outside(bn254.G1, random.Random(8))
    assert bn254.in_g1(stray)
    assert bn254.in_g1(None)
    assert bn254.G1.in_group_slowly(stray)
    assert not bn254.in_g1((1, 3))


def test_the_invisible_point_is_no_member() -> None:
    point = (0, 2)
    assert bls12_381.G1.contains(point)
    assert bls12_381.G1.multiply(point, 3) is None
    assert not bls12_381.in_g1(point)
    assert not bls12_381.in_g1(bls12_381.G1.add(bls12_381.G1.generator, point))


def test_psi_multiplies_by_the_parameter() -> None:
    q = bls12_381.G2.multiply(bls12_381.G2.generator, 99)
    assert bls12_381.psi(q) == bls12_381.G2.multiply(q, X)
    assert bls12_381.psi(None) is None


CODECS = [
    (bls12_381.G1, bls12_381.g1_to_bytes, bls12_381.g1_from_bytes, 48),
    (bls12_381.G2, bls12_381.g2_to_bytes, bls12_381.g2_from_bytes, 96),
]
each_codec = pytest.mark.parametrize(
    ("group", "encode", "decode", "size"), CODECS, ids=["G1", "G2"]
)


@each_codec
def test_encodings_round_trip(group: Curve, encode: Any, decode: Any, size: int) -> None:
    rng = random.Random(9)
    for scalar in [1, group.order - 1, *(rng.randrange(group.order) for _ in range(8))]:
        point = group.multiply(group.generator, scalar)
        data = encode(point)
        assert len(data) == size
        assert decode(data) == point
        assert encode(group.negate(point)) == bytes([data[0] ^ 0x20]) + data[1:]
    assert encode(None) == bytes([0xC0]) + bytes(size - 1)
    assert decode(encode(None)) is None


def test_encodings_are_those_of_py_ecc() -> None:
    for scalar in (1, 5, 2**200 + 3):
        g1 = point_compression.compress_G1(
            optimized_bls12_381.multiply(optimized_bls12_381.G1, scalar)
        )
        g2 = point_compression.compress_G2(
            optimized_bls12_381.multiply(optimized_bls12_381.G2, scalar)
        )
        ours = [c.multiply(c.generator, scalar) for c in (bls12_381.G1, bls12_381.G2)]
        assert bls12_381.g1_to_bytes(ours[0]) == g1.to_bytes(48, "big")
        assert bls12_381.g2_to_bytes(ours[1]) == b"".join(n.to_bytes(48, "big") for n in g2)


@each_codec
def test_every_wrong_encoding_is_refused(group: Curve, encode: Any, decode: Any, size: int) -> None:
    data = encode(group.generator)
    x_is_p = bytes([0x80 | P.to_bytes(48, "big")[0]]) + P.to_bytes(48, "big")[1:]
    stray = encode(outside(group, random.Random(10)))
    off_curve = next(
        candidate
        for candidate in (bytes([0x80]) + bytes(size - 2) + bytes([n]) for n in range(1, 50))
        if not is_on_curve(group, candidate)
    )
    cases = [
        (BadLength, f"has {size - 1} bytes, must be {size}", data[:-1]),
        (BadLength, f"has {size + 1} bytes", data + b"\0"),
        (BadLength, "has 0 bytes", b""),
        (NonCanonical, "must have 0x80 set", bytes([data[0] & 0x7F]) + data[1:]),
        (NonCanonical, "infinity has no other bit", bytes([0xC0]) + bytes(size - 2) + b"\1"),
        (NonCanonical, "infinity has no other bit", bytes([0xE0]) + bytes(size - 1)),
        (NonCanonical, "infinity has no other bit", bytes([0x40]) + bytes(size - 1)),
        (NonCanonical, "a coordinate is .* must be below p", x_is_p + bytes(size - 48)),
        (NonResidue, f"no point of {group.name} has this x", off_curve),
        (ValueError, "not in the subgroup", stray),
    ]
    if size == 96:
        real_is_p = data[:48] + P.to_bytes(48, "big")
        cases.append((NonCanonical, "a coordinate is .* must be below p", real_is_p))
    for error, message, bad in cases:
        with pytest.raises(error, match=f"sigma.*{message}"):
            decode(bad, "sigma")


def is_on_curve(group: Curve, data: bytes) -> bool:
    x = data[-1]
    value = Gaussian(x, 0) if isinstance(group.b, Gaussian) else x
    try:
        gaussian.sqrt((value * value * value + group.b) % P, P)
    except NonResidue:
        return False
    return True


@each_codec
def test_a_flipped_bit_never_gives_a_second_encoding(
    group: Curve, encode: Any, decode: Any, size: int
) -> None:
    rng = random.Random(11)
    data = encode(group.multiply(group.generator, 31337))
    for _ in range(100):
        flipped = bytearray(data)
        flipped[rng.randrange(size)] ^= 1 << rng.randrange(8)
        try:
            point = decode(bytes(flipped))
        except ValueError:
            continue
        assert encode(point) == flipped  # the sign bit: the opposite point
