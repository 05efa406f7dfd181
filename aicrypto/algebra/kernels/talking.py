"""The transcript inside compiled loops: SHA-256, messages absorbed, challenges drawn.

A round of a sumcheck is one message and one challenge, three compressions: a microsecond here, ten
where every round goes through Python. `aicrypto.commit.transcript` says what is computed.

A `Desk` is all that a conversation needs: the transcript's state as eight 32-bit words, the number
of blocks squeezed from it, then room for SHA-256's schedule and for a message's padded blocks.

Source: FIPS 180-4, section 6.2; protocol zkml-1 of this project, section 3.
"""

import numpy as np
from jaxtyping import UInt32
from numba import types, uint32

from aicrypto.algebra.kernels.arithmetic import Element, P
from aicrypto.algebra.kernels.jit import called, inlined

Word32 = np.uint32
Desk = UInt32[np.ndarray, " desk"]
DESK = types.Array(uint32, 1, "C")

STATE, SQUEEZED, SCHEDULE, BLOCKS = 0, 8, 16, 80
MAX_BLOCKS = 2  # 128 bytes: a message of up to 64 bytes with state, tag, length and padding
DESK_WORDS = BLOCKS + 16 * MAX_BLOCKS
SQUEEZE_TAG = np.uint32(0xFF)


def _root_bits(degree: int, count: int) -> UInt32[np.ndarray, " count"]:
    """The first 32 bits of the fractions of the roots of the first primes."""
    primes = [n for n in range(2, 312) if all(n % d for d in range(2, int(n**0.5) + 1))]
    return np.array(
        [_root(p << 32 * degree, degree) & 0xFFFFFFFF for p in primes[:count]], np.uint32
    )


def _root(n: int, degree: int) -> int:
    """The largest integer whose power is at most n, below 2^37."""
    root = 0
    for bit in reversed(range(37)):
        if (root | 1 << bit) ** degree <= n:
            root |= 1 << bit
    return root


INITIAL, ROUND_CONSTANTS = _root_bits(2, 8), _root_bits(3, 64)


@inlined
def rotated(x: Word32, n: Word32) -> Word32:
    """The word rotated right by n bits."""
    return np.uint32((x >> n) | (x << (np.uint32(32) - n)))


@inlined
def extended(w2: Word32, w7: Word32, w15: Word32, w16: Word32) -> Word32:
    """The schedule's next word, from those 2, 7, 15 and 16 places before."""
    s0 = rotated(w15, np.uint32(7)) ^ rotated(w15, np.uint32(18)) ^ (w15 >> np.uint32(3))
    s1 = rotated(w2, np.uint32(17)) ^ rotated(w2, np.uint32(19)) ^ (w2 >> np.uint32(10))
    return np.uint32(w16 + s0 + w7 + s1)


@inlined
def mixed(e: Word32, f: Word32, g: Word32, h: Word32, word: Word32) -> Word32:
    """The first sum of a round; `word` is the schedule's with the round's constant added."""
    s1 = rotated(e, np.uint32(6)) ^ rotated(e, np.uint32(11)) ^ rotated(e, np.uint32(25))
    return np.uint32(h + s1 + (g ^ (e & (f ^ g))) + word)


@inlined
def majority(a: Word32, b: Word32, c: Word32) -> Word32:
    """The second sum of a round."""
    s0 = rotated(a, np.uint32(2)) ^ rotated(a, np.uint32(13)) ^ rotated(a, np.uint32(22))
    return np.uint32(s0 + ((a & b) | (c & (a | b))))


@called
def _compress(desk: Desk, block: int) -> None:
    """One more block of the message hashed into the first eight words."""
    w = desk[SCHEDULE:BLOCKS]
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
    desk[BLOCKS:] = 0
    desk[BLOCKS : BLOCKS + 8] = desk[:8]


@called
def absorb(desk: Desk, tag: int, numbers: np.ndarray, count: int) -> None:
    """Absorbs the first coordinates, up to eight, under a tag."""
    _put_state(desk)
    _put_byte(desk, 32, np.uint32(tag))
    _put_byte(desk, 33, np.uint32(8 * count))
    for place in range(8 * count):
        word = np.uint64(numbers[place // 8]) >> np.uint64(8 * (place % 8))
        _put_byte(desk, 41 + place, np.uint32(word & np.uint64(0xFF)))
    _hash(desk, 41 + 8 * count)
    desk[SQUEEZED] = 0


@called
def _little_endian(desk: Desk, place: int) -> np.uint64:
    """A 64-bit word of the block just squeezed."""
    word = np.uint64(0)
    for byte in range(8):
        shift = np.uint64(24 - 8 * (byte % 4))
        part = (np.uint64(desk[2 * place + byte // 4]) >> shift) & np.uint64(0xFF)
        word |= part << np.uint64(8 * byte)
    return word


@called
def challenge(desk: Desk) -> Element:
    """A uniform element of F_{p²}; words equal to p are skipped."""
    state = desk[:8].copy()
    first, found = np.uint64(0), 0
    while True:
        desk[:8] = state
        _put_state(desk)
        _put_byte(desk, 32, SQUEEZE_TAG)
        for byte in range(4):
            value = (desk[SQUEEZED] >> np.uint32(8 * byte)) & np.uint32(0xFF)
            _put_byte(desk, 33 + byte, np.uint32(value))
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
