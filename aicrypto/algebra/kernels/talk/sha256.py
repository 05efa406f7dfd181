"""SHA-256's rounds on words that may be numbers, or lanes of a vector loop.

Everything is straight-line code on tuples of words, four at a time: a loop over many messages
around it becomes vector instructions, with all words in registers.

Source: FIPS 180-4, section 6.2.
"""

import numpy as np
from jaxtyping import UInt32

from aicrypto.algebra.kernels.jit import inlined

Word32 = np.uint32
Four = tuple[Word32, Word32, Word32, Word32]
Eight = tuple[Word32, Word32, Word32, Word32, Word32, Word32, Word32, Word32]
Schedule = tuple[Four, Four, Four, Four]

S8, S24 = np.uint32(8), np.uint32(24)


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


@inlined
def swapped(word: Word32) -> Word32:
    """The word with its bytes in the other order."""
    high = (word << S24) | ((word & np.uint32(0xFF00)) << S8)
    return np.uint32(high | ((word >> S8) & np.uint32(0xFF00)) | (word >> S24))


@inlined
def shifted(before: Word32, word: Word32) -> Word32:
    """Four bytes of a stream one byte later: the last one before, the first three of the word."""
    return np.uint32((before << S24) | (word >> S8))


@inlined
def _step(state: Eight, word: Word32) -> tuple[Word32, Word32]:
    """The two words that a round changes: they replace the fourth and the eighth."""
    a, b, c, d, e, f, g, h = state
    first = mixed(e, f, g, h, word)
    return np.uint32(d + first), np.uint32(first + majority(a, b, c))


@inlined
def _four_rounds(state: Eight, w: Four, t: int) -> Eight:
    """Rounds t.. up to t + 3: words keep their places, and their names move on by one a round."""
    a, b, c, d, e, f, g, h = state
    d, h = _step((a, b, c, d, e, f, g, h), np.uint32(w[0] + ROUND_CONSTANTS[t]))
    c, g = _step((h, a, b, c, d, e, f, g), np.uint32(w[1] + ROUND_CONSTANTS[t + 1]))
    b, f = _step((g, h, a, b, c, d, e, f), np.uint32(w[2] + ROUND_CONSTANTS[t + 2]))
    a, e = _step((f, g, h, a, b, c, d, e), np.uint32(w[3] + ROUND_CONSTANTS[t + 3]))
    return e, f, g, h, a, b, c, d


@inlined
def _sixteen_rounds(state: Eight, w: Schedule, t: int) -> Eight:
    state = _four_rounds(_four_rounds(state, w[0], t), w[1], t + 4)
    return _four_rounds(_four_rounds(state, w[2], t + 8), w[3], t + 12)


@inlined
def _four_more(w0: Four, w1: Four, w2: Four, w3: Four) -> Four:
    """The schedule's next four words."""
    a, b = extended(w3[2], w2[1], w0[1], w0[0]), extended(w3[3], w2[2], w0[2], w0[1])
    return a, b, extended(a, w2[3], w0[3], w0[2]), extended(b, w3[0], w1[0], w0[3])


@inlined
def _sixteen_more(w: Schedule) -> Schedule:
    """The schedule's next sixteen words."""
    w0, w1, w2, w3 = w
    w0 = _four_more(w0, w1, w2, w3)
    w1 = _four_more(w1, w2, w3, w0)
    w2 = _four_more(w2, w3, w0, w1)
    return w0, w1, w2, _four_more(w3, w0, w1, w2)


@inlined
def four_of(words: UInt32[np.ndarray, " n"], first: int, apart: int, lane: int) -> Four:
    """A lane's words first.. up to first + 3, in rows that far apart."""
    i = first * apart + lane
    return words[i], words[i + apart], words[i + 2 * apart], words[i + 3 * apart]


@inlined
def compressed(state: Eight, w0: Four, w1: Four, w2: Four, w3: Four) -> Eight:
    """The state after one more block of sixteen words."""
    w = w0, w1, w2, w3
    s = _sixteen_rounds(state, w, 0)
    w = _sixteen_more(w)
    s = _sixteen_rounds(s, w, 16)
    w = _sixteen_more(w)
    s = _sixteen_rounds(s, w, 32)
    s = _sixteen_rounds(s, _sixteen_more(w), 48)
    a, b, c, d = state[0] + s[0], state[1] + s[1], state[2] + s[2], state[3] + s[3]
    return a, b, c, d, state[4] + s[4], state[5] + s[5], state[6] + s[6], state[7] + s[7]
