"""Int8 networks with exact integer arithmetic: what is committed, run and proved.

Layer l holds weights W (int8, shape (out, in)), biases b (int32) and a shift s. Activations are
int8:

    acc = W a + b                                       exact
    hidden:  a' = clamp((acc + 2^(s-1)) >> s, 0, 127)   round half up, then ReLU and clamp
    last:    logits = acc                               int32: what a proof is about

Source of format, rounding and digest: protocol zkml-1 of this project, section 7.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from aicrypto.commit.hashes import sha256

LABEL = b"aicrypto.mlp.v1"
MAX_ACTIVATION = 127
MAX_WEIGHT = 127
MAX_INT32 = 2**31 - 1
MAX_SHIFT, MAX_OUTPUT_SHIFT = 12, 24


def integers(name: str, value: Any, ndim: int, low: int, high: int) -> Int64[Tensor, "*shape"]:
    """The tensor that nested lists of integers stand for.

    Floats and booleans are refused: compared with integers they would be rounded silently.

    Raises:
        ValueError: naming what is no integer in low..high, or if the lists are ragged.
    """
    for number in _numbers(value, ndim):
        if type(number) is not int or not low <= number <= high:
            raise ValueError(f"{name} holds {number!r:.50}, must be integers in {low}..{high}")
    return torch.tensor(value, dtype=torch.int64)


def _numbers(value: Any, ndim: int) -> Iterator[Any]:
    """What stands `ndim` lists deep; None where a list is missing."""
    if ndim == 0:
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, ndim - 1)
    else:
        yield None


@dataclass(frozen=True)
class Layer:
    """Weights (out, in) in -127..127, biases (out,), both as int64 tensors, and the shift."""

    weight: Int64[Tensor, "out in"]
    bias: Int64[Tensor, " out"]
    shift: int

    def accumulate(self, a: Int64[Tensor, "batch in"]) -> Int64[Tensor, "batch out"]:
        """W a + b for every row, exactly."""
        return a @ self.weight.T + self.bias

    def activate(self, acc: Int64[Tensor, "batch out"]) -> Int64[Tensor, "batch out"]:
        """The next layer's int8 input."""
        rounded = (acc + (1 << (self.shift - 1))) >> self.shift
        return rounded.clamp(0, MAX_ACTIVATION)


@dataclass(frozen=True)
class IntegerNetwork:
    """An int8 MLP; at least one hidden layer."""

    layers: tuple[Layer, ...]

    def to_json(self) -> list[dict[str, Any]]:
        """The network as plain lists."""
        return [
            {"W": layer.weight.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
            for layer in self.layers
        ]

    @classmethod
    def from_json(cls, layers: Sequence[dict[str, Any]]) -> "IntegerNetwork":
        """The network in plain lists.

        Raises:
            ValueError: if a number is out of its range, or the layers do not fit each other.
        """
        if len(layers) < 2:
            raise ValueError(f"network has {len(layers)} layers, must have at least 2")
        built, n_in = list[Layer](), None
        for number, entry in enumerate(layers):
            weight = integers("W", entry["W"], 2, -MAX_WEIGHT, MAX_WEIGHT)
            bias = integers("b", entry["b"], 1, -MAX_INT32, MAX_INT32)
            low, high = (1, MAX_SHIFT) if number + 1 < len(layers) else (0, MAX_OUTPUT_SHIFT)
            shift = int(integers("shift", entry["shift"], 0, low, high))
            if weight.shape != (len(bias), n_in or weight.shape[-1]):
                raise ValueError(f"layer {number} has weights of shape {list(weight.shape)}")
            built.append(Layer(weight, bias, shift))
            n_in = len(bias)
        return cls(tuple(built))

    def accumulators(self, x: Int64[Tensor, "batch in"]) -> list[Int64[Tensor, "batch out"]]:
        """Every layer's accumulators; the last ones are the logits."""
        found = [self.layers[0].accumulate(x)]
        for before, layer in pairwise(self.layers):
            found.append(layer.accumulate(before.activate(found[-1])))
        return found

    def __call__(self, x: Int64[Tensor, "batch in"]) -> Int64[Tensor, "batch out"]:
        """Logits."""
        return self.accumulators(x)[-1]

    def correct(self, x: Tensor, y: Tensor) -> int:
        """How many rows it classifies right."""
        return int((self(x).argmax(1) == y).sum())

    @property
    def shape(self) -> list[int]:
        """Widths: input, hidden layers, output."""
        return [self.layers[0].weight.shape[1], *(layer.weight.shape[0] for layer in self.layers)]

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole network: the commitment that a proof refers to."""
        numbers = [len(self.layers), *self.shape]
        parts = [LABEL, struct.pack(f"<{len(numbers)}I", *numbers)]
        for layer in self.layers:
            bias = layer.bias.tolist()
            weights = layer.weight.to(torch.int8).numpy().tobytes()
            parts += [struct.pack("<I", layer.shift), weights, struct.pack(f"<{len(bias)}i", *bias)]
        return sha256(*parts)


def quantise(
    layers: Sequence[tuple[Float[Tensor, "out in"], Float[Tensor, " out"]]],
    x: Int64[Tensor, "batch in"],
    scale: float,
) -> IntegerNetwork:
    """The int8 network of a float MLP.

    Weight scales are chosen so that rescaling between layers is exactly a shift: s_w = s_y 2^-s /
    s_x, where s_y comes from the largest activation on the calibration rows `x`, whose unit is
    worth `scale`.

    Raises:
        ValueError: if a layer's weights are too large for its activations (its shift would be below
        1).
    """
    quantised, unit_in = list[Layer](), scale
    a = x.double() * scale
    for number, (weight, bias) in enumerate(layers):
        weight, y = weight.double(), a @ weight.double().T + bias.double()
        largest = float(weight.abs().max())
        if number + 1 == len(layers):
            unit, shift = largest / MAX_ACTIVATION, _output_shift(y, unit_in, largest)
        else:
            unit_out = float(y.max()) / MAX_ACTIVATION
            shift = _hidden_shift(number, MAX_ACTIVATION * unit_out / (largest * unit_in))
            unit = unit_out * 2.0**-shift / unit_in
        quantised.append(
            Layer(
                (weight / unit).round().long(),
                (bias.double() / (unit * unit_in)).round().long(),
                shift,
            )
        )
        a, unit_in = y.relu(), unit * unit_in * 2.0**shift
    return IntegerNetwork(tuple(quantised))


def _hidden_shift(number: int, ratio: float) -> int:
    shift = min(MAX_SHIFT, math.floor(math.log2(ratio))) if ratio > 0 else 0
    if shift < 1:
        raise ValueError(f"layer {number}: ratio of scales is {ratio:.3g}, must be at least 2")
    return shift


def _output_shift(y: Tensor, unit_in: float, largest: float) -> int:
    """Smallest shift that brings the logits of the calibration rows into int8."""
    acc = float(y.abs().max()) / (unit_in * largest / MAX_ACTIVATION)
    return max(0, math.ceil(math.log2(acc / MAX_ACTIVATION))) if acc > 0 else 0
