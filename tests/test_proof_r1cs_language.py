"""The circuit language: systems and witnesses as the specification has them, errors by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import r1cs
from aicrypto.proof.r1cs.language import linear, total

ELEMENTS = st.integers(0, BN254_R - 1)


def cubic() -> r1cs.Circuit:
    """out = x^3 + x + 5, the example of the vectors."""
    circuit = r1cs.Circuit()
    x = circuit.private("x")
    square = circuit.product(x, x, "square")
    cube = circuit.product(square, x, "cube")
    circuit.output("out", cube + x + 5)
    return circuit


def test_the_example_of_the_vectors():
    system = cubic().system()
    assert [c.rows for c in system.constraints] == [
        (((2, 1),), ((2, 1),), ((3, 1),)),
        (((3, 1),), ((2, 1),), ((4, 1),)),
        (((0, 5), (2, 1), (4, 1)), ((0, 1),), ((1, 1),)),
    ]
    assert (system.n_wires, system.n_outputs, system.n_inputs, system.n_private) == (5, 1, 0, 1)
    assert cubic().witness({"x": 3}) == [1, 35, 3, 9, 27]


def test_wires_stand_in_circoms_order_however_they_were_made():
    circuit = r1cs.Circuit()
    p = circuit.private("p")
    hidden = circuit.product(p, p, "hidden")
    q = circuit.public("q")
    circuit.output("first", hidden + q)
    circuit.output_product("second", p, q, 7)
    assert circuit.witness({"p": 3, "q": -2}) == [1, 7, 1, BN254_R - 2, 3, 9]


def test_a_broken_constraint_is_named_with_its_line():
    circuit = r1cs.Circuit()
    x = circuit.private("x")
    with circuit.scope("layer 1"), circuit.scope("check"):
        circuit.constrain(x, x, 9, "is three")  # the line that the message names
    line = test_a_broken_constraint_is_named_with_its_line.__code__.co_firstlineno + 4
    with pytest.raises(r1cs.Unsatisfied) as refusal:
        circuit.witness({"x": -4})
    place = f"test_proof_r1cs_language.py:{line}"
    expected = f"constraint 0 (layer 1/check/is three) at {place}: -4 * -4 is not 9"
    assert str(refusal.value) == expected
    assert refusal.value.index == 0
    assert circuit.witness({"x": -3})


def test_gadgets_name_the_line_that_asked_for_them():
    circuit = r1cs.Circuit()
    r1cs.bits(circuit, circuit.private("v"), 4, "nibble")
    line = test_gadgets_name_the_line_that_asked_for_them.__code__.co_firstlineno + 2
    with pytest.raises(r1cs.Unsatisfied, match=rf"nibble/bit 3\) at \S*language.py:{line}"):
        circuit.witness({"v": 16})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "'x' is missing"),
        ({"x": 1, "y": 2}, "'y' is unknown"),
        ({"x": BN254_R}, "'x' is 2188"),
        ({"x": -BN254_R}, "'x' is -2188"),
    ],
)
def test_inputs_are_checked(inputs, message):
    with pytest.raises(ValueError, match=message):
        cubic().witness(inputs)


def test_a_name_is_given_once():
    circuit = r1cs.Circuit()
    circuit.public("x")
    with pytest.raises(ValueError, match="'x' is an input already"):
        circuit.private("x")


@given(st.lists(st.tuples(st.integers(0, 4), ELEMENTS), max_size=6), ELEMENTS, ELEMENTS)
def test_sums_of_wires_are_linear(pairs, a, b):
    values = [1, 2, a, b, BN254_R - 1]
    parts = [r1cs.Linear({wire: c}) for wire, c in pairs if c]

    def value(expression):
        return sum(c * values[w] for w, c in expression.terms.items()) % BN254_R

    expected = sum(c * values[w] for w, c in pairs) % BN254_R
    assert value(total(parts)) == value(sum(parts, linear(0))) == expected
    assert value(total(parts) * 3 - 7) == (3 * expected - 7) % BN254_R
    assert value(5 - total(parts)) == (5 - expected) % BN254_R
    assert all(0 < c < BN254_R for c in (total(parts) * a).terms.values())


@pytest.mark.parametrize(
    ("witness", "message"),
    [
        ([1, 35, 3, 9], "has 4 values, must have 5"),
        ([2, 35, 3, 9, 27], r"witness\[0\] is 2"),
        ([1, 35, 3, 9, 27 + BN254_R], r"witness\[4\] is"),
        ([1, 36, 3, 9, 27], "constraint 2"),
        ([0, 0, 0, 0, 0], r"witness\[0\] is 0"),
    ],
)
def test_witnesses_of_wrong_form_are_refused(witness, message):
    with pytest.raises(r1cs.Unsatisfied, match=message):
        r1cs.require_satisfied(cubic().system(), witness)
    assert not r1cs.is_satisfied(cubic().system(), witness)


def test_systems_are_checked():
    with pytest.raises(ValueError, match=r"constraint 0 has wire 2, must be in 0..1"):
        r1cs.from_lists([[[[2, 1]], [], []]], 0, 2)
    with pytest.raises(ValueError, match="constraint 0 has value"):
        r1cs.from_lists([[[[1, BN254_R]], [], []]], 0, 2)
    with pytest.raises(ValueError, match="n_wires is 2, must exceed n_public 2"):
        r1cs.from_lists([], 2, 2)
    with pytest.raises(ValueError, match="constraint 1 must be three lists"):
        r1cs.from_lists([[[], [], []], [[], []]], 0, 1)
