"""The quadratic program: the identity itself, its rows, and its picture in sympy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import polynomials as poly
from aicrypto.algebra.primes import BLS12_381_R, BN254_FR, BN254_R
from aicrypto.proof import groth16, r1cs
from aicrypto.proof.groth16.qap import domain_size, matrices_of


def chain(length):
    """x, x^2, x^4, ...: `length` squarings and one public."""
    circuit = r1cs.Circuit()
    value = circuit.private("x")
    for i in range(length):
        value = circuit.product(value, value, f"square {i}")
    circuit.output("out", value)
    return circuit


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 12), st.integers(0, BN254_R - 1), st.integers(0, BN254_R - 1))
def test_the_identity_holds_at_any_point(length, x, point):
    circuit = chain(length)
    division = groth16.divide(circuit.system(), circuit.witness({"x": x}))
    n = len(division.a)
    assert len(division.h) == n - 1
    a, b, c, h = (
        poly.evaluate(BN254_FR, p, point) for p in (division.a, division.b, division.c, division.h)
    )
    assert (a * b - c - h * (pow(point, n, BN254_R) - 1)) % BN254_R == 0


def test_rows_are_constraints_then_publics_then_zeros():
    system = chain(2).system()
    matrices = matrices_of(system)
    assert matrices.a[3:] == (((0, 1),), ((1, 1),))
    assert (matrices.b[3:], matrices.c[3:]) == (((), ()), ((), ()))
    assert [domain_size(n) for n in (1, 2, 3, 4, 5, 8, 9)] == [1, 2, 4, 4, 8, 8, 16]
    witness = chain(2).witness({"x": 3})
    division = groth16.divide(system, witness)
    on_domain = poly.ntt(BN254_FR, division.a)
    assert on_domain == [3, 9, 81, 1, 81, 0, 0, 0]


def test_sympy_shows_and_checks_the_same_polynomials():
    circuit = chain(1)
    shown = groth16.symbolic(circuit.system(), circuit.witness({"x": 3}))
    assert shown["a"] * shown["b"] - shown["c"] == shown["h"] * shown["Z"]
    quotient, remainder = (shown["a"] * shown["b"] - shown["c"]).div(shown["Z"])
    assert (quotient, remainder.is_zero) == (shown["h"], True)
    assert str(shown["Z"].as_expr()) == "X**4 - 1"


def test_no_quotient_without_a_solution():
    circuit = chain(3)
    witness = circuit.witness({"x": 3})
    for wire in range(1, len(witness)):
        lie = [*witness[:wire], witness[wire] + 1, *witness[wire + 1 :]]
        with pytest.raises(r1cs.Unsatisfied, match="does not hold"):
            groth16.divide(circuit.system(), lie)
    with pytest.raises(r1cs.Unsatisfied, match=r"witness\[0\] is 2"):
        groth16.divide(circuit.system(), [2, *witness[1:]])


def test_other_fields_are_refused():
    system = r1cs.R1cs((), 1, prime=BLS12_381_R)
    with pytest.raises(ValueError, match="must be BN254's group order"):
        groth16.divide(system, [1])
