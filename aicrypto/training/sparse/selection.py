"""Of each chunk the k largest values, and of each value two bits.

The kept values of a whole tensor are quantised together: they are shifted by their mean, and
steps of `range_sigmas` standard deviations divided by `bins` give each its code. What a code stands
for is the mean of the values that got it. With 4 bins over 6 sigmas the values that survive a
selection by size mostly get two codes: a sign and a mean size.

All numbers are float32. Ties in size go to the lower position, so that every machine selects alike.

Source: tplr-ai/templar @c2397ac5 src/tplr/compress.py; arXiv 2508.15706.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

BINS, RANGE_SIGMAS = 4, 6  # the deployed system's
FEWEST = 2  # kept of a chunk


@dataclass(frozen=True)
class Selected:
    """Positions in each chunk, ascending, and the values there."""

    indices: Int[Tensor, "chunks k"]
    values: Float[Tensor, "chunks k"]


@dataclass(frozen=True)
class Quantised:
    """Codes, and what they mean: code q stands for lookup[q] + shift."""

    codes: Int[Tensor, "chunks k"]
    lookup: Float[Tensor, " bins"]
    shift: float
    scale: float
    offset: int


def kept_count(length: int, k: int) -> int:
    """How many values a chunk of that length keeps: at most k, at least 2, an even number.

    Raises:
        ValueError: if the chunk has fewer than 2 values, from which no even number can be kept.

    >>> [kept_count(4096, 64), kept_count(20, 7), kept_count(33, 64), kept_count(32, 1)]
    [64, 6, 32, 2]
    """
    if length < FEWEST:
        raise ValueError(f"a chunk has {length} value, must have >= {FEWEST}")
    count = max(min(k, length), FEWEST)
    return count - count % 2


def top_k(chunks: Float[Tensor, "chunks length"], k: int) -> Selected:
    """The `kept_count` values of each chunk with the largest absolute value."""
    count = kept_count(chunks.shape[1], k)
    order = chunks.abs().sort(dim=1, descending=True, stable=True).indices[:, :count]
    indices = order.sort(dim=1).values
    return Selected(indices, chunks.gather(1, indices))


def quantise(
    values: Float[Tensor, "chunks k"], bins: int = BINS, range_sigmas: float = RANGE_SIGMAS
) -> Quantised:
    """The values' codes 0..bins - 1, all of them on one scale.

    Raises:
        ValueError: if there are fewer than two bins.
    """
    if bins < 2:
        raise ValueError(f"bins is {bins}, must be >= 2")
    shift = values.mean()
    centred = values - shift
    deviation = centred.norm() / math.sqrt(values.numel() - 1)
    scale = float(range_sigmas * deviation / bins)
    if scale == 0 or not math.isfinite(scale):
        scale = 1.0
    codes = (centred / scale + bins // 2).round().clamp(0, bins - 1).long()
    with_code = (codes.flatten()[:, None] == torch.arange(bins, device=codes.device)).float()
    counts, sums = with_code.sum(0), (with_code * centred.flatten()[:, None]).sum(0)
    return Quantised(codes, sums / counts.clamp(min=1), float(shift), scale, bins // 2)


def dequantise(quantised: Quantised) -> Float[Tensor, "chunks k"]:
    """What the receiver takes the values for."""
    return quantised.lookup[quantised.codes] + quantised.shift
