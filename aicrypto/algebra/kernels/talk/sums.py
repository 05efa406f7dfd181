"""Whole sumchecks proven in one call, transcript included: what `proof.sumcheck` and `logup` say.

Source: protocol zkml-1 of this project, sections 4 and 5.
"""

import numpy as np
from numba import int64
from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.talk.follow import choose_child, quadratic
from aicrypto.algebra.kernels.talk.layers import (
    Columns,
    Layer,
    add_fractions,
    bind_block,
    join,
    sides,
    sum_layer,
)
from aicrypto.algebra.kernels.talk.talking import DESK, Desk, absorb, challenge
from aicrypto.algebra.kernels.words import loops
from aicrypto.algebra.kernels.words.arithmetic import (
    ONE,
    PLANES,
    TABLE,
    VECTOR,
    ZERO,
    Element,
    P,
    Row,
    Table,
    Word,
    at,
    minus,
    plus,
    times_base,
)
from aicrypto.algebra.kernels.words.points import element, product, put, spread

LOG_BLOCK = 9


@compiled(void(TABLE, TABLE, DESK, int64, VECTOR))
def sum_products(f: Table, g: Table, desk: Desk, tag: int, said: Row) -> None:
    """The sumcheck of f·g: for each round g0, gi and the challenge; last f~ and g~ at the point.

    All of them are elements, two numbers each.
    """
    n, place = f.shape[1], 0
    while n > 1:
        half = n // 2
        at_zero = loops.dot(f[0][:half], f[1][:half], g[0][:half], g[1][:half])
        leading = loops.dot_of_slopes(f[0], f[1], g[0], g[1])
        put(said, place, at_zero)
        put(said, place + 1, leading)
        absorb(desk, tag, said[2 * place :], 4)
        x = challenge(desk)
        put(said, place + 2, x)
        bound_f = loops.room(2 * half).reshape((2, half))
        bound_g = loops.room(2 * half).reshape((2, half))
        loops.fold(f[0], f[1], x[0], x[1], bound_f[0], bound_f[1])
        loops.fold(g[0], g[1], x[0], x[1], bound_g[0], bound_g[1])
        f, g, n, place = bound_f, bound_g, half, place + 3
    put(said, place, at((f[0], f[1]), 0))
    put(said, place + 1, at((g[0], g[1]), 0))


@called
def _equality(point: Row, first: int, last: int) -> Table:
    """The table eq(r, ·) for coordinates first.. up to last of a point."""
    n = 1 << (last - first)
    out = loops.room(2 * n).reshape((2, n))
    spread(point[2 * first : 2 * last], (ONE, ZERO), out[0], out[1])
    return out


@called
def _halved(table: Table) -> Table:
    """The table without its first variable: as r and 1 - r add up to 1, halves are added."""
    half = table.shape[1] // 2
    out = np.empty((2, half), np.int64)
    for plane in range(2):
        loops.add(table[plane][:half], table[plane][half:], out[plane])
    return out


@called
def _inverse(a: Element) -> Element:
    """conj/norm, and norm^(p-2) by squaring; 0 for 0."""
    norm = product(a, minus((a[0], ZERO), (ZERO, a[1])))[0]
    power, exponent = ONE, P - np.uint64(2)
    for bit in range(60, -1, -1):
        power = times_base(power, power)
        if (exponent >> np.uint64(bit)) & ONE:
            power = times_base(power, norm)
    return times_base(a[0], power), times_base(minus((ZERO, ZERO), a)[1], power)


@called
def _inverses(point: Row, count: int) -> Row:
    """1/r for the coordinates of a point by one inversion; zeros if one is 0."""
    out = np.empty(2 * count, np.int64)
    so_far = ONE, ZERO
    for j in range(count):
        put(out, j, so_far)
        so_far = product(so_far, element(point, j))
    inverse = _inverse(so_far)
    for j in range(count - 1, -1, -1):
        put(out, j, product(element(out, j), inverse))
        inverse = product(inverse, element(point, j))
    return out


@called
def _halve(low: Table, high: Table) -> tuple[Table, Table]:
    """Both tables of eq without their first variable."""
    if high.shape[1] > 1:
        return low, _halved(high)
    return (_halved(low), high) if low.shape[1] > 1 else (low, high)


