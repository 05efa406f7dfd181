"""Operators with one result on every machine: integers, and floats in a fixed order.

A referee can only decide by recomputing if honest parties get the same bits. Integer sums do not
depend on their order, so a matrix product of int8 is exact wherever no partial sum overflows: here
it runs in float64, whose 53 bits hold every such sum, on CPU and GPU alike. Everything else is
int64 arithmetic with the rounding of the machine's instructions.

Ordinary float32 products do depend on the order of summation, which libraries choose by shape,
thread count and hardware. `ordered_matmul` fixes it, one k after the other, and keeps product and
sum apart, since a fused multiply-add rounds once instead of twice.

Tensors: activations int8, accumulators and residuals int32 (carried as int64), row-major.
Source of the float rule: Verde/RepOps, arXiv 2502.19405.
"""

import torch
from jaxtyping import Float32, Int

INT32_SPAN = 1 << 32
HIGHEST = 127  # of an activation; the lowest is 0 behind a ReLU, else -127
CLAMP_16 = (1 << 15) - 1
TABLE_SIZE = 256
ACTIVATION, ACCUMULATOR, SCALED = 0, 1, 2  # what a matrix product returns


def wrap32(values: Int[torch.Tensor, "..."]) -> Int[torch.Tensor, "..."]:
    """Values modulo 2^32, as signed numbers: what a 32-bit register keeps."""
    return (values + INT32_SPAN // 2) % INT32_SPAN - INT32_SPAN // 2


def rescale(values: Int[torch.Tensor, "..."], mult: int, shift: int) -> Int[torch.Tensor, "..."]:
    """Product with mult / 2^(31 + shift), rounded as MULH, an addition and SRA do it.

    Raises:
        ValueError: if the shift is not in 2..31.
    """
    if not 2 <= shift <= 31:
        raise ValueError(f"shift is {shift}, must be in 2..31")
    return ((values * mult >> 32) + (1 << (shift - 2))) >> (shift - 1)


def matmul(
    x: Int[torch.Tensor, "rows n_in"],
    w: Int[torch.Tensor, "n_out n_in"],
    bias: Int[torch.Tensor, " n_out"],
    mult: int,
    shift: int,
    lowest: int,
    mode: int,
) -> Int[torch.Tensor, "rows n_out"]:
    """Product of x and w transposed, plus bias: clamped activations, raw or scaled accumulators."""
    product = (x.double() @ w.double().T).long()  # exact: |sum| < n_in * 2^14 < 2^53
    sums = wrap32(product + bias.long())
    if mode == ACCUMULATOR:
        return sums
    scaled = rescale(sums, mult, shift)
    return wrap32(scaled) if mode == SCALED else scaled.clamp(lowest, HIGHEST)


def add(a: Int[torch.Tensor, "..."], b: Int[torch.Tensor, "..."]) -> Int[torch.Tensor, "..."]:
    """The sum of two residuals."""
    return wrap32(a.long() + b.long())


def rms_norm(
    x: Int[torch.Tensor, "rows n"], gain: Int[torch.Tensor, " n"], shift: int
) -> Int[torch.Tensor, "rows n"]:
    """Rows divided by their root mean square (times 2^(-shift/2)), times the gain.

    Inputs are clamped to 16 bits, so that no square overflows; the root is rounded down, the
    quotient toward zero.
    """
    clamped = x.long().clamp(-CLAMP_16, CLAMP_16)
    squares = (clamped * clamped >> shift).sum(1, keepdim=True) % INT32_SPAN
    roots = (squares // x.shape[1]).double().sqrt().long().clamp(min=1)
    quotients = torch.div(wrap32(clamped * gain.long()), roots, rounding_mode="trunc")
    return quotients.clamp(-HIGHEST, HIGHEST)


def softmax(
    scores: Int[torch.Tensor, "rows n"], table: Int[torch.Tensor, "256"], shift: int, causal: int
) -> Int[torch.Tensor, "rows n"]:
    """Rows of weights 0..127: exponentials by table, divided by their sum, rounded down.

    Args:
        scores: accumulators.
        table: exp(-i) for the distance i from the row's maximum, in units of 2^shift.
        shift: of the distance.
        causal: whether row t only sees columns 0..t.
    """
    rows, n = scores.shape
    column, row = (torch.arange(size, device=scores.device) for size in (n, rows))
    seen = column[None, :] <= row[:, None] if causal else torch.ones_like(scores, dtype=torch.bool)
    lowest = torch.full_like(scores.long(), -(INT32_SPAN // 2))
    highest = torch.where(seen, scores.long(), lowest).max(1, keepdim=True).values
    distance = ((highest - scores.long()) % INT32_SPAN >> shift).clamp(max=TABLE_SIZE - 1)
    weights = torch.where(seen, table.long()[distance], torch.zeros_like(distance))
    return weights * HIGHEST // weights.sum(1, keepdim=True)


def gate(
    u: Int[torch.Tensor, "..."],
    v: Int[torch.Tensor, "..."],
    table: Int[torch.Tensor, "256"],
    shift: int,
) -> Int[torch.Tensor, "..."]:
    """table(u) * v / 2^shift rounded, the gated activation; the table starts at u = -128."""
    products = table.long()[u.long() + TABLE_SIZE // 2] * v.long()
    return (products + (1 << (shift - 1)) >> shift).clamp(-HIGHEST, HIGHEST)


def ordered_matmul(
    a: Float32[torch.Tensor, "m k"], b: Float32[torch.Tensor, "k n"]
) -> Float32[torch.Tensor, "m n"]:
    """Product a @ b with one fixed order of float32 operations: equal bits on every device.

    Cost: k passes over the result; a library's product is some ten times quicker.
    """
    result = torch.zeros(a.shape[0], b.shape[1], dtype=a.dtype, device=a.device)
    for k in range(a.shape[1]):
        result = result + a[:, k : k + 1] * b[k : k + 1]
    return result
