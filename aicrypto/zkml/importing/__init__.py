"""Trained models become matrices: torch modules, ONNX graphs, and our own model files."""

from aicrypto.zkml.importing.float_network import FloatLayer, FloatNetwork
from aicrypto.zkml.importing.lowering import UnsupportedOperator, from_torch
from aicrypto.zkml.importing.model_file import load, save
from aicrypto.zkml.importing.onnx_graph import from_onnx

__all__ = [
    "FloatLayer",
    "FloatNetwork",
    "UnsupportedOperator",
    "from_onnx",
    "from_torch",
    "load",
    "save",
]
