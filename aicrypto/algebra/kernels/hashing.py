"""Many short messages hashed side by side: SHA-256 of columns and of pairs of digests.

SHA-256 is a chain of additions, each waiting for the one before. 512 messages of one length make
512 chains, which fill vector registers. Columns need no copying then: neighbouring columns are
neighbouring numbers in every row.

A digest is eight words here, kept as the bytes of the digest in their order. Source: FIPS 180-4;
leaf and node of RFC 6962, as `aicrypto.commit.tensor.columns` has them.
"""

import numpy as np
from jaxtyping import UInt32
from numba import types, uint32
from numba.core.types import void

from aicrypto.algebra.kernels.arithmetic import PLANES, Planes, Row
from aicrypto.algebra.kernels.jit import called, compiled, inlined
from aicrypto.algebra.kernels.talking import (
    INITIAL,
    ROUND_CONSTANTS,
    Word32,
    extended,
    majority,
    mixed,
)

LANES = 512
WORDS = types.Array(uint32, 1, "C")
Words = UInt32[np.ndarray, " n"]
Lanes = UInt32[np.ndarray, "words lanes"]

NODE_PREFIX = np.uint32(1 << 24)
NODE_BITS = 8 * 65
END = np.uint32(0x800000)  # the bit after the message, which ends one byte into a word
S8, S24 = np.uint32(8), np.uint32(24)


@inlined
def _swapped(word: Word32) -> Word32:
    """The word with its bytes in the other order."""
    high = (word << S24) | ((word & np.uint32(0xFF00)) << S8)
    return np.uint32(high | ((word >> S8) & np.uint32(0xFF00)) | (word >> S24))


@inlined
def _shifted(before: Word32, word: Word32) -> Word32:
    """Four bytes of a stream one byte later: the last one before, the first three of the word."""
    return np.uint32((before << S24) | (word >> S8))


@called
def _extend(w: Words, w2: Words, w7: Words, w15: Words) -> None:
    """The schedule's next words, written over those of 16 places before."""
    for i in range(len(w)):
        w[i] = extended(w2[i], w7[i], w15[i], w[i])


@called
def _round(
    first: tuple[Words, Words, Words, Words],
    second: tuple[Words, Words, Words, Words],
    w: Words,
    constant: Word32,
) -> None:
    """One round on all lanes; two of eight words change, and all change their names."""
    a, b, c, d = first
    e, f, g, h = second
    for i in range(len(w)):
        step = mixed(e[i], f[i], g[i], h[i], np.uint32(w[i] + constant))
        d[i] = np.uint32(d[i] + step)
        h[i] = np.uint32(step + majority(a[i], b[i], c[i]))


@called
def _row(a: Lanes, row: int) -> Words:
    """A row by its number modulo the number of rows, a power of two."""
    lane: Words = a[row & (a.shape[0] - 1)][: a.shape[1]]
    return lane


@called
def _compress(state: Lanes, w: Lanes, before: Lanes) -> None:
    """One more block of every lane."""
    before[:] = state
    for t in range(64):
        if t >= 16:
            _extend(_row(w, t), _row(w, t - 2), _row(w, t - 7), _row(w, t - 15))
        first = _row(state, -t), _row(state, 1 - t), _row(state, 2 - t), _row(state, 3 - t)
        second = _row(state, 4 - t), _row(state, 5 - t), _row(state, 6 - t), _row(state, 7 - t)
        _round(first, second, _row(w, t), ROUND_CONSTANTS[t])
    for word in range(8):
        old, new = _row(before, word), _row(state, word)
        for i in range(len(old)):
            new[i] = np.uint32(new[i] + old[i])


@called
def _start(state: Lanes) -> None:
    for word in range(8):
        state[word] = INITIAL[word]


@called
def _finish(state: Lanes, w: Lanes, before: Lanes, carry: Words, place: int, n_bits: int) -> None:
    """The message's last byte, which is in `carry`, then the padding."""
    lane = _row(w, place)
    for i in range(len(lane)):
        lane[i] = _shifted(carry[i], np.uint32(0)) | END
    if place >= 14:
        w[place + 1 :] = 0
        _compress(state, w, before)
        w[:15] = 0
    else:
        w[place + 1 : 15] = 0
    w[15] = n_bits
    _compress(state, w, before)


@called
def _write(state: Lanes, out: Words, first: int) -> None:
    """Digests, one after another."""
    for word in range(8):
        lane = _row(state, word)
        for i in range(len(lane)):
            out[8 * (first + i) + word] = _swapped(lane[i])


@called
def _read_numbers(numbers: Row, carry: Words, left: Words, right: Words) -> None:
    """A number of every lane as two words of the stream."""
    for i in range(len(carry)):
        number = np.uint64(numbers[i])
        low = _swapped(np.uint32(number & np.uint64(0xFFFFFFFF)))
        high = _swapped(np.uint32(number >> np.uint64(32)))
        left[i], right[i] = _shifted(carry[i], low), _shifted(low, high)
        carry[i] = high


@compiled(void(PLANES, WORDS))
def hash_columns(planes: Planes, out: Words) -> None:
    """SHA-256(0x00 || column) for the columns of two planes, 8 bytes little-endian a number."""
    _, n_rows, n = planes.shape
    width = min(LANES, n)
    state, w = np.empty((8, width), np.uint32), np.empty((16, width), np.uint32)
    before, carry = np.empty((8, width), np.uint32), np.empty(width, np.uint32)
    for first in range(0, n, width):
        _start(state)
        carry[:] = 0
        for row in range(2 * n_rows):
            numbers = planes[row // n_rows, row % n_rows][first : first + width]
            place = 2 * row % 16
            _read_numbers(numbers, carry, _row(w, place), _row(w, place + 1))
            if place == 14:
                _compress(state, w, before)
        _finish(state, w, before, carry, 4 * n_rows % 16, 8 + 128 * n_rows)
        _write(state, out, first)


@compiled(void(WORDS, WORDS))
def hash_pairs(level: Words, out: Words) -> None:
    """SHA-256(0x01 || left || right) for every two neighbouring digests."""
    n = len(out) // 8
    width = min(LANES, n)
    state, w = np.empty((8, width), np.uint32), np.empty((16, width), np.uint32)
    before, carry = np.empty((8, width), np.uint32), np.empty(width, np.uint32)
    for first in range(0, n, width):
        _start(state)
        carry[:] = 1
        for word in range(16):
            lane = _row(w, word)
            for i in range(width):
                digest_word = _swapped(level[16 * (first + i) + word])
                lane[i] = _shifted(carry[i], digest_word)
                carry[i] = digest_word
        _compress(state, w, before)
        _finish(state, w, before, carry, 0, NODE_BITS)
        _write(state, out, first)
