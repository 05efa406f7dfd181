"""Gadgets: small circuits for what a product alone cannot say, with their price in constraints.

A field knows no order and no sign: "v is not negative" means "v is a sum of bits that is too short
to wrap around". Hence most gadgets decompose. A bit costs one constraint, b(b-1) = 0; the *top* bit
has no wire of its own but is what is left, (v - lower bits)/2^(n-1), so that the sum needs none.
A residue has exactly one decomposition only if 2^n < r: n is at most 253.

    bits of v                 n          is_nonzero(t)        2        less_than(a, b)   n + 1
    sign and relu of v        n + 1      select(bit, a, b)    1        argmax of k       (k-1)(n+3)

Source: the counts are those of iden3's circomlib, less its linear constraints.
"""

from collections.abc import Sequence

from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.proof.r1cs.language import Circuit, Linear, linear, total

MAX_BITS = BN254_R.bit_length() - 1  # 2^253 < r < 2^254
Value = Linear | int


def boolean(circuit: Circuit, value: Linear, name: str) -> None:
    """Demands that the value is 0 or 1, for one constraint."""
    circuit.constrain(value, value - 1, 0, name)


def bits(circuit: Circuit, value: Linear, n_bits: int, name: str = "bits") -> list[Linear]:
    """The n bits of a value, lowest first, for n constraints: a proof that it is in 0..2^n-1.

    Raises:
        ValueError: if n_bits is not in 1..253; with more, v and v + r would both have bits.
    """
    if not 1 <= n_bits <= MAX_BITS:
        raise ValueError(f"n_bits is {n_bits}, must be in 1..{MAX_BITS}")
    with circuit.scope(name):
        lower = [_bit(circuit, value, i) for i in range(n_bits - 1)]
        rest = value - from_bits(lower)
        top = rest * pow(2, 1 - n_bits, BN254_R)
        for i, bit in enumerate([*lower, top]):
            boolean(circuit, bit, f"bit {i}")
    return [*lower, top]


def _bit(circuit: Circuit, value: Linear, i: int) -> Linear:
    return circuit.hint(lambda v: v >> i & 1, value)


def from_bits(some: Sequence[Linear]) -> Linear:
    """The sum of 2^i·bit_i: free."""
    return total([bit * (1 << i) for i, bit in enumerate(some)])


def signed_bits(circuit: Circuit, value: Linear, n_bits: int, name: str = "bits") -> list[Linear]:
    """The n bits of value + 2^(n-1), for n constraints: a proof of -2^(n-1) <= value < 2^(n-1).

    The top bit says "not negative".
    """
    return bits(circuit, value + (1 << (n_bits - 1)), n_bits, name)


def select(circuit: Circuit, bit: Linear, yes: Value, no: Value, name: str = "select") -> Linear:
    """`yes` if the bit is 1, `no` if it is 0, for one constraint; the bit must be one already."""
    return circuit.product(bit, linear(yes) - no, name) + no


def is_nonzero(circuit: Circuit, value: Linear, name: str = "is nonzero") -> Linear:
    """1 if the value is not 0, else 0, for two constraints.

    t·inverse = z ties z to the value, t·(1 - z) = 0 says that z is 1 where t is not 0. Without the
    second, a prover could take inverse = 0 and call anything zero.
    """
    inverse = circuit.hint(lambda t: pow(t, -1, BN254_R) if t else 0, value)
    with circuit.scope(name):
        answer = circuit.product(value, inverse, "value times inverse")
        circuit.constrain(value, 1 - answer, 0, "zero where the answer is 0")
    return answer


def less_than(circuit: Circuit, a: Value, b: Value, n_bits: int, name: str = "less") -> Linear:
    """1 if a < b, else 0, for n + 1 constraints.

    Both must be known to lie in one interval of length 2^n: then b - 1 - a is in -2^n..2^n-1, and
    its sign is the answer.
    """
    return signed_bits(circuit, linear(b) - 1 - a, n_bits + 1, name)[-1]


def relu(circuit: Circuit, value: Linear, n_bits: int, name: str = "relu") -> Linear:
    """max(value, 0) for n + 1 constraints, which prove |value| < 2^(n-1) besides.

    The bound is no luxury: of a value outside it no sign is defined, as residues form a circle.
    """
    with circuit.scope(name):
        not_negative = signed_bits(circuit, value, n_bits)[-1]
        return circuit.product(not_negative, value, "sign times value")


