"""What a peer uploads in a window: one canonical byte string, checked before anything is used.

For each tensor of the layout, in order:

    shift float32 | lookup, `bins` float32 | positions, 12 bits each | codes, 2 bits each

little-endian; positions chunk by chunk, ascending, two of them in three bytes; codes from the
lowest bits up, the last byte filled with zeros. Sender and receiver know layout, k and bins, so no
length travels, and a message has exactly one length. A kept value takes 14 bits, and with 64 of
4,096 a tensor shrinks 146 times against float32. The receiver refuses positions that are repeated,
out of order or outside, and numbers that are not finite, or not after shift and lookup are added.

Source: tplr-ai/templar @c2397ac5 src/tplr/compress.py (packing); the order of fields is ours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from aicrypto.training.layout import Layout, Shape
from aicrypto.training.sparse.aggregate import aggregate
from aicrypto.training.sparse.chunks import chunk_shape, to_chunks
from aicrypto.training.sparse.selection import (
    BINS,
    RANGE_SIGMAS,
    Quantised,
    dequantise,
    kept_count,
    quantise,
    top_k,
)

TARGET, K = 64, 64  # the deployed system's: blocks of 64 x 64, 64 kept of each
INDEX_SPAN = 1 << 12
FLOAT_BYTES = 4
LARGEST = float(np.finfo(np.float32).max)


class IndexTooLarge(ValueError):
    """A position does not fit 12 bits."""


class OddCount(ValueError):
    """Positions are packed in pairs."""


class BadMessage(ValueError):
    """Bytes that are no canonical upload of the agreed form."""


@dataclass(frozen=True)
class Part:
    """One tensor of an upload: where values are kept, and their codes with what these mean."""

    indices: Int[Tensor, "chunks k"]
    quantised: Quantised


@dataclass(frozen=True)
class Upload:
    """A compressed pseudo-gradient: one part for each tensor of the codec's layout."""

    parts: tuple[Part, ...]


def pack_12bit(indices: Sequence[int]) -> bytes:
    """Two positions in three bytes, the first one lowest.

    Raises:
        IndexTooLarge: for a position outside 0..4095.
        OddCount: if they do not pair up.

    >>> pack_12bit([1, 4095]).hex()
    '01f0ff'
    """
    if any(not 0 <= index < INDEX_SPAN for index in indices):
        raise IndexTooLarge(f"an index is {max(indices)}, must be in 0..{INDEX_SPAN - 1}")
    if len(indices) % 2:
        raise OddCount(f"{len(indices)} indices, must be an even number")
    pairs = np.asarray(indices, dtype=np.uint32).reshape(-1, 2)
    words = pairs[:, 0] | pairs[:, 1] << 12
    return words.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def unpack_12bit(data: bytes) -> list[int]:
    """The positions in packed bytes.

    Raises:
        BadMessage: if these are not whole triples.
    """
    if len(data) % 3:
        raise BadMessage(f"{len(data)} bytes of positions, must be a multiple of 3")
    triples = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int64)
    words = triples[:, 0] | triples[:, 1] << 8 | triples[:, 2] << 16
    return [int(x) for x in np.stack([words & 4095, words >> 12], axis=1).flatten()]


