"""ristretto255: RFC 9496, the group laws, one encoding for each element, none for anything else."""

import contextlib
import hashlib
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra.curves import ristretto255 as group
from aicrypto.algebra.curves.ristretto255 import BASE, IDENTITY, ORDER, SQRT_MINUS_1, P, Point

SCALARS = st.integers(-(2**260), 2**260) | st.integers(-5, 5)
POINTS = st.integers(0, 2**64 - 1).map(lambda index: group.hash_to_group(b"test", index))
POINTS |= st.sampled_from([IDENTITY, BASE, group.negate(BASE)])
QUICK = settings(max_examples=25, deadline=None)

# RFC 9496 appendix A.3: 64 bytes and the point they are mapped to.
MAPPED = [
    (
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
        "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
        "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
    ),
    (
        "f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b27"
        "0102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
        "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
    ),
]


def affine(point: Point) -> tuple[int, int]:
    x, y, z, _ = point.coordinates
    return x * pow(z, -1, P) % P, y * pow(z, -1, P) % P


def textbook_sum(left: Point, right: Point) -> tuple[int, int]:
    """The affine law of a twisted Edwards curve with a = -1."""
    (x1, y1), (x2, y2) = affine(left), affine(right)
    k = group.D * x1 * x2 * y1 * y2
    x3 = (x1 * y2 + y1 * x2) * pow(1 + k, -1, P)
    return x3 % P, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


@pytest.mark.parametrize(("data", "expected"), MAPPED)
def test_map_of_the_rfc(data: str, expected: str) -> None:
    assert group.encode(group.from_uniform(bytes.fromhex(data))).hex() == expected


def test_base_point_of_the_rfc() -> None:
    encoded = group.encode(BASE)
    assert encoded.hex() == "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"
    assert group.decode(encoded) == BASE
    assert affine(BASE)[0] % 2 == 0
    assert affine(BASE)[1] * 5 % P == 4


