"""The arithmetic of single elements inside compiled loops, for all of them.

Numbers are uint64. One that were not would turn the arithmetic around it into float64 without a
word, hence a name for every constant. Values are canonical unless a name says "lazily".

Source: protocol zkml-1 of this project, section 1.
"""

import numpy as np
from jaxtyping import Int64
from numba import int64, types

from aicrypto.algebra import plain
from aicrypto.algebra.kernels.jit import inlined

# For numba: vectors, tables, and two planes of a table.
VECTOR, TABLE, PLANES = (types.Array(int64, dimensions, "C") for dimensions in (1, 2, 3))
# For readers: numba does not look at annotations.
Word = np.uint64
Element = tuple[Word, Word]  # of F_{p²}
Sums = tuple[Word, Word, Word, Word]
Row = Int64[np.ndarray, " n"]
Pair = tuple[Row, Row]  # real parts, imaginary parts
Table = Int64[np.ndarray, "rows n"]
Planes = Int64[np.ndarray, "2 rows n"]

P = np.uint64(plain.P)
LOW_30, LOW_31, LOW_32 = np.uint64(2**30 - 1), np.uint64(2**31 - 1), np.uint64(2**32 - 1)
ZERO, ONE, S30, S31, S32, S61 = (np.uint64(n) for n in (0, 1, 30, 31, 32, 61))


@inlined
def plus_base(a: Word, b: Word) -> Word:
    """The sum: the smaller of s and s - p, which wraps around to a huge word where s < p."""
    s = a + b
    return min(s, s - P)


@inlined
def minus_base(a: Word, b: Word) -> Word:
    """The difference."""
    d = a - b
    return min(d, d + P)


@inlined
def reduce(a: Word) -> Word:
    """The canonical value of any word: what the top three bits count is 2^61 = 1."""
    folded = (a & P) + (a >> S61)
    return min(folded, folded - P)


@inlined
def join_limbs(low: Word, middle: Word, high: Word) -> Word:
    """A word, not reduced, for low + 2^31·middle + 2^62·high.

    With two limb products in low and high and four in middle, even of the non-canonical value p,
    the terms stay below 2^63 + 2^62 + 2^61 + 2^33 together, which uint64 holds.
    """
    return low + (high + high) + ((middle << S31) & P) + (middle >> S30)


@inlined
def high_limb(a: Word) -> Word:
    """The upper limb; the mask changes no bit, it lets the compiler multiply 32-bit words."""
    return (a >> S31) & LOW_32


@inlined
def times_base(a: Word, b: Word) -> Word:
    """The product over F_p."""
    a0, a1, b0, b1 = a & LOW_31, high_limb(a), b & LOW_31, high_limb(b)
    return reduce(join_limbs(a0 * b0, a0 * b1 + a1 * b0, a1 * b1))


@inlined
def at(a: Pair, i: int) -> Element:
    """The element at place i."""
    return Word(a[0][i]), Word(a[1][i])


@inlined
def plus(a: Element, b: Element) -> Element:
    """The sum over F_{p²}."""
    return plus_base(a[0], b[0]), plus_base(a[1], b[1])


@inlined
def minus(a: Element, b: Element) -> Element:
    """The difference over F_{p²}."""
    return minus_base(a[0], b[0]), minus_base(a[1], b[1])


@inlined
def times_lazily(a: Element, b: Element) -> Element:
    """The complex product, not reduced; p - b_im, all bits flipped, serves as -b_im."""
    a0, a1, b0, b1 = a[0] & LOW_31, high_limb(a[0]), a[1] & LOW_31, high_limb(a[1])
    c0, c1, d0, d1 = b[0] & LOW_31, high_limb(b[0]), b[1] & LOW_31, high_limb(b[1])
    n0, n1 = d0 ^ LOW_31, d1 ^ LOW_30
    middle_re = a0 * c1 + a1 * c0 + b0 * n1 + b1 * n0
    middle_im = a0 * d1 + a1 * d0 + b0 * c1 + b1 * c0
    re = join_limbs(a0 * c0 + b0 * n0, middle_re, a1 * c1 + b1 * n1)
    im = join_limbs(a0 * d0 + b0 * c0, middle_im, a1 * d1 + b1 * c1)
    return re, im


@inlined
def times(a: Element, b: Element) -> Element:
    """The complex product, with one reduction for each coordinate."""
    product = times_lazily(a, b)
    return reduce(product[0]), reduce(product[1])


@inlined
def accumulate(sums: Sums, a: Element) -> Sums:
    """Sums with one more term: lower and upper halves of words apart, for up to 2^32 terms."""
    low_re, high_re, low_im, high_im = sums
    low_re, high_re = low_re + (a[0] & LOW_32), high_re + (a[0] >> S32)
    low_im, high_im = low_im + (a[1] & LOW_32), high_im + (a[1] >> S32)
    return low_re, high_re, low_im, high_im


@inlined
def total_base(low: Word, high: Word) -> Word:
    """The canonical value of low + 2^32·high."""
    return plus_base(reduce(low), times_base(reduce(high), ONE << S32))
