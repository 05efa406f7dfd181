"""Rows combined by random coefficients: what commitments open.

A sum of four products of limbs fits a word. So four rows go into a combination with one reduction.

Source: protocol zkml-1 of this project, sections 1, 6 and 11.
"""

from numba.core.types import void

from aicrypto.algebra.kernels.jit import called, compiled, inlined
from aicrypto.algebra.kernels.words import loops
from aicrypto.algebra.kernels.words.arithmetic import (
    LOW_31,
    ONE,
    PLANES,
    S61,
    TABLE,
    VECTOR,
    Element,
    P,
    Planes,
    Row,
    Table,
    Word,
    at,
    high_limb,
    join_limbs,
    minus_base,
    plus,
    plus_base,
    reduce,
    times,
    times_base,
)

Four = tuple[Word, Word, Word, Word]
Limbs = tuple[Four, Four]
HALF = ONE << (S61 - ONE)


@inlined
def _limbs(a: Four) -> Limbs:
    """The lower and the upper limbs of four numbers."""
    low = a[0] & LOW_31, a[1] & LOW_31, a[2] & LOW_31, a[3] & LOW_31
    return low, (high_limb(a[0]), high_limb(a[1]), high_limb(a[2]), high_limb(a[3]))


@inlined
def _dot(a: Four, b: Four) -> Word:
    """The sum of four products of limbs, below 2^64."""
    return (a[0] * b[0] + a[1] * b[1]) + (a[2] * b[2] + a[3] * b[3])


@inlined
def _plus_four(total: Word, a: Limbs, b: Limbs) -> Word:
    """The canonical value of total + a·b, inner product of four numbers each."""
    (a0, a1), (b0, b1) = a, b
    low, middle, high = _dot(a0, b0), _dot(a0, b1) + _dot(a1, b0), _dot(a1, b1)
    return reduce(total + join_limbs((low & P) + (low >> S61), middle, high))


@called
def _add_four(rows: Table, first: int, coefficients: Table, out_re: Row, out_im: Row) -> None:
    """Adds rows first.. up to first + 3, numbers of F_p, each times its coefficient."""
    re, im = coefficients[0][first : first + 4], coefficients[1][first : first + 4]
    e_re = _limbs((Word(re[0]), Word(re[1]), Word(re[2]), Word(re[3])))
    e_im = _limbs((Word(im[0]), Word(im[1]), Word(im[2]), Word(im[3])))
    n = len(out_re)
    a, b, c, d = rows[first][:n], rows[first + 1][:n], rows[first + 2][:n], rows[first + 3][:n]
    for i in range(n):
        numbers = _limbs((Word(a[i]), Word(b[i]), Word(c[i]), Word(d[i])))
        out_re[i] = _plus_four(Word(out_re[i]), numbers, e_re)
        out_im[i] = _plus_four(Word(out_im[i]), numbers, e_im)


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
    n_rows, out[:] = planes.shape[1], 0
    whole = n_rows - n_rows % 4
    for plane in range(2):
        out_re, out_im = out[2 * plane], out[2 * plane + 1]
        for first in range(0, whole, 4):
            _add_four(planes[plane], first, coefficients, out_re, out_im)
        for row in range(whole, n_rows):
            e = at((coefficients[0], coefficients[1]), row)
            _add_scaled(planes[plane, row], e, out_re, out_im)


@called
def _add_multiple(a_re: Row, a_im: Row, e: Element, out_re: Row, out_im: Row) -> None:
    for i in range(len(out_re)):
        out_re[i], out_im[i] = plus(at((out_re, out_im), i), times(at((a_re, a_im), i), e))


@compiled(void(PLANES, TABLE, TABLE))
def combine_elements(planes: Planes, coefficients: Table, out: Table) -> None:
    """The combination of rows of elements of F_{p²}."""
    out[:] = 0
    for row in range(planes.shape[1]):
        e = at((coefficients[0], coefficients[1]), row)
        _add_multiple(planes[0, row], planes[1, row], e, out[0], out[1])


@compiled(void(TABLE, TABLE, TABLE))
def fold_pairs(sums: Table, u1: Table, u2: Table) -> None:
    """u1 = A + iB and u2 = conj(A) + i·conj(B) for the combinations A and B of `combine`."""
    a_re, a_im, b_re, b_im = sums[0], sums[1], sums[2], sums[3]
    for i in range(u1.shape[1]):
        a, b = at((a_re, a_im), i), at((b_re, b_im), i)
        u1[0, i], u1[1, i] = minus_base(a[0], b[1]), plus_base(a[1], b[0])
        u2[0, i], u2[1, i] = plus_base(a[0], b[1]), minus_base(b[0], a[1])


@inlined
def _half(a: Word) -> Word:
    """The number over 2: its bits rotated by one."""
    return (a >> ONE) + (a & ONE) * HALF


@compiled(void(TABLE, TABLE, TABLE))
def unfold_pairs(u1: Table, u2: Table, out: Table) -> None:
    """A and B of `fold_pairs`, in turn."""
    u1_re, u1_im, u2_re, u2_im = u1[0], u1[1], u2[0], u2[1]
    re, im = out[0], out[1]
    for i in range(u1.shape[1]):
        a, b = at((u1_re, u1_im), i), at((u2_re, u2_im), i)
        re[2 * i], im[2 * i] = _half(plus_base(a[0], b[0])), _half(minus_base(a[1], b[1]))
        re[2 * i + 1], im[2 * i + 1] = _half(plus_base(a[1], b[1])), _half(minus_base(b[0], a[0]))


@compiled(void(TABLE, TABLE, VECTOR, VECTOR, TABLE))
def dots(a_re: Table, a_im: Table, b_re: Row, b_im: Row, out: Table) -> None:
    """Every row's inner product with one vector."""
    for row in range(a_re.shape[0]):
        out[0, row], out[1, row] = loops.dot(a_re[row], a_im[row], b_re, b_im)
