"""Many short messages hashed side by side: SHA-256 of columns and of pairs of digests.

SHA-256 is a chain of additions, each waiting for the one before. 256 messages of one length make
256 chains, which fill vector registers. Columns need no copying then: neighbouring columns are
neighbouring numbers in every row.

A digest is eight words here, kept as the bytes of the digest in their order. Source: FIPS 180-4;
leaf and node of RFC 6962, as `aicrypto.commit.tensor.columns` has them.
"""

import numpy as np
from jaxtyping import UInt32
from numba import int64, types, uint32
from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.talk.sha256 import (
    INITIAL,
    compressed,
    four_of,
    shifted,
    swapped,
)
from aicrypto.algebra.kernels.words.arithmetic import PLANES, Planes, Row

LANES = 256
WORDS = types.Array(uint32, 1, "C")
Words = UInt32[np.ndarray, " n"]

NODE_PREFIX = np.uint32(1 << 24)
NODE_BITS = 8 * 65
END = np.uint32(0x800000)  # the bit after the message, which ends one byte into a word


@called
def _row(a: Words, row: int, width: int) -> Words:
    """The first lanes of a row."""
    return a[row * LANES : row * LANES + width]


@compiled(void(WORDS, WORDS, int64))
def _compress(state: Words, w: Words, width: int) -> None:
    """One more block of every lane. Rows lie a constant apart: no row is mistaken for another."""
    for i in range(width):
        w0, w1 = four_of(w, 0, LANES, i), four_of(w, 4, LANES, i)
        w2, w3 = four_of(w, 8, LANES, i), four_of(w, 12, LANES, i)
        old = four_of(state, 0, LANES, i) + four_of(state, 4, LANES, i)
        new = compressed(old, w0, w1, w2, w3)
        state[i], state[LANES + i] = new[0], new[1]
        state[2 * LANES + i], state[3 * LANES + i] = new[2], new[3]
        state[4 * LANES + i], state[5 * LANES + i] = new[4], new[5]
        state[6 * LANES + i], state[7 * LANES + i] = new[6], new[7]


@called
def _start(state: Words) -> None:
    for word in range(8):
        state[word * LANES : (word + 1) * LANES] = INITIAL[word]


@called
def _finish(state: Words, w: Words, carry: Words, place: int, n_bits: int) -> None:
    """The message's last byte, which is in `carry`, then the padding."""
    width = len(carry)
    lane = _row(w, place, width)
    for i in range(width):
        lane[i] = shifted(carry[i], np.uint32(0)) | END
    w[(place + 1) * LANES : 15 * LANES] = 0
    if place >= 14:
        w[(place + 1) * LANES :] = 0
        _compress(state, w, width)
        w[: 15 * LANES] = 0
    w[15 * LANES :] = n_bits
    _compress(state, w, width)


@called
def _write(state: Words, out: Words, first: int, width: int) -> None:
    """Digests, one after another."""
    for word in range(8):
        lane = _row(state, word, width)
        for i in range(width):
            out[8 * (first + i) + word] = swapped(lane[i])


@called
def _read_numbers(numbers: Row, carry: Words, left: Words, right: Words) -> None:
    """A number of every lane as two words of the stream."""
    for i in range(len(carry)):
        number = np.uint64(numbers[i])
        low = swapped(np.uint32(number & np.uint64(0xFFFFFFFF)))
        high = swapped(np.uint32(number >> np.uint64(32)))
        left[i], right[i] = shifted(carry[i], low), shifted(low, high)
        carry[i] = high


@compiled(void(PLANES, WORDS))
def hash_columns(planes: Planes, out: Words) -> None:
    """SHA-256(0x00 || column) for the columns of two planes, 8 bytes little-endian a number."""
    _, n_rows, n = planes.shape
    state, w = np.empty(8 * LANES, np.uint32), np.empty(16 * LANES, np.uint32)
    for first in range(0, n, LANES):
        width = min(LANES, n - first)
        _start(state)
        carry = np.zeros(width, np.uint32)
        for row in range(2 * n_rows):
            numbers = planes[row // n_rows, row % n_rows][first : first + width]
            place = 2 * row % 16
            _read_numbers(numbers, carry, _row(w, place, width), _row(w, place + 1, width))
            if place == 14:
                _compress(state, w, width)
        _finish(state, w, carry, 4 * n_rows % 16, 8 + 128 * n_rows)
        _write(state, out, first, width)


@compiled(void(WORDS, WORDS))
def hash_pairs(level: Words, out: Words) -> None:
    """SHA-256(0x01 || left || right) for every two neighbouring digests."""
    n = len(out) // 8
    state, w = np.empty(8 * LANES, np.uint32), np.empty(16 * LANES, np.uint32)
    for first in range(0, n, LANES):
        width = min(LANES, n - first)
        _start(state)
        carry = np.ones(width, np.uint32)
        for word in range(16):
            lane = _row(w, word, width)
            for i in range(width):
                digest_word = swapped(level[16 * (first + i) + word])
                lane[i] = shifted(carry[i], digest_word)
                carry[i] = digest_word
        _compress(state, w, width)
        _finish(state, w, carry, 0, NODE_BITS)
        _write(state, out, first, width)
