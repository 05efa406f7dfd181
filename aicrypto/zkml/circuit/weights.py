"""A network's weights at a random output: read from the model, or from a commitment to it.

The product of all matrices (`products`) needs of layer l the fold sum_j eq(r_l, j)·W_l[j, ·] and
the bias's polynomial at r_l. Who has the model computes them. Who has its commitment is sent them,
or nearly so:

The weights are one real matrix of 2^rho rows. Output j of a layer stands in row j mod 2^rho; for
every value of j's high bits, j_high, there is a block of columns: d_{l-1} weights, then b'. Blocks
come layer by layer. Two neighbouring columns make a column of complex numbers, these are committed
to as rows of codewords (`commit.tensor.ligero`). Since all layers' points end with the same rho
coordinates, one fold of the rows, 2·c_w numbers, serves all layers.

Source: protocol zkml-1 of this project, sections 8 and 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import kernels, m61x2, multilinear
from aicrypto.algebra.multilinear import Point, n_variables
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.tensor.ligero import Folds
from aicrypto.zkml.network import Network


@dataclass(frozen=True, eq=False)
class LayerFold:
    """One layer at a random output: a weight for every input, and the bias.

    Only the verifier asks for the bias: it is the inner product of biases b' and coefficients.
    """

    inputs: Int64[Tensor, "2 in"]
    biases: Int64[Tensor, " out"]
    coefficients: Int64[Tensor, "2 out"]

    @cached_property
    def bias(self) -> Fp2:
        """The value of the bias's polynomial."""
        return m61x2.to_scalar(m61x2.int_matmul(self.biases[None], self.coefficients)[:, 0])


def biases(network: Network) -> list[Int64[Tensor, " out"]]:
    """Every layer's b': what rounding adds is a part of the bias in hidden layers."""
    *hidden, last = network.layers
    rounded = [layer.bias.long() + (1 << layer.shift >> 1) for layer in hidden]
    return [*rounded, last.bias.long()]


def fold_network(network: Network, points: Sequence[Point]) -> list[LayerFold]:
    """Every layer at its point, from the model: one pass over the weights."""
    folds = list[LayerFold]()
    for layer, bias, point in zip(network.layers, biases(network), points, strict=True):
        equality = multilinear.eq_table(point, bias.device)[:, : len(bias)]
        inputs = m61x2.int_matmul(layer.weights.T, equality)
        folds.append(LayerFold(inputs, bias, equality))
    return folds


def fold_columns(
    dims: Sequence[int], log_rows: int, folds: Folds, points: Sequence[Point]
) -> list[LayerFold]:
    """Every layer at its point, from the folded rows of the committed matrix."""
    columns = _real_columns(folds)
    layers, start = list[LayerFold](), 0
    for n_in, point in zip(dims[:-1], points, strict=True):
        high = multilinear.eq_table(point[: len(point) - log_rows], columns.device)
        n_blocks = high.shape[1]
        block = columns[:, start : start + n_blocks * (n_in + 1)]
        start += n_blocks * (n_in + 1)
        blocks = block.unflatten(1, (n_blocks, n_in + 1))
        folded = m61x2.dot(blocks, high[:, :, None], dim=-2)
        one = torch.ones(1, dtype=torch.int64, device=folded.device)
        layers.append(LayerFold(folded[:, :n_in], one, folded[:, n_in:]))
    return layers


def matrix(network: Network, log_rows: int) -> Int64[Tensor, "rows columns"]:
    """The committed matrix of signed integers."""
    n_rows = 1 << log_rows
    parts = list[Tensor]()
    for layer, bias in zip(network.layers, biases(network), strict=True):
        block = torch.cat((layer.weights.long(), bias[:, None]), dim=1)
        n_outputs = max(n_rows, 1 << n_variables(len(bias)))
        block = pad(block, (0, 0, 0, n_outputs - len(bias)))
        parts.append(block.unflatten(0, (-1, n_rows)).transpose(0, 1).flatten(1))
    return torch.cat(parts, dim=1)


def n_complex_columns(dims: Sequence[int], log_rows: int) -> int:
    """Columns of complex numbers in the matrix, c_w; a power of two is committed to."""
    logs = [max(log_rows, n_variables(n_out)) - log_rows for n_out in dims[1:]]
    n_real = sum((n_in + 1) << log for n_in, log in zip(dims[:-1], logs, strict=True))
    return (n_real + 1) // 2


def log_outputs(dims: Sequence[int], log_rows: int) -> int:
    """Coordinates of the last layer's outputs, padded to the rows of the matrix."""
    return max(log_rows, n_variables(dims[-1]))


def _real_columns(folds: Folds) -> Int64[Tensor, "2 columns"]:
    """Sums over real parts and over imaginary parts, which are separate integers, in turn."""
    whole = kernels.whole_for(folds.u1, folds.u2)
    if whole is not None:
        columns: Int64[Tensor, "2 columns"] = whole.unfold_pairs(folds.u1, folds.u2)
        return columns
    other = m61x2.conj(folds.u2)
    halves = (
        m61x2.mul(m61x2.add(folds.u1, other), _constant(Fp2(1) / 2, other)),
        m61x2.mul(m61x2.sub(folds.u1, other), _constant(Fp2(1) / Fp2(0, 2), other)),
    )
    return torch.stack(halves, dim=-1).flatten(1)


def _constant(value: Fp2, like: Tensor) -> Int64[Tensor, "2 1"]:
    return m61x2.from_scalar(value, like.device)[:, None]
