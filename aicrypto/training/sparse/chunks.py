"""Cutting a tensor into pieces of which each keeps its own largest values.

Each side of a tensor is cut by its largest divisor that is at most `target`: a matrix becomes
blocks, in the order of block rows and block columns, each flattened row by row; a vector becomes
consecutive pieces. A matrix whose sides are multiples of 64 gives blocks of 4,096, so that a
position needs 12 bits.

Source: tplr-ai/templar @c2397ac5 src/tplr/compress.py.
"""

import math
from collections.abc import Sequence

from jaxtyping import Shaped
from torch import Tensor

MAX_SIDES = 2


def chunk_shape(shape: Sequence[int], target: int) -> tuple[int, ...]:
    """The sides of one block: of each side of the tensor, its largest divisor up to `target`.

    Raises:
        ValueError: if the tensor is neither vector nor matrix, or the target is below 1.

    >>> chunk_shape((768, 100), 64)
    (64, 50)
    """
    if not 1 <= len(shape) <= MAX_SIDES or target < 1 or min(shape) < 1:
        raise ValueError(f"shape is {tuple(shape)}, target {target}: must be 1 or 2 sides, >= 1")
    return tuple(_largest_divisor(side, target) for side in shape)


def _largest_divisor(side: int, most: int) -> int:
    return next(d for d in range(min(side, most), 0, -1) if side % d == 0)


def to_chunks(tensor: Shaped[Tensor, "..."], target: int) -> Shaped[Tensor, "chunks length"]:
    """The tensor's blocks, one a row."""
    block = chunk_shape(tensor.shape, target)
    if tensor.dim() == 1:
        return tensor.reshape(-1, block[0])
    (rows, columns), (h, w) = tensor.shape, block
    return tensor.reshape(rows // h, h, columns // w, w).transpose(1, 2).reshape(-1, h * w)


def from_chunks(
    chunks: Shaped[Tensor, "chunks length"], shape: Sequence[int], target: int
) -> Shaped[Tensor, "..."]:
    """The tensor of that shape whose blocks these are.

    Raises:
        ValueError: if their number or length does not fit.
    """
    block = chunk_shape(shape, target)
    wanted = (math.prod(shape) // math.prod(block), math.prod(block))
    if tuple(chunks.shape) != wanted:
        raise ValueError(f"chunks have shape {tuple(chunks.shape)}, must be {wanted}")
    if len(shape) == 1:
        return chunks.reshape(*shape)
    (rows, columns), (h, w) = shape, block
    return chunks.reshape(rows // h, columns // w, h, w).transpose(1, 2).reshape(rows, columns)
