"""The transcript inside compiled loops: SHA-256, messages absorbed, challenges drawn.

A round of a sumcheck is one message and one challenge, three compressions: a microsecond here, ten
where every round goes through Python. `aicrypto.commit.transcript` says what is computed.

A `Desk` is all that a conversation needs: the transcript's state as eight 32-bit words, the number
of blocks squeezed from it, then room for a message's padded blocks and for SHA-256's schedule.

Source: FIPS 180-4, section 6.2; protocol zkml-1 of this project, section 3.
"""

import numpy as np
from jaxtyping import UInt32
from numba import types, uint32

from aicrypto.algebra.kernels.jit import called
from aicrypto.algebra.kernels.talk.sha256 import (
    INITIAL,
    ROUND_CONSTANTS,
    S24,
    Word32,
    extended,
    majority,
    mixed,
    shifted,
    swapped,
)
from aicrypto.algebra.kernels.words.arithmetic import LOW_32, S32, Element, P, Row

Desk = UInt32[np.ndarray, " desk"]
DESK = types.Array(uint32, 1, "C")

SQUEEZED, BLOCKS = 8, 16
TAIL = BLOCKS + 8  # what follows the state in a message
MAX_BLOCKS = 2  # 128 bytes: a message of up to 64 bytes with state, tag, length and padding
SCHEDULE = BLOCKS + 16 * MAX_BLOCKS
DESK_WORDS = SCHEDULE + 64
SQUEEZE_TAG = np.uint32(0xFF)


@called
def _compress(desk: Desk, block: int) -> None:
    """One more block of the message hashed into the first eight words.

    Loops, where `sha256.compressed` has all rounds in a row: as quick, and compiled much sooner.
    """
    w = desk[SCHEDULE:]
    for t in range(16):
        w[t] = desk[BLOCKS + 16 * block + t]
    for t in range(16, 64):
        w[t] = extended(w[t - 2], w[t - 7], w[t - 15], w[t - 16])
    a, b, c, d = desk[0], desk[1], desk[2], desk[3]
    e, f, g, h = desk[4], desk[5], desk[6], desk[7]
    for t in range(64):
        first = mixed(e, f, g, h, np.uint32(w[t] + ROUND_CONSTANTS[t]))
        second = majority(a, b, c)
        h, g, f, e = g, f, e, np.uint32(d + first)
        d, c, b, a = c, b, a, np.uint32(first + second)
    for place, word in enumerate((a, b, c, d, e, f, g, h)):
        desk[place] += word


@called
def _hash(desk: Desk, n_bytes: int) -> None:
    """SHA-256 of the bytes in the blocks, padded, into the first eight words."""
    n_blocks = (n_bytes + 72) // 64
    _put_byte(desk, n_bytes, np.uint32(0x80))
    desk[BLOCKS + 16 * n_blocks - 1] = 8 * n_bytes
    desk[:8] = INITIAL
    for block in range(n_blocks):
        _compress(desk, block)


@called
def _put_byte(desk: Desk, place: int, byte: Word32) -> None:
    """A byte written over a zero; words are big-endian."""
    desk[BLOCKS + place // 4] |= byte << np.uint32(24 - 8 * (place % 4))


@called
def _put_state(desk: Desk) -> None:
    """The message begins with the state, all else is zero."""
    desk[BLOCKS:SCHEDULE] = 0
    desk[BLOCKS : BLOCKS + 8] = desk[:8]


@called
def absorb(desk: Desk, tag: int, numbers: Row, count: int) -> None:
    """Absorbs the first coordinates, up to eight, under a tag.

    Tag and length are nine bytes, so all that follows begins one byte into a word.
    """
    _put_state(desk)
    desk[TAIL] = np.uint32(tag) << S24 | np.uint32(8 * count) << np.uint32(16)
    carry = np.uint32(0)
    for place in range(count):
        number = np.uint64(numbers[place])
        low = swapped(np.uint32(number & LOW_32))
        high = swapped(np.uint32(number >> S32))
        desk[TAIL + 2 + 2 * place] = shifted(carry, low)
        desk[TAIL + 3 + 2 * place] = shifted(low, high)
        carry = high
    desk[TAIL + 2 + 2 * count] = shifted(carry, np.uint32(0))
    _hash(desk, 41 + 8 * count)
    desk[SQUEEZED] = 0


@called
def _little_endian(desk: Desk, place: int) -> np.uint64:
    """A 64-bit word of the block just squeezed."""
    low, high = swapped(desk[2 * place]), swapped(desk[2 * place + 1])
    return np.uint64(low) | np.uint64(high) << S32


@called
def challenge(desk: Desk) -> Element:
    """A uniform element of F_{p²}; words equal to p are skipped."""
    state = desk[:8].copy()
    first, found = np.uint64(0), 0
    while True:
        desk[:8] = state
        _put_state(desk)
        counter = swapped(desk[SQUEEZED])
        desk[TAIL], desk[TAIL + 1] = shifted(SQUEEZE_TAG, counter), shifted(counter, np.uint32(0))
        _hash(desk, 37)
        desk[SQUEEZED] += np.uint32(1)
        for place in range(4):
            word = _little_endian(desk, place) & P
            if word == P:
                continue
            if found == 1:
                desk[:8] = state
                return first, word
            first, found = word, 1
