"""ONNX operators as torch modules of the same meaning, in evaluation, on (batch, ...) inputs.

Where the two differ, the setting that torch does not know is refused by name. Weights and biases
must be constants of the graph.

Source: operator definitions of the ONNX specification, domain ai.onnx, version 7 and later.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor, nn

from aicrypto.zkml.importing.lowering import UnsupportedOperator
from aicrypto.zkml.importing.pooling import Reshape
from aicrypto.zkml.network import ShapeMismatch


@dataclass(frozen=True)
class Node:
    """One operator: its settings, and the constants among its inputs by position."""

    kind: str
    settings: Mapping[str, Any]
    constants: Mapping[int, np.ndarray]

    def refuse_other(self, **wanted: Any) -> None:
        """Raises UnsupportedOperator for a setting that is given and is not the wanted one."""
        for name, value in wanted.items():
            found = self.settings.get(name, value)
            if found != value:
                raise UnsupportedOperator(
                    f"operator {self.kind} with {name} = {found} is not supported, must be {value}"
                )

    def constant(self, position: int) -> Float64[Tensor, "*shape"]:
        """The constant at an input's position, as float64."""
        if position not in self.constants:
            raise UnsupportedOperator(f"operator {self.kind}: input {position} must be constant")
        return torch.from_numpy(self.constants[position].astype(np.float64))


def modules(node: Node) -> list[nn.Module]:
    """The modules that do what one node does; none if it does nothing.

    Raises:
        UnsupportedOperator: naming the operator and the supported ones, or its setting.
        ShapeMismatch: if weights and bias do not fit.
    """
    if node.kind not in _OPERATORS:
        raise UnsupportedOperator(
            f"operator {node.kind} is not supported; supported are {', '.join(_OPERATORS)}"
        )
    return _OPERATORS[node.kind](node)


class Shift(nn.Module):
    """A constant added to every input."""

    def __init__(self, constant: Float64[Tensor, "*shape"]) -> None:
        super().__init__()
        self.constant = constant

    def forward(self, x: Float64[Tensor, "batch ..."]) -> Float64[Tensor, "batch ..."]:
        """The sum."""
        if self.constant.ndim > x.ndim:
            raise ShapeMismatch(
                f"constant of {self.constant.ndim} axes, must have {x.ndim} at most"
            )
        return x + self.constant


def _linear(weights: Float64[Tensor, "out in"], bias: Float64[Tensor, "..."]) -> nn.Linear:
    n_out, n_in = weights.shape
    module = nn.Linear(n_in, n_out, dtype=torch.float64)
    module.weight, module.bias = nn.Parameter(weights), _row(bias, n_out)
    return module


def _row(bias: Float64[Tensor, "..."], n_out: int) -> nn.Parameter:
    """A bias in one of the shapes that stand for a row."""
    if bias.numel() not in (1, n_out):
        raise ShapeMismatch(f"bias has shape {list(bias.shape)}, must be [{n_out}]")
    return nn.Parameter(bias.flatten().expand(n_out))


def _matrix(node: Node, position: int, n_axes: int = 2) -> Float64[Tensor, "*shape"]:
    weights = node.constant(position)
    if weights.ndim != n_axes:
        shape = list(weights.shape)
        raise UnsupportedOperator(
            f"operator {node.kind} with weights of shape {shape} is not supported, must have"
            f" {n_axes} axes"
        )
    return weights


def _bias(node: Node) -> Float64[Tensor, "..."]:
    return node.constant(2) if 2 in node.constants else torch.zeros(1, dtype=torch.float64)


def _gemm(node: Node) -> list[nn.Module]:
    node.refuse_other(transA=0)
    weights = _matrix(node, 1) * node.settings.get("alpha", 1.0)
    bias = _bias(node) * node.settings.get("beta", 1.0)
    return [_linear(weights if node.settings.get("transB", 0) else weights.T, bias)]


def _add(node: Node) -> list[nn.Module]:
    return [Shift(node.constant(0 if 0 in node.constants else 1))]