@dataclass(frozen=True)
class Codec:
    """The form of uploads that all peers agree on.

    Raises:
        ValueError: if a block is too long for 12-bit positions, or too short to keep two values.
    """

    layout: Layout
    k: int = K
    target: int = TARGET
    bins: int = BINS
    range_sigmas: float = RANGE_SIGMAS

    def __post_init__(self) -> None:
        longest = max(n for _, n, _ in self._forms)
        if longest > INDEX_SPAN:
            raise ValueError(f"a block has {longest} values, must have <= {INDEX_SPAN}")

    @cached_property
    def _forms(self) -> tuple[tuple[int, int, int], ...]:
        """Of each tensor: number of chunks, their length, values kept of each."""
        return tuple(self._form(shape) for _, shape in self.layout.shapes)

    def _form(self, shape: Shape) -> tuple[int, int, int]:
        length = math.prod(chunk_shape(shape, self.target))
        return math.prod(shape) // length, length, kept_count(length, self.k)

    @cached_property
    def _positions(self) -> tuple[Int[Tensor, "chunks length"], ...]:
        """Of each tensor: where in the flat vector its chunks' values lie."""
        places = self.layout.split(torch.arange(self.layout.size))
        return tuple(to_chunks(place, self.target) for place in places.values())

    @cached_property
    def n_bytes(self) -> int:
        """Length of every message."""
        return sum(map(sum, self._sizes))

    @property
    def _sizes(self) -> list[tuple[int, int, int]]:
        """Of each tensor: bytes of floats, of positions and of codes."""
        kept = [chunks * k for chunks, _, k in self._forms]
        floats = FLOAT_BYTES * (1 + self.bins)
        return [(floats, 3 * n // 2, -(-n * self._code_bits // 8)) for n in kept]

    @property
    def _code_bits(self) -> int:
        return (self.bins - 1).bit_length()

    def compress(self, vector: Float[Tensor, " n"]) -> Upload:
        """The largest values of each chunk, quantised tensor by tensor."""
        parts = []
        for tensor in self.layout.split(vector).values():
            kept = top_k(to_chunks(tensor, self.target), self.k)
            parts.append(Part(kept.indices, quantise(kept.values, self.bins, self.range_sigmas)))
        return Upload(tuple(parts))

    def sparse(self, upload: Upload) -> list[tuple[Tensor, Tensor]]:
        """Of each tensor: positions in the flat vector and values there."""
        found = []
        for part, places in zip(upload.parts, self._positions, strict=True):
            where = places.to(part.indices.device).gather(1, part.indices)
            found.append((where.flatten(), dequantise(part.quantised).flatten()))
        return found

    def dense(self, upload: Upload) -> Float[Tensor, " n"]:
        """The flat vector that an upload stands for, zeros where it says nothing."""
        where, values = (torch.cat(x) for x in zip(*self.sparse(upload), strict=True))
        empty = torch.zeros(self.layout.size, dtype=values.dtype, device=values.device)
        return empty.scatter(0, where, values)

    def aggregate(self, uploads: Sequence[Upload], per_sender: bool = True) -> Float[Tensor, " n"]:
        """The vector that everybody applies: `aggregate` for each tensor."""
        n = self.layout.size
        by_tensor = zip(*map(self.sparse, uploads), strict=True)
        return torch.stack([aggregate(n, tensor, per_sender) for tensor in by_tensor]).sum(0)

    def to_bytes(self, upload: Upload) -> bytes:
        """The message of an upload."""
        return b"".join(map(self._part_bytes, upload.parts))

    def _part_bytes(self, part: Part) -> bytes:
        floats = torch.cat([torch.tensor([part.quantised.shift]), part.quantised.lookup.cpu()])
        codes = part.quantised.codes.flatten().cpu().numpy()
        bits = codes[:, None] >> np.arange(self._code_bits) & 1
        packed = np.packbits(bits.astype(np.uint8), bitorder="little").tobytes()
        numbers = floats.numpy().astype("<f4").tobytes()
        return numbers + pack_12bit(part.indices.flatten().tolist()) + packed

    def from_bytes(self, data: bytes, device: str = "cpu") -> Upload:
        """The upload that a message stands for.

        Raises:
            BadMessage: naming what is not canonical.
        """
        if len(data) != self.n_bytes:
            raise BadMessage(f"message has {len(data)} bytes, must have {self.n_bytes}")
        parts, at = [], 0
        for sizes, form in zip(self._sizes, self._forms, strict=True):
            parts.append(self._part(data[at : at + sum(sizes)], sizes, form, device))
            at += sum(sizes)
        return Upload(tuple(parts))

    def _part(
        self, data: bytes, sizes: tuple[int, int, int], form: tuple[int, int, int], device: str
    ) -> Part:
        chunks, length, k = form
        floats = np.frombuffer(data, "<f4", 1 + self.bins)
        meant = floats[1:].astype(np.float64) + floats[0]
        if not (np.abs([*floats, *meant]) <= LARGEST).all():
            raise BadMessage(f"a value is not finite, or is not once shifted: {floats.tolist()}")
        indices = torch.tensor(unpack_12bit(data[sizes[0] : -sizes[2]])).view(chunks, k)
        if (indices >= length).any() or (indices.diff(dim=1) <= 0).any():
            raise BadMessage(f"positions must ascend in each chunk and be < {length}")
        codes = self._codes(data[-sizes[2] :], chunks * k).view(chunks, k)
        lookup = torch.tensor(floats[1:].copy(), device=device)
        quantised = Quantised(codes.to(device), lookup, float(floats[0]), 1.0, self.bins // 2)
        return Part(indices.to(device), quantised)

    def _codes(self, data: bytes, n: int) -> Int[Tensor, " n"]:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")
        used = bits[: n * self._code_bits].reshape(n, self._code_bits)
        codes = (used.astype(np.int64) << np.arange(self._code_bits)).sum(1)
        if bits[n * self._code_bits :].any() or codes.max() >= self.bins:
            raise BadMessage(f"codes must be < {self.bins}, and bits behind them 0")
        return torch.tensor(codes)
