"""Many named tensors as one flat vector: what optimisers, averages and messages work on.

A model's parameters are one float vector theta; a `Layout` says which stretch of it is which
tensor, row-major, in order. Views, not copies: a gradient with respect to the vector flows through
them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Names and shapes of tensors, in the order in which they lie in the vector."""

    shapes: tuple[tuple[str, Shape], ...]

    @property
    def size(self) -> int:
        """Length of the vector."""
        return sum(math.prod(shape) for _, shape in self.shapes)

    def split(self, vector: Float[Tensor, " n"]) -> dict[str, Tensor]:
        """Views of the vector's stretches, by name.

        Raises:
            ValueError: if the vector has another length.

        >>> Layout((("a", (2, 2)), ("b", (1,)))).split(torch.arange(5.0))["a"].tolist()
        [[0.0, 1.0], [2.0, 3.0]]
        """
        if vector.shape != (self.size,):
            raise ValueError(f"vector has shape {tuple(vector.shape)}, must be ({self.size},)")
        parts = vector.split([math.prod(shape) for _, shape in self.shapes])
        return {
            name: part.view(shape) for (name, shape), part in zip(self.shapes, parts, strict=True)
        }

    def join(self, tensors: Mapping[str, Tensor]) -> Float[Tensor, " n"]:
        """The vector of which `split` gives these tensors.

        Raises:
            ValueError: naming the tensor that is missing, surplus or of another shape.
        """
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        wrong = set(shapes.items()) ^ set(self.shapes)
        if wrong:
            raise ValueError(f"tensors do not fit the layout: {sorted(wrong)[0]}")
        return torch.cat([tensors[name].reshape(-1) for name, _ in self.shapes])
