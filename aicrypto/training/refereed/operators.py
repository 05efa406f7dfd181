"""Operators of a training step that give the same bits on every machine.

A referee who recomputes one operator must get the honest provider's bits, or it would convict the
honest. Additions, products, quotients and square roots of float32 are rounded alike everywhere, if
none is fused with another; what differs between machines is the order of sums and the library's
exponential. So sums run through `ordered_matmul`, and the exponential is made of products.

Tensors float32; tokens int64. Every function is pure.
Source: Verde/RepOps, arXiv 2502.19405.
"""

import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from aicrypto.opml.phases import ordered_matmul

LOG2_E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4  # their sum is ln 2; the first has few bits
LOWEST_EXPONENT = -126  # smaller powers of two are no normal float32 numbers
FLOAT_BIAS, MANTISSA_BITS = 127, 23
TAYLOR = (1 / 5040, 1 / 720, 1 / 120, 1 / 24, 1 / 6, 1 / 2, 1.0, 1.0)

Matrix = Float32[Tensor, "rows columns"]


def exp(x: Float32[Tensor, "..."]) -> Float32[Tensor, "..."]:
    """The exponential of x <= 0, within 2e-7 of its value; 0 below about -87."""
    n = (x * LOG2_E).round().clamp(min=LOWEST_EXPONENT - 1)
    r = x - n * LN2_HIGH
    r = (r - n * LN2_LOW).clamp(min=-1.0)
    series = torch.full_like(r, TAYLOR[0])
    for coefficient in TAYLOR[1:]:
        series = series * r
        series = series + coefficient
    bits = (n.int() + FLOAT_BIAS) << MANTISSA_BITS  # of 2^n; 0 for the lowest n
    return series * bits.view(torch.float32)


def column_sums(x: Matrix) -> Float32[Tensor, " columns"]:
    """Sums over rows, from the first row to the last."""
    ones = torch.ones(1, len(x), dtype=x.dtype, device=x.device)
    return ordered_matmul(ones, x)[0]


def softmax_gradient(logits: Matrix, y: Int64[Tensor, " rows"]) -> Matrix:
    """Gradient of the mean cross-entropy with respect to the logits."""
    powers = exp(logits - logits.max(dim=1, keepdim=True).values)
    ones = torch.ones(logits.shape[1], 1, dtype=logits.dtype, device=logits.device)
    chances = powers / ordered_matmul(powers, ones)
    return (chances - one_hot(y, logits.shape[1])) / len(y)


def one_hot(y: Int64[Tensor, " rows"], n: int) -> Matrix:
    """Rows with a one in column y."""
    return (y[:, None] == torch.arange(n, device=y.device)).float()


def look_up(table: Matrix, x: Int64[Tensor, "rows context"]) -> Matrix:
    """The table's rows of all tokens of a context, side by side."""
    return table[x].flatten(1)


def table_gradient(x: Int64[Tensor, "rows context"], g: Matrix, table: Matrix) -> Matrix:
    """Gradient of the table from that of the rows looked up."""
    tokens = one_hot(x.flatten(), len(table))
    return ordered_matmul(tokens.T.contiguous(), g.reshape(-1, table.shape[1]))


def multiply_left_transposed(a: Matrix, b: Matrix) -> Matrix:
    """Transpose of a, times b: the gradient of a weight."""
    return ordered_matmul(a.T.contiguous(), b)


def multiply_right_transposed(a: Matrix, b: Matrix) -> Matrix:
    """Product of a and the transpose of b: the gradient of an input."""
    return ordered_matmul(a, b.T.contiguous())


def where_positive(g: Matrix, h: Matrix) -> Matrix:
    """Gradient in front of a ReLU whose result was h."""
    return torch.where(h > 0, g, torch.zeros_like(g))


def power(base: float, exponent: int) -> float:
    """base^exponent by one product after the other, as the C library's power may differ."""
    result = 1.0
    for _ in range(exponent):
        result = result * base
    return result
