"""Loops over 64-bit words, compiled by numba when this module is imported, then cached.

Arguments are rows: contiguous int64 vectors of canonical values, real and imaginary parts apart, so
that the compiler turns each loop into vector instructions.

Source: protocol zkml-1 of this project, sections 1 and 4. For the transform: Bailey, FFTs in
external or hierarchical memory (1990); Stockham's order as in `reference`.
"""

import math

import numpy as np
from numba import int64, uint64
from numba.core.types import UniTuple, void

from aicrypto.algebra.kernels.arithmetic import (
    ONE,
    PLANES,
    TABLE,
    VECTOR,
    ZERO,
    Element,
    Pair,
    Planes,
    Row,
    Table,
    Word,
    accumulate,
    at,
    minus,
    minus_base,
    plus,
    plus_base,
    times,
    times_base,
    times_lazily,
    total_base,
)
from aicrypto.algebra.kernels.jit import compiled, inlined

# Columns of a transform that go together: blocks for 2^20 elements then fit a 1 MB cache.
BLOCK = 16


@compiled(void(VECTOR, VECTOR, VECTOR))
def add(a: Row, b: Row, out: Row) -> None:
    """Writes a + b."""
    for i in range(len(out)):
        out[i] = plus_base(Word(a[i]), Word(b[i]))


@compiled(void(VECTOR, VECTOR, VECTOR))
def subtract(a: Row, b: Row, out: Row) -> None:
    """Writes a - b."""
    for i in range(len(out)):
        out[i] = minus_base(Word(a[i]), Word(b[i]))


@compiled(void(VECTOR, VECTOR, VECTOR))
def multiply_base(a: Row, b: Row, out: Row) -> None:
    """Writes a·b over F_p; one value of b serves all."""
    if len(b) == 1:
        factor = Word(b[0])
        for i in range(len(out)):
            out[i] = times_base(Word(a[i]), factor)
    else:
        for i in range(len(out)):
            out[i] = times_base(Word(a[i]), Word(b[i]))


@compiled(void(VECTOR, VECTOR, VECTOR, VECTOR, VECTOR, VECTOR))
def multiply(a_re: Row, a_im: Row, b_re: Row, b_im: Row, out_re: Row, out_im: Row) -> None:
    """Writes a·b over F_{p²}; one value of b serves all."""
    if len(b_re) == 1:
        factor = at((b_re, b_im), 0)
        for i in range(len(out_re)):
            out_re[i], out_im[i] = times(at((a_re, a_im), i), factor)
    else:
        for i in range(len(out_re)):
            out_re[i], out_im[i] = times(at((a_re, a_im), i), at((b_re, b_im), i))


@compiled(void(VECTOR, VECTOR, uint64, uint64, VECTOR, VECTOR))
def fold(a_re: Row, a_im: Row, r_re: Word, r_im: Word, out_re: Row, out_im: Row) -> None:
    """Writes left + r·(right - left) for the halves of a."""
    half = len(out_re)
    left_re, left_im, right_re, right_im = a_re[:half], a_im[:half], a_re[half:], a_im[half:]
    for i in range(half):
        left, right = at((left_re, left_im), i), at((right_re, right_im), i)
        out_re[i], out_im[i] = plus(left, times(minus(right, left), (r_re, r_im)))


@compiled(UniTuple(uint64, 2)(VECTOR, VECTOR, VECTOR, VECTOR))
def dot(a_re: Row, a_im: Row, b_re: Row, b_im: Row) -> Element:
    """The sum of all a·b over F_{p²}."""
    sums = ZERO, ZERO, ZERO, ZERO
    for i in range(len(a_re)):
        sums = accumulate(sums, times_lazily(at((a_re, a_im), i), at((b_re, b_im), i)))
    return total_base(sums[0], sums[1]), total_base(sums[2], sums[3])


@compiled(UniTuple(uint64, 2)(VECTOR, VECTOR, VECTOR, VECTOR))
def dot_of_slopes(f_re: Row, f_im: Row, g_re: Row, g_im: Row) -> Element:
    """The sum of (right - left half of f)·(right - left half of g) over F_{p²}."""
    sums = ZERO, ZERO, ZERO, ZERO
    half = len(f_re) // 2
    f0_re, f0_im, f1_re, f1_im = f_re[:half], f_im[:half], f_re[half:], f_im[half:]
    g0_re, g0_im, g1_re, g1_im = g_re[:half], g_im[:half], g_re[half:], g_im[half:]
    for i in range(half):
        f_slope = minus(at((f1_re, f1_im), i), at((f0_re, f0_im), i))
        g_slope = minus(at((g1_re, g1_im), i), at((g0_re, g0_im), i))
        sums = accumulate(sums, times_lazily(f_slope, g_slope))
    return total_base(sums[0], sums[1]), total_base(sums[2], sums[3])


