"""Tensors over F_{p²} = F_p[i]: exact complex numbers, two planes of `m61` elements.

An array of shape S is an int64 tensor of shape (2, *S): plane 0 holds real parts, plane 1 imaginary
parts, both canonical. Shapes S broadcast as in torch, so a scalar of shape (2,) multiplies an array
of shape (2, n). In protocols a scalar is an `Fp2`.

The elements of norm 1, the exact "unit circle", form a cyclic group of order p + 1 = 2^61. Roots of
unity of every power-of-two order live there, and the inverse of a root is its conjugate.

Source: protocol zkml-1 of this project, section 1.
"""

from collections.abc import Sequence
from functools import cache

import torch
from jaxtyping import Int, Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61
from aicrypto.algebra.plain import (
    ELEMENT_BYTES,
    BadLength,
    Fp2,
    NoSuchRoot,
    P,
    canonical,
    repeated_squaring,
)

Elements = Int64[Tensor, "2 ..."]  # two planes of canonical values, any shape

# Generates the unit circle: norm 1, order 2^61.
CIRCLE_GENERATOR = Fp2(2, 1033321771269002680)
LOG_CIRCLE_ORDER = 61


def add(a: Elements, b: Elements) -> Elements:
    """The sum a + b."""
    if a.shape == b.shape:
        return m61.add(a, b)
    return torch.stack((m61.add(a[0], b[0]), m61.add(a[1], b[1])))


def sub(a: Elements, b: Elements) -> Elements:
    """The difference a - b."""
    if a.shape == b.shape:
        return m61.sub(a, b)
    if (a.ndim, b.ndim) == (1, 2):  # one element and a vector
        return m61.sub(a[:, None], b)
    return torch.stack((m61.sub(a[0], b[0]), m61.sub(a[1], b[1])))


def neg(a: Elements) -> Elements:
    """The negative -a."""
    return m61.neg(a)


def mul(a: Elements, b: Elements) -> Elements:
    """The product a·b, with one reduction for each coordinate."""
    return kernels.engine_for(a, b).multiply(a, b)


def square(a: Elements) -> Elements:
    """The square a·a."""
    return mul(a, a)


def scale(a: Elements, factor: m61.Elements) -> Elements:
    """The product a·factor for factors in F_p: half the work of `mul`."""
    return kernels.engine_for(a, factor).scale(a, factor)


def conj(a: Elements) -> Elements:
    """The conjugate re - im·i."""
    return torch.stack((a[0], m61.neg(a[1])))


def norm(a: Elements) -> m61.Elements:
    """The norm re² + im² in F_p, zero for zero alone."""
    re, im = m61.split_limbs(a[0]), m61.split_limbs(a[1])
    return m61.sum_of_two_products(re, re, im, im)


def inverse(a: Elements) -> Elements:
    """The inverse 1/a = conj/norm, elementwise.

    Raises:
        ZeroInverse: if an element is 0.
    """
    return scale(conj(a), m61.inverse(norm(a)))


def power(a: Elements, exponent: int) -> Elements:
    """The power a^exponent elementwise; 0^0 is 1.

    Raises:
        ZeroInverse: if the exponent is negative and an element is 0.
    """
    if exponent < 0:
        return power(inverse(a), -exponent)
    return repeated_squaring(a, exponent, from_base(torch.ones_like(a[0])), mul)


def sum(a: Elements, dim: int = -1) -> Elements:  # noqa: A001
    """Sum over one dimension, counted from the last: dim is negative."""
    return m61.sum(a, dim)


def dot(a: Elements, b: Elements, dim: int = -1) -> Elements:
    """Sum of a·b over one dimension, counted from the last; nothing is conjugated."""
    if dim == -1:
        return kernels.engine_for(a, b).dot(a, b)
    whole = kernels.whole_for(a, b)
    if whole is not None and (dim, a.ndim, b.shape) == (-2, 3, (2, a.shape[1], 1)):
        combined: Elements = whole.combine_elements(a, b[:, :, 0])
        return combined
    return sum(mul(a, b), dim)