def test_constants() -> None:
    assert SQRT_MINUS_1**2 % P == P - 1
    assert group.SQRT_MINUS_D_MINUS_1**2 % P == (-group.D - 1) % P
    assert pow(group.D, (P - 1) // 2, P) == P - 1


@given(POINTS, POINTS)
@QUICK
def test_addition_is_the_textbook_law(left: Point, right: Point) -> None:
    assert affine(group.add(left, right)) == textbook_sum(left, right)
    assert affine(group.add(left, left)) == textbook_sum(left, left)


@given(POINTS, POINTS, POINTS)
@QUICK
def test_group_laws(a: Point, b: Point, c: Point) -> None:
    assert group.add(a, b) == group.add(b, a)
    assert group.add(group.add(a, b), c) == group.add(a, group.add(b, c))
    assert group.add(a, IDENTITY) == a
    assert group.add(a, group.negate(a)) == IDENTITY
    assert group.multiply(a, ORDER) == IDENTITY


@given(POINTS, SCALARS, SCALARS)
@QUICK
def test_multiplication_is_linear(point: Point, j: int, k: int) -> None:
    split = group.add(group.multiply(point, j), group.multiply(point, k))
    assert group.multiply(point, j + k) == split
    assert group.multiply(group.multiply(point, j), k) == group.multiply(point, j * k)


def test_multiplication_is_repeated_addition() -> None:
    total = IDENTITY
    for k in range(20):
        assert group.multiply(BASE, k) == group.multiply(BASE, k - ORDER) == total
        assert group.multiply(BASE, -k) == group.negate(total)
        total = group.add(total, BASE)


@given(st.lists(st.tuples(POINTS, SCALARS), max_size=12))
@QUICK
def test_msm_is_the_sum_of_products(terms: list[tuple[Point, int]]) -> None:
    expected = IDENTITY
    for point, scalar in terms:
        expected = group.add(expected, group.multiply(point, scalar))
    assert group.msm([point for point, _ in terms], [scalar for _, scalar in terms]) == expected


@pytest.mark.parametrize("n", [63, 64, 130])
def test_msm_of_many_points(n: int) -> None:
    """Multiples of the base: the sum of k·(j·B) is (sum of k·j)·B, whatever the window."""
    rng = random.Random(n)
    points = [group.multiply(BASE, j) for j in range(n)]
    scalars = [rng.randrange(-ORDER, 2 * ORDER) for _ in range(n)]
    logarithm = sum(j * k for j, k in enumerate(scalars))
    assert group.msm(points, scalars) == group.multiply(BASE, logarithm)


@given(POINTS)
@QUICK
def test_one_encoding_for_each_element(point: Point) -> None:
    """Adding a point of order 2 or 4 changes the representative and nothing that can be seen."""
    encoded = group.encode(point)
    assert group.decode(encoded) == point
    for small in [(0, P - 1), (SQRT_MINUS_1, 0), (P - SQRT_MINUS_1, 0)]:
        other = group.add(point, Point((*small, 1, 0)))
        assert affine(other) != affine(point)
        assert other == point
        assert hash(other) == hash(point)
        assert group.encode(other) == encoded


def test_different_elements_differ() -> None:
    points = [group.multiply(BASE, k) for k in range(16)]
    assert len(set(points)) == len({group.encode(point) for point in points}) == 16
    assert group.negate(BASE) != BASE
    assert group.encode(BASE) != BASE


@given(st.binary(min_size=32, max_size=32))
@settings(max_examples=200, deadline=None)
def test_what_decodes_was_encoded(data: bytes) -> None:
    try:
        point = group.decode(data)
    except ValueError:
        return
    assert group.encode(point) == data


def word(value: int) -> bytes:
    return value.to_bytes(32, "little")


@pytest.mark.parametrize("k", [0, 1, 2, 3, 12345])
def test_other_names_of_a_point_are_refused(k: int) -> None:
    s = int.from_bytes(group.encode(group.multiply(BASE, k)), "little")
    names = [P - s, s | 1 << 255, *([s + P] if s + P < 2**256 else [])]
    for name in names:
        with pytest.raises(ValueError, match=r"data"):
            group.decode(word(name))
    for data in (word(s)[:-1], word(s) + b"\0", b""):
        with pytest.raises(ValueError, match=f"data has {len(data)} bytes, an element has 32"):
            group.decode(data)


def test_numbers_that_name_no_point_are_refused() -> None:
    """About three even numbers in four: no square root, or xy odd; P - 1 has y = 0."""
    decoded = {0: IDENTITY}
    for s in range(2, 200, 2):
        with contextlib.suppress(ValueError):
            decoded[s] = group.decode(word(s))
    assert 10 < len(decoded) < 50
    for s in (*({2, 4, 6, 8, 10, 12, 14, 16} - decoded.keys()), P - 1):
        with pytest.raises(ValueError, match="encodes no element of ristretto255"):
            group.decode(word(s))


def test_map_ignores_the_top_bits_and_reduces() -> None:
    data = bytearray(hashlib.sha512(b"x").digest())
    expected = group.from_uniform(bytes(data))
    for byte in (31, 63):
        data[byte] ^= 0x80
        assert group.from_uniform(bytes(data)) == expected
    assert group.from_uniform(word(5 + P) + word(3)) == group.from_uniform(word(5) + word(3))


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_map_wants_64_bytes(length: int) -> None:
    with pytest.raises(ValueError, match=f"data has {length} bytes, must have 64"):
        group.from_uniform(bytes(length))


def test_hash_to_group_is_named_by_tag_and_index() -> None:
    digest = hashlib.sha512(b"tag" + (7).to_bytes(8, "little")).digest()
    assert group.hash_to_group(b"tag", 7) == group.from_uniform(digest)
    names = [(b"tag", 7), (b"tag", 8), (b"tag2", 7), (b"", 0)]
    assert len({group.hash_to_group(*name) for name in names}) == 4
    for index in (-1, 2**64):
        with pytest.raises(ValueError, match=f"index is {index}, must be in 0..{2**64 - 1}"):
            group.hash_to_group(b"tag", index)


@pytest.mark.parametrize(
    "coordinates",
    [(0, 0, 0, 0), (1, 1, 1, 1), (0, 1, 1, 1), (0, 1, 1, P), (0, -1, 1, 0), (0, 2, 1, 0)],
)
def test_coordinates_of_no_point_are_refused(coordinates: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="coordinates"):
        Point(coordinates)


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="there are 2 points and 1 scalars"):
        group.msm([BASE, BASE], [1])


@pytest.mark.parametrize(
    "module",
    ["algebra.curves.ristretto255", "commit.pedersen", "commit.poseidon"],
)
def test_exact_arithmetic_loads_no_tensors(module: str) -> None:
    code = f"import sys, aicrypto.{module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_results_are_plain_integers() -> None:
    for point in (group.multiply(BASE, 5), group.msm([BASE], [5]), group.negate(BASE)):
        assert {type(coordinate) for coordinate in point.coordinates} == {int}
