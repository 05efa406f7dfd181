"""Fixed-point numbers as the chain has them: the same bits on every machine, rounding included.

A blockchain can't use floats, because nodes that round differently fork. Bittensor computes its
consensus in I32F32: an integer b in signed 64 bits stands for b / 2^32. A product is floored, a
quotient is *truncated*, which differs for negative numbers; what leaves the range stops at the edge
(products) or becomes zero (quotients).

The epoch works on int64 arrays. `multiply` and `divide` take their 128-bit results apart into
words; where these might not do, every element goes through `multiply_one` or `divide_one`, which
are the definitions. Money is computed on Python integers with 32 or 64 fractional bits, unsigned,
floored after each step: `times` and `over`.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/math.rs; encointer/
substrate-fixed v0.6.0.
"""

from typing import Any

import numpy as np
from jaxtyping import Int64
from numpy.typing import ArrayLike, NDArray

BITS = 32
ONE = 1 << BITS
LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1
LOW_WORD = (1 << 32) - 1
U16_MAX, U64_MAX = 65535, 2**64 - 1
WIDE = 64  # fractional bits of U64F64
# A product of numbers with that many bits together stays within 63 bits after the shift.
SAFE_PRODUCT_BITS = 63 + BITS - 1

Fixed = Int64[np.ndarray, "..."]  # I32F32
Words = NDArray[np.uint64]


def multiply_one(a: int, b: int) -> int:
    """The product of two I32F32 numbers, floored and kept in range."""
    return min(max(a * b >> BITS, LOWEST), HIGHEST)


def divide_one(a: int, b: int) -> int:
    """The quotient truncated toward zero; 0 if b is 0 or the quotient leaves the range.

    >>> divide_one(-ONE, 3 * ONE), multiply_one(-1, 1)
    (-1431655765, -1)
    """
    if b == 0:
        return 0
    magnitude = (abs(a) << BITS) // abs(b)
    quotient = magnitude if (a < 0) == (b < 0) else -magnitude
    return quotient if LOWEST <= quotient <= HIGHEST else 0


def multiply(a: ArrayLike, b: ArrayLike) -> Fixed:
    """`multiply_one` of arrays that broadcast; 64-bit words unless a product might saturate."""
    x, y = fixed(a), fixed(b)
    bits = bit_length(x) + bit_length(y)
    if bits <= 63 and x.ndim + y.ndim:
        return fixed((x * y) >> BITS)
    if bits > SAFE_PRODUCT_BITS or not x.ndim + y.ndim:
        return _one_by_one(_multiply_each, x, y)
    low_x, low_y = (x & LOW_WORD).view(np.uint64), (y & LOW_WORD).view(np.uint64)
    carry = ((low_x * low_y) >> np.uint64(BITS)).view(np.int64)
    return fixed((x >> BITS) * y + low_x.view(np.int64) * (y >> BITS) + carry)


def divide(a: ArrayLike, b: ArrayLike) -> Fixed:
    """`divide_one` of arrays that broadcast: long division, as many bits a step as have room."""
    x, y = fixed(a), fixed(b)
    if not x.ndim + y.ndim or max(bit_length(x), bit_length(y)) > 63:
        return _one_by_one(_divide_each, x, y)
    divisor = np.where(y == 0, 1, np.abs(y)).view(np.uint64)
    quotient, rest = _divmod(np.abs(x).view(np.uint64), divisor)
    if int(quotient.max(initial=0)) >> (63 - BITS):
        return _one_by_one(_divide_each, x, y)
    room, left = 64 - int(divisor.max(initial=1)).bit_length(), BITS
    while left:
        step = np.uint64(min(room, left))
        digit, rest = _divmod(rest << step, divisor)
        quotient, left = (quotient << step) | digit, left - int(step)
    signed = quotient.view(np.int64)
    return np.where(y == 0, 0, np.where((x < 0) != (y < 0), -signed, signed))


def fixed(a: ArrayLike) -> Fixed:
    """The array as int64; no copy if it is one."""
    return np.asarray(a, dtype=np.int64)


def bit_length(a: Fixed) -> int:
    """Bits of the largest magnitude."""
    return max(int(a.max(initial=0)), -int(a.min(initial=0))).bit_length()


def proportion(setting: int) -> int:
    """A u16 setting as a proportion: 65535 is one, 32767 a little less than a half."""
    return divide_one(setting << BITS, U16_MAX << BITS)


def normalised(a: ArrayLike) -> Fixed:
    """Every element over the sum; unchanged if that is 0. The sum is at most one, by truncation."""
    x = fixed(a)
    total = min(sum(x.tolist()), HIGHEST)
    return divide(x, fixed([total])) if total else x


def to_u16(a: ArrayLike) -> list[int]:
    """Numbers in 0..1 as 0..65535, floored; what is outside goes to the edge."""
    stored: list[int] = ((np.clip(fixed(a), 0, ONE) * U16_MAX) >> BITS).tolist()
    return stored


def times(a: int, b: int, bits: int = BITS) -> int:
    """The product of unsigned numbers with that many fractional bits, floored."""
    return a * b >> bits


def over(a: int, b: int, bits: int = BITS) -> int:
    """The quotient of unsigned numbers, floored to that many fractional bits; 0 if b is 0.

    >>> over(1, 3), over(1, 0)
    (1431655765, 0)
    """
    return (a << bits) // b if b else 0


def _divmod(a: Words, b: Words) -> tuple[Words, Words]:
    """Quotient and rest with one division; numpy's own divmod takes twice as long."""
    quotient = a // b
    return quotient, a - quotient * b


def _one_by_one(operation: Any, x: Fixed, y: Fixed) -> Fixed:
    """An operation on Python integers, element by element."""
    return np.asarray(operation(x.astype(object), y.astype(object)), dtype=np.int64)


_multiply_each = np.frompyfunc(multiply_one, 2, 1)
_divide_each = np.frompyfunc(divide_one, 2, 1)
