"""GGUF, the file format of llama.cpp: metadata, and tensors in blocks of a few bits.

Header, keys with typed values, tensor descriptions, then the data, all little-endian. Three kinds
of tensors occur here; a block holds 32 weights and is expanded to float32:

    F32     4 bytes a weight
    Q8_0    float16 d, 32 signed bytes q: w = d q
    Q4_1    float16 d and m, 16 bytes of two 4-bit numbers q (low ones first): w = d q + m

Source: ggml-org/ggml docs/gguf.md; bit-equal to the gguf 0.19.0 package on all tensors of SmolLM2.
"""

import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

MAGIC, VERSION = b"GGUF", 3
DEFAULT_ALIGNMENT = 32
F32, Q4_1, Q8_0 = 0, 3, 8
BLOCK = 32  # weights
BLOCK_BYTES = {F32: 4 * BLOCK, Q4_1: 20, Q8_0: 34}
SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
STRING, ARRAY = 8, 9


@dataclass(frozen=True)
class TensorInfo:
    """A tensor's shape (rows first), its kind, and where it begins in the file."""

    shape: tuple[int, ...]
    kind: int
    start: int


@dataclass(frozen=True)
class Gguf:
    """An opened file; `data` is mapped, not read."""

    metadata: dict[str, Any]
    tensors: dict[str, TensorInfo]
    data: np.ndarray

    def tensor(self, name: str) -> Float[np.ndarray, "..."]:
        """The float32 weights of a tensor.

        Raises:
            ValueError: if its kind is none of the three.
        """
        info = self.tensors[name]
        if info.kind not in BLOCK_BYTES:
            raise ValueError(f"{name} is of kind {info.kind}, must be in {sorted(BLOCK_BYTES)}")
        n_bytes = prod(info.shape) // BLOCK * BLOCK_BYTES[info.kind]
        raw = self.data[info.start : info.start + n_bytes]
        if len(raw) < n_bytes:
            raise ValueError(f"{name} ends {n_bytes - len(raw)} bytes after the file")
        return expand(raw, info.kind).reshape(info.shape)


def expand(raw: np.ndarray, kind: int) -> Float[np.ndarray, " n"]:
    """The float32 weights that a run of blocks stands for."""
    if kind == F32:
        return np.array(raw.view("<f4"))
    blocks = raw.reshape(-1, BLOCK_BYTES[kind])
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    if kind == Q8_0:
        return np.ravel(scale * blocks[:, 2:].view(np.int8))
    least = blocks[:, 2:4].copy().view("<f2").astype(np.float32)
    quarters = np.concatenate([blocks[:, 4:] & 15, blocks[:, 4:] >> 4], axis=1)
    return np.ravel(scale * quarters + least)


def read_gguf(path: Path) -> Gguf:
    """The opened file.

    Raises:
        ValueError: if it is no GGUF file of version 3, or ends early.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    reader = _Reader(data.data)
    magic, version = bytes(reader.take(4)), reader.scalar("I")
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError(f"{path} begins with {magic!r}, version {version}: not GGUF 3")
    n_tensors, n_keys = reader.scalar("Q"), reader.scalar("Q")
    metadata = {reader.text(): reader.value(reader.scalar("I")) for _ in range(n_keys)}
    described = [(reader.text(), *reader.description()) for _ in range(n_tensors)]
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    start = -(-reader.place // alignment) * alignment
    tensors = {n: TensorInfo(shape, kind, start + at) for n, shape, kind, at in described}
    return Gguf(metadata, tensors, data)


@dataclass
class _Reader:
    """Bytes with a place to read on."""

    data: memoryview
    place: int = 0

    def take(self, n: int) -> memoryview:
        """The next n bytes."""
        piece = self.data[self.place : self.place + n]
        if len(piece) < n:
            raise ValueError(f"file ends {n - len(piece)} bytes early")
        self.place += n
        return piece

    def scalar(self, code: str) -> Any:
        """The next number, by its `struct` code."""
        return struct.unpack(f"<{code}", self.take(struct.calcsize(f"<{code}")))[0]

    def text(self) -> str:
        """The next string."""
        return bytes(self.take(self.scalar("Q"))).decode()

    def value(self, kind: int) -> Any:
        """The next value of a kind; arrays are lists."""
        if kind == STRING:
            return self.text()
        if kind == ARRAY:
            inner, count = self.scalar("I"), self.scalar("Q")
            return [self.value(inner) for _ in range(count)]
        if kind not in SCALARS:
            raise ValueError(f"value is of kind {kind}, which GGUF does not have")
        return self.scalar(SCALARS[kind])

    def description(self) -> tuple[tuple[int, ...], int, int]:
        """Shape with rows first, kind, and offset of the next tensor."""
        sizes = [self.scalar("Q") for _ in range(self.scalar("I"))]
        return tuple(sizes[::-1]), self.scalar("I"), self.scalar("Q")
