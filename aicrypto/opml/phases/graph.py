"""A model as a graph of operators: who reads what, executed natively node by node.

Tensors are bytes: int8 or little-endian int32, row-major. A node reads model inputs, weights and
outputs of earlier nodes. Executing the graph natively (on CPU or GPU) gives the outputs whose roots
the parties bisect; a node's *descriptor* tells the program inside the virtual machine which
operator to run, on which shapes.

A descriptor is little-endian 32-bit words: operator code, number of inputs, (kind, index) of each,
number of parameters, parameters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aicrypto.opml.phases.boundary import graph_state, tensor_root

INPUT, WEIGHT, NODE = 0, 1, 2  # kinds of a reference
WORD = 4


@dataclass(frozen=True)
class Ref:
    """A tensor that a node reads: model input, weight or output number `index`."""

    kind: int
    index: int

    def __post_init__(self) -> None:
        if self.kind not in (INPUT, WEIGHT, NODE) or self.index < 0:
            raise ValueError(f"reference is ({self.kind}, {self.index}), kind 0..2, index >= 0")


@dataclass(frozen=True)
class Operator:
    """What a kind of node does, in both worlds.

    Attributes:
        code: its number in descriptors.
        native: from the input tensors' bytes, the parameters and a torch device to the output's
            bytes.
        program: machine code that does the same at address 0x1000.
        n_steps: instructions that the program takes, from the parameters.
        output_bytes: size of the output, from the parameters.
    """

    name: str
    code: int
    native: Callable[[Sequence[bytes], Sequence[int], str], bytes]
    program: bytes
    n_steps: Callable[[Sequence[int]], int]
    output_bytes: Callable[[Sequence[int]], int]


@dataclass(frozen=True)
class Node:
    """One operation: its operator, what it reads, and its shape and scale."""

    operator: Operator
    inputs: tuple[Ref, ...]
    params: tuple[int, ...]
    name: str = ""

    @property
    def descriptor(self) -> bytes:
        """The words that the machine finds at 0x30000000."""
        refs = [number for ref in self.inputs for number in (ref.kind, ref.index)]
        words = self.operator.code, len(self.inputs), *refs, len(self.params), *self.params
        return b"".join((word % 2**32).to_bytes(WORD, "little") for word in words)


@dataclass(frozen=True)
class Graph:
    """A model: nodes in execution order, and the weights they read.

    The weights may be any sequence, for instance one that makes them when they are asked for.

    Raises:
        ValueError: if a node reads a later one, or a weight that is missing.
    """

    nodes: tuple[Node, ...]
    weights: Sequence[bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.nodes:
            raise ValueError("nodes is empty")
        limits = {INPUT: None, WEIGHT: len(self.weights)}
        for number, node in enumerate(self.nodes):
            for ref in node.inputs:
                limit = limits.get(ref.kind, number)
                if limit is not None and ref.index >= limit:
                    raise ValueError(f"node {number} reads {ref}, there are {limit}")

    def weight_root(self, index: int) -> bytes:
        """Tensor root of a weight: the registered model consists of these."""
        if index not in self._weight_roots:
            self._weight_roots[index] = tensor_root(self.weights[index])
        return self._weight_roots[index]

    @cached_property
    def _weight_roots(self) -> dict[int, bytes]:
        return {}

    def tensors(self, number: int, run: "GraphRun") -> list[bytes]:
        """The bytes that a node reads in some party's run."""
        pools = {INPUT: run.inputs, WEIGHT: self.weights, NODE: run.outputs}
        return [pools[ref.kind][ref.index] for ref in self.nodes[number].inputs]


@dataclass(frozen=True)
class GraphRun:
    """A party's execution of a graph: every node's output, and the states in between."""

    graph: Graph
    inputs: tuple[bytes, ...]
    outputs: tuple[bytes, ...] = field(repr=False)

    @cached_property
    def output_roots(self) -> tuple[bytes, ...]:
        """Tensor roots of the outputs."""
        return tuple(tensor_root(output) for output in self.outputs)

    @cached_property
    def input_roots(self) -> tuple[bytes, ...]:
        """Tensor roots of the model's inputs."""
        return tuple(tensor_root(data) for data in self.inputs)

    def commitment(self, n_done: int) -> bytes:
        """G_i, the hash of the state after so many nodes."""
        return graph_state(len(self.graph.nodes), self.output_roots[:n_done])

    def roots_read(self, number: int) -> list[bytes]:
        """Roots of what a node reads: all agreed on, once the outputs before it are."""
        return [self._root(ref) for ref in self.graph.nodes[number].inputs]

    def _root(self, ref: Ref) -> bytes:
        if ref.kind == WEIGHT:
            return self.graph.weight_root(ref.index)
        return (self.input_roots if ref.kind == INPUT else self.output_roots)[ref.index]


def execute(
    graph: Graph,
    inputs: Sequence[bytes],
    replaced: Mapping[int, bytes] | None = None,
    device: str = "cpu",
) -> GraphRun:
    """A native run of the graph.

    Args:
        graph: the model.
        inputs: bytes of the model's inputs.
        replaced: outputs that a dishonest party puts in place of the computed ones.
        device: where torch computes; the result is the same everywhere, to the bit.
    """
    replaced = replaced or {}
    outputs: list[bytes] = []
    for number, node in enumerate(graph.nodes):
        so_far = GraphRun(graph, tuple(inputs), tuple(outputs))
        if number in replaced:
            outputs.append(replaced[number])
        else:
            tensors = graph.tensors(number, so_far)
            outputs.append(node.operator.native(tensors, node.params, device))
    return GraphRun(graph, tuple(inputs), tuple(outputs))
