"""Small integers times field elements: weights folded, activations folded, lookups written down.

A field element is cut into limbs of 31 and 30 bits, so that int64 holds sums of integer·limb: of n
terms where n times the largest integer stays below 2^32.

Source: protocol zkml-1 of this project, sections 1, 7 and 8.
"""

import numpy as np
from jaxtyping import Int, Int32, UInt8
from numba import int8, int32, int64, types, uint8, uint64
from numba.core.types import UniTuple, void

from aicrypto.algebra.kernels.jit import called, compiled, inlined
from aicrypto.algebra.kernels.words.arithmetic import (
    LOW_31,
    ONE,
    S31,
    TABLE,
    VECTOR,
    ZERO,
    Element,
    P,
    Row,
    Table,
    Word,
    high_limb,
    minus,
    minus_base,
    plus,
    plus_base,
    reduce,
    times,
    times_base,
)

WEIGHTS, WIDE_WEIGHTS = types.Array(int8, 2, "C"), types.Array(int32, 2, "C")
OCTETS = types.Array(uint8, 1, "C")
ACCUMULATORS = types.Array(int32, 2, "C")
Weights = Int[np.ndarray, "rows columns"]
Accumulators = Int32[np.ndarray, "neurons batch"]
Octets = UInt8[np.ndarray, " n"]
Four = tuple[np.int64, np.int64, np.int64, np.int64]

SEVEN_BITS, S7, MORE = np.uint64(127), np.uint64(7), np.uint8(128)
MAX_VARINT_BYTES = 9  # of numbers below 2^63

MAX_ACTIVATION = 127
MAX_WEIGHT_SUM = 2**32  # number of terms times the largest integer
ROWS_AT_ONCE = 4


@called
def _canonical(low: np.int64, high: np.int64) -> Word:
    """Low + 2^31·high for signed sums."""
    a, b = reduce(np.uint64(abs(low))), reduce(np.uint64(abs(high)))
    a = minus_base(ZERO, a) if low < 0 else a
    b = minus_base(ZERO, b) if high < 0 else b
    return plus_base(a, times_base(b, ONE << S31))


@called
def _four(limbs: Row, first: int) -> Four:
    """Four limbs; that they fit 32 bits lets the compiler multiply 32-bit words."""
    return (
        np.int64(np.int32(limbs[first])),
        np.int64(np.int32(limbs[first + 1])),
        np.int64(np.int32(limbs[first + 2])),
        np.int64(np.int32(limbs[first + 3])),
    )


@inlined
def _dot_of_four(w: Four, limbs: Four) -> np.int64:
    return w[0] * limbs[0] + w[1] * limbs[1] + w[2] * limbs[2] + w[3] * limbs[3]


@called
def _add_rows(weights: Weights, first: int, limbs: Table, sums: Table) -> None:
    """Adds four rows, each times the four limbs of its coefficient."""
    w0, w1, w2, w3 = weights[first], weights[first + 1], weights[first + 2], weights[first + 3]
    a, b, c, d = (
        _four(limbs[0], first),
        _four(limbs[1], first),
        _four(limbs[2], first),
        _four(limbs[3], first),
    )
    out_a, out_b, out_c, out_d = sums[0], sums[1], sums[2], sums[3]
    for j in range(sums.shape[1]):
        w = np.int64(w0[j]), np.int64(w1[j]), np.int64(w2[j]), np.int64(w3[j])
        out_a[j] += _dot_of_four(w, a)
        out_b[j] += _dot_of_four(w, b)
        out_c[j] += _dot_of_four(w, c)
        out_d[j] += _dot_of_four(w, d)


@called
def _add_row(row: Int[np.ndarray, " n"], limb: int, out: Row) -> None:
    for j in range(len(out)):
        out[j] += np.int64(row[j]) * limb


@compiled([void(WEIGHTS, TABLE, TABLE), void(WIDE_WEIGHTS, TABLE, TABLE)])
def fold_rows(weights: Weights, coefficients: Table, out: Table) -> None:
    """The sum of all rows, each times its coefficient; bounds as `MAX_WEIGHT_SUM`."""
    n_rows, n = weights.shape
    sums, limbs = np.zeros((4, n), np.int64), np.empty((4, n_rows), np.int64)
    for plane in range(2):
        for row in range(n_rows):
            word = Word(coefficients[plane, row])
            limbs[2 * plane, row], limbs[2 * plane + 1, row] = word & LOW_31, high_limb(word)
    whole = n_rows - n_rows % ROWS_AT_ONCE
    for first in range(0, whole, ROWS_AT_ONCE):
        _add_rows(weights, first, limbs, sums)
    for part in range(4):
        for row in range(whole, n_rows):
            _add_row(weights[row], limbs[part, row], sums[part])
    for plane in range(2):
        for j in range(n):
            out[plane, j] = _canonical(sums[2 * plane, j], sums[2 * plane + 1, j])


