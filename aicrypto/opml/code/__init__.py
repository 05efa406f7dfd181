"""Programs for the machine without an outside compiler: assembler, networks, their programs."""

from aicrypto.opml.code.assembler import AssemblyError, assemble
from aicrypto.opml.code.classifier import fit_classifier
from aicrypto.opml.code.disassembler import disassemble
from aicrypto.opml.code.linear_node import linear_node_program
from aicrypto.opml.code.mlp import compile_mlp, image_of, source_of
from aicrypto.opml.code.network import Layer, evaluate, pack, unpack

__all__ = [
    "AssemblyError",
    "Layer",
    "assemble",
    "compile_mlp",
    "disassemble",
    "evaluate",
    "fit_classifier",
    "image_of",
    "linear_node_program",
    "pack",
    "source_of",
    "unpack",
]
