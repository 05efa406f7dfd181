"""Integer networks: the exact computation that zkml proofs are about.

Floats give other last digits on other machines, and a proof has no room for "nearly". So a model is
a list of integers. Layer l has weights W (int8, out × in as in torch.nn.Linear), biases b (int32,
|b| < 2^23) and a shift s. From int8 activations a it makes

    acc = W a + b                                       exact, in 32 bits
    hidden:  a' = clamp((acc + 2^(s-1)) >> s, 0, 127)   round half up, then ReLU and clamp
    last:    logits = acc, output = clamp((acc + (2^s >> 1)) >> s, -128, 127)

and the label is the first maximum of the logits. Batches are rows: inputs are (batch, d_0), logits
(batch, d_L). The digest, SHA-256 of `to_bytes`, names the model in every proof.

Source of format, rounding and errors: protocol zkml-1 of this project, section 7. The same numbers
run in the virtual machine of optimistic proofs: multiplier 2^30, shift s - 1, for s >= 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from jaxtyping import Int8, Int32, Int64
from torch import Tensor

from aicrypto.commit.hashes import sha256

MAGIC = b"aicrypto.mlp.v1"
MAX_ACTIVATION = 127
MAX_SHIFT, MAX_OUTPUT_SHIFT = 12, 24
BIAS_BOUND = 2**23
INT8_MIN, INT8_MAX = -128, 127
INT32_MAX = 2**31 - 1
MAX_PRODUCT = 2**14  # (-128)·(-128)
# float32 represents every integer up to 2^24.
MAX_FLOAT32_TERMS = 2**24 // MAX_PRODUCT
# cuBLAS multiplies int8 matrices of more than 16 rows whose other sides are multiples of 8.
MIN_CUDA_ROWS, CUDA_ALIGNMENT = 17, 8
# torch 2.13 reads a matrix of one column wrongly, and narrow ones gain nothing.
MIN_CPU_INPUTS = 8


class ShapeMismatch(ValueError):
    """An array does not have the shape that its neighbours ask for."""


class WeightRange(ValueError):
    """A weight is no integer in -128..127."""


class BiasRange(ValueError):
    """A bias is no integer with |b| < 2^23."""


class ShiftRange(ValueError):
    """A shift is no integer in 1..12 (hidden layers) or 0..24 (the last one)."""


class AccumulatorOverflow(ValueError):
    """Some int8 input would take a layer's accumulator beyond 32 bits."""


class InputRange(ValueError):
    """An input is no integer in -128..127, or outside the range that was calibrated."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The integers of one layer; a `Network` checks them."""

    weights: Int8[Tensor, "out in"]
    bias: Int32[Tensor, " out"]
    shift: int

    def accumulate(self, a: Int8[Tensor, "batch in"]) -> Int32[Tensor, "batch out"]:
        """W a + b of every row, exactly."""
        if len(a) == 1:
            return int8_matmul(a, self.weights) + self.bias
        return int8_matmul(self.weights, a).T + self.bias  # a column a row: as witnesses lie

    def round(self, acc: Int32[Tensor, "batch out"]) -> Int32[Tensor, "batch out"]:
        """The accumulators divided by 2^s, half rounded up, before any clamp."""
        return (acc + ((1 << self.shift) >> 1)) >> self.shift

    def activate(self, acc: Int32[Tensor, "batch out"]) -> Int8[Tensor, "batch out"]:
        """The next layer's input."""
        return self.round(acc).clamp(0, MAX_ACTIVATION).to(torch.int8)


@dataclass(frozen=True, eq=False)
class Execution:
    """What a network computed for a batch, layer by layer."""

    accumulators: tuple[Int32[Tensor, "batch out"], ...]
    hidden: tuple[Int8[Tensor, "batch out"], ...]  # activations: one layer fewer
    output: Int8[Tensor, "batch classes"]

    @property
    def logits(self) -> Int32[Tensor, "batch classes"]:
        """The last accumulators: the output that proofs state."""
        return self.accumulators[-1]

    @property
    def labels(self) -> Int64[Tensor, " batch"]:
        """Each row's first maximum."""
        return self.logits.argmax(1)


