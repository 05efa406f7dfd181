"""Hashing to the curve: equal to py_ecc's, its tables derived, its special cases met."""

import hashlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import optimized_bls12_381 as peer
from py_ecc.bls import hash as peer_hash
from py_ecc.bls import hash_to_curve as peer_curve
from py_ecc.optimized_bls12_381 import optimized_swu

from aicrypto.algebra import BadLength
from aicrypto.algebra.curves import bls12_381, gaussian
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit.bls import expand, hash_to_curve
from aicrypto.commit.bls.hash_to_curve import MAP_TO_G1, MAP_TO_G2, Map

P = bls12_381.P
MAPS = [MAP_TO_G1, MAP_TO_G2]
each_map = pytest.mark.parametrize("target", MAPS, ids=["G1", "G2"])
messages, tags = st.binary(max_size=200), st.binary(min_size=1, max_size=255)
few = settings(max_examples=15, deadline=None)


@given(messages, tags, st.integers(0, 8160))
@settings(deadline=None)
def test_expansion_is_that_of_py_ecc(message: bytes, tag: bytes, length: int) -> None:
    expected = peer_hash.expand_message_xmd(message, tag, length, hashlib.sha256)
    assert expand.expand_message(message, tag, length) == expected


def test_long_tags_are_hashed() -> None:
    tag = b"t" * 256
    short = hashlib.sha256(b"H2C-OVERSIZE-DST-" + tag).digest()
    assert expand.expand_message(b"m", tag, 40) == expand.expand_message(b"m", short, 40)
    assert expand.expand_message(b"m", tag[1:], 40) != expand.expand_message(b"m", tag, 40)


def test_lengths_that_one_byte_cannot_count_are_refused() -> None:
    assert expand.expand_message(b"", b"tag", 0) == b""
    assert len(expand.expand_message(b"", b"tag", 8160)) == 8160
    for length in (-1, 8161):
        with pytest.raises(BadLength, match=rf"length is {length}, must be in 0\.\.8160"):
            expand.expand_message(b"", b"tag", length)
    with pytest.raises(BadLength, match="length is 8192"):
        expand.hash_to_field(b"", b"tag", 2, 64)


@given(messages, tags, st.integers(0, 5))
@few
def test_field_elements_are_those_of_py_ecc(message: bytes, tag: bytes, count: int) -> None:
    fp = peer_curve.hash_to_field_FQ(message, count, tag, hashlib.sha256)
    fp2 = peer_curve.hash_to_field_FQ2(message, count, tag, hashlib.sha256)
    assert expand.hash_to_field(message, tag, 1, count) == [[int(e)] for e in fp]
    assert expand.hash_to_field(message, tag, 2, count) == [list(map(int, e.coeffs)) for e in fp2]


@pytest.mark.parametrize("degree", [0, 3])
def test_other_fields_are_refused(degree: int) -> None:
    with pytest.raises(ValueError, match=f"degree is {degree}, must be 1 or 2"):
        expand.hash_to_field(b"", b"tag", degree, 1)


def from_peer(point: Any) -> Affine:
    x, y = peer.normalize(point)
    return tuple(int(c) if hasattr(c, "n") else Gaussian(*map(int, c.coeffs)) for c in (x, y))


@given(messages, tags)
@few
def test_points_are_those_of_py_ecc(message: bytes, tag: bytes) -> None:
    g1 = peer_curve.hash_to_G1(message, tag, hashlib.sha256)
    g2 = peer_curve.hash_to_G2(message, tag, hashlib.sha256)
    assert hash_to_curve.hash_to_g1(message, tag) == from_peer(g1)
    assert hash_to_curve.hash_to_g2(message, tag) == from_peer(g2)


@given(messages, tags)
@few
def test_points_are_those_of_arkworks(message: bytes, tag: bytes) -> None:
    arkworks = pytest.importorskip("py_arkworks_bls12381", reason="an independent oracle")
    ours = hash_to_curve.hash_to_g2(message, tag)
    theirs = arkworks.G2Point.hash_to_curve(message, tag)
    assert bls12_381.g2_to_bytes(ours) == bytes(theirs.to_compressed_bytes())


@given(messages, tags)
@few
def test_points_are_in_the_subgroup_and_depend_on_everything(message: bytes, tag: bytes) -> None:
    points = [
        (hash_to_curve.hash_to_g1, bls12_381.in_g1),
        (hash_to_curve.encode_to_g1, bls12_381.in_g1),
        (hash_to_curve.hash_to_g2, bls12_381.in_g2),
        (hash_to_curve.encode_to_g2, bls12_381.in_g2),
    ]
    for function, member in points:
        point = function(message, tag)
        assert point is not None
        assert member(point)
        assert function(message + b"\0", tag) != point
        assert function(message, b"!" + tag[1:] + b"!") != point


def to_peer(value: Any) -> Any:
    if isinstance(value, Gaussian):
        return peer.FQ2([int(value.re), int(value.im)])
    return peer.FQ(int(value))


# The map, step by step.
def equation(target: Map, x: Any) -> Any:
    return (x * x * x + target.a * x + target.b) % P


def elements(target: Map) -> list[Any]:
    """Random field elements, and special ones: t² + t = 0 for u = 0, and where z·u² = -1."""
    rng = random.Random(1)
    found = [target.z * 0, target.z * 0 + 1, target.z % P]
    if target is MAP_TO_G1:  # over F_{p²}, -1/z is no square
        found.append(gaussian.sqrt(-gaussian.inverse(target.z, P) % P, P))
    for _ in range(20):
        u = rng.randrange(P)
        found.append(Gaussian(u, rng.randrange(P)) if target.degree == 2 else u)
    return found