def requantise(
    circuit: Circuit, accumulator: Linear, n_bits: int, shift: int, name: str = "requantise"
) -> Linear:
    """clamp(accumulator >> shift, 0, 127), for n + 4 constraints: a hidden neuron of zkml-1.

    The rounding constant 2^(shift-1) belongs into the accumulator. |accumulator| < 2^(n-1).

    Raises:
        ValueError: if shift is not in 0..n_bits-9, as 7 bits and one above must remain.
    """
    if not 0 <= shift <= n_bits - 9:
        raise ValueError(f"shift is {shift}, must be in 0..{n_bits - 9}")
    with circuit.scope(name):
        *below, not_negative = signed_bits(circuit, accumulator, n_bits)
        low, above = from_bits(below[shift : shift + 7]), from_bits(below[shift + 7 :])
        too_large = is_nonzero(circuit, above, "above 127")
        clamped = select(circuit, too_large, 127, low, "clamp")
        return circuit.product(not_negative, clamped, "sign times clamped")


def floor_divide(
    circuit: Circuit, top: Value, bottom: Linear, n_bits: tuple[int, int], name: str = "divide"
) -> Linear:
    """The quotient top // bottom, for q + 2b + 1 constraints, n_bits = (q, b).

    quotient·bottom = top - rest with quotient < 2^q and 0 <= rest < bottom <= 2^b: without the
    bounds every residue would be a quotient of every other. Bottom 0 has no quotient.

    Raises:
        ValueError: if q + b > 252: quotient·bottom could exceed the field.
    """
    quotient_bits, bottom_bits = n_bits
    if quotient_bits + bottom_bits >= MAX_BITS:
        raise ValueError(f"n_bits is {n_bits}, must sum to at most {MAX_BITS - 1}")
    quotient = circuit.hint(lambda t, b: t // b if b else 0, linear(top), bottom)
    with circuit.scope(name):
        rest = top - circuit.product(quotient, bottom, "quotient times bottom")
        bits(circuit, quotient, quotient_bits, "quotient")
        bits(circuit, linear(rest), bottom_bits, "rest")
        bits(circuit, bottom - 1 - rest, bottom_bits, "bottom above rest")
    return quotient


def inner_product(
    circuit: Circuit, weights: Sequence[Value], values: Sequence[Value], name: str
) -> Linear:
    """The sum of weight·value: a constraint a product, none where a side is a number.

    Raises:
        ValueError: if the lists differ in length.
    """
    return total(
        [_times(circuit, w, v, name, i) for i, (w, v) in enumerate(_pairs(weights, values))]
    )


def _times(circuit: Circuit, weight: Value, value: Value, name: str, i: int) -> Linear:
    if isinstance(weight, int):
        return linear(value) * weight
    return (
        weight * value if isinstance(value, int) else circuit.product(weight, value, f"{name} {i}")
    )


def _pairs(weights: Sequence[Value], values: Sequence[Value]) -> list[tuple[Value, Value]]:
    if len(weights) != len(values):
        raise ValueError(f"there are {len(weights)} weights and {len(values)} values")
    return list(zip(weights, values, strict=True))


def argmax(circuit: Circuit, values: Sequence[Linear], n_bits: int, name: str = "argmax") -> Linear:
    """The index of the first maximum of k values, for (n + 3)·(k - 1) constraints.

    All values must be known to lie in one interval of length 2^n. A champion meets each value in
    turn and falls only to a larger one, so that of equals the first stays.
    """
    best, index = values[0], linear(0)
    with circuit.scope(name):
        for i, value in enumerate(values[1:], start=1):
            larger = less_than(circuit, best, value, n_bits, f"beats {i}")
            best = select(circuit, larger, value, best, f"best {i}")
            index = select(circuit, larger, i, index, f"index {i}")
    return index


def pack(
    circuit: Circuit, values: Sequence[Linear], n_bits: int, name: str = "pack"
) -> list[Linear]:
    """The values, each proven to fit n signed bits, side by side in as few elements as possible.

    n constraints a value. Without them two lists of values would have one packed form.
    """
    with circuit.scope(name):
        for i, value in enumerate(values):
            signed_bits(circuit, value, n_bits, f"{i}")
    return join(values, n_bits)


def join(values: Sequence[Linear], n_bits: int) -> list[Linear]:
    """The same for values whose n signed bits are proven elsewhere: free."""
    per = MAX_BITS // n_bits
    offset = 1 << (n_bits - 1)
    groups = [values[i : i + per] for i in range(0, len(values), per)]
    return [
        total([(value + offset) * (1 << n_bits * i) for i, value in enumerate(group)])
        for group in groups
    ]


def packed_integers(values: Sequence[int], n_bits: int) -> list[int]:
    """What `pack` makes of numbers: the same outside of a circuit.

    Raises:
        ValueError: naming a value that does not fit.
    """
    half, per = 1 << (n_bits - 1), MAX_BITS // n_bits
    for i, value in enumerate(values):
        if not -half <= value < half:
            raise ValueError(f"values[{i}] is {value}, must be in {-half}..{half - 1}")
    groups = [values[i : i + per] for i in range(0, len(values), per)]
    return [sum((v + half) << n_bits * i for i, v in enumerate(group)) for group in groups]


def signed(residue: int) -> int:
    """The number nearest to zero that a residue stands for."""
    return BN254_FR.signed(residue)
