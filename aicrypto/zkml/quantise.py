"""Quantisation: an int8 network that does what a float network does.

Every layer's numbers get a unit, the real value of the integer 1. Over calibration rows,

    inputs       s_x = max |x| / 127
    activations  s_y = max relu(W x + b) / 127
    weights      s_w = s_y·2^-s / s_x, with the largest s <= 12 for which max |W| <= 127 s_w

so that rescaling an accumulator, whose unit is s_w·s_x, to the next layer's inputs is a shift by s
and nothing else. The last layer has s_w = max |W| / 127, as its logits are not rescaled. Layers
that keep their unit (the maxima of pooling) get weights doubled and s = 1, which is exact:
(2 v + 1) >> 1 = v.

Source of the rule: protocol zkml-1 of this project, section 7. It leaves open what to do where s
would be below 1: s_y is widened until s = 1. A layer without activations takes s_y from max |y|.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64, Int8, Int32, Int64
from torch import Tensor

from aicrypto.zkml.importing.float_network import FloatLayer, FloatNetwork, refuse_non_finite
from aicrypto.zkml.network import (
    BIAS_BOUND,
    INT8_MAX,
    INT8_MIN,
    MAX_ACTIVATION,
    MAX_OUTPUT_SHIFT,
    MAX_SHIFT,
    AccumulatorOverflow,
    InputRange,
    Layer,
    Network,
)

MAX_WEIGHT = 127


@dataclass(frozen=True)
class Units:
    """What the integers of one layer stand for, and the largest value that calibration showed."""

    weight: float
    output: float
    largest_output: float


@dataclass(frozen=True, eq=False)
class Quantised:
    """An integer network, and how real numbers become its inputs."""

    network: Network
    input_unit: float
    units: tuple[Units, ...]

    @property
    def logit_unit(self) -> float:
        """The real value of 1 in the logits."""
        return self.units[-1].output

    def encode(self, x: Float[Tensor, "batch ..."], clip: bool = False) -> Int8[Tensor, "batch in"]:
        """Rows of real numbers as the network's inputs, rounded to the unit.

        Raises:
            InputRange: naming the first number outside the calibrated range, unless `clip` asks for
                the nearest one inside.
            ValueError: if a number is infinite or none at all.
        """
        refuse_non_finite("x", x)
        outside = self.outside(x).nonzero()
        if len(outside) and not clip:
            row, column = outside[0].tolist()
            raise InputRange(
                f"x[{row}, {column}] is {float(x.flatten(1)[row, column]):.6g}, outside the"
                f" calibrated range of ±{INT8_MAX * self.input_unit:.6g}"
            )
        return self._steps(x).clamp(-INT8_MAX, INT8_MAX).to(torch.int8)

    def outside(self, x: Float[Tensor, "batch ..."]) -> Bool[Tensor, "batch in"]:
        """Which numbers lie outside the calibrated range, by more than rounding explains."""
        return self._steps(x).abs() > INT8_MAX

    def _steps(self, x: Float[Tensor, "batch ..."]) -> Float64[Tensor, "batch in"]:
        return (x.double().flatten(1) / self.input_unit).round()


def quantise(
    network: FloatNetwork,
    x: Float[Tensor, "batch ..."],
    input_unit: float | None = None,
) -> Quantised:
    """The int8 network of a float network, its units taken from the calibration rows `x`.

    `input_unit` overrides max |x| / 127, for inputs that are integers already.

    Raises:
        AccumulatorOverflow: if a bias takes 2^23 units of its accumulator or more, or an int8 input
            exists that overflows it; naming the layer and the bound.
        ValueError: if x holds nothing but zeros, or a number that is infinite or none at all.
    """
    refuse_non_finite("x", x)
    if len(x) == 0:
        raise ValueError("x has 0 rows, must have at least 1 to calibrate with")
    if input_unit is None:
        input_unit = float(x.abs().max()) / INT8_MAX
    if not 0 < input_unit < math.inf:
        raise ValueError(f"input_unit is {input_unit}, must be above 0 (x may hold only zeros)")
    layers, units, unit = list[Layer](), list[Units](), input_unit
    last = len(network.layers) - 1
    for number, (layer, y) in enumerate(zip(network.layers, network.outputs(x), strict=True)):
        found, shift = _units(layer, y, unit, last=number == last)
        weights = (layer.weights / found.weight).round().to(torch.int8)
        bias = _bias(number, weights, layer.bias / (found.weight * unit), last=number == last)
        layers.append(Layer(weights, bias, shift))
        units.append(found)
        unit = found.output
    return Quantised(Network(tuple(layers)), input_unit, tuple(units))


def _units(
    layer: FloatLayer, y: Float64[Tensor, "batch out"], unit_in: float, last: bool
) -> tuple[Units, int]:
    """The units of a layer whose affine map gave y on the calibration rows, and its shift."""
    largest_weight = float(layer.weights.abs().max())
    if last:
        weight = (largest_weight or 1.0) / MAX_WEIGHT
        largest = float(y.abs().max())
        return Units(weight, weight * unit_in, largest), _output_shift(largest / (weight * unit_in))
    largest = max(0.0, float(y.max()))
    if layer.keeps_unit:
        return Units(0.5, unit_in, largest), 1
    least = 2 * largest_weight * unit_in / MAX_WEIGHT  # below this, s would be 0
    resolved = largest or float(y.abs().max())
    output = max(resolved / MAX_ACTIVATION, least) or unit_in
    shift = _hidden_shift(MAX_WEIGHT * output, largest_weight * unit_in)
    return Units(output * 2.0**-shift / unit_in, output, largest), shift


def _hidden_shift(largest_scaled_weight: float, largest_weight: float) -> int:
    """The largest s in 1..12 with 2^s·largest_weight <= largest_scaled_weight."""
    if largest_weight * 2**MAX_SHIFT <= largest_scaled_weight:
        return MAX_SHIFT
    return max(1, math.floor(math.log2(largest_scaled_weight / largest_weight)))


def _output_shift(largest_logit: float) -> int:
    """The smallest shift that brings the logits of the calibration rows into int8."""
    shift = math.ceil(math.log2(max(1.0, largest_logit / INT8_MAX)))
    return min(MAX_OUTPUT_SHIFT, shift)


def _bias(
    number: int, weights: Int8[Tensor, "out in"], steps: Float64[Tensor, " out"], last: bool
) -> Int32[Tensor, " out"]:
    """The biases as integers; one so low that no input lifts its neuron above 0 may be cut."""
    highest = -INT8_MIN * weights.double().abs().sum(1)
    silent = (steps < 1 - BIAS_BOUND) & (highest < BIAS_BOUND - 2**MAX_SHIFT)
    steps = steps if last else torch.where(silent, 1 - BIAS_BOUND, steps)
    largest = float(steps.abs().max())
    if largest >= BIAS_BOUND - 0.5:
        raise AccumulatorOverflow(
            f"layer {number}: a bias takes {largest:.4g} units of the accumulator, must be below"
            f" {BIAS_BOUND}: weights or inputs are too small beside it"
        )
    return steps.round().to(torch.int32)


@dataclass(frozen=True)
class LayerReport:
    """What quantisation made of one layer."""

    n_in: int
    n_out: int
    shift: int
    units: Units
    # accumulators after the shift, before ReLU and clamp, over the held-out rows
    lowest: int
    highest: int
    clipped: float  # share of them above 127, cut off: information lost

    def __str__(self) -> str:
        return (
            f"{self.n_in:>6} -> {self.n_out:<6} shift {self.shift:>2}"
            f"   largest {self.units.largest_output:<10.4g} unit {self.units.output:<10.3g}"
            f" integers {self.lowest}..{self.highest}   clipped {self.clipped:.2%}"
        )


@dataclass(frozen=True)
class CalibrationReport:
    """Float network against int8 network on held-out rows."""

    layers: tuple[LayerReport, ...]
    input_unit: float
    n_held_out: int
    float_correct: int
    int8_correct: int
    agreeing: int  # rows to which both give the same label
    clipped_inputs: float  # share of the inputs outside the calibrated range

    @property
    def float_accuracy(self) -> float:
        """Share of rows that the float network labels right."""
        return self.float_correct / self.n_held_out

    @property
    def int8_accuracy(self) -> float:
        """Share of rows that the int8 network labels right."""
        return self.int8_correct / self.n_held_out

    def __str__(self) -> str:
        verdict = (
            f"accuracy on {self.n_held_out} held-out rows: float {self.float_accuracy:.2%},"
            f" int8 {self.int8_accuracy:.2%}; {self.agreeing} labels agree"
        )
        inputs = f"inputs: unit {self.input_unit:.3g}, clipped {self.clipped_inputs:.2%}"
        return "\n".join([inputs, *map(str, self.layers), verdict])


def report(
    network: FloatNetwork,
    quantised: Quantised,
    x: Float[Tensor, "batch ..."],
    y: Int64[Tensor, " batch"],
) -> CalibrationReport:
    """How the two networks do on held-out rows x with labels y; inputs out of range are clipped.

    Raises:
        ValueError: if there is no row, or not one label for each.
    """
    if len(x) == 0 or y.shape != x.shape[:1]:
        raise ValueError(f"y has shape {list(y.shape)}, must be [{len(x)}], at least one row")
    execution = quantised.network.run(quantised.encode(x, clip=True))
    labels = network(x).argmax(1)
    layers = zip(quantised.network.layers, quantised.units, execution.accumulators, strict=True)
    return CalibrationReport(
        tuple(_layer_report(*layer) for layer in layers),
        quantised.input_unit,
        len(x),
        int((labels == y).sum()),
        int((execution.labels == y).sum()),
        int((labels == execution.labels).sum()),
        _share(quantised.outside(x)),
    )


def _layer_report(layer: Layer, units: Units, acc: Int32[Tensor, "batch out"]) -> LayerReport:
    rounded = layer.round(acc)
    n_out, n_in = layer.weights.shape
    low, high = rounded.aminmax()
    clipped = _share(rounded > MAX_ACTIVATION)
    return LayerReport(n_in, n_out, layer.shift, units, int(low), int(high), clipped)


def _share(flags: Bool[Tensor, "..."]) -> float:
    return float(flags.double().mean())
