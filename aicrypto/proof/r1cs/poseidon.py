"""Poseidon as a circuit: three constraints a fifth power, everything else is free.

    inputs        2    4    16          x -> x², x⁴, x⁵: three products
    constraints 243  300   612          8·t powers in full rounds, one in each partial round

The same constants as the hash outside (`commit.poseidon`), so a circuit can open what a contract or
a Python program committed to. SHA-256 costs 29,700 for 64 bytes.

Sources: eprint 2019/458; circomlib's poseidon.circom, whose counts these are.
"""

from collections.abc import Sequence

from aicrypto.commit.poseidon import FULL_ROUNDS, MAX_T, MIN_T, Constants, constants, poseidon
from aicrypto.proof.r1cs.language import Circuit, Linear, linear, total

CHAIN_INPUTS = 15  # of the 16 inputs, one carries the chain


def poseidon_circuit(
    circuit: Circuit, inputs: Sequence[Linear | int], init_state: Linear | int = 0
) -> Linear:
    """The hash of 1 to 16 wires, 3·(8t + partial rounds) constraints for t = inputs + 1.

    Raises:
        ValueError: if there are not 1 to 16 inputs.
    """
    t = len(inputs) + 1
    if not MIN_T <= t <= MAX_T:
        raise ValueError(f"inputs has {len(inputs)} values, must have {MIN_T - 1}..{MAX_T - 1}")
    known, state = constants(t), [linear(init_state), *map(linear, inputs)]
    half, n_rounds = FULL_ROUNDS // 2, FULL_ROUNDS + known.partial_rounds
    with circuit.scope(f"poseidon {t - 1}"):
        for k in range(n_rounds):
            full = k < half or k >= n_rounds - half
            state = _round(circuit, state, known, k, t if full else 1)
    return state[0]


def _round(
    circuit: Circuit, state: Sequence[Linear], known: Constants, k: int, n_powers: int
) -> list[Linear]:
    t = known.t
    added = known.round_constants[k * t : k * t + t]
    mixed = [element + constant for element, constant in zip(state, added, strict=True)]
    powers = [_fifth_power(circuit, x, f"round {k}") for x in mixed[:n_powers]]
    mixed = [*powers, *mixed[n_powers:]]
    return [
        total([element * factor for element, factor in zip(mixed, row, strict=True)])
        for row in known.matrix
    ]


def _fifth_power(circuit: Circuit, x: Linear, name: str) -> Linear:
    square = circuit.product(x, x, f"{name} square")
    fourth = circuit.product(square, square, f"{name} fourth")
    return circuit.product(fourth, x, f"{name} fifth")


def digest(values: Sequence[int], tag: int) -> int:
    """A hash of any number of elements: a chain that starts with tag and length.

    h_0 = Poseidon(tag, length), h_(k+1) = Poseidon(h_k, next 15 values or fewer). Poseidon itself
    tells apart only arities; the tag says what kind of thing is hashed.
    """
    state = poseidon([tag, len(values)])
    for i in range(0, len(values), CHAIN_INPUTS):
        state = poseidon([state, *values[i : i + CHAIN_INPUTS]])
    return state


def digest_circuit(circuit: Circuit, values: Sequence[Linear], tag: int) -> Linear:
    """The same as a circuit; the first hash is a constant and costs nothing."""
    state = linear(poseidon([tag, len(values)]))
    for i in range(0, len(values), CHAIN_INPUTS):
        state = poseidon_circuit(circuit, [state, *values[i : i + CHAIN_INPUTS]])
    return state
