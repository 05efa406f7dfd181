"""MinHash's inner loop, compiled for CPU: hash every shingle, keep the minimum per permutation.

A shingle is a run of consecutive words, so in a text whose words stand with one blank between them
it is a slice: nothing is cut out, joined or allocated. SHA-1 over such a slice takes a sixth of a
microsecond here; the call into a hash library alone takes more. Importing this module imports numba
and compiles, or takes from the cache what was compiled.
"""

import numpy as np
from numba import types

from aicrypto.algebra.kernels.jit import called, compiled

BLANK = 32
BLOCK = 64  # bytes that SHA-1 takes in at a time
MERSENNE_61 = np.uint64((1 << 61) - 1)
LOW = np.uint64(0xFFFFFFFF)
EMPTY = np.uint32(0xFFFFFFFF)
# FIPS 180-4 sections 5.3.1 and 4.2.1
START = np.array([0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0], np.uint32)
K = np.array([0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6], np.uint32)

TEXT = types.Array(types.uint8, 1, "C", readonly=True)  # the bytes of a text, as numpy views them


@called
def _rotate(x: np.uint32, n: np.uint32) -> np.uint32:
    return np.uint32((x << n) | (x >> (np.uint32(32) - n)))


@called
def _expand(w: np.ndarray) -> None:
    """The first sixteen words of a block to eighty. Source: FIPS 180-4 section 6.1.2."""
    for t in range(16, 80):
        w[t] = _rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], np.uint32(1))


@called
def _compress(state: np.ndarray, w: np.ndarray) -> None:
    """One block, sixteen words in `w` of eighty, into the state."""
    _expand(w)
    a, b, c, d, e = state[0], state[1], state[2], state[3], state[4]
    five, thirty = np.uint32(5), np.uint32(30)
    for t in range(20):
        f = np.uint32((b & c) | (~b & d))
        new = np.uint32(_rotate(a, five) + f + e + K[0] + w[t])
        a, b, c, d, e = new, a, _rotate(b, thirty), c, d
    for t in range(20, 40):
        new = np.uint32(_rotate(a, five) + (b ^ c ^ d) + e + K[1] + w[t])
        a, b, c, d, e = new, a, _rotate(b, thirty), c, d
    for t in range(40, 60):
        f = np.uint32((b & c) | (b & d) | (c & d))
        new = np.uint32(_rotate(a, five) + f + e + K[2] + w[t])
        a, b, c, d, e = new, a, _rotate(b, thirty), c, d
    for t in range(60, 80):
        new = np.uint32(_rotate(a, five) + (b ^ c ^ d) + e + K[3] + w[t])
        a, b, c, d, e = new, a, _rotate(b, thirty), c, d
    for i, x in enumerate((a, b, c, d, e)):
        state[i] = np.uint32(state[i] + x)


@called
def _sha1_start(data: np.ndarray, start: int, end: int, state: np.ndarray, w: np.ndarray) -> int:
    """The first four bytes of SHA-1(data[start:end]) as a little-endian number."""
    state[:] = START
    length = end - start
    n_blocks = (length + 8) // BLOCK + 1
    for block in range(n_blocks):
        w[:16] = 0
        first = block * BLOCK
        for i in range(max(0, min(BLOCK, length - first))):
            octet = np.uint32(data[start + first + i])
            w[i >> 2] |= np.uint32(octet << np.uint32(24 - 8 * (i & 3)))
        past = length - first  # where the 0x80 of the padding stands, if in this block
        if 0 <= past < BLOCK:
            w[past >> 2] |= np.uint32(0x80 << (24 - 8 * (past & 3)))
        if block == n_blocks - 1:
            w[14], w[15] = np.uint32(length >> 29), np.uint32((length << 3) & 0xFFFFFFFF)
        _compress(state, w)
    x = int(state[0])
    return (x >> 24) | ((x >> 8) & 0xFF00) | ((x & 0xFF00) << 8) | ((x & 0xFF) << 24)


@compiled(types.int64(TEXT, types.int64, types.int64, types.int64))
def count(data: np.ndarray, start: int, end: int, k: int) -> int:
    """How many shingles of k words a text has: one of all its words if there are fewer."""
    if start == end:
        return 0
    words = 1
    for i in range(start, end):
        words += data[i] == BLANK
    return max(1, words - k + 1)


@compiled(types.void(TEXT, types.int64, types.int64, types.int64, types.uint32[::1]))
def values(data: np.ndarray, start: int, end: int, k: int, out: np.ndarray) -> None:
    """Hash values of all shingles of one text, words separated by one blank, in order."""
    state, w = np.empty(5, np.uint32), np.empty(80, np.uint32)
    left, right, seen = start, start, 0  # the window of k words
    for at in range(len(out)):
        while right < end:
            if data[right] == BLANK:
                seen += 1
                if seen == k:
                    break
            right += 1
        out[at] = _sha1_start(data, left, right, state, w)
        while left < end and data[left] != BLANK:
            left += 1
        left, right, seen = left + 1, right + 1, k - 1


@compiled(types.void(*[types.uint32[::1]] * 4))
def smallest_affine(hashed: np.ndarray, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Minimum of a·v + b mod 2^32 over mixed values v, for every permutation (a, b)."""
    out[:] = EMPTY
    for i in range(len(hashed)):
        v = hashed[i]
        v = np.uint32((v ^ (v >> np.uint32(16))) * np.uint32(0x85EBCA6B))
        v = np.uint32((v ^ (v >> np.uint32(13))) * np.uint32(0xC2B2AE35))
        v = np.uint32(v ^ (v >> np.uint32(16)))
        for p in range(len(a)):
            x = np.uint32(a[p] * v + b[p])
            out[p] = min(out[p], x)


@compiled(types.void(types.uint32[::1], *[types.uint64[::1]] * 2, types.uint32[::1]))
def smallest_legacy(hashed: np.ndarray, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """Minimum of (a·v + b mod 2^64) mod (2^61-1), low 32 bits, for every permutation (a, b)."""
    out[:] = EMPTY
    for i in range(len(hashed)):
        v = np.uint64(hashed[i])
        for p in range(len(a)):
            x = a[p] * v + b[p]
            x = (x & MERSENNE_61) + (x >> np.uint64(61))
            if x >= MERSENNE_61:
                x -= MERSENNE_61
            out[p] = min(out[p], np.uint32(x & LOW))
