"""An int8 network: its integers, its bytes in the machine's memory, and what it must answer.

Layers are linear. Between them an accumulator is scaled back to int8 by integers alone: multiply by
`mult`, keep the upper half, round, shift, clamp to 0..127 (which is ReLU). Integers leave no
freedom: every machine that evaluates the network gives the same bits, which floats do not.

The format in memory ("MLP1"), little-endian words: magic, number of layers, then for each layer
n_in, n_out, mult, shift, and where its weights (int8, row by row) and biases (int32) begin, in
bytes from the model's start. The last layer's accumulators are the answer; its scale is ignored.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Int8, Int32, Int64

MAGIC = 0x31504C4D  # "MLP1"
HEADER, LAYER = struct.Struct("<II"), struct.Struct("<IIiIII")
MIN_SHIFT, MAX_SHIFT = 2, 31
MAX_ACTIVATION = 127
WORD_BYTES = 4


@dataclass(frozen=True)
class Layer:
    """One linear layer and the scale that follows it: times mult / 2^(31 + shift).

    Raises:
        ValueError: if shapes or ranges do not fit.
    """

    weights: Int8[np.ndarray, "n_out n_in"]
    biases: Int32[np.ndarray, " n_out"]
    mult: int = 1 << 30
    shift: int = MIN_SHIFT

    def __post_init__(self) -> None:
        if self.weights.dtype != np.int8 or self.weights.ndim != 2:
            raise ValueError(f"weights are {self.weights.dtype} {self.weights.shape}, not int8 2-d")
        if self.biases.dtype != np.int32 or self.biases.shape != (self.n_out,):
            raise ValueError(f"biases are {self.biases.dtype} {self.biases.shape}, not int32")
        if not -(2**31) <= self.mult < 2**31 or not MIN_SHIFT <= self.shift <= MAX_SHIFT:
            raise ValueError(f"mult {self.mult}, shift {self.shift}: int32 and 2..31")

    @property
    def n_in(self) -> int:
        """Numbers that go in."""
        return int(self.weights.shape[1])

    @property
    def n_out(self) -> int:
        """Numbers that come out."""
        return int(self.weights.shape[0])


def check_layers(layers: Sequence[Layer]) -> None:
    """ValueError unless there is a layer, and each takes what the one before gives."""
    if not layers:
        raise ValueError("layers is empty, must have at least 1")
    for number, (before, after) in enumerate(pairwise(layers)):
        if before.n_out != after.n_in:
            raise ValueError(f"layer {number} gives {before.n_out}, next takes {after.n_in}")


def evaluate(layers: Sequence[Layer], x: Int8[np.ndarray, " n_in"]) -> Int32[np.ndarray, " n_out"]:
    """The answer that a program must give.

    Raises:
        ValueError: if layers or input do not fit.
    """
    check_layers(layers)
    if x.dtype != np.int8 or x.shape != (layers[0].n_in,):
        raise ValueError(f"x is {x.dtype} {x.shape}, must be int8 ({layers[0].n_in},)")
    activations = x
    for layer in layers[:-1]:
        activations = rescale(accumulate(layer, activations), layer)
    return accumulate(layers[-1], activations)


def accumulate(layer: Layer, x: Int8[np.ndarray, " n_in"]) -> Int32[np.ndarray, " n_out"]:
    """Weighted sums and biases, wrapped to 32 bits as the machine's are."""
    sums = layer.weights.astype(np.int64) @ x.astype(np.int64) + layer.biases
    wrapped: Int32[np.ndarray, " n_out"] = sums.astype(np.int32)
    return wrapped


def rescale(sums: Int32[np.ndarray, " n"], layer: Layer) -> Int8[np.ndarray, " n"]:
    """Accumulators as activations 0..127."""
    upper: Int64[np.ndarray, " n"] = sums.astype(np.int64) * layer.mult >> 32
    scaled = upper + (1 << (layer.shift - 2)) >> (layer.shift - 1)
    activations: Int8[np.ndarray, " n"] = np.clip(scaled, 0, MAX_ACTIVATION).astype(np.int8)
    return activations


def offsets_of(layers: Sequence[Layer]) -> list[tuple[int, int]]:
    """Where weights and biases of each layer begin, from the model's start."""
    offsets, end = [], HEADER.size + LAYER.size * len(layers)
    for layer in layers:
        biases = end + -(-layer.weights.size // WORD_BYTES) * WORD_BYTES
        offsets.append((end, biases))
        end = biases + WORD_BYTES * layer.n_out
    return offsets


def pack(layers: Sequence[Layer]) -> bytes:
    """The network in format MLP1; ValueError if layers do not fit together."""
    check_layers(layers)
    offsets = offsets_of(layers)
    parts = [HEADER.pack(MAGIC, len(layers))]
    for layer, (weights, biases) in zip(layers, offsets, strict=True):
        numbers = layer.n_in, layer.n_out, layer.mult, layer.shift
        parts.append(LAYER.pack(*numbers, weights, biases))
    for layer, (weights, biases) in zip(layers, offsets, strict=True):
        parts.append(layer.weights.tobytes().ljust(biases - weights, b"\0"))
        parts.append(layer.biases.astype("<i4").tobytes())
    return b"".join(parts)


def unpack(data: bytes) -> list[Layer]:
    """The network that bytes in format MLP1 describe.

    Raises:
        ValueError: if the magic is wrong or something lies outside the bytes.
    """
    try:
        magic, n_layers = HEADER.unpack_from(data)
        if magic != MAGIC:
            raise ValueError(f"magic is {magic:#x}, must be {MAGIC:#x}")
        headers = [
            LAYER.unpack_from(data, HEADER.size + LAYER.size * number) for number in range(n_layers)
        ]
        layers = [_layer(data, *header) for header in headers]
    except struct.error:
        raise ValueError(f"model of {len(data)} bytes ends in the middle of a header") from None
    check_layers(layers)
    return layers


def _layer(
    data: bytes, n_in: int, n_out: int, mult: int, shift: int, weights: int, biases: int
) -> Layer:
    if max(weights + n_in * n_out, biases + WORD_BYTES * n_out) > len(data):
        raise ValueError(f"weights at {weights} or biases at {biases} leave {len(data)} bytes")
    rows = np.frombuffer(data, np.int8, n_in * n_out, weights).reshape(n_out, n_in)
    return Layer(rows, np.frombuffer(data, "<i4", n_out, biases).astype(np.int32), mult, shift)
