"""Reed-Solomon codewords, and rows combined by random coefficients: what commitments compute.

The values of c coefficients at n = r·c roots of unity are r transforms of length c, one for every
coset omega^k, omega^(k+r), ...: no work is spent on the zeros of a padded row. Source: protocol
zkml-1 of this project, section 6.
"""

import numpy as np
from numba import uint64
from numba.core.types import UniTuple, void

from aicrypto.algebra.kernels import loops
from aicrypto.algebra.kernels.arithmetic import (
    ONE,
    PLANES,
    TABLE,
    ZERO,
    Element,
    Planes,
    Row,
    Table,
    Word,
    at,
    minus_base,
    plus_base,
    times,
    times_base,
)
from aicrypto.algebra.kernels.jit import called, compiled


@called
def _power(base: Element, exponent: int) -> Element:
    power = ONE, ZERO
    for _ in range(exponent):
        power = times(power, base)
    return power


@called
def _weigh(re: Row, im: Row, weights: Table, out_re: Row, out_im: Row) -> None:
    """A row times its weights."""
    loops.multiply(re, im, weights[0], weights[1], out_re, out_im)


@called
def _interleave(table: Table, out: Row) -> None:
    """The rows' first elements, their second ones, and so on."""
    n_rows = table.shape[0]
    for k in range(n_rows):
        row, target = table[k], out[k:]
        for j in range(table.shape[1]):
            target[n_rows * j] = row[j]


@compiled(void(PLANES, PLANES, UniTuple(uint64, 2)))
def encode(a: Planes, out: Planes, omega: Element) -> None:
    """The values of every row's polynomial at 1, omega, ..., omega^(n-1); n/c is a power of two."""
    _, n_rows, c = a.shape
    n_cosets = out.shape[2] // c
    short_omega = _power(omega, n_cosets)
    weights = np.empty((n_cosets, 2, c), np.int64)
    for k in range(n_cosets):
        weights[k] = loops.powers(c, _power(omega, k))
    shifted, values = np.empty((2, n_cosets, c), np.int64), np.empty((2, n_cosets, c), np.int64)
    for row in range(n_rows):
        for k in range(n_cosets):
            _weigh(a[0, row], a[1, row], weights[k], shifted[0, k], shifted[1, k])
        loops.fft(shifted, values, short_omega[0], short_omega[1])
        for plane in range(2):
            _interleave(values[plane], out[plane, row])


@called
def _add_scaled(a: Row, e: Element, out_re: Row, out_im: Row) -> None:
    """Adds e·a for numbers a of F_p."""
    for i in range(len(out_re)):
        number = Word(a[i])
        out_re[i] = plus_base(Word(out_re[i]), times_base(number, e[0]))
        out_im[i] = plus_base(Word(out_im[i]), times_base(number, e[1]))


@compiled(void(PLANES, TABLE, TABLE))
def combine(planes: Planes, coefficients: Table, out: Table) -> None:
    """Four rows: the combinations of all real parts, then of all imaginary parts."""
    out[:] = 0
    for row in range(planes.shape[1]):
        e = at((coefficients[0], coefficients[1]), row)
        for plane in range(2):
            _add_scaled(planes[plane, row], e, out[2 * plane], out[2 * plane + 1])


@compiled(void(TABLE, TABLE, TABLE))
def fold_pairs(sums: Table, u1: Table, u2: Table) -> None:
    """u1 = A + iB and u2 = conj(A) + i·conj(B) for the combinations A and B of `combine`."""
    a_re, a_im, b_re, b_im = sums[0], sums[1], sums[2], sums[3]
    for i in range(u1.shape[1]):
        a, b = at((a_re, a_im), i), at((b_re, b_im), i)
        u1[0, i], u1[1, i] = minus_base(a[0], b[1]), plus_base(a[1], b[0])
        u2[0, i], u2[1, i] = plus_base(a[0], b[1]), minus_base(b[0], a[1])
