"""Polynomials: the fast ways agree with the definitions, and what does not fit is refused."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, NonCanonical, NoSuchRoot, ZeroInverse
from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.primes import BLS12_381_FR, BN254_FR, PrimeField

R = BN254_FR.modulus
SEVENTEEN = PrimeField("F_17", 17, generator=3)  # small enough to meet every special case
fields = st.sampled_from([BN254_FR, BLS12_381_FR])
elements = st.integers(0, R - 1)
polynomials = st.lists(elements, max_size=12)
powers_of_two = st.integers(0, 5).map(lambda k: 1 << k)


def defined_value(field: PrimeField, coefficients: list[int], x: int) -> int:
    return sum(c * pow(x, k, field.modulus) for k, c in enumerate(coefficients)) % field.modulus


@given(fields, polynomials, elements)
def test_evaluate_is_the_sum_of_powers(field: PrimeField, a: list[int], x: int) -> None:
    assert poly.evaluate(field, a, x) == defined_value(field, a, x)


@given(fields, polynomials, polynomials, elements)
def test_sums_and_products_are_those_of_values(
    field: PrimeField, a: list[int], b: list[int], x: int
) -> None:
    at_a, at_b = poly.evaluate(field, a, x), poly.evaluate(field, b, x)
    total, product = poly.add(field, a, b), poly.multiply(field, a, b)
    assert len(total) == max(len(a), len(b))
    assert len(product) == max(len(a) + len(b) - 1, 0)
    assert poly.evaluate(field, total, x) == field.add(at_a, at_b)
    assert poly.evaluate(field, product, x) == field.mul(at_a, at_b)
    assert poly.evaluate(field, poly.scale(field, a, x), 2) == field.mul(
        x, poly.evaluate(field, a, 2)
    )


@given(fields, st.lists(elements, min_size=1, max_size=12), elements)
def test_division_by_a_linear_factor(field: PrimeField, a: list[int], z: int) -> None:
    quotient, remainder = poly.divide_by_linear(field, a, z)
    assert len(quotient) == len(a) - 1
    assert remainder == poly.evaluate(field, a, z)
    back = poly.multiply(field, quotient, [field.sub(0, z), 1])
    assert poly.add(field, back, [remainder]) == a


@given(fields, st.lists(st.tuples(elements, elements), unique_by=lambda p: p[0], max_size=10))
def test_interpolation_goes_through_its_points(
    field: PrimeField, points: list[tuple[int, int]]
) -> None:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    coefficients = poly.interpolate(field, xs, ys)
    assert len(coefficients) == len(points)
    assert [poly.evaluate(field, coefficients, x) for x in xs] == ys


@given(st.lists(st.integers(0, 16), max_size=6), st.integers(0, 16))
def test_vanishing_is_zero_there_and_nowhere_else(xs: list[int], x: int) -> None:
    value = poly.evaluate(SEVENTEEN, poly.vanishing(SEVENTEEN, xs), x)
    assert (value == 0) == (x in xs)


@given(fields, powers_of_two, st.integers(1, R - 1), st.data())
def test_ntt_is_evaluation_at_the_roots(
    field: PrimeField, n: int, shift: int, data: st.DataObject
) -> None:
    a = data.draw(st.lists(elements, min_size=n, max_size=n))
    root = field.root_of_unity(n)
    points = [shift * pow(root, k, field.modulus) % field.modulus for k in range(n)]
    values = poly.ntt(field, a, shift)
    assert values == [defined_value(field, a, x) for x in points]
    assert poly.inverse_ntt(field, values, shift) == a


@given(fields, powers_of_two, elements, st.data())
def test_lagrange_at_reads_values_off(
    field: PrimeField, n: int, x: int, data: st.DataObject
) -> None:
    a = data.draw(st.lists(elements, min_size=n, max_size=n))
    weights, values = poly.lagrange_at(field, n, x), poly.ntt(field, a)
    total = sum(w * v for w, v in zip(weights, values, strict=True)) % field.modulus
    assert total == poly.evaluate(field, a, x)


def test_lagrange_at_every_point_of_a_small_field() -> None:
    a = [3, 1, 4, 1, 5, 9, 2, 6]
    values = poly.ntt(SEVENTEEN, a)
    for x in range(17):  # on the domain and off it
        weights = poly.lagrange_at(SEVENTEEN, 8, x)
        total = sum(w * v for w, v in zip(weights, values, strict=True)) % 17
        assert total == poly.evaluate(SEVENTEEN, a, x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda bad: poly.evaluate(BN254_FR, [1, bad], 2), r"coefficients\[1\]"),
        (lambda bad: poly.evaluate(BN254_FR, [1], bad), "x is"),
        (lambda bad: poly.multiply(BN254_FR, [bad], [1]), r"a\[0\]"),
        (lambda bad: poly.multiply(BN254_FR, [1], [bad]), r"b\[0\]"),
        (lambda bad: poly.add(BN254_FR, [1], [1, bad]), r"b\[1\]"),
        (lambda bad: poly.scale(BN254_FR, [1], bad), "factor is"),
        (lambda bad: poly.divide_by_linear(BN254_FR, [1, 2], bad), "z is"),
        (lambda bad: poly.vanishing(BN254_FR, [bad]), r"xs\[0\]"),
        (lambda bad: poly.interpolate(BN254_FR, [1], [bad]), r"ys\[0\]"),
        (lambda bad: poly.ntt(BN254_FR, [bad]), r"values\[0\]"),
        (lambda bad: poly.inverse_ntt(BN254_FR, [1, bad]), r"values\[1\]"),
        (lambda bad: poly.lagrange_at(BN254_FR, 4, bad), "x is"),
        (lambda bad: poly.ntt(BN254_FR, [1], bad), "shift is"),
        (lambda bad: poly.inverse_ntt(BN254_FR, [1], bad), "shift is"),
    ],
)
def test_what_is_no_element_is_refused(call: Callable[[int], object], message: str) -> None:
    for bad in (-1, R):
        with pytest.raises(NonCanonical, match=message):
            call(bad)


@pytest.mark.parametrize("n", [0, 3, 6])
def test_lengths_that_are_no_power_of_two_are_refused(n: int) -> None:
    for call in (poly.ntt, poly.inverse_ntt):
        with pytest.raises(BadLength, match=f"length is {n}, must be a power of two"):
            call(BN254_FR, [1] * n)
    with pytest.raises(BadLength, match=f"length is {n}"):
        poly.lagrange_at(BN254_FR, n, 1)


def test_lengths_beyond_the_field_are_refused() -> None:
    with pytest.raises(NoSuchRoot, match="n is 32, must be a power of two up to 16 in F_17"):
        poly.ntt(SEVENTEEN, [1] * 32)


def test_a_transform_without_inverse_is_refused() -> None:
    with pytest.raises(ZeroInverse):
        poly.inverse_ntt(BN254_FR, [1, 2], shift=0)


def test_points_that_determine_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="xs holds 5 twice"):
        poly.interpolate(BN254_FR, [5, 1, 5], [1, 2, 1])
    with pytest.raises(BadLength, match="there are 2 xs and 1 ys"):
        poly.interpolate(BN254_FR, [1, 2], [1])
