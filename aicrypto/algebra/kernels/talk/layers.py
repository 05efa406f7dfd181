"""What one round does to a layer of a fraction sum: bind a variable, sum what is left.

A layer is an array (tables, planes, sides, n): numerators (if they are not all 1) and denominators,
real and imaginary parts, left and right children. Both steps happen block by block: a block is
summed while it is still in the processor's cache. The table eq(r, ·) is a product of two short
ones, one for the place within a block and one for the block.

Source: protocol zkml-1 of this project, section 5.
"""

import numpy as np
from jaxtyping import Int64
from numba import int64, types

from aicrypto.algebra.kernels.jit import called
from aicrypto.algebra.kernels.words.arithmetic import (
    ZERO,
    Element,
    Pair,
    Table,
    Word,
    accumulate,
    at,
    minus,
    plus,
    times,
    times_lazily,
    total_base,
)
from aicrypto.algebra.kernels.words.points import product

LAYER = types.Array(int64, 4, "C")
Layer = Int64[np.ndarray, "tables planes sides n"]
Columns = Int64[np.ndarray, "tables planes n"]


@called
def _bind(left: Pair, right: Pair, x: Element, out: Pair) -> None:
    """The line from left to right, at x."""
    for i in range(len(out[0])):
        slope = minus(at(right, i), at(left, i))
        out[0][i], out[1][i] = plus(at(left, i), times(slope, x))


@called
def _pair(layer: Layer, table: int, side: int, start: int, stop: int) -> Pair:
    """Places start.. up to stop of a table's side."""
    return layer[table, 0, side][start:stop], layer[table, 1, side][start:stop]


@called
def sides(layer: Layer, table: int) -> tuple[Pair, Pair]:
    """The left and the right children in a table."""
    n = layer.shape[3]
    return _pair(layer, table, 0, 0, n), _pair(layer, table, 1, 0, n)


@called
def bind_block(layer: Layer, x: Element, out: Layer, start: int, stop: int) -> None:
    """Places start.. up to stop of the layer with its first variable bound to x."""
    half = out.shape[3]
    for table in range(layer.shape[0]):
        for side in range(2):
            left = _pair(layer, table, side, start, stop)
            right = _pair(layer, table, side, half + start, half + stop)
            _bind(left, right, x, _pair(out, table, side, start, stop))


@called
def _sum_block(
    p0: Pair, s: Pair, q0: Pair, q1: Pair, other: tuple[Pair, Pair, Pair, Pair], weights: Pair
) -> tuple[Element, Element]:
    """Sums of h and of its leading coefficients over a block; h = p0·q1 + q0·s, `other` halves."""
    zeros = ZERO, ZERO, ZERO, ZERO
    values, leading = zeros, zeros
    for i in range(len(weights[0])):
        a, b, c, d, weight = at(p0, i), at(s, i), at(q0, i), at(q1, i), at(weights, i)
        h = plus(times(a, d), times(c, b))
        values = accumulate(values, times_lazily(h, weight))
        a, b = minus(at(other[0], i), a), minus(at(other[1], i), b)
        c, d = minus(at(other[2], i), c), minus(at(other[3], i), d)
        h = plus(times(a, d), times(c, b))
        leading = accumulate(leading, times_lazily(h, weight))
    return _total(values), _total(leading)


@called
def _sum_block_of_ones(
    q0: Pair, q1: Pair, other: tuple[Pair, Pair], mu: Element, weights: Pair
) -> tuple[Element, Element]:
    """The same where h = (q0 + mu)(q1 + mu): numerators are all 1."""
    zeros = ZERO, ZERO, ZERO, ZERO
    values, leading = zeros, zeros
    for i in range(len(weights[0])):
        c, d, weight = at(q0, i), at(q1, i), at(weights, i)
        h = times(plus(c, mu), plus(d, mu))
        values = accumulate(values, times_lazily(h, weight))
        h = times(minus(at(other[0], i), c), minus(at(other[1], i), d))
        leading = accumulate(leading, times_lazily(h, weight))
    return _total(values), _total(leading)


@called
def _total(sums: tuple[Word, Word, Word, Word]) -> Element:
    return total_base(sums[0], sums[1]), total_base(sums[2], sums[3])


@called
def _sum_at(layer: Layer, mu: Element, start: int, weights: Pair) -> tuple[Element, Element]:
    """The sums over the block that begins at a place."""
    half, stop = layer.shape[3] // 2, start + len(weights[0])
    last = layer.shape[0] - 1
    q0, q1 = _pair(layer, last, 0, start, stop), _pair(layer, last, 1, start, stop)
    c = _pair(layer, last, 0, half + start, half + stop)
    d = _pair(layer, last, 1, half + start, half + stop)
    if last == 0:
        return _sum_block_of_ones(q0, q1, (c, d), mu, weights)
    p0, s = _pair(layer, 0, 0, start, stop), _pair(layer, 0, 1, start, stop)
    a = _pair(layer, 0, 0, half + start, half + stop)
    b = _pair(layer, 0, 1, half + start, half + stop)
    return _sum_block(p0, s, q0, q1, (a, b, c, d), weights)


@called
def sum_layer(
    before: Layer, bound: bool, x: Element, layer: Layer, mu: Element, low: Table, high: Table
) -> tuple[Element, Element]:
    """One round's sums over a layer, which is made from the one before if that is to be bound."""
    half, width = layer.shape[3] // 2, low.shape[1]
    at_zero, leading = (ZERO, ZERO), (ZERO, ZERO)
    for block in range(high.shape[1]):
        start = block * width
        if bound:
            bind_block(before, x, layer, start, start + width)
            bind_block(before, x, layer, half + start, half + start + width)
        weight = at((high[0], high[1]), block)
        values, slopes = _sum_at(layer, mu, start, (low[0], low[1]))
        at_zero = plus(at_zero, product(values, weight))
        leading = plus(leading, product(slopes, weight))
    return at_zero, leading


@called
def add_fractions(below: Layer, out: Columns) -> None:
    """A level's nodes from their children; one table of children has numerators 1."""
    (q0, q1), n = sides(below, below.shape[0] - 1), out.shape[2]
    p, q = (out[0, 0][:n], out[0, 1][:n]), (out[1, 0][:n], out[1, 1][:n])
    if below.shape[0] == 1:
        for i in range(n):
            p[0][i], p[1][i] = plus(at(q0, i), at(q1, i))
            q[0][i], q[1][i] = times(at(q0, i), at(q1, i))
        return
    p0, p1 = sides(below, 0)
    for i in range(n):
        a, b, c, d = at(p0, i), at(p1, i), at(q0, i), at(q1, i)
        p[0][i], p[1][i] = plus(times(a, d), times(b, c))
        q[0][i], q[1][i] = times(c, d)


@called
def join(layer: Layer, weight: Element) -> None:
    """Right numerators p1 become s = p1 + weight·q1, for h = p0·q1 + q0·s."""
    _, s = sides(layer, 0)
    _, q1 = sides(layer, layer.shape[0] - 1)
    for i in range(layer.shape[3]):
        s[0][i], s[1][i] = plus(at(s, i), times(at(q1, i), weight))
