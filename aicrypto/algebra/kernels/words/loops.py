"""Loops over 64-bit words, compiled by numba when this module is imported, then cached.

Arguments are rows: contiguous int64 vectors of canonical values, real and imaginary parts apart, so
that the compiler turns each loop into vector instructions.

A result may be an operand's row again, but then no vector instructions are used: the compiler asks
whether rows overlap, and is eight times slower where they do.

Source: protocol zkml-1 of this project, sections 1 and 4.
"""

import numpy as np
from numba import uint64
from numba.core.types import UniTuple, void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.words.arithmetic import (
    TABLE,
    VECTOR,
    ZERO,
    Element,
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

LINE = 8  # numbers in a line of the processor's cache


@called
def room(n: int) -> Row:
    """Room for n numbers from the start of a cache line on: vectors then lie within lines."""
    numbers = np.empty(n + LINE, np.int64)
    skipped = (-(numbers.ctypes.data >> 3)) & (LINE - 1)
    return numbers[skipped : skipped + n]


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


@compiled(void(TABLE, TABLE, TABLE))
def multiply_planes(a: Table, b: Table, out: Table) -> None:
    """The same for vectors whose real and imaginary parts are the rows of a table."""
    multiply(a[0], a[1], b[0], b[1], out[0], out[1])


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
