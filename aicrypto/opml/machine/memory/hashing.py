"""Keccak-256 of many pairs in one compiled call: all levels above a row of leaves.

A memory page has 128 leaves of 32 bytes, so 127 hashes lie between a changed byte and the root of
its page. One after another from Python they would take 0.6 ms; here it is a tenth. A node is four
64-bit words in memory order, which on a little-endian machine are Keccak's own lanes.

Source: Keccak submission 3.0 (Keccak-f[1600], rate 1088, padding 0x01): a message of 64 bytes
is one block. `aicrypto.commit.hashes.keccak256` is the reference; tests compare both.
"""

import numpy as np
from jaxtyping import UInt64
from numba import types, uint64
from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled

Lanes = UInt64[np.ndarray, " n"]
LANES = types.Array(uint64, 1, "C")

NODE_LANES = 4
PAIR_LANES = 2 * NODE_LANES
STATE_LANES = 25
N_ROUNDS = 24
FIRST_PADDING = np.uint64(0x01)  # right after the message: lane 8
LAST_PADDING = np.uint64(1 << 63)  # the rate's last bit: lane 16
LAST_RATE_LANE = 16
WORD_BITS = np.uint64(64)


def _round_constants() -> np.ndarray:
    """Iota's 24 constants: bit 2^j - 1 of constant r is bit j + 7r of an 8-bit shift register."""
    constants, register = [], 1
    for _ in range(N_ROUNDS):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 * (register >> 7))
        constants.append(constant)
    return np.array(constants, np.uint64)


def _lane_walk() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rho and pi: lane `start` goes to `end`, turned by `bits`; lane 0 stays as it is."""
    start, end, bits = [1], [], []
    x, y = 1, 0
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        end.append(x + 5 * y)
        start.append(x + 5 * y)
        bits.append((t + 1) * (t + 2) // 2 % 64)
    return np.array(start[:-1]), np.array(end), np.array(bits, np.uint64)


ROUND_CONSTANTS = _round_constants()
STARTS, ENDS, TURNS = _lane_walk()


@called
def _turned(lane: np.uint64, bits: np.uint64) -> np.uint64:
    """A lane rotated left by 1..63 bits."""
    return np.uint64((lane << bits) | (lane >> (WORD_BITS - bits)))


@called
def _mix_columns(a: Lanes, parity: Lanes) -> None:
    """Theta."""
    for x in range(5):
        parity[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20]
    for x in range(5):
        change = parity[(x + 4) % 5] ^ _turned(parity[(x + 1) % 5], np.uint64(1))
        for y in range(0, STATE_LANES, 5):
            a[x + y] ^= change


@called
def _move_lanes(a: Lanes, moved: Lanes) -> None:
    """Rho and pi, into another array: then no lane waits for the one before it."""
    moved[0] = a[0]
    for t in range(24):
        moved[ENDS[t]] = _turned(a[STARTS[t]], TURNS[t])


@called
def _mix_rows(moved: Lanes, a: Lanes) -> None:
    """Chi."""
    for y in range(0, STATE_LANES, 5):
        for x in range(5):
            a[y + x] = moved[y + x] ^ (~moved[y + (x + 1) % 5] & moved[y + (x + 2) % 5])


@called
def _permute(a: Lanes, moved: Lanes, parity: Lanes) -> None:
    """Keccak-f[1600]."""
    for r in range(N_ROUNDS):
        _mix_columns(a, parity)
        _move_lanes(a, moved)
        _mix_rows(moved, a)
        a[0] ^= ROUND_CONSTANTS[r]


@called
def _is_empty(source: Lanes, at: int, empty: Lanes, level: int) -> bool:
    """Whether both nodes of a pair are roots of empty subtrees."""
    for lane in range(PAIR_LANES):
        if source[at + lane] != empty[NODE_LANES * level + lane % NODE_LANES]:
            return False
    return True


@called
def _hash_pair(source: Lanes, at: int, state: Lanes, moved: Lanes, parity: Lanes) -> None:
    """Leaves the digest in the state's first lanes."""
    for lane in range(PAIR_LANES):
        state[lane] = source[at + lane]
    state[PAIR_LANES:] = 0
    state[PAIR_LANES], state[LAST_RATE_LANE] = FIRST_PADDING, LAST_PADDING
    _permute(state, moved, parity)


@compiled(void(LANES, LANES, LANES))
def hash_levels(leaves: Lanes, empty: Lanes, nodes: Lanes) -> None:
    """Writes all nodes above 2^d leaves, level by level: the root is the last of 2^d - 1 nodes.

    `empty` has the roots of empty subtrees of heights 0..d, which need no hashing.
    """
    state, moved = np.empty(STATE_LANES, np.uint64), np.empty(STATE_LANES, np.uint64)
    parity = np.empty(5, np.uint64)
    source, first, n, level, done = leaves, 0, len(leaves) // PAIR_LANES, 0, 0
    while n > 0:
        for i in range(n):
            if _is_empty(source, first + PAIR_LANES * i, empty, level):
                state[:NODE_LANES] = empty[NODE_LANES * (level + 1) : NODE_LANES * (level + 2)]
            else:
                _hash_pair(source, first + PAIR_LANES * i, state, moved, parity)
            at = done + NODE_LANES * i
            nodes[at : at + NODE_LANES] = state[:NODE_LANES]
        source, first = nodes, done
        done += NODE_LANES * n
        n //= 2
        level += 1