@each_map
def test_swu_ends_on_the_auxiliary_curve_with_the_sign_of_u(target: Map) -> None:
    for u in elements(target):
        x, y = hash_to_curve.swu(target, u)
        assert y * y % P == equation(target, x)
        assert hash_to_curve.sgn0(y) == hash_to_curve.sgn0(u)
        if u:
            assert hash_to_curve.swu(target, -u % P) == (x, -y % P)


def test_swu_is_that_of_py_ecc() -> None:
    for u in elements(MAP_TO_G2):
        x, y, z = optimized_swu.optimized_swu_G2(peer.FQ2([u.re, u.im]))
        expected = [Gaussian(*map(int, c.coeffs)) for c in (x / z, y / z)]
        assert list(hash_to_curve.swu(MAP_TO_G2, u)) == expected
    for u in elements(MAP_TO_G1):
        x, y, z = optimized_swu.optimized_swu_G1(peer.FQ(u))
        assert hash_to_curve.swu(MAP_TO_G1, u) == (int(x / z), int(y / z))


@each_map
def test_the_sign_tells_a_value_from_its_opposite(target: Map) -> None:
    for value in elements(target):
        opposite = -value % P
        assert hash_to_curve.sgn0(value) in (0, 1)
        same = hash_to_curve.sgn0(value) == hash_to_curve.sgn0(opposite)
        assert same == (not value)
    assert hash_to_curve.sgn0(Gaussian(0, 3)) == 1
    assert hash_to_curve.sgn0(Gaussian(2, 3)) == 0


def auxiliary_sum(target: Map, left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    """The chord through two points of y² = x³ + a·x + b."""
    (x1, y1), (x2, y2) = left, right
    slope = (y2 - y1) * gaussian.inverse((x2 - x1) % P, P) % P
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


@each_map
def test_the_isogeny_respects_addition(target: Map) -> None:
    rng = random.Random(2)
    for _ in range(5):
        left, right = (hash_to_curve.swu(target, rng.choice(elements(target)[4:])) for _ in "ab")
        if left == right:
            continue
        images = [hash_to_curve.isogeny(target, point) for point in (left, right)]
        total = hash_to_curve.isogeny(target, auxiliary_sum(target, left, right))
        assert all(target.curve.contains(image) for image in [*images, total])
        assert target.curve.add(*images) == total


@each_map
def test_the_isogeny_is_that_of_the_tables(target: Map) -> None:
    """RFC 9380 appendix E.2 and E.3 as py_ecc holds them: 53 and 13 constants."""
    isogeny = {1: optimized_swu.iso_map_G1, 2: optimized_swu.iso_map_G2}[target.degree]
    one = {1: peer.FQ.one(), 2: peer.FQ2.one()}[target.degree]
    for u in elements(target):
        x, y = hash_to_curve.swu(target, u)
        expected = from_peer(isogeny(to_peer(x), to_peer(y), one))
        assert hash_to_curve.isogeny(target, (x, y)) == expected


@each_map
def test_the_kernel_goes_to_infinity(target: Map) -> None:
    terms = hash_to_curve._kernel_terms(target)
    assert len(terms) == {1: 5, 2: 1}[target.degree]  # of orders 11 and 3, up to sign
    for x, _, _ in terms:
        assert hash_to_curve.isogeny(target, (x, x * 0 + 1)) is None


@each_map
def test_a_wrong_kernel_or_scale_leaves_the_curve(target: Map) -> None:
    point = hash_to_curve.swu(target, target.z * 0 + 5)
    fields = {name: getattr(target, name) for name in target.__dataclass_fields__}
    scaled = Map(**{**fields, "scale": target.scale + 1})
    assert target.curve.contains(hash_to_curve.isogeny(target, point))
    assert not target.curve.contains(hash_to_curve.isogeny(scaled, point))


def test_fast_clearing_is_the_long_multiplication() -> None:
    """RFC 9380 section 8.8.2: psi's way is multiplication by 3(x² - 1) times the cofactor."""
    x = bls12_381.BLS12_381_X
    h2 = (x**8 - 4 * x**7 + 5 * x**6 - 4 * x**4 + 6 * x**3 - 4 * x**2 - 4 * x + 13) // 9
    for u in elements(MAP_TO_G2)[:3]:
        point = hash_to_curve.map_to_curve(MAP_TO_G2, u)
        assert not bls12_381.in_g2(point)
        cleared = hash_to_curve.clear_g2(point)
        assert cleared == bls12_381.G2.multiply(point, 3 * (x * x - 1) * h2)
        assert bls12_381.in_g2(cleared)
    assert hash_to_curve.clear_g2(None) is None
    assert hash_to_curve.clear_g1(None) is None


def test_coordinates_leave_as_plain_integers() -> None:
    x, y = hash_to_curve.hash_to_g2(b"", b"tag")
    assert {type(n) for n in (x.re, x.im, y.re, y.im)} == {int}
    assert {type(n) for n in hash_to_curve.hash_to_g1(b"", b"tag")} == {int}


def test_a_known_multiple_of_the_generator_is_no_hash() -> None:
    """Hashing as k·G, a naive idea: then everybody signs, with the public key alone."""
    from aicrypto.commit import bls

    group = bls12_381.G1
    sk = 0x1234567
    pk = group.multiply(group.generator, sk)
    k = int.from_bytes(hashlib.sha256(b"pay everything to me").digest(), "big")
    honest = group.multiply(group.multiply(group.generator, k), sk)
    assert group.multiply(pk, k) == honest  # forged without sk
    forged = bls12_381.g2_to_bytes(bls12_381.G2.multiply(bls12_381.G2.generator, k))
    assert not bls.verify(bls12_381.g1_to_bytes(pk), b"pay everything to me", forged)
