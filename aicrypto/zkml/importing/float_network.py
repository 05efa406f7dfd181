"""Float networks as affine maps with ReLU between them: what every import ends in.

Convolutions, averages and maxima are gone here. What is left is what proofs know: matrices, in the
layout of torch.nn.Linear (out × in), for inputs as flat rows. Numbers are float64.
"""

from dataclasses import dataclass

from jaxtyping import Float, Float64
from torch import Tensor

from aicrypto.zkml.network import ShapeMismatch


@dataclass(frozen=True, eq=False)
class FloatLayer:
    """An affine map, before its ReLU.

    `keeps_unit` says that it makes activations of activations, in their unit, by adding and
    subtracting few of them: weights are small integers, biases 0. Negative results are cut off.
    """

    weights: Float64[Tensor, "out in"]
    bias: Float64[Tensor, " out"]
    keeps_unit: bool = False


@dataclass(frozen=True, eq=False)
class FloatNetwork:
    """Affine maps with ReLU between them.

    Raises:
        ShapeMismatch: if there is no layer, or a layer's shapes do not fit.
        ValueError: if a number is infinite or none at all.
    """

    layers: tuple[FloatLayer, ...]

    def __post_init__(self) -> None:
        """Refuses what is no network."""
        if not self.layers:
            raise ShapeMismatch("network has 0 layers, must have at least 1")
        n_in = self.layers[0].weights.shape[-1]
        for number, layer in enumerate(self.layers):
            shapes = [list(layer.weights.shape), list(layer.bias.shape)]
            n_out = len(layer.bias)
            if shapes != [[n_out, n_in], [n_out]] or 0 in (n_in, n_out):
                wanted = [["out", n_in], ["out"]]
                raise ShapeMismatch(f"layer {number}: W, b have shapes {shapes}, must be {wanted}")
            refuse_non_finite(f"layer {number}: W", layer.weights)
            refuse_non_finite(f"layer {number}: b", layer.bias)
            n_in = n_out

    @property
    def n_in(self) -> int:
        """Numbers in one input."""
        return self.layers[0].weights.shape[1]

    def outputs(self, x: Float[Tensor, "batch ..."]) -> list[Float64[Tensor, "batch out"]]:
        """What each affine map gives, before ReLU; the last ones are the logits.

        Raises:
            ShapeMismatch: if the rows of x have another number of entries than the network takes.
        """
        a = x.to(self.layers[0].weights).flatten(1)
        if a.shape[1] != self.n_in:
            raise ShapeMismatch(f"x has rows of {a.shape[1]} numbers, must have {self.n_in}")
        found = list[Tensor]()
        for layer in self.layers:
            found.append(a @ layer.weights.T + layer.bias)
            a = found[-1].relu()
        return found

    def __call__(self, x: Float[Tensor, "batch ..."]) -> Float64[Tensor, "batch classes"]:
        """Logits."""
        return self.outputs(x)[-1]


def refuse_non_finite(name: str, values: Float[Tensor, "..."]) -> None:
    """Raises ValueError, naming the first number that is infinite or none at all."""
    wrong = (~values.isfinite()).nonzero()
    if len(wrong):
        position = wrong[0].tolist()
        raise ValueError(f"{name}{position} is {float(values[tuple(position)])}, must be finite")
