"""Multilinear polynomials and Fourier transforms against their defining sums."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, P, fourier, m61x2, multilinear

quick = settings(max_examples=20, deadline=None)
seeds = st.integers(0, 2**32)


def table_of(length, seed):
    return m61x2.random((length,), torch.Generator().manual_seed(seed))


def point_of(n_coordinates, seed):
    return m61x2.to_scalars(table_of(n_coordinates, seed))


def bits_of(k):
    """All points of {0,1}^k, most significant bit first."""
    return [tuple(map(Fp2, bits)) for bits in itertools.product((0, 1), repeat=k)]


@quick
@given(st.integers(0, 6), seeds)
def test_eq_table_holds_eq_at_every_bit_pattern(k, seed):
    point = point_of(k, seed)
    expected = [multilinear.eq(point, bits) for bits in bits_of(k)]
    assert m61x2.to_scalars(multilinear.eq_table(point)) == expected


@quick
@given(st.integers(0, 6), seeds)
def test_evaluation_is_the_sum_that_defines_it(k, seed):
    values, point = table_of(1 << k, seed), point_of(k, seed + 1)
    weights = [multilinear.eq(point, bits) for bits in bits_of(k)]
    terms = [w * v for w, v in zip(weights, m61x2.to_scalars(values), strict=True)]
    assert multilinear.evaluate(values, point) == sum(terms, Fp2(0))


@quick
@given(st.integers(1, 3), seeds)
def test_evaluation_at_bits_reads_the_table(k, seed):
    values = table_of(1 << k, seed)
    read = [multilinear.evaluate(values, bits) for bits in bits_of(k)]
    assert read == m61x2.to_scalars(values)


def test_first_variable_is_the_top_bit():
    values = m61x2.from_scalars([Fp2(0), Fp2(1), Fp2(2), Fp2(3)])
    assert m61x2.to_scalars(multilinear.bind(values, Fp2(1))) == [Fp2(2), Fp2(3)]
    assert multilinear.evaluate(values, [Fp2(10), Fp2(100)]) == Fp2(120)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 4), (7, 1), (1, 6)])
def test_matrix_polynomial_is_that_of_the_padded_table(shape):
    rows, columns = (1 << multilinear.n_variables(size) for size in shape)
    matrix = torch.randint(-128, 128, shape, generator=torch.Generator().manual_seed(3))
    padded = torch.zeros(rows, columns, dtype=torch.int64)
    padded[: shape[0], : shape[1]] = matrix % P
    row_point, column_point = (
        point_of(rows.bit_length() - 1, 4),
        point_of(columns.bit_length() - 1, 5),
    )
    expected = multilinear.evaluate(m61x2.from_base(padded.flatten()), row_point + column_point)
    assert multilinear.evaluate_matrix(matrix, row_point, column_point) == expected


def direct_transform(coefficients, n):
    """Values at the powers of omega, one sum a value."""
    omega = m61x2.root_of_unity(int(math.log2(n)))
    return [
        sum((a * omega ** (j * c) for c, a in enumerate(coefficients)), Fp2(0)) for j in range(n)
    ]


@pytest.mark.parametrize("log_n", range(6))
def test_fft_is_the_sum_that_defines_it(log_n):
    a = table_of(1 << log_n, log_n)
    expected = direct_transform(m61x2.to_scalars(a), 1 << log_n)
    assert m61x2.to_scalars(fourier.fft(a)) == expected


@quick
@given(st.integers(0, 7), seeds)
def test_inverse_fft_undoes_fft(log_n, seed):
    a = table_of(1 << log_n, seed)
    assert torch.equal(fourier.inverse_fft(fourier.fft(a)), a)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_equals_cpu():
    a = table_of(1 << 12, 7)
    on_cuda = a.cuda()
    assert torch.equal(fourier.fft(on_cuda).cpu(), fourier.fft(a))
    assert torch.equal(m61x2.inverse(on_cuda).cpu(), m61x2.inverse(a))
    assert torch.equal(m61x2.sum(on_cuda).cpu(), m61x2.sum(a))


def test_fft_of_the_largest_values():
    top = torch.full((2, 64), P - 1)
    assert m61x2.to_scalars(fourier.fft(top)) == [Fp2(P - 64, P - 64)] + [Fp2(0)] * 63


def test_a_batch_is_transformed_row_by_row():
    batch = m61x2.random((2, 3, 16), torch.Generator().manual_seed(6))
    together = fourier.fft(batch)
    for i, j in itertools.product(range(2), range(3)):
        assert torch.equal(together[:, i, j], fourier.fft(batch[:, i, j]))


@pytest.mark.parametrize(("n_coefficients", "n"), [(1, 1), (1, 4), (3, 8), (8, 8), (5, 32)])
def test_codewords_are_values_of_the_polynomial(n_coefficients, n):
    message = table_of(n_coefficients, n)
    codeword = m61x2.to_scalars(fourier.reed_solomon_encode(message, n))
    assert codeword == direct_transform(m61x2.to_scalars(message), n)


def test_different_messages_agree_in_fewer_places_than_they_have_coefficients():
    first, second = table_of(4, 1), table_of(4, 1)
    second[0, 3] = 0
    codewords = [fourier.reed_solomon_encode(message, 16) for message in (first, second)]
    agreements = (codewords[0] == codewords[1]).all(0).sum()
    assert agreements < 4


@pytest.mark.parametrize(
    "refused",
    [
        lambda: fourier.fft(table_of(3, 0)),
        lambda: fourier.fft(table_of(0, 0)),
        lambda: fourier.inverse_fft(table_of(6, 0)),
        lambda: fourier.reed_solomon_encode(table_of(5, 0), 4),
        lambda: fourier.reed_solomon_encode(table_of(0, 0), 4),
        lambda: fourier.reed_solomon_encode(table_of(2, 0), 6),
        lambda: multilinear.bind(table_of(1, 0), Fp2(2)),
        lambda: multilinear.bind(table_of(0, 0), Fp2(2)),
        lambda: multilinear.bind(table_of(3, 0), Fp2(2)),
        lambda: multilinear.evaluate(table_of(3, 0), point_of(2, 0)),
        lambda: multilinear.eq(point_of(1, 0), point_of(2, 0)),
        lambda: multilinear.fold_rows(torch.ones(3, 3, dtype=torch.int8), point_of(1, 0)),
    ],
)
def test_bad_lengths_are_refused(refused):
    with pytest.raises(BadLength):
        refused()