@dataclass(frozen=True, eq=False)
class Network:
    """An int8 network of fully connected layers with ReLU between them, checked.

    Raises:
        ShapeMismatch, WeightRange, BiasRange, ShiftRange, AccumulatorOverflow: the first of them
            that is due, layer by layer, with the layer, the value and the bound.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        """Refuses what is no network."""
        _check([(_grid(layer.weights), _grid(layer.bias), layer.shift) for layer in self.layers])
        for number, layer in enumerate(self.layers):
            types = (layer.weights.dtype, layer.bias.dtype)
            if types != (torch.int8, torch.int32):
                raise TypeError(f"layer {number} has types {types}, must have int8, int32")

    @classmethod
    def from_integers(cls, layers: Iterable[Mapping[str, Any]]) -> "Network":
        """The network in mappings of "W", "b" and "shift": nested lists, arrays or tensors.

        Raises:
            ValueError: as the class does; what is no integer counts as out of range.
        """
        raw = [(_grid(entry["W"]), _grid(entry["b"]), entry["shift"]) for entry in layers]
        _check(raw)
        return cls(
            tuple(
                Layer(
                    torch.from_numpy(weights.astype(np.int8)),
                    torch.from_numpy(bias.astype(np.int32)),
                    shift,
                )
                for weights, bias, shift in raw
            )
        )

    @property
    def dims(self) -> tuple[int, ...]:
        """Widths d_0..d_L: input, hidden layers, output."""
        return (self.layers[0].weights.shape[1], *(len(layer.bias) for layer in self.layers))

    @property
    def shifts(self) -> tuple[int, ...]:
        """The layers' shifts."""
        return tuple(layer.shift for layer in self.layers)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return self.layers[0].weights.device

    def to(self, device: torch.device | str) -> "Network":
        """The same network on another device."""
        return Network(
            tuple(
                Layer(layer.weights.to(device), layer.bias.to(device), layer.shift)
                for layer in self.layers
            )
        )

    def inputs(self, x: Any) -> Int8[Tensor, "batch in"]:
        """The rows of a nested list, array or tensor of integers, checked, on the network's device.

        Raises:
            ShapeMismatch, InputRange: naming the shape, or the first number out of range.
        """
        if not isinstance(x, Tensor) or x.dtype != torch.int8:
            x = _grid(x)
        n_in = self.dims[0]
        if x.ndim != 2 or x.shape[1] != n_in:
            raise ShapeMismatch(f"x has shape {list(x.shape)}, must be [batch, {n_in}]")
        if isinstance(x, Tensor):
            return x.to(self.device)
        _refuse_outside(InputRange, "x", x, INT8_MIN, INT8_MAX)
        return torch.from_numpy(x.astype(np.int8)).to(self.device)

    def run(self, x: Any) -> Execution:
        """Everything the network computes for a batch of rows, exactly; x as in `inputs`."""
        a = self.inputs(x)
        accumulators, hidden = list[Tensor](), list[Tensor]()
        for layer in self.layers[:-1]:
            accumulators.append(layer.accumulate(a))
            a = layer.activate(accumulators[-1])
            hidden.append(a)
        last = self.layers[-1]
        accumulators.append(last.accumulate(a))
        output = last.round(accumulators[-1]).clamp(INT8_MIN, INT8_MAX).to(torch.int8)
        return Execution(tuple(accumulators), tuple(hidden), output)

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the whole network: what a proof with public weights refers to."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The canonical encoding: magic, L, d_0..d_L, then each layer's shift, weights, biases."""
        parts = [MAGIC, _words(len(self.layers), *self.dims)]
        for layer in self.layers:
            bias = _grid(layer.bias).astype("<i4")
            parts += [_words(layer.shift), _grid(layer.weights).tobytes(), bias.tobytes()]
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Network":
        """The network that `to_bytes` wrote.

        Raises:
            ValueError: if the bytes are no such encoding, or hold no valid network.
        """
        if not data.startswith(MAGIC):
            raise ValueError(f"data begins with {data[: len(MAGIC)]!r}, must begin with {MAGIC!r}")
        source = BytesIO(data[len(MAGIC) :])
        [n_layers] = _read(source, "<u4", 1)
        dims = _read(source, "<u4", 1 + int(n_layers)).tolist()
        entries = list[dict[str, Any]]()
        for n_in, n_out in pairwise(dims):
            [shift] = _read(source, "<u4", 1).tolist()
            weights = _read(source, "i1", n_out * n_in).reshape(n_out, n_in)
            entries.append({"W": weights, "b": _read(source, "<i4", n_out), "shift": shift})
        surplus = len(source.read())
        if surplus:
            raise ValueError(f"data has {surplus} bytes after the last layer, must have 0")
        return cls.from_integers(entries)


def int8_matmul(
    a: Int8[Tensor, "batch in"], weights: Int8[Tensor, "out in"]
) -> Int32[Tensor, "batch out"]:
    """The product a @ weights.T, exact for fewer than 2^17 inputs, on the device of its operands.

    int8 units are the fastest where they are exact. Otherwise the inputs are cut into pieces so
    short that float32 adds up without rounding, on every device and in any order.
    """
    if _int8_unit_serves(a, weights):
        return torch._int_mm(_row_major(a), _row_major(weights).T)
    total = torch.zeros(len(a), len(weights), dtype=torch.int32, device=a.device)
    pieces = zip(a.split(MAX_FLOAT32_TERMS, 1), weights.split(MAX_FLOAT32_TERMS, 1), strict=True)
    for a_piece, weights_piece in pieces:
        total += (a_piece.float() @ weights_piece.float().T).int()
    return total


