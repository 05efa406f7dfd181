"""From ONNX graphs to matrices: nodes become torch modules, and `lowering` does the rest.

ONNX is the exchange format of models: every framework writes it, and EZKL, the best known zkML
tool, starts from it. A file is data and runs no code. Graphs must be chains: one input, and every
node reads what the one before it gives; all else that it reads is constant.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from aicrypto.zkml.importing.float_network import FloatNetwork
from aicrypto.zkml.importing.lowering import lower
from aicrypto.zkml.importing.onnx_operators import Node, modules

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto

DOMAINS = ("", "ai.onnx")
OLDEST_VERSION = 7  # before it, Add broadcast by other rules


def from_onnx(source: Path | str | bytes) -> FloatNetwork:
    """The float network of an ONNX model, a file or its bytes; its inputs are flat rows.

    Raises:
        UnsupportedOperator: naming the operator and the supported ones, or the setting of one.
        ShapeMismatch: if an operator does not take what the one before it gives.
        ValueError: if the source is no ONNX model (naming the file and the reason), or its graph is
            no chain.
        OSError: if there is no such file.
    """
    graph = _read(source).graph
    name, shape = _input(graph)
    return lower([*_chain(graph, name)], shape)


def _read(source: Path | str | bytes) -> "ModelProto":
    import onnx  # half a second and a compiled library: for those who read such files
    from google.protobuf.message import DecodeError

    no_model = (
        *(DecodeError, ValueError, onnx.checker.ValidationError),
        onnx.shape_inference.InferenceError,
    )
    name = "source" if isinstance(source, bytes) else str(source)
    try:
        if isinstance(source, bytes):
            model = onnx.load_model_from_string(source)
        else:
            model = onnx.load_model(str(source))
        onnx.checker.check_model(model, full_check=True)
    except no_model as error:
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(f"{name} is no ONNX model: {reason}") from None
    version = max(entry.version for entry in model.opset_import if entry.domain in DOMAINS)
    if version < OLDEST_VERSION:
        raise ValueError(
            f"{name} has operators of version {version}, must be at least {OLDEST_VERSION}"
        )
    return model


def _input(graph: "GraphProto") -> tuple[str, list[int]]:
    """The name of the graph's input, and its shape without the batch."""
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in constants]
    if len(inputs) != 1:
        raise ValueError(f"graph has inputs {[entry.name for entry in inputs]}, must have one")
    shape = [axis.dim_value for axis in inputs[0].type.tensor_type.shape.dim]
    if min(shape[1:], default=0) < 1:
        raise ValueError(f"input {inputs[0].name} has shape {shape}, only the batch may be open")
    return inputs[0].name, shape[1:]


def _chain(graph: "GraphProto", current: str) -> Iterator[nn.Module]:
    """The modules from the input called `current` to the output."""
    constants = _constants(graph)
    for node in graph.node:
        if node.op_type != "Constant":
            yield from modules(_node(node, current, constants))
            current = node.output[0]
    outputs = [entry.name for entry in graph.output]
    if outputs != [current]:
        raise ValueError(f"graph has outputs {outputs}, must have {current}, the last node's")


def _constants(graph: "GraphProto") -> dict[str, np.ndarray]:
    """Whatever does not depend on the input, by name."""
    from onnx import numpy_helper

    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            [(name, value)] = _settings(node).items()
            array = numpy_helper.to_array(value) if name == "value" else np.array(value)
            constants[node.output[0]] = array
    return constants


def _node(node: "NodeProto", current: str, constants: Mapping[str, np.ndarray]) -> Node:
    """One operator, which must read `current` and constants."""
    if [name for name in filter(None, node.input) if name not in constants] != [current]:
        raise ValueError(
            f"node {node.name or node.op_type} reads {list(node.input)}, must read {current} and"
            " constants: the graph is no chain"
        )
    found = {i: constants[name] for i, name in enumerate(node.input) if name in constants}
    kind = node.op_type if node.domain in DOMAINS else f"{node.domain}.{node.op_type}"
    return Node(kind, _settings(node), found)


def _settings(node: "NodeProto") -> dict[str, Any]:
    from onnx import helper

    return {entry.name: helper.get_attribute_value(entry) for entry in node.attribute}
