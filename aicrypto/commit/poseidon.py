"""Poseidon over the scalar field of BN254, as circom computes it: the hash that proofs can afford.

Inside a proof a hash is paid by the multiplication. SHA-256, made of bit operations, takes tens of
thousands a block; this one 243 for two inputs, three for every fifth power. So circom's circuits
hash with Poseidon, and pay outside, where it is slower than a hash made for processors.

    state = [init_state, inputs...], t elements of F_r
    a round: add constants -> x^5 -> multiply by the matrix M      result: the first element

The first four and last four rounds raise every element to the fifth power, the many rounds between
only the first one: they make the degree high, the full rounds hide the structure. x^5 because 5 is
the smallest exponent that is invertible modulo r - 1.

Nobody chose the constants: a shift register, started on the parameters, writes them all.

The length is part of the function: every t is another permutation, and nothing else tells the hash
of two values from a node over two hashes. Finding collisions is assumed to take about 2^127 calls.

Sources: eprint 2019/458 (Poseidon; appendix F: the register), circomlib (rounds, first element).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from operator import add, mul

from aicrypto.algebra.primes import BN254_FR, BN254_R

ALPHA = 5
FULL_ROUNDS = 8
# For t = 2..17, as circomlib's poseidon.circom: the paper's bound, rounded up to a multiple of t.
PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)
MIN_T, MAX_T = 2, 1 + len(PARTIAL_ROUNDS)
FIELD_BITS = BN254_R.bit_length()

# The shift register Grain, eprint 2019/458 appendix F: its length, and the bits thrown away first.
GRAIN_BITS = 80
GRAIN_WARM_UP = 160


@dataclass(frozen=True)
class Constants:
    """What a permutation of t elements is made of.

    Attributes:
        t: elements of the state, one more than inputs.
        partial_rounds: how many rounds between the full ones.
        round_constants: t for every round, (FULL_ROUNDS + partial_rounds)·t in all.
        matrix: M, t rows of t.
    """

    t: int
    partial_rounds: int
    round_constants: tuple[int, ...]
    matrix: tuple[tuple[int, ...], ...]


@cache
def constants(t: int) -> Constants:
    """The constants for states of t elements; 30 to 300 ms on the first call for a t.

    M is a Cauchy matrix, M[i][j] = 1/(x_i + y_j): all its minors are invertible, so a change of k
    elements before it changes at least t + 1 - k after it.

    Raises:
        ValueError: if t is not in 2..17.
    """
    if not MIN_T <= t <= MAX_T:
        raise ValueError(f"t is {t}, must be in {MIN_T}..{MAX_T}")
    partial_rounds = PARTIAL_ROUNDS[t - MIN_T]
    numbers = _grain_numbers(t, partial_rounds)
    below_r = (number for number in numbers if number < BN254_R)
    round_constants = tuple(islice(below_r, t * (FULL_ROUNDS + partial_rounds)))
    # The paper redraws x and y if two are equal or a sum is 0, which happens for no t here.
    x, y = list(islice(numbers, t)), list(islice(numbers, t))
    matrix = tuple(tuple(pow(xi + yj, -1, BN254_R) for yj in y) for xi in x)
    return Constants(t, partial_rounds, round_constants, matrix)


def poseidon(inputs: Sequence[int], init_state: int = 0) -> int:
    """The hash of 1 to 16 field elements; about 0.3 ms for two.

    Two lists of different lengths are hashed by unrelated functions. Whoever hashes two kinds of
    things of one length tells them apart by `init_state` or by an input.

    >>> poseidon([1, 2]) % 10**12
    327459813530

    Raises:
        ValueError: if there are not 1 to 16 inputs, or a value lies outside 0..r-1.
    """
    if not MIN_T <= len(inputs) + 1 <= MAX_T:
        raise ValueError(f"inputs has {len(inputs)} values, must have {MIN_T - 1}..{MAX_T - 1}")
    BN254_FR.elements(inputs, "inputs")
    BN254_FR.element(init_state, "init_state")
    return permute([init_state, *inputs])[0]


def permute(state: Sequence[int]) -> list[int]:
    """The t elements after all rounds: a permutation of F_r^t, easy to invert, no hash by itself.

    Raises:
        ValueError: if t is not in 2..17, or a value lies outside 0..r-1.
    """
    t, known = len(state), constants(len(state))
    mixed = BN254_FR.elements(state, "state")
    half, n_rounds = FULL_ROUNDS // 2, FULL_ROUNDS + known.partial_rounds
    for k in range(n_rounds):
        full = k < half or k >= n_rounds - half
        mixed = _round(mixed, known.round_constants[k * t : k * t + t], t if full else 1, known)
    return mixed


def merkle_root(leaves: Sequence[int]) -> int:
    """Root of the binary tree over 2^depth field elements, leaves taken as they are.

    This is the tree of circom's membership circuits, which fix the depth. It must be fixed: without
    it, an inner node passes for a leaf of a shorter tree.

    Raises:
        ValueError: if the number of leaves is no power of two, or a leaf lies outside 0..r-1.
    """
    if not leaves or len(leaves) & (len(leaves) - 1):
        raise ValueError(f"leaves has {len(leaves)} values, must have a power of two")
    level = BN254_FR.elements(leaves, "leaves")
    while len(level) > 1:
        level = [poseidon(pair) for pair in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def _round(
    state: Sequence[int], added: Sequence[int], n_powers: int, known: Constants
) -> list[int]:
    """One round, in which the first n_powers elements go through x^5."""
    mixed = list(map(add, state, added))
    mixed[:n_powers] = [pow(a, ALPHA, BN254_R) for a in mixed[:n_powers]]
    return [sum(map(mul, row, mixed)) % BN254_R for row in known.matrix]


def _grain_numbers(t: int, partial_rounds: int) -> Iterator[int]:
    """Numbers of 254 bits, highest bit first, from the register that t and the rounds start."""
    fields = ((1, 2), (0, 4), (FIELD_BITS, 12), (t, 12), (FULL_ROUNDS, 10), (partial_rounds, 10))
    start = "".join(f"{value:0{width}b}" for value, width in fields)  # prime field, power, sizes
    raw = islice(_register(start.ljust(GRAIN_BITS, "1")), GRAIN_WARM_UP, None)
    # One iterator twice gives pairs; of each pair the second bit is kept, if the first is 1.
    kept = ("01"[bit] for keep, bit in zip(raw, raw, strict=False) if keep)
    while True:
        yield int("".join(islice(kept, FIELD_BITS)), 2)


def _register(start: str) -> Iterator[int]:
    """Grain's bits: each is the parity of six of the 80 before it."""
    bits = deque(map(int, start), maxlen=GRAIN_BITS)
    while True:
        parity = bits[0] ^ bits[13] ^ bits[23] ^ bits[38] ^ bits[51] ^ bits[62]
        bits.append(parity)  # and the oldest bit falls out
        yield parity
