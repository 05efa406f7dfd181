"""Tensors over F_p[i] against `Fp2`, and `Fp2` against Python integers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, NonCanonical, NoSuchRoot, P, ZeroInverse, m61x2

quick = settings(max_examples=20, deadline=None)
coordinates = st.sampled_from([0, 1, 2**31 - 1, 2**31, P - 2, P - 1]) | st.integers(0, P - 1)
elements = st.builds(Fp2, coordinates, coordinates)
pairs = st.lists(st.tuples(elements, elements), min_size=1, max_size=20)
units = elements.filter(lambda z: z != Fp2(0))
BINARY = {m61x2.add: Fp2.__add__, m61x2.sub: Fp2.__sub__, m61x2.mul: Fp2.__mul__}


@quick
@given(elements, elements)
def test_scalar_product_is_that_of_complex_numbers(z, w):
    product = z * w
    assert product.re == (z.re * w.re - z.im * w.im) % P
    assert product.im == (z.re * w.im + z.im * w.re) % P


@quick
@given(units, elements, st.integers(-(2**130), 2**130))
def test_scalars_form_a_field(z, w, exponent):
    assert w / z * z == w
    assert z - w == -(w - z)
    assert z**exponent == z ** (exponent % (P**2 - 1))
    assert z**P == z.conj()
    assert z * z.conj() == Fp2(z.norm())


@quick
@given(elements, st.integers(-(2**80), 2**80))
def test_integers_stand_on_either_side(z, n):
    lifted = Fp2(n % P)
    assert (z + n, n + z) == (z + lifted, lifted + z)
    assert (z - n, n - z) == (z - lifted, lifted - z)
    assert (z * n, n * z) == (z * lifted, lifted * z)
    if z != Fp2(0):
        assert n / z == lifted / z


def test_scalars_refuse_floats():
    with pytest.raises(TypeError):
        Fp2(1) + 0.5


@pytest.mark.parametrize("operation", BINARY)
@quick
@given(pairs=pairs)
def test_binary_operations_equal_scalars(operation, pairs):
    a, b = (m61x2.from_scalars(side) for side in zip(*pairs, strict=True))
    expected = [BINARY[operation](x, y) for x, y in pairs]
    assert m61x2.to_scalars(operation(a, b)) == expected


@pytest.mark.parametrize("operation", BINARY)
@quick
@given(z=elements, vector=st.lists(elements, min_size=1, max_size=5))
def test_a_scalar_broadcasts_from_either_side(operation, z, vector):
    scalar, a = m61x2.from_scalar(z), m61x2.from_scalars(vector)
    expected = [BINARY[operation](z, x) for x in vector]
    assert m61x2.to_scalars(operation(scalar, a)) == expected
    assert m61x2.to_scalars(operation(a, scalar)) == [BINARY[operation](x, z) for x in vector]


@quick
@given(st.lists(units, min_size=1, max_size=9), st.integers(-9, 9))
def test_unary_operations_equal_scalars(vector, exponent):
    a = m61x2.from_scalars(vector)
    assert m61x2.to_scalars(m61x2.neg(a)) == [-z for z in vector]
    assert m61x2.to_scalars(m61x2.conj(a)) == [z.conj() for z in vector]
    assert m61x2.norm(a).tolist() == [z.norm() for z in vector]
    assert m61x2.to_scalars(m61x2.inverse(a)) == [1 / z for z in vector]
    assert m61x2.to_scalars(m61x2.power(a, exponent)) == [z**exponent for z in vector]


@quick
@given(pairs)
def test_sums_equal_scalars(pairs):
    a, b = (m61x2.from_scalars(side) for side in zip(*pairs, strict=True))
    assert m61x2.to_scalar(m61x2.sum(a)) == sum((x for x, _ in pairs), Fp2(0))
    assert m61x2.to_scalar(m61x2.dot(a, b)) == sum((x * y for x, y in pairs), Fp2(0))


@quick
@given(pairs)
def test_scale_multiplies_by_the_base_field(pairs):
    a = m61x2.from_scalars([x for x, _ in pairs])
    factors = torch.tensor([y.re for _, y in pairs])
    assert torch.equal(m61x2.scale(a, factors), m61x2.mul(a, m61x2.from_base(factors)))


@pytest.mark.parametrize("columns", [(), (3,)])
def test_int_matmul_equals_field_products(columns):
    generator = torch.Generator().manual_seed(1)
    weights = torch.randint(-128, 128, (4, 6), dtype=torch.int8, generator=generator)
    a = m61x2.random((6, *columns), generator)
    lifted = m61x2.from_base(weights.long() % P)
    shaped = lifted.reshape(2, 4, 6, *(1 for _ in columns))
    expected = m61x2.dot(shaped, a[:, None], dim=2 - shaped.dim())
    assert torch.equal(m61x2.int_matmul(weights, a), expected)


@pytest.mark.parametrize("column", [[2**31], [3_000_000_000], [-(2**31) - 1], [2**31 - 1]])
def test_one_large_integer_is_multiplied_whole_by_both_engines(monkeypatch, column):
    a = m61x2.from_scalars([Fp2(3, P - 5)])
    expected = [Fp2(3 * column[0] % P, -5 * column[0] % P)]
    weights = torch.tensor([column])
    assert m61x2.to_scalars(m61x2.int_matmul(weights, a)) == expected
    monkeypatch.setattr(m61x2.kernels, "whole_for", lambda *_: None)
    assert m61x2.to_scalars(m61x2.int_matmul(weights, a)) == expected


@pytest.mark.parametrize("log_order", range(1, 62))
def test_roots_have_the_order_they_claim_and_square_to_the_next(log_order):
    omega = m61x2.root_of_unity(log_order)
    assert omega ** (1 << (log_order - 1)) == -Fp2(1)
    assert omega**2 == m61x2.root_of_unity(log_order - 1)
    assert omega.inverse() == omega.conj()


@quick
@given(st.lists(elements, max_size=9))
def test_bytes_round_trip_and_equal_those_of_scalars(vector):
    a = m61x2.from_scalars(vector)
    data = m61x2.to_bytes(a)
    assert data == b"".join(z.to_bytes() for z in vector)
    assert torch.equal(m61x2.from_bytes(data), a)
    assert [Fp2.from_bytes(data[i : i + 16]) for i in range(0, len(data), 16)] == vector


@pytest.mark.parametrize(
    ("refused", "error"),
    [
        (lambda: Fp2(P), NonCanonical),
        (lambda: Fp2(0, -1), NonCanonical),
        (lambda: Fp2(0).inverse(), ZeroInverse),
        (lambda: Fp2(1) / 0, ZeroInverse),
        (lambda: Fp2(0) ** -1, ZeroInverse),
        (lambda: Fp2.from_bytes(bytes(15)), BadLength),
        (lambda: Fp2.from_bytes(bytes(8) + P.to_bytes(8, "little")), NonCanonical),
        (lambda: m61x2.inverse(m61x2.from_scalars([Fp2(0, 1), Fp2(0)])), ZeroInverse),
        (lambda: m61x2.from_bytes(bytes(24)), BadLength),
        (lambda: m61x2.from_bytes(bytes(8) + P.to_bytes(8, "little")), NonCanonical),
        (lambda: m61x2.to_bytes(torch.tensor([0, P])), NonCanonical),
        (lambda: m61x2.root_of_unity(62), NoSuchRoot),
        (lambda: m61x2.root_of_unity(-1), NoSuchRoot),
    ],
)
def test_refusals(refused, error):
    with pytest.raises(error):
        refused()
