"""Whole sumchecks followed in one call, transcript included: what verifiers compute.

`sums` are the provers; both share the steps between two messages. Elements said are rows of
numbers, two for an element.

Source: protocol zkml-1 of this project, sections 4 and 5.
"""

import numpy as np
from numba import boolean, int64
from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled
from aicrypto.algebra.kernels.talk.talking import DESK, Desk, absorb, challenge
from aicrypto.algebra.kernels.words.arithmetic import VECTOR, Element, Row, minus, plus
from aicrypto.algebra.kernels.words.points import element, product, put


@called
def quadratic(at_zero: Element, step: Element, leading: Element, x: Element) -> Element:
    """The value at x of the quadratic with this value at 0, difference to 1, and coefficient."""
    return plus(at_zero, product(x, plus(minus(step, leading), product(x, leading))))


@called
def choose_child(children: Row, desk: Desk, said: Row, tag: int, short: bool, claim: Row) -> Row:
    """The children said, and a point's first coordinate drawn; the claim moves to the next layer.

    Lines lead from the left child to the right one; the claim is their values at the coordinate.
    """
    if short:
        said[:2], said[2:4] = children[2:4], children[6:8]
    else:
        said[:8] = children
    absorb(desk, tag, said, 4 if short else 8)
    tau, first = challenge(desk), np.empty(2, np.int64)
    put(first, 0, tau)
    for part in range(2):
        left, right = element(children, part), element(children, part + 2)
        put(claim, part, plus(left, product(tau, minus(right, left))))
    return first


@compiled(void(VECTOR, VECTOR, DESK, int64, VECTOR))
def follow_products(said: Row, claim: Row, desk: Desk, tag: int, left: Row) -> None:
    """The rounds of a product sumcheck: left are the challenges, then the claim that remains.

    Said are h(0) and the leading coefficient of each round; h(1) is what the claim leaves.
    """
    remaining, n_rounds = element(claim, 0), len(said) // 4
    for j in range(n_rounds):
        at_zero, leading = element(said, 2 * j), element(said, 2 * j + 1)
        absorb(desk, tag, said[4 * j :], 4)
        x = challenge(desk)
        put(left, j, x)
        step = minus(minus(remaining, at_zero), at_zero)
        remaining = quadratic(at_zero, step, leading, x)
    put(left, n_rounds, remaining)


@called
def _follow_layer(said: Row, point: Row, claim: Element, desk: Desk, tag: int, out: Row) -> Element:
    """The rounds of a layer: what h must be at the challenges, which are written."""
    for j in range(len(point) // 2):
        step, leading = element(said, 2 * j), element(said, 2 * j + 1)
        at_zero = minus(claim, product(element(point, j), step))
        absorb(desk, tag, said[4 * j :], 4)
        x = challenge(desk)
        put(out, j, x)
        claim = quadratic(at_zero, step, leading, x)
    return claim


@called
def _children(said: Row, short: bool) -> Row:
    """The values p0, q0, p1, q1; numerators that are not said are 1."""
    out = np.zeros(8, np.int64)
    if short:
        out[0], out[4] = 1, 1
        out[2:4], out[6:8] = said[:2], said[2:4]
    else:
        out[:] = said[:8]
    return out


@called
def _sum_of_children(children: Row, weight: Element) -> Element:
    """Numerator + weight·denominator of p0/q0 + p1/q1."""
    p0, q0, p1, q1 = (
        element(children, 0),
        element(children, 1),
        element(children, 2),
        element(children, 3),
    )
    numerator = plus(product(p0, q1), product(p1, q0))
    return plus(numerator, product(weight, product(q0, q1)))


@compiled(boolean(VECTOR, int64, boolean, VECTOR, DESK, VECTOR))
def follow_fractions(
    said: Row, n_levels: int, ones: bool, tags: Row, desk: Desk, left: Row
) -> bool:
    """Whether every layer of a fraction sum adds up; left are the leaf's claim and its point."""
    claim, place = left[:4], 4
    claim[:] = said[:4]
    absorb(desk, tags[0], said, 4)
    point = left[4:4]
    for k in range(n_levels):
        weight = challenge(desk)
        joined = plus(element(claim, 0), product(weight, element(claim, 1)))
        inner = np.empty(2 * k, np.int64)
        remaining = _follow_layer(said[place:], point, joined, desk, tags[1], inner)
        place += 4 * k
        short = ones and k == n_levels - 1
        children = _children(said[place:], short)
        expected = _sum_of_children(children, weight)
        if remaining[0] != expected[0] or remaining[1] != expected[1]:
            return False
        left[4:6] = choose_child(children, desk, said[place:], tags[2], short, claim)
        left[6 : 6 + 2 * k] = inner
        point = left[4 : 6 + 2 * k]
        place += 4 if short else 8
    return True
