"""Tensors over F_p against Python integers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, NonCanonical, NonResidue, P, ZeroInverse, m61

quick = settings(max_examples=20, deadline=None)
EDGES = [0, 1, 2, 3, 2**30 - 1, 2**30, 2**31 - 1, 2**31, 2**32, P // 2, P // 2 + 1, P - 2, P - 1]
elements = st.sampled_from(EDGES) | st.integers(0, P - 1)
pairs = st.lists(st.tuples(elements, elements), min_size=1, max_size=40)
vectors = st.lists(elements, min_size=1, max_size=40)
BINARY = {
    m61.add: lambda a, b: (a + b) % P,
    m61.sub: lambda a, b: (a - b) % P,
    m61.mul: lambda a, b: a * b % P,
}


@pytest.mark.parametrize("operation", BINARY)
@quick
@given(pairs=pairs)
def test_binary_operations_equal_python_integers(operation, pairs):
    a, b = zip(*pairs, strict=True)
    expected = [BINARY[operation](x, y) for x, y in pairs]
    assert m61.to_ints(operation(m61.from_ints(a), m61.from_ints(b))) == expected


@pytest.mark.parametrize("operation", BINARY)
def test_binary_operations_on_all_pairs_of_edges_broadcast(operation):
    edges = m61.from_ints(EDGES)
    table = operation(edges[:, None], edges[None, :])
    assert table.tolist() == [[BINARY[operation](x, y) for y in EDGES] for x in EDGES]


@quick
@given(vectors, st.integers(-(2**70), 2**70))
def test_power_and_inverse_equal_python_integers(values, exponent):
    units = [value or 1 for value in values]
    a = m61.from_ints(units)
    assert m61.to_ints(m61.power(a, exponent)) == [pow(x, exponent, P) for x in units]
    assert m61.to_ints(m61.inverse(a)) == [pow(x, -1, P) for x in units]


def test_zero_to_the_zero_is_one_and_empty_vectors_invert():
    assert m61.to_ints(m61.power(m61.from_ints([0]), 0)) == [1]
    assert m61.to_ints(m61.inverse(m61.from_ints([]))) == []


@quick
@given(vectors)
def test_sqrt_is_the_smaller_root(values):
    squares = m61.from_ints([x * x for x in values])
    assert m61.to_ints(m61.sqrt(squares)) == [min(x, P - x) if x else 0 for x in values]


@quick
@given(pairs)
def test_sum_and_dot_equal_python_integers(pairs):
    a, b = (m61.from_ints(side) for side in zip(*pairs, strict=True))
    assert int(m61.sum(a)) == sum(x for x, _ in pairs) % P
    assert int(m61.dot(a, b)) == sum(x * y for x, y in pairs) % P


def test_sum_runs_over_the_dimension_asked_for():
    top = m61.from_ints([P - 1] * 3000).reshape(3, 1000)
    assert m61.to_ints(m61.sum(top, 0)) == [P - 3] * 1000
    assert m61.to_ints(m61.sum(top)) == [P - 1000] * 3


def test_two_products_of_the_largest_limbs_fit_int64():
    top = m61.split_limbs(torch.tensor([P]))
    assert m61.to_ints(m61.sum_of_two_products(top, top, top, top)) == [0]
    below = m61.split_limbs(torch.tensor([P - 1]))
    assert m61.to_ints(m61.sum_of_two_products(below, below, below, below)) == [2]


@pytest.mark.parametrize("bits", [7, 12, 17, 31, 40])
def test_int_matmul_is_exact_up_to_its_bound(bits):
    generator = torch.Generator().manual_seed(bits)
    weights = torch.randint(-(2**bits), 2**bits, (5, 16), generator=generator)
    weights[0] = -(2**bits)
    a = torch.randint(P - 3, P, (16, 3), generator=generator)
    expected = [
        [sum(w * x for w, x in zip(row, column, strict=True)) % P for column in a.T.tolist()]
        for row in weights.tolist()
    ]
    assert m61.int_matmul(weights, a).tolist() == expected
    assert m61.int_matmul(weights, a[:, 0]).tolist() == [row[0] for row in expected]


def test_int_matmul_refuses_what_could_round():
    assert m61.int_matmul(torch.tensor([[2**44]]), m61.from_ints([1])).tolist() == [2**44]
    with pytest.raises(ValueError, match="at most 45"):
        m61.int_matmul(torch.tensor([[2**45]]), m61.from_ints([1]))
    with pytest.raises(ValueError, match="at most 45"):
        m61.int_matmul(torch.tensor([[-(2**63), 0]]), m61.from_ints([1, 1]))
    with pytest.raises(ValueError, match="float32"):
        m61.int_matmul(torch.ones(1, 1), m61.from_ints([1]))


@quick
@given(st.lists(st.integers(-(2**200), 2**200), max_size=20))
def test_integers_and_bytes_round_trip(values):
    a = m61.from_ints(values)
    assert m61.to_ints(a) == [value % P for value in values]
    assert torch.equal(m61.from_bytes(m61.to_bytes(a)), a)


@quick
@given(vectors)
def test_signed_is_nearest_to_zero_and_reduces_back(values):
    a = m61.from_ints(values)
    near = m61.signed(a)
    assert int(near.abs().max()) <= P // 2
    assert torch.equal(m61.reduce(near), a)


@pytest.mark.parametrize(
    ("refused", "error", "named"),
    [
        (lambda: m61.inverse(m61.from_ints([5, 0, 7])), ZeroInverse, r"a\[1\] is 0"),
        (lambda: m61.power(m61.from_ints([0]), -1), ZeroInverse, r"a\[0\]"),
        (lambda: m61.sqrt(m61.from_ints([4, 3])), NonResidue, r"a\[1\]"),
        (lambda: m61.from_bytes(bytes(9)), BadLength, "9 bytes"),
        (lambda: m61.from_bytes(P.to_bytes(8, "little")), NonCanonical, f"{P}"),
        (lambda: m61.from_bytes(b"\xff" * 8), NonCanonical, "-1"),
        (lambda: m61.to_bytes(torch.tensor([[0, P]])), NonCanonical, r"a\[0, 1\]"),
        (lambda: m61.to_bytes(torch.tensor(-1)), NonCanonical, "-1"),
    ],
)
def test_refusals_name_place_and_value(refused, error, named):
    with pytest.raises(error, match=named):
        refused()
