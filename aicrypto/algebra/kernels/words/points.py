"""Multilinear polynomials at points: tables of eq, values, many points weighed together.

A point is a row of numbers, two for a coordinate, the top variable's first. Its table eq(r, ·) is
built from the last coordinate on: each doubles the table, and both halves are rows of numbers side
by side.

Source: protocol zkml-1 of this project, section 2.
"""

import numpy as np
from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.words import loops
from aicrypto.algebra.kernels.words.arithmetic import (
    ONE,
    TABLE,
    VECTOR,
    ZERO,
    Element,
    Pair,
    Row,
    Table,
    Word,
    at,
    minus,
    plus,
    times,
)


@called
def put(out: Row, place: int, value: Element) -> None:
    """An element written as two numbers."""
    out[2 * place], out[2 * place + 1] = value[0], value[1]


@called
def element(a: Row, place: int) -> Element:
    """An element read from two numbers."""
    return Word(a[2 * place]), Word(a[2 * place + 1])


@called
def product(a: Element, b: Element) -> Element:
    """The product, outside vector loops."""
    return times(a, b)


@called
def _double(low: Pair, high: Pair, r: Element) -> None:
    """Every entry e of a table becomes e·(1 - r) there, and e·r in the other half."""
    for i in range(len(low[0])):
        entry = at(low, i)
        at_one = times(entry, r)
        high[0][i], high[1][i] = at_one
        low[0][i], low[1][i] = minus(entry, at_one)


@called
def spread(point: Row, factor: Element, re: Row, im: Row) -> None:
    """Writes factor·eq(point, ·)."""
    re[0], im[0] = factor
    n = 1
    for j in range(len(point) // 2 - 1, -1, -1):
        _double((re[:n], im[:n]), (re[n : 2 * n], im[n : 2 * n]), element(point, j))
        n *= 2


@compiled(void(VECTOR, TABLE))
def equality(point: Row, out: Table) -> None:
    """The table eq(point, ·)."""
    spread(point, (ONE, ZERO), out[0], out[1])


@called
def _leading_bits(point: Row) -> tuple[int, int]:
    """How many coordinates are 0 or 1 before the first that is not, and the number they spell."""
    n_bits, number = 0, 0
    while 2 * n_bits < len(point) and point[2 * n_bits] < 2 and point[2 * n_bits + 1] == 0:
        number = 2 * number + point[2 * n_bits]
        n_bits += 1
    return n_bits, number


@compiled(void(TABLE, VECTOR, TABLE))
def equalities(points: Table, delta: Row, out: Table) -> None:
    """The sum of delta^j·eq(points_j, ·). Where a point begins with bits, so do the places."""
    one, weight = np.empty(out.shape, np.int64), (ONE, ZERO)
    out[:] = 0
    for j in range(points.shape[0]):
        n_bits, number = _leading_bits(points[j])
        n = out.shape[1] >> n_bits
        spread(points[j][2 * n_bits :], weight, one[0][:n], one[1][:n])
        for plane in range(2):
            here = out[plane][number * n : (number + 1) * n]
            loops.add(here, one[plane][:n], here)
        weight = product(weight, element(delta, 0))


@compiled(void(TABLE, VECTOR, VECTOR, VECTOR))
def meet(points: Table, delta: Row, place: Row, out: Row) -> None:
    """The value of `equalities` at a place: eq(r, x) multiplies r·x + (1 - r)(1 - x)."""
    weight, total = (ONE, ZERO), (ZERO, ZERO)
    for j in range(points.shape[0]):
        value = weight
        for k in range(len(place) // 2):
            r, x = element(points[j], k), element(place, k)
            both = product(r, x)
            none = minus(plus((ONE, ZERO), both), plus(r, x))
            value = product(value, plus(both, none))
        total = plus(total, value)
        weight = product(weight, element(delta, 0))
    put(out, 0, total)


@compiled(void(TABLE, VECTOR, VECTOR))
def evaluate(values: Table, point: Row, out: Row) -> None:
    """The value of a table's polynomial at a point, as two numbers."""
    half = values.shape[1] // 2
    for j in range(len(point) // 2):
        bound = np.empty((2, half), np.int64)
        x = Word(point[2 * j]), Word(point[2 * j + 1])
        loops.fold(values[0], values[1], x[0], x[1], bound[0], bound[1])
        values, half = bound, half // 2
    out[0], out[1] = values[0, 0], values[1, 0]