def _pads(node: Node) -> tuple[int, int, int, int]:
    """Padding on top, left, bottom, right."""
    if node.settings.get("auto_pad", b"NOTSET") != b"VALID":
        node.refuse_other(auto_pad=b"NOTSET")
    top, left, bottom, right = node.settings.get("pads", (0, 0, 0, 0))
    return top, left, bottom, right


def _conv(node: Node) -> list[nn.Module]:
    weights = _matrix(node, 1, n_axes=4)
    n_out, n_in, *kernel = weights.shape
    groups = node.settings.get("group", 1)
    top, left, bottom, right = _pads(node)
    module = nn.Conv2d(
        n_in * groups,
        n_out,
        (kernel[0], kernel[1]),
        stride=tuple(node.settings.get("strides", (1, 1))),
        dilation=tuple(node.settings.get("dilations", (1, 1))),
        groups=groups,
        dtype=torch.float64,
    )
    module.weight, module.bias = nn.Parameter(weights), _row(_bias(node), n_out)
    return [nn.ConstantPad2d((left, right, top, bottom), 0.0), module]


def _pool(node: Node) -> dict[str, Any]:
    """What both poolings have in common."""
    top, left, bottom, right = _pads(node)
    kernel = tuple(node.settings["kernel_shape"])
    if (top, left) != (bottom, right):
        raise UnsupportedOperator(
            f"operator {node.kind} with pads = {[top, left, bottom, right]} is not supported, must"
            " be the same on opposite sides"
        )
    return {
        "kernel_size": kernel,
        "stride": tuple(node.settings.get("strides", (1, 1))),
        "padding": (top, left),
        "ceil_mode": bool(node.settings.get("ceil_mode", 0)),
    }


def _average_pool(node: Node) -> list[nn.Module]:
    node.refuse_other(dilations=[1, 1])
    counts = bool(node.settings.get("count_include_pad", 0))
    return [nn.AvgPool2d(**_pool(node), count_include_pad=counts)]


def _max_pool(node: Node) -> list[nn.Module]:
    return [nn.MaxPool2d(**_pool(node), dilation=tuple(node.settings.get("dilations", (1, 1))))]


def _pad(node: Node) -> list[nn.Module]:
    node.refuse_other(mode=b"constant")
    if 3 in node.constants and list(node.constant(3)) != [0, 1, 2, 3]:
        raise UnsupportedOperator(f"operator Pad with axes {list(node.constant(3))}, must be all")
    pads = [int(value) for value in node.constant(1)]
    value = float(node.constant(2)) if 2 in node.constants else 0.0
    if len(pads) != 8 or any(pads[axis] for axis in (0, 1, 4, 5)):
        raise UnsupportedOperator(f"operator Pad by {pads} is not supported, must be height, width")
    return [nn.ConstantPad2d((pads[3], pads[7], pads[2], pads[6]), value)]


def _flatten(node: Node) -> list[nn.Module]:
    node.refuse_other(axis=1)
    return [nn.Flatten()]


def _reshape(node: Node) -> list[nn.Module]:
    node.refuse_other(allowzero=0)
    batch, *shape = (int(value) for value in node.constant(1))
    if batch in (-1, 0, 1) and shape == [-1]:
        return [nn.Flatten()]
    if batch not in (-1, 0, 1) or min(shape, default=0) < 1:
        raise UnsupportedOperator(
            f"operator Reshape to {[batch, *shape]} is not supported, must keep the batch"
        )
    return [Reshape(torch.Size(shape))]


_OPERATORS: dict[str, Callable[[Node], list[nn.Module]]] = {
    "Add": _add,
    "AveragePool": _average_pool,
    "Conv": _conv,
    "Dropout": lambda _: [],
    "Flatten": _flatten,
    "Gemm": _gemm,
    "Identity": lambda _: [],
    "MatMul": lambda node: [_linear(_matrix(node, 1).T, _bias(node))],
    "MaxPool": _max_pool,
    "Pad": _pad,
    "Relu": lambda _: [nn.ReLU()],
    "Reshape": _reshape,
}