@inlined
def _butterfly(
    a: Element, b: Element, c: Element, d: Element
) -> tuple[Element, Element, Element, Element]:
    """The transform of four elements, for which omega is i: additions alone."""
    even, odd, slope = plus(a, c), plus(b, d), minus(a, c)
    turned = minus_base(d[1], b[1]), minus_base(b[0], d[0])  # i·(b - d)
    return plus(even, odd), plus(slope, turned), minus(even, odd), minus(slope, turned)


@inlined
def _row_pair(re: Table, im: Table, row: int) -> Pair:
    """A row, cut to its length: that convinces the compiler of where it ends."""
    return re[row][: re.shape[1]], im[row][: re.shape[1]]


@inlined
def _row_pairs(re: Table, im: Table, first: int, apart: int) -> tuple[Pair, Pair, Pair, Pair]:
    a, b = _row_pair(re, im, first), _row_pair(re, im, first + apart)
    return a, b, _row_pair(re, im, first + 2 * apart), _row_pair(re, im, first + 3 * apart)


@compiled(void(TABLE, TABLE, TABLE, TABLE, TABLE))
def _quarters(re: Table, im: Table, out_re: Table, out_im: Table, roots: Table) -> None:
    """Transforms of 4m rows (one in each column) replaced by four of m rows each.

    Value 4j + k of the long one is value j of the k-th short one, whose row t is what the butterfly
    of rows t, t + m, t + 2m and t + 3m has at place k, times omega^(k·t).
    """
    m, width = re.shape[0] // 4, re.shape[1]
    step = roots.shape[1] // (4 * m)
    for t in range(m):
        w1, w2 = at((roots[0], roots[1]), t * step), at((roots[0], roots[1]), 2 * t * step)
        w3 = at((roots[0], roots[1]), 3 * t * step)
        a, b, c, d = _row_pairs(re, im, t, m)
        y0, y1, y2, y3 = _row_pairs(out_re, out_im, 4 * t, 1)
        for i in range(width):
            e0, e1, e2, e3 = _butterfly(at(a, i), at(b, i), at(c, i), at(d, i))
            y0[0][i], y0[1][i] = e0
            y1[0][i], y1[1][i] = times(e1, w1)
            y2[0][i], y2[1][i] = times(e2, w2)
            y3[0][i], y3[1][i] = times(e3, w3)


@compiled(void(TABLE, TABLE, TABLE, TABLE))
def _last_quarters(re: Table, im: Table, out_re: Table, out_im: Table) -> None:
    """Transforms of four rows: `_quarters` without its weights, which are 1."""
    a, b, c, d = _row_pairs(re, im, 0, 1)
    y0, y1, y2, y3 = _row_pairs(out_re, out_im, 0, 1)
    for i in range(re.shape[1]):
        e0, e1, e2, e3 = _butterfly(at(a, i), at(b, i), at(c, i), at(d, i))
        y0[0][i], y0[1][i] = e0
        y1[0][i], y1[1][i] = e1
        y2[0][i], y2[1][i] = e2
        y3[0][i], y3[1][i] = e3


@compiled(void(TABLE, TABLE, TABLE, TABLE))
def _last_halves(re: Table, im: Table, out_re: Table, out_im: Table) -> None:
    """Transforms of two rows: sum and difference."""
    a, b = _row_pair(re, im, 0), _row_pair(re, im, 1)
    y0, y1 = _row_pair(out_re, out_im, 0), _row_pair(out_re, out_im, 1)
    for i in range(re.shape[1]):
        y0[0][i], y0[1][i] = plus(at(a, i), at(b, i))
        y1[0][i], y1[1][i] = minus(at(a, i), at(b, i))


