"""Big prime fields: constants as py_ecc has them, the field's laws, and every refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_ecc import optimized_bls12_381, optimized_bn128

from aicrypto.algebra import BadLength, NonCanonical, NonResidue, NoSuchRoot, ZeroInverse, primes
from aicrypto.algebra.primes import BLS12_381_FP, BLS12_381_FR, BN254_FQ, BN254_FR, PrimeField

FIELDS = [BN254_FR, BN254_FQ, BLS12_381_FR, BLS12_381_FP]
each_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
fields = st.sampled_from(FIELDS)
integers = st.integers(0, BLS12_381_FP.modulus - 1)


def test_constants_are_those_of_py_ecc() -> None:
    assert optimized_bn128.field_modulus == primes.BN254_Q
    assert optimized_bn128.curve_order == primes.BN254_R
    assert optimized_bls12_381.field_modulus == primes.BLS12_381_P
    assert optimized_bls12_381.curve_order == primes.BLS12_381_R


@each_field
def test_generators_are_no_squares(field: PrimeField) -> None:
    assert pow(field.generator, (field.modulus - 1) // 2, field.modulus) == field.modulus - 1


@given(fields, integers, integers, st.integers(-5, 2**70))
def test_arithmetic_is_that_of_integers(field: PrimeField, a: int, b: int, e: int) -> None:
    p = field.modulus
    a, b = field.from_int(a), field.from_int(-b)
    assert field.add(a, b) == (a + b) % p
    assert field.add(field.sub(a, b), b) == a
    assert field.mul(a, b) == a * b % p
    assert (field.signed(a) - a) % p == 0
    assert abs(field.signed(a)) <= p // 2
    if a:
        assert field.mul(a, field.inverse(a)) == 1
        assert field.power(a, e) == pow(a, e, p)


@given(fields, st.lists(st.integers(1, 2**200), max_size=20))
def test_batch_inverse_is_inverse(field: PrimeField, values: list[int]) -> None:
    assert field.batch_inverse(values) == [field.inverse(value) for value in values]


@given(st.sampled_from([BN254_FQ, BLS12_381_FP]), integers)
def test_sqrt_is_the_smaller_root(field: PrimeField, value: int) -> None:
    value = field.from_int(value)
    square = field.mul(value, value)
    assert field.sqrt(square) == min(value, field.sub(0, value))
    if square:
        with pytest.raises(NonResidue, match="no square in the base field"):
            field.sqrt(field.sub(0, square))


@given(fields, integers, st.sampled_from(["big", "little"]))
def test_encodings_round_trip(field: PrimeField, value: int, order: primes.Order) -> None:
    value = field.from_int(value)
    data = field.to_bytes(value, order)
    assert len(data) == field.n_bytes
    assert field.from_bytes(data, order) == value
    assert field.from_montgomery(field.to_montgomery(value)) == value
    assert field.to_montgomery(1) == 2**256 % field.modulus


@pytest.mark.parametrize("n", [1, 2, 1 << 10, 1 << 28])
def test_roots_of_unity_have_their_order(n: int) -> None:
    for field in (BN254_FR, BLS12_381_FR):
        root = field.root_of_unity(n)
        assert pow(root, n, field.modulus) == 1
        assert n == 1 or pow(root, n // 2, field.modulus) == field.modulus - 1


@pytest.mark.parametrize("n", [0, -1, 3, 1 << 29])
def test_missing_roots_are_refused(n: int) -> None:
    with pytest.raises(NoSuchRoot, match=f"n is {n}, must be a power of two up to {2**28}"):
        BN254_FR.root_of_unity(n)


@each_field
def test_what_is_no_element_is_refused_by_every_operation(field: PrimeField) -> None:
    for bad in (-1, field.modulus, field.modulus + 1):
        message = rf"is {bad}, must be in 0\.\.{field.modulus - 1}"
        for unary in (
            *(field.inverse, field.sqrt, field.signed, field.to_bytes),
            *(field.to_montgomery, field.from_montgomery),
        ):
            if unary != field.sqrt or field.modulus % 4 == 3:
                with pytest.raises(NonCanonical, match=f"a {message}"):
                    unary(bad)
        for binary in (field.add, field.sub, field.mul):
            with pytest.raises(NonCanonical, match=f"a {message}"):
                binary(bad, 1)
            with pytest.raises(NonCanonical, match=f"b {message}"):
                binary(1, bad)
        for exponent in (2, -2):
            with pytest.raises(NonCanonical, match=f"a {message}"):
                field.power(bad, exponent)
        with pytest.raises(NonCanonical, match=rf"values\[1\] {message}"):
            field.batch_inverse([1, bad])


@each_field
def test_zero_has_no_inverse(field: PrimeField) -> None:
    for invert in (field.inverse, lambda a: field.power(a, -1)):
        with pytest.raises(ZeroInverse, match="a is 0"):
            invert(0)
    with pytest.raises(ZeroInverse, match=r"values\[1\] is 0"):
        field.batch_inverse([5, 0])
    assert field.power(0, 0) == 1


@each_field
def test_wrong_bytes_are_refused(field: PrimeField) -> None:
    for size in (0, field.n_bytes - 1, field.n_bytes + 1):
        with pytest.raises(BadLength, match=f"data has {size} bytes"):
            field.from_bytes(bytes(size))
    with pytest.raises(NonCanonical, match="data is"):
        field.from_bytes(field.modulus.to_bytes(field.n_bytes, "big"))


def test_sqrt_needs_a_modulus_of_3_modulo_4() -> None:
    with pytest.raises(ValueError, match="the scalar field of BN254 has a modulus of 1 modulo 4"):
        BN254_FR.sqrt(4)
