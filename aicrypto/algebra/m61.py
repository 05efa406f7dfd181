"""Tensors over F_p, p = 2^61 - 1: the arithmetic under every proof of this library.

An array of field elements is an int64 tensor of canonical values, 0 <= value < p, of any shape, on
any device; results stay where their operands are. Shapes broadcast as in torch.

Products, sums and differences are computed by one of two engines, see `kernels`.

Source: protocol zkml-1 of this project, section 1.
"""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Int, Int64
from torch import Tensor

from aicrypto.algebra import kernels
from aicrypto.algebra.plain import (
    COORDINATE_BYTES,
    BadLength,
    NonCanonical,
    NonResidue,
    P,
    ZeroInverse,
    repeated_squaring,
)

# A float64 has 53 bits of precision: integers below 2^53 add up exactly, in any order.
EXACT_FLOAT_BITS = 53
# Leaves limbs of 8 bits in `int_matmul`; int8 weights may then have 2^37 columns.
MAX_WEIGHT_SUM_BITS = 45

Elements = Int64[Tensor, "..."]  # canonical values, any shape

# Limbs are the torch engine's; tests and lessons look at them from here.
split_limbs = kernels.reference.split_limbs
join_limbs = kernels.reference.join_limbs
sum_of_two_products = kernels.reference.sum_of_two_products


def add(a: Elements, b: Elements) -> Elements:
    """The sum a + b."""
    return kernels.engine_for(a, b).add(a, b)


def sub(a: Elements, b: Elements) -> Elements:
    """The difference a - b."""
    return kernels.engine_for(a, b).subtract(a, b)


def neg(a: Elements) -> Elements:
    """The negative -a."""
    return torch.where(a == 0, a, P - a)


def mul(a: Elements, b: Elements) -> Elements:
    """The product a·b."""
    return kernels.engine_for(a, b).multiply_base(a, b)


def square(a: Elements) -> Elements:
    """The square a·a."""
    return mul(a, a)


def power(a: Elements, exponent: int) -> Elements:
    """The power a^exponent elementwise; 0^0 is 1.

    Raises:
        ZeroInverse: if the exponent is negative and an element is 0.
    """
    if exponent < 0:
        return power(inverse(a), -exponent)
    return repeated_squaring(a, exponent, torch.ones_like(a), mul)


def inverse(a: Elements) -> Elements:
    """The inverse 1/a elementwise, for three multiplications an element and one true inversion.

    Raises:
        ZeroInverse: if an element is 0.
    """
    zeros = (a == 0).nonzero()
    if len(zeros):
        raise ZeroInverse(f"a{zeros[0].tolist()} is 0, which has no inverse")
    return _invert_vector(a.flatten()).reshape(a.shape)


