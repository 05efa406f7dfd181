"""Transforms of many columns at once: stages of butterflies in Stockham's order.

Numbers of a row belong to different transforms, so all of a row meet the same roots of unity, and
rows fill vector registers.

Source: Cochran et al., What is the fast Fourier transform? (1967), as in `reference`.
"""

from numba import int64
from numba.core.types import void

from aicrypto.algebra.kernels.jit import compiled, inlined
from aicrypto.algebra.kernels.words.arithmetic import (
    PLANES,
    TABLE,
    Element,
    Pair,
    Planes,
    Table,
    at,
    minus,
    minus_base,
    plus,
    times,
)


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


@compiled(void(TABLE, TABLE, TABLE, TABLE, TABLE))
def _repeat(re: Table, im: Table, out_re: Table, out_im: Table, roots: Table) -> None:
    """Transforms of which only the first m rows are not zero replaced by n/m transforms of these.

    Value n/m·j + k of the long one is value j of the k-th short one, whose row t is row t times
    omega^(k·t): a stage of butterflies whose other inputs are zero.
    """
    m = re.shape[0]
    q = out_re.shape[0] // m
    for t in range(m):
        a = _row_pair(re, im, t)
        for k in range(q):
            w, y = at((roots[0], roots[1]), t * k), _row_pair(out_re, out_im, q * t + k)
            for i in range(re.shape[1]):
                y[0][i], y[1][i] = times(at(a, i), w)


@compiled(PLANES(PLANES, PLANES, TABLE, int64))
def transform_columns(block: Planes, spare: Planes, roots: Table, n_given: int) -> Planes:
    """The transforms of all columns of a block; they end in the block or in the spare one.

    Rows after the first n_given are zero, whatever is there. `roots` are the powers of the root of
    unity whose order is the number of rows.
    """
    _, n_rows, width = block.shape
    state, out, m = block, spare, n_given
    if n_given < n_rows:
        given_re, given_im = block[0][:n_given], block[1][:n_given]
        _repeat(given_re, given_im, spare[0], spare[1], roots)
        state, out = spare, block
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
