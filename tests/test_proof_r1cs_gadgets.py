"""Gadgets: right on all small values, as dear as the specification says, bound to the last wire."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra.primes import BN254_R
from aicrypto.proof import r1cs
from aicrypto.proof.r1cs.gadgets import join, packed_integers, signed

SIGNED = st.integers(-(2**15), 2**15 - 1)


def made(build, names):
    """A circuit over private inputs, whose outputs `build` gives."""
    circuit = r1cs.Circuit()
    outputs = build(circuit, *(circuit.private(name) for name in names))
    for i, value in enumerate(outputs if isinstance(outputs, list) else [outputs]):
        circuit.output(f"out {i}", value)
    return circuit


def answers(circuit, **inputs):
    n = circuit.system().n_outputs
    found = [signed(v) for v in circuit.witness(inputs)[1 : 1 + n]]
    return found if n > 1 else found[0]


def cost(circuit):
    """Constraints less those of the outputs."""
    system = circuit.system()
    return len(system.constraints) - system.n_outputs


def test_bits_of_every_nibble_and_no_more():
    circuit = made(lambda c, v: r1cs.bits(c, v, 4), "v")
    assert cost(circuit) == 4
    for v in range(16):
        assert answers(circuit, v=v) == [v >> i & 1 for i in range(4)]
    for v in (-1, 16, BN254_R // 2):
        with pytest.raises(r1cs.Unsatisfied, match="bits/bit"):
            circuit.witness({"v": v})


@pytest.mark.parametrize("n_bits", [0, 254, 300])
def test_bits_that_would_wrap_around_are_refused(n_bits):
    with pytest.raises(ValueError, match=r"must be in 1..253"):
        made(lambda c, v: r1cs.bits(c, v, n_bits), "v")


def test_relu_on_all_bytes():
    circuit = made(lambda c, v: r1cs.relu(c, v, 8), "v")
    assert cost(circuit) == 9
    assert [answers(circuit, v=v) for v in range(-128, 128)] == [
        max(v, 0) for v in range(-128, 128)
    ]
    for v in (-129, 128, 10**9):
        with pytest.raises(r1cs.Unsatisfied):
            circuit.witness({"v": v})


@settings(max_examples=25, deadline=None)
@given(SIGNED, SIGNED)
def test_comparison_selection_and_zero(a, b):
    less = made(lambda c, a, b: r1cs.less_than(c, a, b, 16), "ab")
    assert (cost(less), answers(less, a=a, b=b)) == (17, int(a < b))
    nonzero = made(lambda c, a, b: r1cs.is_nonzero(c, a - b), "ab")
    assert (cost(nonzero), answers(nonzero, a=a, b=b)) == (2, int(a != b))
    larger = made(lambda c, a, b: r1cs.select(c, r1cs.less_than(c, a, b, 16), b, a), "ab")
    assert (cost(larger), answers(larger, a=a, b=b)) == (18, max(a, b))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-8, 7), min_size=1, max_size=6))
def test_argmax_is_the_first_maximum(values):
    names = [f"v{i}" for i in range(len(values))]
    circuit = made(lambda c, *v: r1cs.argmax(c, v, 4), names)
    assert answers(circuit, **dict(zip(names, values, strict=True))) == values.index(max(values))
    assert cost(circuit) == (len(values) - 1) * 7


def test_requantise_is_zkmls_rule_on_all_13_bit_values():
    circuit = made(lambda c, v: r1cs.requantise(c, v, 13, 3), "v")
    assert cost(circuit) == 13 + 4
    for v in range(-(2**12), 2**12, 17):
        assert answers(circuit, v=v) == min(max(v >> 3, 0), 127)
    edges = (-(2**12), -8, -1, 0, 7, 8, 1015, 1016, 1023, 1024, 2**12 - 1)
    assert [answers(circuit, v=v) for v in edges] == [min(max(v >> 3, 0), 127) for v in edges]
    with pytest.raises(ValueError, match=r"shift is 5, must be in 0..4"):
        made(lambda c, v: r1cs.requantise(c, v, 13, 5), "v")


@given(st.lists(st.integers(-8, 7), min_size=1, max_size=70))
@settings(max_examples=10, deadline=None)
def test_packing_inside_equals_packing_outside(values):
    names = [f"v{i}" for i in range(len(values))]
    circuit = made(lambda c, *v: r1cs.pack(c, list(v), 4), names)
    system = circuit.system()
    witness = circuit.witness(dict(zip(names, values, strict=True)))
    assert witness[1 : 1 + system.n_outputs] == packed_integers(values, 4)
    assert cost(circuit) == 4 * len(values)
    with pytest.raises(ValueError, match=r"values\[0\] is 8"):
        packed_integers([8], 4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**12 - 1), st.integers(1, 2**6))
def test_division_rounds_down(top, bottom):
    circuit = made(lambda c, a, b: r1cs.floor_divide(c, a, b, (12, 6)), "ab")
    assert cost(circuit) == 12 + 2 * 6 + 1
    assert answers(circuit, a=top, b=bottom) == top // bottom


def test_division_has_one_answer():
    circuit = made(lambda c, a, b: r1cs.floor_divide(c, a, b, (12, 6)), "ab")
    system, witness = circuit.system(), circuit.witness({"a": 100, "b": 7})
    exact = 100 * pow(7, -1, BN254_R) % BN254_R  # in the field 7 divides 100
    for quotient in (13, 15, exact):
        lie = changed(witness, w1=quotient, w4=quotient, w5=7 * quotient)
        assert not r1cs.is_satisfied(system, lie)
    with pytest.raises(r1cs.Unsatisfied, match="bottom above rest"):
        circuit.witness({"a": 0, "b": 0})
    with pytest.raises(ValueError, match="must sum to at most 252"):
        made(lambda c, a, b: r1cs.floor_divide(c, a, b, (200, 53)), "ab")


def test_inner_product_costs_only_where_both_sides_are_wires():
    circuit = made(lambda c, a, b: r1cs.inner_product(c, [a, 3, b], [b, a, 5], "dot"), "ab")
    assert (cost(circuit), answers(circuit, a=-2, b=7)) == (1, -14 - 6 + 35)
    with pytest.raises(ValueError, match="there are 1 weights and 2 values"):
        r1cs.inner_product(circuit, [1], [1, 2], "dot")


def changed(witness, **wires):
    return [wires.get(f"w{i}", value) % BN254_R for i, value in enumerate(witness)]


# Attacks: each works on a circuit that forgets something, and on none that does not.


def test_relu_without_range_check_lets_a_negative_pass():
    """y = s·v with a bit s that nothing ties to the sign of v."""
    weak = r1cs.Circuit()
    v, s = weak.public("v"), weak.private("s")
    r1cs.boolean(weak, s, "s is a bit")
    weak.output("y", weak.product(s, v, "s times v"))
    assert weak.witness({"v": -5, "s": 1})[1] == BN254_R - 5, "a ReLU of -5 that is -5"

    strong = made(lambda c, v: r1cs.relu(c, v, 4), "v")
    system, witness = strong.system(), strong.witness({"v": -5})
    out, bits, product = 1, (3, 4, 5), 6
    assert (witness[out], [witness[i] for i in bits]) == (0, [1, 1, 0])  # of -5 + 8 = 3, top bit 0
    # The top bit is what the others leave of v + 8: it is 1 only if they sum to -5.
    lie = changed(witness, w1=-5, w3=-5, w4=0, w5=0, w6=-5)
    with pytest.raises(r1cs.Unsatisfied, match="relu/bits/bit 0"):
        r1cs.require_satisfied(system, lie)
    for assignment in range(8):
        bit = [assignment >> i & 1 for i in range(3)]
        lie = changed(witness, w1=-5, w3=bit[0], w4=bit[1], w5=bit[2], w6=-5)
        assert not r1cs.is_satisfied(system, lie)
    assert product == 6


def test_bits_without_booleanity_prove_a_false_sign():
    """v + 8 = 3 is 1 + 2, or -5 + 8: with a lowest "bit" of -5 the number seems positive."""
    weak = r1cs.Circuit()
    v = weak.private("v")
    low = [weak.private(f"b{i}") for i in range(3)]
    top = (v + 8 - r1cs.from_bits(low)) * pow(8, -1, BN254_R)
    r1cs.boolean(weak, top, "only the top bit is checked")
    weak.output("y", weak.product(top, v, "y"))
    honest, lie = {"b0": 1, "b1": 1, "b2": 0}, {"b0": -5, "b1": 0, "b2": 0}
    assert weak.witness({"v": -5, **honest})[1] == 0
    assert weak.witness({"v": -5, **lie})[1] == BN254_R - 5
    # (2, -1) is a decomposition of 0 and of 2 - 2: every value has endlessly many without the check
    assert weak.witness({"v": -8, "b0": 2, "b1": -1, "b2": 0})[1] == 0
    for row in range(3):
        r1cs.boolean(weak, low[row], f"bit {row}")
    with pytest.raises(r1cs.Unsatisfied, match="bit 0"):
        weak.witness({"v": -5, **lie})


def test_is_nonzero_without_its_second_row_calls_anything_zero():
    weak = r1cs.Circuit()
    t, inverse = weak.private("t"), weak.private("inverse")
    weak.output("z", weak.product(t, inverse, "t times inverse"))
    assert weak.witness({"t": 7, "inverse": 0})[1] == 0, "7 is called zero"
    strong = made(lambda c, t: r1cs.is_nonzero(c, t), "t")
    witness = strong.witness({"t": 7})
    lie = changed(witness, w1=0, w3=0, w4=0)
    with pytest.raises(r1cs.Unsatisfied, match="zero where the answer is 0"):
        r1cs.require_satisfied(strong.system(), lie)


def test_packing_without_range_proofs_gives_two_lists_one_form():
    weak = made(lambda c, a, b: join([a, b], 4), "ab")
    assert weak.witness({"a": 16, "b": 0})[1] == weak.witness({"a": 0, "b": 1})[1]
    strong = made(lambda c, a, b: r1cs.pack(c, [a, b], 4), "ab")
    strong.witness({"a": 0, "b": 1})
    with pytest.raises(r1cs.Unsatisfied, match="pack/0"):
        strong.witness({"a": 16, "b": 0})


def test_no_single_wire_of_a_gadget_can_be_moved():
    def everything(c, a, b):
        smaller = r1cs.less_than(c, a, b, 8)
        chosen = r1cs.select(c, smaller, b, a)
        return [r1cs.relu(c, chosen, 9), r1cs.is_nonzero(c, chosen), r1cs.argmax(c, [a, b], 8)]

    circuit = made(everything, "ab")
    system = circuit.system()
    for a, b in ((-3, 5), (5, -3), (0, 0)):
        witness = circuit.witness({"a": a, "b": b})
        inverse_of_zero = [i for i, v in enumerate(witness) if not v and not (a or b)]
        for wire in range(1, system.n_wires):
            for delta in (1, BN254_R - 1):
                lie = changed(witness, **{f"w{wire}": witness[wire] + delta})
                free = wire in inverse_of_zero and r1cs.is_satisfied(system, lie)
                assert free == r1cs.is_satisfied(system, lie), wire
        if a or b:
            assert not inverse_of_zero