@called
def _prove_rounds(
    layer: Layer,
    point: Row,
    weight: Element,
    claim: Element,
    desk: Desk,
    tag: int,
    said: Row,
    scratch: Table,
) -> tuple[Layer, Row]:
    """The rounds of a layer; what is left of it, one place long, and the challenges."""
    n_tables, n, n_rounds = layer.shape[0], layer.shape[3], len(point) // 2
    inverses, challenges = _inverses(point, n_rounds), np.empty(2 * n_rounds, np.int64)
    mu = _inverse(weight) if n_tables == 1 else (ZERO, ZERO)
    split = max(min(1, n_rounds), n_rounds - LOG_BLOCK)
    low, high = _equality(point, split, n_rounds), _equality(point, min(1, split), split)
    x = ONE, ZERO
    for j in range(n_rounds):
        now = layer
        if j > 0:
            n //= 2
            now = scratch[j % 2][: 4 * n_tables * n].reshape((n_tables, 2, 2, n))
        at_zero, leading = sum_layer(layer, j > 0, x, now, mu, low, high)
        if n_tables == 1:
            at_zero, leading = minus(product(at_zero, weight), mu), product(leading, weight)
        step = product(minus(claim, at_zero), element(inverses, j))
        put(said, 2 * j, step)
        put(said, 2 * j + 1, leading)
        absorb(desk, tag, said[4 * j :], 4)
        x = challenge(desk)
        put(challenges, j, x)
        claim, layer = quadratic(at_zero, step, leading, x), now
        low, high = _halve(low, high)
    if n_rounds > 0:
        now = scratch[n_rounds % 2][: 4 * n_tables].reshape((n_tables, 2, 2, 1))
        bind_block(layer, x, now, 0, 1)
        layer = now
    return layer, challenges


@called
def _read_children(layer: Layer, weight: Element, out: Row) -> None:
    """The values p0, q0, p1, q1 of a layer one place long; the two numerators may be known as 1."""
    q0, q1 = sides(layer, layer.shape[0] - 1)
    numerators = (ONE, ZERO), (ONE, ZERO)
    if layer.shape[0] == 2:
        p0, s = sides(layer, 0)
        numerators = at(p0, 0), minus(at(s, 0), product(weight, at(q1, 0)))
    put(out, 0, numerators[0])
    put(out, 1, at(q0, 0))
    put(out, 2, numerators[1])
    put(out, 3, at(q1, 0))


@called
def _level(levels: Row, k: int) -> Columns:
    """The nodes of level k, numerators and denominators: 4·2^k numbers after all levels above."""
    return levels[4 << k : 8 << k].reshape((2, 2, 1 << k))


@called
def _as_layer(level: Columns) -> Layer:
    """A level seen as the children of the one above."""
    n_tables, _, n = level.shape
    return level.reshape((n_tables, 2, 2, n // 2))


@called
def _read_root(root: Columns, claim: Row) -> None:
    """Numerator and denominator of the only node."""
    last = root.shape[0] - 1
    put(claim, 0, (Word(root[0, 0, 0]), Word(root[0, 1, 0])) if last else (ONE, ZERO))
    put(claim, 1, (Word(root[last, 0, 0]), Word(root[last, 1, 0])))


@called
def _log2(n: int) -> int:
    log = 0
    while n >> log > 1:
        log += 1
    return log


@compiled(void(PLANES, VECTOR, DESK, VECTOR, VECTOR, TABLE, VECTOR))
def sum_fractions(
    leaves: Columns,
    tags: Row,
    desk: Desk,
    levels: Row,
    said: Row,
    scratch: Table,
    left: Row,
) -> None:
    """A fraction sum's proof: the elements that are said, and what is left to check.

    Args:
        leaves: 2^v denominators, before them 2^v numerators unless all are 1; overwritten.
        tags: of root, round and children.
        desk: the transcript.
        levels: room for 4·2^v numbers.
        said: room for the proof.
        scratch: two rows of room for 2·2^v numbers, half as many if numerators are 1.
        left: room for claim and point, 2 + v elements.
    """
    n_levels = _log2(leaves.shape[2])
    below = leaves
    for k in range(n_levels - 1, -1, -1):
        add_fractions(_as_layer(below), _level(levels, k))
        below = _level(levels, k)
    claim, point, children = left[:4], left[4:4], np.empty(8, np.int64)
    _read_root(below, claim)
    said[:4], place = claim, 4
    absorb(desk, tags[0], said, 4)
    for k in range(n_levels):
        leaf = k == n_levels - 1
        layer = _as_layer(leaves if leaf else _level(levels, k + 1))
        weight = challenge(desk)
        if layer.shape[0] == 2:
            join(layer, weight)
        joined = plus(element(claim, 0), product(weight, element(claim, 1)))
        rest, inner = _prove_rounds(
            layer, point, weight, joined, desk, tags[1], said[place:], scratch
        )
        _read_children(rest, weight, children)
        place += 4 * k
        short = layer.shape[0] == 1
        tau = choose_child(children, desk, said[place:], tags[2], short, claim)
        place += 4 if short else 8
        left[4:6], left[6 : 6 + 2 * k] = tau, inner
        point = left[4 : 6 + 2 * k]