def int_matmul(weights: Int[Tensor, "rows inner"], a: Elements) -> Elements:
    """The matrix product weights @ a for signed integers.

    `a` has shape (2, inner) or (2, inner, columns); bounds and errors are `m61.int_matmul`'s.
    """
    whole = kernels.whole_for(weights, a) if a.ndim == 2 else None
    if whole is not None:
        product: Elements | None = whole.int_matmul(weights, a, _largest(weights))
        if product is not None:
            return product
    planes_last = a.movedim(0, -1)  # one matrix product serves both planes
    product = m61.int_matmul(weights, planes_last.flatten(1))
    return product.reshape(len(weights), *planes_last.shape[1:]).movedim(-1, 0).contiguous()


def _largest(weights: Int[Tensor, "rows inner"]) -> int:
    """A bound of the absolute values: the type's for int8, which saves looking at all weights."""
    return 1 << 7 if weights.dtype == torch.int8 else m61.largest(weights)


@cache
def root_of_unity(log_order: int) -> Fp2:
    """The root omega of order 2^log_order; each is the square of the next, and the third is i.

    >>> root_of_unity(1) == -Fp2(1), root_of_unity(2)
    (True, Fp2(re=0, im=1))

    Raises:
        NoSuchRoot: if log_order lies outside 0..61.
    """
    if not 0 <= log_order <= LOG_CIRCLE_ORDER:
        raise NoSuchRoot(f"log_order is {log_order}, must be in 0..{LOG_CIRCLE_ORDER}")
    return CIRCLE_GENERATOR ** (1 << (LOG_CIRCLE_ORDER - log_order))


def random(shape: Sequence[int], generator: torch.Generator) -> Elements:
    """Elements for tests and benchmarks, on the generator's device; never for secrets."""
    size = (2, *shape)
    return torch.randint(P, size, dtype=torch.int64, generator=generator, device=generator.device)


def from_base(a: m61.Elements) -> Elements:
    """Elements of F_p as elements of F_{p²} with imaginary part 0."""
    return torch.stack((a, torch.zeros_like(a)))


def from_scalar(value: Fp2, device: torch.device | str | None = None) -> Int64[Tensor, "2"]:
    """One element as a tensor that broadcasts against any shape."""
    return torch.tensor([value.re, value.im], dtype=torch.int64, device=device)


def to_scalar(a: Int64[Tensor, "2"]) -> Fp2:
    """The element in a tensor of shape (2,)."""
    return Fp2(*a.tolist())


def from_scalars(
    values: Sequence[Fp2], device: torch.device | str | None = None
) -> Int64[Tensor, "2 n"]:
    """A vector of the given elements."""
    planes = [[value.re for value in values], [value.im for value in values]]
    return torch.tensor(planes, dtype=torch.int64, device=device)


def to_scalars(a: Int64[Tensor, "2 n"]) -> list[Fp2]:
    """The elements of a vector."""
    return list(map(canonical, *a.tolist()))


def to_bytes(a: Elements) -> bytes:
    """16 bytes for each element, re then im, in row-major order of the elements.

    Raises:
        NonCanonical: if a coordinate lies outside 0..p-1.
    """
    return m61.to_bytes(a.movedim(0, -1).contiguous())


def from_bytes(data: bytes, device: torch.device | str | None = None) -> Int64[Tensor, "2 n"]:
    """The elements that `to_bytes` wrote, as a vector.

    Raises:
        BadLength: if the number of bytes is no multiple of 16.
        NonCanonical: if a coordinate is p or more.
    """
    if len(data) % ELEMENT_BYTES:
        raise BadLength(f"data has {len(data)} bytes, no multiple of {ELEMENT_BYTES}")
    return m61.from_bytes(data, device).reshape(-1, 2).T.contiguous()
