"""From torch modules to matrices: every operator becomes affine maps with ReLU between them.

Convolution, average pooling and padding are affine, so the matrix of any chain of them is found by
feeding it the unit vectors: that costs memory (inputs × outputs), and needs no code per operator.
Max pooling becomes layers of its own (`pooling`); a ReLU after it is moved in front of it, which
changes nothing as both are monotone, and lets the maxima be exact.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from aicrypto.zkml.importing.float_network import FloatLayer, FloatNetwork, refuse_non_finite
from aicrypto.zkml.importing.pooling import Gather, Join, Reshape, Split
from aicrypto.zkml.network import ShapeMismatch

AFFINE = (nn.Linear, nn.Conv2d, nn.AvgPool2d, nn.ConstantPad2d, nn.ZeroPad2d)
SHAPES = (nn.Flatten, Reshape)
WITHOUT_EFFECT = (nn.Identity, nn.Dropout)  # when a model is used, not trained
SUPPORTED = (*AFFINE, *WITHOUT_EFFECT, nn.Flatten, nn.MaxPool2d, nn.ReLU, nn.Sequential)
# Unit vectors fed at a time: bounds the memory of intermediate values.
BLOCK = 256


class UnsupportedOperator(ValueError):
    """An operator that has no form of affine maps and ReLU, or none that is known here."""


def from_torch(model: nn.Module, input_shape: Sequence[int] | None = None) -> FloatNetwork:
    """The float network of a torch.nn.Sequential in evaluation mode, whose inputs are flat rows.

    `input_shape` is the shape of one input, as (channels, height, width); it may be left out where
    the first operator is a Linear. The model stays as it is.

    Raises:
        UnsupportedOperator: naming the operator and the supported ones.
        ShapeMismatch: if an operator does not take what the one before it gives.
        ValueError: if a weight is infinite or none at all, or a shape is needed and not given.
    """
    operators = list(_operators(model))
    if input_shape is None:
        first = operators[0] if operators else model
        if not isinstance(first, nn.Linear):
            raise ValueError(f"input_shape is None, must be given where {_name(first)} is first")
        input_shape = (first.in_features,)
    return lower(operators, input_shape)


def lower(operators: Sequence[nn.Module], input_shape: Sequence[int]) -> FloatNetwork:
    """The float network of operators applied one after the other; as `from_torch`."""
    group = _Group(torch.Size(input_shape), torch.Size(input_shape))
    layers = list[FloatLayer]()
    for operator in _relu_before_max(operators):
        if isinstance(operator, nn.ReLU):
            if not group.activations:
                layers.append(group.layer())
                group = _Group(group.shape, group.shape, activations=True)
        elif isinstance(operator, nn.MaxPool2d):
            steps, group = _max_pool(group, operator)
            layers += steps
        else:
            group = group.then(operator, selects=isinstance(operator, SHAPES))
    return FloatNetwork((*layers, group.layer()))


@dataclass(frozen=True)
class _Group:
    """A chain of affine operators that becomes one layer: it takes `start` and gives `shape`.

    `activations` says that what it gives are activations in the unit of those that it takes.
    """

    start: torch.Size
    shape: torch.Size
    operators: tuple[nn.Module, ...] = ()
    activations: bool = False

    def then(self, operator: nn.Module, selects: bool = False) -> "_Group":
        """The chain with one more operator; `selects` if that makes activations of activations."""
        for name, values in operator.named_parameters():
            refuse_non_finite(f"{_name(operator)}.{name}", values.detach())
        shape = _shape_after(operator, self.shape)
        activations = self.activations and selects
        return replace(
            self, shape=shape, operators=(*self.operators, operator), activations=activations
        )

    def layer(self, keeps_unit: bool = False) -> FloatLayer:
        """The chain's matrix and offset, for flat rows."""
        chain, n_in = nn.Sequential(*self.operators), self.start.numel()
        with torch.no_grad():
            offset = chain(_zeros(self.start)).flatten()
            columns = [
                chain(units.reshape(-1, *self.start)).flatten(1) - offset
                for units in _unit_vectors(n_in)
            ]
        return FloatLayer(torch.cat(columns).T.contiguous(), offset, keeps_unit)


def _unit_vectors(n: int) -> Iterator[Float64[Tensor, "block n"]]:
    """The rows of the identity matrix, a block at a time."""
    for start in range(0, n, BLOCK):
        block = torch.zeros(min(BLOCK, n - start), n, dtype=torch.float64)
        block.diagonal(start).fill_(1)
        yield block


def _zeros(shape: torch.Size) -> Float64[Tensor, "1 ..."]:
    return torch.zeros(1, *shape, dtype=torch.float64)


def _shape_after(operator: nn.Module, shape: torch.Size) -> torch.Size:
    """The shape that an operator gives for one input."""
    try:
        with torch.no_grad():
            given: torch.Size = operator(_zeros(shape)).shape
    except (RuntimeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise ShapeMismatch(f"{_name(operator)} takes no {list(shape)}: {reason}") from None
    if given[0] != 1:
        raise ShapeMismatch(f"{_name(operator)} makes {given[0]} rows of one, must make 1")
    return given[1:]


def _max_pool(group: _Group, pool: nn.MaxPool2d) -> tuple[list[FloatLayer], _Group]:
    """The layers of a max pooling, and what is left to do after the last of them."""
    pooled = _shape_after(pool, group.shape)
    signed, layers = not group.activations, list[FloatLayer]()
    group = group.then(Gather(pool, group.shape, pooled), selects=True)
    while (n_candidates := group.shape[1]) > 1:
        group = group.then(Split(signed), selects=True)
        layers.append(group.layer(keeps_unit=not signed))
        group = _Group(group.shape, group.shape, activations=not signed)
        group = group.then(Join(n_candidates // 2, signed), selects=True)
    return layers, group.then(Reshape(pooled), selects=True)


def _relu_before_max(operators: Sequence[nn.Module]) -> list[nn.Module]:
    """The operators with a ReLU in front of every maximum that has one behind it."""
    moved, followed = list[nn.Module](), False
    for operator in reversed(operators):
        moved.append(operator)
        if isinstance(operator, nn.MaxPool2d) and followed:
            moved.append(nn.ReLU())
        followed = isinstance(operator, nn.ReLU) or (
            followed and isinstance(operator, (nn.MaxPool2d, *SHAPES))
        )
    return moved[::-1]


def _operators(model: nn.Module) -> Iterator[nn.Module]:
    """The operators that do something, as float64 copies."""
    if type(model) is nn.Sequential:
        for part in model:
            yield from _operators(part)
    elif type(model) not in SUPPORTED or getattr(model, "return_indices", False):
        raise UnsupportedOperator(
            f"operator {_name(model)} is not supported; supported are"
            f" {', '.join(sorted(operator.__name__ for operator in SUPPORTED))}"
        )
    elif not isinstance(model, WITHOUT_EFFECT):
        yield copy.deepcopy(model).cpu().double().eval()


def _name(operator: nn.Module) -> str:
    return type(operator).__name__