@compiled(PLANES(PLANES, PLANES, TABLE))
def _transform_columns(block: Planes, spare: Planes, roots: Table) -> Planes:
    """The transforms of all columns of a block; they end in the block or in the spare one."""
    _, n_rows, width = block.shape
    state, out, m = block, spare, n_rows
    while m > 1:
        wider = (2, m, n_rows // m * width)
        old, new = state.reshape(wider), out.reshape(wider)
        if m > 4:
            _quarters(old[0], old[1], new[0], new[1], roots)
        elif m == 4:
            _last_quarters(old[0], old[1], new[0], new[1])
        else:
            _last_halves(old[0], old[1], new[0], new[1])
        state, out, m = out, state, m // 4
    return state


@compiled(void(TABLE, TABLE, int64, int64, int64))
def _copy_columns(source: Table, target: Table, start: int, to: int, width: int) -> None:
    """Columns start.. of the source written over columns to.. of the target."""
    for r in range(source.shape[0]):
        row, new = source[r, start : start + width], target[r, to : to + width]
        for i in range(width):
            new[i] = row[i]


@compiled(TABLE(int64, UniTuple(uint64, 2)))
def powers(n: int, omega: Element) -> Table:
    """1, omega, ..., omega^(n-1)."""
    out = np.empty((2, n), np.int64)
    power = ONE, ZERO
    for i in range(n):
        out[0, i], out[1, i] = power
        power = times(power, omega)
    return out


@compiled(void(VECTOR, VECTOR, TABLE, TABLE))
def _weight(re: Row, im: Row, weights: Table, steps: Table) -> None:
    """The row times its weights; then the weights become those of the next row."""
    weight_re, weight_im, step_re, step_im = weights[0], weights[1], steps[0], steps[1]
    for i in range(len(re)):
        weight = at((weight_re, weight_im), i)
        re[i], im[i] = times(at((re, im), i), weight)
        weight_re[i], weight_im[i] = times(weight, at((step_re, step_im), i))


@compiled(void(TABLE, TABLE, TABLE, TABLE, TABLE, TABLE))
def _first_half(
    re: Table, im: Table, out_re: Table, out_im: Table, roots: Table, steps: Table
) -> None:
    """Columns transformed, times omega^(row·column), and written as rows."""
    n_rows, n_columns = re.shape
    width = min(BLOCK, n_columns)
    blocks = np.empty((2, 2, n_rows, width), np.int64)
    weights = np.zeros((2, n_rows), np.int64)
    weights[0] = 1
    for start in range(0, n_columns, width):
        _copy_columns(re, blocks[0, 0], start, 0, width)
        _copy_columns(im, blocks[0, 1], start, 0, width)
        values = _transform_columns(blocks[0], blocks[1], roots)
        for column in range(width):
            row_re, row_im = out_re[start + column], out_im[start + column]
            for r in range(n_rows):
                row_re[r], row_im[r] = values[0, r, column], values[1, r, column]
            _weight(row_re, row_im, weights, steps)


@compiled(void(TABLE, TABLE, TABLE, TABLE, TABLE))
def _second_half(re: Table, im: Table, out_re: Table, out_im: Table, roots: Table) -> None:
    """Columns transformed."""
    n_rows, n_columns = re.shape
    width = min(BLOCK, n_columns)
    blocks = np.empty((2, 2, n_rows, width), np.int64)
    for start in range(0, n_columns, width):
        _copy_columns(re, blocks[0, 0], start, 0, width)
        _copy_columns(im, blocks[0, 1], start, 0, width)
        values = _transform_columns(blocks[0], blocks[1], roots)
        _copy_columns(values[0], out_re, 0, start, width)
        _copy_columns(values[1], out_im, 0, start, width)


@compiled(void(PLANES, PLANES, uint64, uint64))
def fft(a: Planes, out: Planes, omega_re: Word, omega_im: Word) -> None:
    """The transforms of the rows of `a`, each of n = 2^k elements; omega^(n/4) is i.

    Bailey's four steps: the row as a matrix, its columns transformed, weights, transposition,
    columns transformed. Columns lie side by side in the registers, and blocks of them stay in the
    cache.
    """
    n_rows = 1 << (round(math.log2(a.shape[2])) // 2)
    n_columns = a.shape[2] // n_rows  # n_rows or twice as many
    steps = powers(n_rows, (omega_re, omega_im))
    column_root = times(at((steps[0], steps[1]), n_rows - 1), (omega_re, omega_im))
    row_root = column_root if n_columns == n_rows else times(column_root, column_root)
    row_roots, column_roots = powers(n_rows, row_root), powers(n_columns, column_root)
    middle = np.empty((2, n_columns, n_rows), np.int64)
    for row in range(a.shape[1]):
        re, im = a[0, row].reshape((n_rows, n_columns)), a[1, row].reshape((n_rows, n_columns))
        _first_half(re, im, middle[0], middle[1], row_roots, steps)
        new_re, new_im = out[0, row].reshape(middle[0].shape), out[1, row].reshape(middle[0].shape)
        _second_half(middle[0], middle[1], new_re, new_im, column_roots)
