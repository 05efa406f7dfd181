"""The CPU engine: tensors handed to the compiled loops as rows of words, copied only if need be.

Importing this module imports numba and loads the loops from its cache, or compiles them: about half
a second, or half a minute. `engine_for` imports it when it is needed.
"""

import math

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra.kernels.words import coding, combining, loops
from aicrypto.algebra.plain import Fp2

Elements = Int64[Tensor, "..."]  # over F_p, any shape
Complex = Int64[Tensor, "2 ..."]  # over F_{p²}: two planes
Words = Int64[np.ndarray, "..."]

# The C library of Linux gives large blocks back to the system when they are freed, and every page
# of the next result is then faulted in and cleared again: half the time of a sum over 2^17
# fractions. It keeps blocks up to the largest one so far, at most 32 MB (mallopt(3)): so one is
# asked for, never touched, and dropped.
np.empty(31 << 20, np.uint8)


def aligned(*shape: int) -> Words:
    """Room for results. numpy asks for large pages, torch for a cache line's start: this has both.

    Vector instructions on other addresses take a third longer.
    """
    n = math.prod(shape)
    room = np.empty(n + loops.LINE, np.int64)
    address: int = room.__array_interface__["data"][0]
    skipped = -(address >> 3) % loops.LINE
    return room[skipped : skipped + n].reshape(shape)


def add(a: Elements, b: Elements) -> Elements:
    """The sum over F_p."""
    x, y = _in_one_shape(_words(a), _words(b))
    out = torch.empty(x.shape, dtype=torch.int64)
    loops.add(_row(x), _row(y), _row(out.numpy()))
    return out


def subtract(a: Elements, b: Elements) -> Elements:
    """The difference over F_p."""
    x, y = _in_one_shape(_words(a), _words(b))
    out = torch.empty(x.shape, dtype=torch.int64)
    loops.subtract(_row(x), _row(y), _row(out.numpy()))
    return out


def multiply_base(a: Elements, b: Elements) -> Elements:
    """The product over F_p."""
    x, y = _words(a), _words(b)
    out = torch.empty(_shape(x, y), dtype=torch.int64)
    loops.multiply_base(*_factors(x, y), _row(out.numpy()))
    return out


def multiply(a: Complex, b: Complex) -> Complex:
    """The product over F_{p²}."""
    if a.shape == b.shape:
        out = torch.empty(a.shape, dtype=torch.int64)
        loops.multiply_planes(_table(a), _table(b), out.numpy().reshape(2, -1))
        return out
    (a_re, a_im), (b_re, b_im) = _planes(a), _planes(b)
    out = torch.empty((2, *_shape(a_re, b_re)), dtype=torch.int64)
    x_re, y_re = _factors(a_re, b_re)
    x_im, y_im = _factors(a_im, b_im)
    loops.multiply(x_re, x_im, y_re, y_im, *map(_row, _planes(out)))
    return out


def scale(a: Complex, factor: Elements) -> Complex:
    """The product of elements of F_{p²} with factors in F_p: half the work of `multiply`."""
    planes, y = _planes(a), _words(factor)
    out = torch.empty((2, *_shape(planes[0], y)), dtype=torch.int64)
    for plane, target in zip(planes, _planes(out), strict=True):
        loops.multiply_base(*_factors(plane, y), _row(target))
    return out


def dot(a: Complex, b: Complex) -> Complex:
    """The sum of products over F_{p²} along the last dimension."""
    if b.ndim <= a.ndim and math.prod(b.shape[1:]) == b.shape[-1] == a.shape[-1] > 1:
        return _dots(a, b)
    pairs = [_in_one_shape(x, y) for x, y in zip(_planes(a), _planes(b), strict=True)]
    (a_re, b_re), (a_im, b_im) = pairs
    *shape, n = a_re.shape
    rows = [_row(plane).reshape(math.prod(shape), n) for plane in (a_re, a_im, b_re, b_im)]
    sums = [loops.dot(*row) for row in zip(*rows, strict=True)]
    return torch.tensor(sums, dtype=torch.int64).reshape(-1, 2).T.reshape(2, *shape).contiguous()


def _dots(a: Complex, b: Complex) -> Complex:
    """The same where all rows meet one vector."""
    n = a.shape[-1]
    a_re, a_im = (_row(plane).reshape(-1, n) for plane in _planes(a))
    out = aligned(2, len(a_re))
    combining.dots(a_re, a_im, *map(_row, _planes(b)), out)
    return torch.from_numpy(out).reshape(2, *a.shape[1:-1])


def fold(values: Int64[Tensor, "2 n"], r: Fp2) -> Int64[Tensor, "2 half"]:
    """The line left + r·(right - left) through the halves of a vector."""
    out = torch.empty((2, values.shape[1] // 2), dtype=torch.int64)
    re, im = _planes(values)
    loops.fold(_row(re), _row(im), np.uint64(r.re), np.uint64(r.im), *_planes(out))
    return out


def round_polynomial(f: Int64[Tensor, "2 n"], g: Int64[Tensor, "2 n"]) -> tuple[Fp2, Fp2]:
    """h(0) sums the products of the left halves, the leading coefficient those of the slopes."""
    rows = [_row(plane) for plane in (*_planes(f), *_planes(g))]
    left_rows = [row[: len(row) // 2] for row in rows]
    at_zero, leading = loops.dot(*left_rows), loops.dot_of_slopes(*rows)
    return Fp2(*map(int, at_zero)), Fp2(*map(int, leading))


def fft(coefficients: Int64[Tensor, "2 *batch n"], omega: Fp2) -> Int64[Tensor, "2 *batch n"]:
    """The values at 1, omega, ..., omega^(n-1) of each row."""
    out = torch.empty(coefficients.shape, dtype=torch.int64)
    shape = (2, math.prod(out.shape[1:-1]), out.shape[-1])
    source = np.ascontiguousarray(_words(coefficients)).reshape(shape)
    coding.encode(source, out.numpy().reshape(shape), (np.uint64(omega.re), np.uint64(omega.im)))
    return out


def _words(a: Tensor) -> Words:
    """The tensor's memory, or its values as int64 where it has another type."""
    words: Words = a.numpy()
    return words if words.dtype == np.int64 else words.astype(np.int64)


def _planes(a: Complex) -> tuple[Words, Words]:
    """Real and imaginary parts; the dots keep a single element an array."""
    words = _words(a)
    return words[0, ...], words[1, ...]


def _table(a: Complex) -> Int64[np.ndarray, "2 n"]:
    """Both planes as contiguous vectors."""
    return np.ascontiguousarray(_words(a)).reshape(2, -1)


def _shape(a: Words, b: Words) -> tuple[int, ...]:
    return a.shape if a.shape == b.shape else np.broadcast_shapes(a.shape, b.shape)


def _in_one_shape(a: Words, b: Words) -> tuple[Words, Words]:
    if a.shape == b.shape:
        return a, b
    shape = np.broadcast_shapes(a.shape, b.shape)
    return np.broadcast_to(a, shape).copy(), np.broadcast_to(b, shape).copy()


def _factors(a: Words, b: Words) -> tuple[Words, Words]:
    """The factors as rows of one length, or one element as the second row."""
    if a.size == 1:
        a, b = b, a
    if b.size > 1:
        a, b = _in_one_shape(a, b)
    return _row(a), _row(b)


def _row(a: Words) -> Int64[np.ndarray, " n"]:
    """The elements as one contiguous vector: a view where they lie like that already."""
    return np.ascontiguousarray(a).reshape(-1)