def _row_major(a: Tensor) -> Tensor:
    """The same matrix, with row-major strides also where there is one row.

    torch calls one row contiguous whatever its stride, and `_int_mm` then reads by that stride.
    """
    return a.flatten().reshape(a.shape)


def _int8_unit_serves(a: Tensor, weights: Tensor) -> bool:
    """Whether `torch._int_mm` takes these operands, and multiplies them exactly."""
    (n_rows, n_in), n_out = a.shape, len(weights)
    if a.is_cuda:
        return n_rows >= MIN_CUDA_ROWS and n_in % CUDA_ALIGNMENT == n_out % CUDA_ALIGNMENT == 0
    return a.device.type == "cpu" and n_in >= MIN_CPU_INPUTS and _cpu_unit_is_exact()


@cache
def _cpu_unit_is_exact() -> bool:
    """Older processors add two int8 products in 16 bits, and saturate: a test on extreme values."""
    if not torch.backends.mkldnn.is_available():
        return False  # torch's own loops are exact, and slower than float32
    extremes = torch.tensor([INT8_MIN, INT8_MAX], dtype=torch.int8).repeat_interleave(32)
    a = extremes.repeat(32, 1)
    a[1::2] = a[1::2].flip(1)
    exact = (a.long() @ a.long().T).int()
    return bool(torch.equal(torch._int_mm(a, a.T), exact))


def _check(layers: Sequence[tuple[np.ndarray, np.ndarray, Any]]) -> None:
    """Raises the first error that is due, layer by layer."""
    if not layers:
        raise ShapeMismatch("network has 0 layers, must have at least 1")
    n_in: int | None = None
    for number, (weights, bias, shift) in enumerate(layers):
        name = f"layer {number}"
        _check_shapes(name, weights.shape, bias.shape, n_in)
        _refuse_outside(WeightRange, f"{name}: W", weights, INT8_MIN, INT8_MAX)
        _refuse_outside(BiasRange, f"{name}: b", bias, 1 - BIAS_BOUND, BIAS_BOUND - 1)
        bounds = (1, MAX_SHIFT) if number + 1 < len(layers) else (0, MAX_OUTPUT_SHIFT)
        _refuse_outside(ShiftRange, f"{name}: shift", _grid(shift), *bounds)
        _refuse_overflow(name, weights, bias)
        n_in = len(bias)


def _check_shapes(
    name: str, weights: tuple[int, ...], bias: tuple[int, ...], n_in: int | None
) -> None:
    if len(weights) != 2 or 0 in weights:
        raise ShapeMismatch(f"{name}: W has shape {list(weights)}, must be a matrix with entries")
    if n_in is not None and weights[1] != n_in:
        raise ShapeMismatch(f"{name}: W has {weights[1]} columns, must have {n_in}")
    if bias != weights[:1]:
        raise ShapeMismatch(f"{name}: b has shape {list(bias)}, must be {list(weights[:1])}")


def _refuse_outside(
    error: type[ValueError], name: str, grid: np.ndarray, low: int, high: int
) -> None:
    """Raises `error` for the first entry that is no integer in low..high."""
    if grid.dtype.kind in "iu":
        wrong = grid[(grid < low) | (grid > high)].tolist()
    else:
        wrong = [value for value in grid.flat if type(value) is not int or not low <= value <= high]
    if wrong:
        raise error(f"{name} holds {wrong[0]!r:.50}, must be an integer in {low}..{high}")


def _refuse_overflow(name: str, weights: np.ndarray, bias: np.ndarray) -> None:
    """Refuses layers whose accumulator leaves int32 for some int8 input, rounding included.

    Fewer than 2^17 - 2^10 inputs never do: each adds at most 2^14 to two times 2^23.
    """
    if weights.shape[1] * MAX_PRODUCT + 2 * BIAS_BOUND <= INT32_MAX:
        return
    largest = -INT8_MIN * np.abs(weights.astype(np.int64)).sum(1) + np.abs(bias.astype(np.int64))
    if largest.max() + BIAS_BOUND > INT32_MAX:
        raise AccumulatorOverflow(
            f"{name}: accumulator {largest.argmax()} may reach {largest.max()}, must stay at most"
            f" {INT32_MAX - BIAS_BOUND}"
        )


def _grid(value: Any) -> np.ndarray:
    """An array of whatever is given; lists keep Python's numbers, ragged ones become 1-D or 0-D."""
    if isinstance(value, Tensor):
        return value.detach().cpu().numpy()
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.array(value, dtype=object)
    except ValueError:
        return np.array(None)


def _words(*values: int) -> bytes:
    return np.array(values, "<u4").tobytes()


def _read(source: BytesIO, dtype: str, count: int) -> np.ndarray:
    """The next `count` numbers, or ValueError where the data ends before."""
    size = count * np.dtype(dtype).itemsize
    left = len(source.getbuffer()) - source.tell()  # `read` takes no number of any size
    if left < size:
        raise ValueError(f"data ends {size - left} bytes too early")
    data = source.read(size)
    return np.frombuffer(data, dtype)
