"""Poseidon: the paper word for word, circomlib's answers, and two names for one number."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Matrix

from aicrypto.algebra.primes import BN254_R as R
from aicrypto.commit import poseidon
from aicrypto.commit.poseidon import constants, merkle_root, permute

ELEMENTS = st.integers(0, R - 1)


def paper_bits(t: int, partial_rounds: int, n_bits: int) -> str:
    """Grain in self-shrinking mode, on a list of bits."""
    start = "01" + "0000" + f"{254:012b}" + f"{t:012b}" + f"{8:010b}" + f"{partial_rounds:010b}"
    state = [int(bit) for bit in start + "1" * 30]

    def step() -> int:
        new = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state.pop(0)
        state.append(new)
        return new

    for _ in range(160):
        step()
    bits = ""
    while len(bits) < n_bits:
        keep, bit = step(), step()
        bits += str(bit) if keep else ""
    return bits


def paper_permutation(state: list[int]) -> list[int]:
    """One operation a line, everything reduced at once."""
    t, known = len(state), constants(len(state))
    for k in range(8 + known.partial_rounds):
        state = [(state[j] + known.round_constants[k * t + j]) % R for j in range(t)]
        partial = 4 <= k < 4 + known.partial_rounds
        state = [a if partial and j > 0 else a**5 % R for j, a in enumerate(state)]
        state = [sum(known.matrix[i][j] * state[j] for j in range(t)) % R for i in range(t)]
    return state


def inverse_permutation(state: list[int]) -> list[int]:
    """Every step undone, from the last to the first."""
    t, known = len(state), constants(len(state))
    unmix, root = Matrix(known.matrix).inv_mod(R), pow(5, -1, R - 1)
    for k in reversed(range(8 + known.partial_rounds)):
        state = [sum(int(unmix[i, j]) * state[j] for j in range(t)) % R for i in range(t)]
        n_powers = 1 if 4 <= k < 4 + known.partial_rounds else t
        state = [pow(a, root, R) if j < n_powers else a for j, a in enumerate(state)]
        state = [(state[j] - known.round_constants[k * t + j]) % R for j in range(t)]
    return state


def test_known_answers() -> None:
    expected = 7853200120776062878684798364095072458815029376092732009249414926327459813530
    assert poseidon.poseidon([1, 2]) == expected
    root = 11780650233517635876913804110234352847867393797952240856403268682492028497284
    assert merkle_root(range(8)) == root


@pytest.mark.parametrize(("t", "partial_rounds"), [(2, 56), (5, 60)])
def test_constants_are_grains(t: int, partial_rounds: int) -> None:
    bits = paper_bits(t, partial_rounds, 20 * 254)
    numbers = [int(bits[i : i + 254], 2) for i in range(0, len(bits), 254)]
    below = [number for number in numbers if number < R]
    assert len(below) < len(numbers), "no number was redrawn: nothing is shown"
    assert constants(t).round_constants[: len(below)] == tuple(below)


def test_sizes() -> None:
    for t in (2, 3, 9):
        known = constants(t)
        assert len(known.round_constants) == t * (8 + known.partial_rounds)
        assert {len(row) for row in known.matrix} == {len(known.matrix)} == {t}
        assert len(set(known.matrix)) == len(set(zip(*known.matrix, strict=True))) == t
        assert known.partial_rounds % t == 0
    assert math.gcd(poseidon.ALPHA, R - 1) == 1
    assert [math.gcd(exponent, R - 1) > 1 for exponent in (2, 3, 4)] == [True] * 3
    assert constants(3) is constants(3)


@given(st.lists(ELEMENTS, min_size=2, max_size=5))
@settings(max_examples=10, deadline=None)
def test_permutation_is_the_paper(state: list[int]) -> None:
    assert permute(state) == paper_permutation(state)


@pytest.mark.parametrize("t", [2, 3])
def test_permutation_alone_hides_nothing(t: int) -> None:
    """Given all t elements everybody computes back; the hash shows one of them."""
    state = [random.Random(t).randrange(R) for _ in range(t)]
    assert inverse_permutation(permute(state)) == state


@given(st.lists(ELEMENTS, min_size=1, max_size=4), ELEMENTS)
@settings(max_examples=20, deadline=None)
def test_everything_counts(inputs: list[int], init_state: int) -> None:
    digest = poseidon.poseidon(inputs, init_state)
    assert digest == permute([init_state, *inputs])[0]
    assert digest != poseidon.poseidon([*inputs, 0], init_state)
    assert digest != poseidon.poseidon(inputs, (init_state + 1) % R)
    for i, value in enumerate(inputs):
        assert digest != poseidon.poseidon(
            [*inputs[:i], (value + 1) % R, *inputs[i + 1 :]], init_state
        )


def test_16_inputs_are_the_most() -> None:
    assert 0 <= poseidon.poseidon(range(16)) < R
    for n in (0, 17):
        with pytest.raises(ValueError, match=rf"inputs has {n} values, must have 1\.\.16"):
            poseidon.poseidon([0] * n)
    for t in (0, 1, 18):
        with pytest.raises(ValueError, match=rf"t is {t}, must be in 2\.\.17"):
            permute([0] * t)


@pytest.mark.parametrize("value", [-1, R, R + 1, 2**256])
def test_two_names_for_one_number(value: int) -> None:
    """Reducing would give x and x + r one hash: a nullifier that is spent twice."""

    def reducing(inputs: list[int]) -> int:
        return poseidon.poseidon([number % R for number in inputs])

    assert reducing([value, 1]) == reducing([value + R, 1])
    with pytest.raises(ValueError, match=rf"inputs\[0\] is {value}, must be in 0"):
        poseidon.poseidon([value, 1])
    with pytest.raises(ValueError, match=f"init_state is {value}, must be in 0"):
        poseidon.poseidon([1], value)
    with pytest.raises(ValueError, match=rf"state\[1\] is {value}, must be in 0"):
        permute([0, value])
    with pytest.raises(ValueError, match=rf"leaves\[0\] is {value}, must be in 0"):
        merkle_root([value])


def test_a_node_passes_for_a_leaf_unless_leaves_are_marked_or_the_depth_is_fixed() -> None:
    leaves = [5, 6, 7, 8]
    nodes = [poseidon.poseidon(leaves[:2]), poseidon.poseidon(leaves[2:])]
    assert merkle_root(leaves) == merkle_root(nodes)

    def marked(values: list[int]) -> int:
        return merkle_root([poseidon.poseidon([value]) for value in values])

    assert marked(leaves) != marked(nodes)


def test_tree_is_binary_and_full() -> None:
    assert merkle_root([7]) == 7
    assert merkle_root([1, 2]) == poseidon.poseidon([1, 2])
    for n in (0, 3, 6):
        with pytest.raises(ValueError, match=f"leaves has {n} values, must have a power of two"):
            merkle_root([1] * n)
