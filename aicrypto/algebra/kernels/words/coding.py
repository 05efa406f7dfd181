"""Transforms of rows into any number of values: what commitments encode.

A transform of c coefficients into n = r·c values, a codeword of the Reed-Solomon code for r > 1, is
the transform of n coefficients of which only the first c are not zero. As a matrix of N_1 rows and
N_2 columns (Bailey's four steps): the columns are transformed into r·N_1 values each, weighted and
transposed, and the new columns transformed. The first stage of a column that ends in zeros only
writes each value r times with a weight; no other work is spent on them.

Columns lie side by side in the registers, and blocks of them stay in the cache.

Source: protocol zkml-1 of this project, section 6; Bailey, FFTs in external or hierarchical memory
(1990); Stockham's order as in `reference`.
"""

import math

import numpy as np
from numba import int64, uint64
from numba.core.types import UniTuple, void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.words import loops
from aicrypto.algebra.kernels.words.arithmetic import (
    ONE,
    PLANES,
    TABLE,
    ZERO,
    Element,
    Pair,
    Planes,
    Row,
    Table,
    at,
    times,
)
from aicrypto.algebra.kernels.words.butterflies import transform_columns

# Places of a block of columns, and the fewest columns in one: measured.
BLOCK_PLACES, MIN_WIDTH = 1 << 14, 16


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


@called
def _power(base: Element, exponent: int) -> Element:
    power = ONE, ZERO
    for _ in range(exponent):
        power = times(power, base)
    return power


@called
def _advance(weights: Pair, steps: Pair) -> None:
    """The weights omega^(row·column) of one column become the next column's."""
    re, im = weights
    for i in range(len(re)):
        re[i], im[i] = times(at((re, im), i), at(steps, i))


@called
def _all_weights(n_columns: int, steps: Table) -> Planes:
    """The weights of every column, for many transforms; as much memory as one result."""
    n_rows = steps.shape[1]
    out = loops.room(2 * n_columns * n_rows).reshape((2, n_columns, n_rows))
    out[0, 0], out[1, 0] = 1, 0
    for column in range(1, n_columns):
        re, im = out[0, column], out[1, column]
        re[:], im[:] = out[0, column - 1], out[1, column - 1]
        _advance((re, im), (steps[0], steps[1]))
    return out


@called
def _read_column(values: Table, column: int, out: Row) -> None:
    for r in range(values.shape[0]):
        out[r] = values[r, column]


@called
def _block_width(n_rows: int, n_columns: int) -> int:
    """How many columns are transformed together."""
    return min(n_columns, max(MIN_WIDTH, BLOCK_PLACES // n_rows))


@called
def _first_half(
    re: Table, im: Table, out: Planes, roots: Table, steps: Table, weights: Planes
) -> None:
    """Columns transformed, times omega^(row·column), and written as rows.

    Weights are those of all columns, or of the first one.
    """
    n_given, n_columns = re.shape
    n_rows = steps.shape[1]
    width = _block_width(n_rows, n_columns)
    blocks = loops.room(4 * n_rows * width).reshape((2, 2, n_rows, width))
    line, known = loops.room(2 * n_rows).reshape((2, n_rows)), weights.shape[1]
    for start in range(0, n_columns, width):
        _copy_columns(re, blocks[0, 0], start, 0, width)
        _copy_columns(im, blocks[0, 1], start, 0, width)
        values = transform_columns(blocks[0], blocks[1], roots, n_given)
        for column in range(width):
            _read_column(values[0], column, line[0])
            _read_column(values[1], column, line[1])
            row = start + column
            weight_re, weight_im = weights[0, row % known], weights[1, row % known]
            new_re, new_im = out[0, row][:n_rows], out[1, row][:n_rows]
            loops.multiply(line[0], line[1], weight_re, weight_im, new_re, new_im)
            if known < n_columns:
                _advance((weight_re, weight_im), (steps[0], steps[1]))


@called
def _second_half(middle: Planes, out_re: Table, out_im: Table, roots: Table) -> None:
    """Columns transformed."""
    n_rows, n_columns = out_re.shape
    width = _block_width(n_rows, n_columns)
    blocks = loops.room(4 * n_rows * width).reshape((2, 2, n_rows, width))
    for start in range(0, n_columns, width):
        _copy_columns(middle[0], blocks[0, 0], start, 0, width)
        _copy_columns(middle[1], blocks[0, 1], start, 0, width)
        values = transform_columns(blocks[0], blocks[1], roots, n_rows)
        _copy_columns(values[0], out_re, 0, start, width)
        _copy_columns(values[1], out_im, 0, start, width)


@compiled(void(PLANES, PLANES, UniTuple(uint64, 2)))
def encode(a: Planes, out: Planes, omega: Element) -> None:
    """The values at 1, omega, ..., omega^(n-1) of polynomials of c coefficients; n/c is 2^k.

    omega has order n: omega^(n/4) is i.
    """
    c, n = a.shape[2], out.shape[2]
    n_given = 1 << (round(math.log2(c)) // 2)
    n_columns, n_rows = c // n_given, n // c * n_given
    row_roots = powers(n_rows, _power(omega, n_columns))
    column_roots = powers(n_columns, _power(omega, n_rows))
    steps = powers(n_rows, omega)
    weights = _all_weights(n_columns if a.shape[1] > 1 else 1, steps)
    # Rows that begin a power of two apart share few places of the cache: hence one line more.
    padded = n_rows + loops.LINE
    middle = loops.room(2 * n_columns * padded).reshape((2, n_columns, padded))
    for row in range(a.shape[1]):
        re, im = a[0, row].reshape((n_given, n_columns)), a[1, row].reshape((n_given, n_columns))
        _first_half(re, im, middle, row_roots, steps, weights)
        new_re, new_im = out[0, row], out[1, row]
        _second_half(
            middle,
            new_re.reshape((n_columns, n_rows)),
            new_im.reshape((n_columns, n_rows)),
            column_roots,
        )