@called
def _dot(numbers: Row, low: Row, high: Row) -> tuple[np.int64, np.int64]:
    """Inner products with both limbs."""
    a, b = np.int64(0), np.int64(0)
    for i in range(len(numbers)):
        number = np.int64(np.int32(numbers[i]))
        a += number * np.int64(np.int32(low[i]))
        b += number * np.int64(np.int32(high[i]))
    return a, b


@compiled(void(TABLE, TABLE, TABLE))
def fold_columns(numbers: Table, coefficients: Table, out: Table) -> None:
    """Every row's inner product with the coefficients."""
    n_rows, n = numbers.shape
    low, high = np.empty((2, n), np.int64), np.empty((2, n), np.int64)
    for plane in range(2):
        for i in range(n):
            word = Word(coefficients[plane, i])
            low[plane, i], high[plane, i] = word & LOW_31, high_limb(word)
    for row in range(n_rows):
        for plane in range(2):
            a, b = _dot(numbers[row], low[plane], high[plane])
            out[plane, row] = _canonical(a, b)


@compiled(void(ACCUMULATORS, int64, TABLE, TABLE))
def divide(accumulators: Accumulators, shift: int, y: Table, q: Table) -> None:
    """Activations and quotients of a layer; see `zkml.circuit.layout`."""
    half = 1 << shift >> 1
    for neuron in range(accumulators.shape[0]):
        row, y_row, q_row = accumulators[neuron], y[neuron], q[neuron]
        for b in range(len(row)):
            quotient = (np.int64(row[b]) + half) >> shift
            q_row[b], y_row[b] = quotient, min(max(quotient, 0), MAX_ACTIVATION)


@compiled(void(ACCUMULATORS, int64, int64, int64, TABLE))
def cut(accumulators: Accumulators, shift: int, start: int, limb_bits: int, out: Table) -> None:
    """One limb, from bit `start` on, of a layer's remainders scaled to 12 bits."""
    half, mask, limb_mask = 1 << shift >> 1, (1 << shift) - 1, (1 << limb_bits) - 1
    for neuron in range(accumulators.shape[0]):
        row, limb_row = accumulators[neuron], out[neuron]
        for b in range(len(row)):
            remainder = ((np.int64(row[b]) + half) & mask) << (12 - shift)
            limb_row[b] = (remainder >> start) & limb_mask


@compiled(void(VECTOR, VECTOR, VECTOR, int64, VECTOR, VECTOR))
def count(limbs: Row, y: Row, q: Row, q_min: int, ranges: Row, pairs: Row) -> None:
    """Adds the hits of every table row; what is not in the table is not counted."""
    n_range, n_pairs = len(ranges), len(pairs)
    for i in range(len(limbs)):
        if 0 <= limbs[i] < n_range:
            ranges[limbs[i]] += 1
    for i in range(len(q)):
        place = q[i] - q_min
        if 0 <= place < n_pairs and y[i] == min(max(q[i], 0), MAX_ACTIVATION):
            pairs[place] += 1


@inlined
def _signed(number: int) -> Word:
    """A small integer as a field element: p is added to negative ones."""
    return np.uint64(number) + (P & np.uint64(number >> 63))


@compiled(void(VECTOR, VECTOR, VECTOR, UniTuple(uint64, 2), UniTuple(uint64, 2), TABLE))
def write_lookups(limbs: Row, y: Row, q: Row, alpha: Element, beta: Element, out: Table) -> None:
    """Alpha - value for limbs, then for pairs q + beta·y + beta², then for zeros."""
    re, im = out[0], out[1]
    n, n_pairs = len(limbs), len(q)
    for i in range(n):
        re[i], im[i] = minus_base(alpha[0], _signed(limbs[i])), alpha[1]
    shifted = minus(alpha, times(beta, beta))
    re_pairs, im_pairs = re[n : n + n_pairs], im[n : n + n_pairs]
    for i in range(n_pairs):
        activation, quotient = _signed(y[i]), _signed(q[i])
        weighted = times_base(activation, beta[0]), times_base(activation, beta[1])
        pair = plus((quotient, ZERO), weighted)
        re_pairs[i], im_pairs[i] = minus(shifted, pair)
    for i in range(n + n_pairs, len(re)):
        re[i], im[i] = alpha[0], alpha[1]


@compiled(int64(VECTOR, OCTETS))
def write_varints(numbers: Row, out: Octets) -> int:
    """Writes numbers as LEB128, one after another; returns how many bytes they take."""
    n_bytes = 0
    for i in range(len(numbers)):
        left = np.uint64(numbers[i])
        while left > SEVEN_BITS:
            out[n_bytes] = np.uint8(left & SEVEN_BITS) | MORE
            left >>= S7
            n_bytes += 1
        out[n_bytes] = np.uint8(left)
        n_bytes += 1
    return n_bytes