def _invert_vector(a: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """Montgomery's trick on halves x, y: 1/x = y·(1/xy) and 1/y = x·(1/xy)."""
    if len(a) <= 1:
        return a.new_tensor([pow(value, -1, P) for value in a.tolist()])
    x, y = torch.nn.functional.pad(a, (0, len(a) % 2), value=1).chunk(2)
    inverse_products = _invert_vector(mul(x, y))
    return torch.cat((mul(y, inverse_products), mul(x, inverse_products)))[: len(a)]


def sqrt(a: Elements) -> Elements:
    """The smaller of the two square roots, elementwise.

    p = 3 mod 4, so a^((p+1)/4) is a root of every square a.

    Raises:
        NonResidue: if an element is no square; half of all elements are not.
    """
    root = power(a, (P + 1) // 4)
    strangers = (mul(root, root) != a).nonzero()
    if len(strangers):
        raise NonResidue(f"a{strangers[0].tolist()} is no square modulo p")
    return torch.minimum(root, neg(root))


def sum(a: Elements, dim: int = -1) -> Elements:  # noqa: A001
    """Sum over one dimension of up to 2^32 terms."""
    return kernels.reference.total(a, dim)


def dot(a: Elements, b: Elements, dim: int = -1) -> Elements:
    """Sum of a·b over one dimension."""
    return sum(mul(a, b), dim)


def int_matmul(weights: Int[Tensor, "rows inner"], a: Elements) -> Elements:
    """The matrix product weights @ a for signed integers: int8 weights, activations, accumulators.

    `a` has shape (inner,) or (inner, columns), the result (rows,) or (rows, columns).

    It runs on float64 products, fast on every device (int64 ones are slow on CPU, absent on CUDA):
    `a` is cut into limbs so narrow that every sum of weight·limb stays below 2^53, hence exact.

    Raises:
        ValueError: if weights are not integers, or largest |weight| · inner needs over 45 bits.
    """
    bits = (largest(weights) * weights.shape[1]).bit_length()
    if bits > MAX_WEIGHT_SUM_BITS:
        raise ValueError(
            f"weights: largest |weight| times {weights.shape[1]} columns needs {bits} bits, "
            f"at most {MAX_WEIGHT_SUM_BITS} are exact"
        )
    exact_weights = weights.double()
    limb_bits = EXACT_FLOAT_BITS - bits
    total = a.new_zeros(())
    for shift in reversed(range(0, P.bit_length(), limb_bits)):
        limb = (a >> shift) & (2**limb_bits - 1)
        product = (exact_weights @ limb.double()).long()
        total = add(mul(total, a.new_tensor(2**limb_bits)), reduce(product))
    return total


def largest(weights: Int[Tensor, "..."]) -> int:
    """The largest absolute value of an integer tensor, 0 for an empty one.

    Raises:
        ValueError: if the tensor's type is not an integer type.
    """
    if weights.is_floating_point() or weights.is_complex():
        raise ValueError(f"weights are of type {weights.dtype}, must be integers")
    if weights.numel() == 0:
        return 0
    low, high = weights.aminmax()
    return max(-int(low), int(high))


def reduce(a: Elements) -> Elements:
    """The canonical value of any signed 64-bit integers: -1 becomes p - 1."""
    return a % P


def from_ints(
    values: Iterable[int], device: torch.device | str | None = None
) -> Int64[Tensor, " n"]:
    """Python integers of any size and sign, reduced modulo p."""
    return torch.tensor([value % P for value in values], dtype=torch.int64, device=device)


def to_ints(a: Int64[Tensor, " n"]) -> list[int]:
    """The canonical values as Python integers."""
    return [int(value) for value in a.tolist()]


def signed(a: Elements) -> Elements:
    """The representatives nearest to zero: values above (p-1)/2 stand for negative numbers."""
    return torch.where(a > P // 2, a - P, a)


def to_bytes(a: Elements) -> bytes:
    """8 bytes little-endian for each element, in row-major order.

    Raises:
        NonCanonical: if a value lies outside 0..p-1.
    """
    _refuse_non_canonical(a)
    return a.cpu().numpy().astype("<i8", copy=False).tobytes()


def from_bytes(data: bytes, device: torch.device | str | None = None) -> Int64[Tensor, " n"]:
    """The elements that `to_bytes` wrote, as a vector.

    Raises:
        BadLength: if the number of bytes is no multiple of 8.
        NonCanonical: if a word is p or more.
    """
    if len(data) % COORDINATE_BYTES:
        raise BadLength(f"data has {len(data)} bytes, no multiple of {COORDINATE_BYTES}")
    words = torch.from_numpy(np.frombuffer(data, "<i8").astype(np.int64))
    _refuse_non_canonical(words)
    return words.to(device)


def _refuse_non_canonical(a: Elements) -> None:
    low, high = (int(bound) for bound in a.aminmax()) if a.numel() else (0, 0)
    if low < 0 or high >= P:
        wrong = ((a < 0) | (a >= P)).nonzero()
        position = tuple(wrong[0].tolist())
        raise NonCanonical(f"a{list(position)} is {int(a[position])}, must be in 0..{P - 1}")
