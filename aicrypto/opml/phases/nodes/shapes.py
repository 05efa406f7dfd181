"""Graphs of real models' shapes, with weights that are made when somebody asks for them.

A model with 7 billion weights fits no slot of the machine and perhaps no memory. Its graph does: a
few thousand nodes, each small enough for the machine, since wide layers are cut into tiles of at
most 16 MiB. Weights are drawn per tensor from a seed, so that one node can be disputed without the
others.

The graph is a decoder's forward pass over `n_tokens` tokens whose embeddings are the input (int32
residuals); sizes count weights of one byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np

from aicrypto.opml.phases.graph import INPUT, NODE, WEIGHT, Graph, Node, Ref
from aicrypto.opml.phases.nodes import exact
from aicrypto.opml.phases.nodes.modules import (
    CONTEXT_SHIFT,
    SCORE_SHIFT,
    even_shift,
    exp_table,
    silu_table,
)
from aicrypto.opml.phases.nodes.operators import INT8, INT32, operator, to_bytes

MAX_TILE_BYTES = 1 << 24
MULT = 1 << 30
NORM_GAIN, NORM_SHIFT, GATE_SHIFT = 4, 8, 5
LARGEST_WEIGHT = 31


@dataclass(frozen=True)
class Shape:
    """Sizes of a decoder."""

    width: int
    hidden: int
    n_layers: int
    n_heads: int
    vocabulary: int
    n_tokens: int = 1

    @property
    def n_weights(self) -> int:
        """Weights of all layers and of the output."""
        per_layer = 4 * self.width**2 + 3 * self.width * self.hidden
        return self.n_layers * per_layer + self.vocabulary * self.width


LLAMA_7B = Shape(4096, 11_008, 32, 32, 32_000)  # LLaMA, arXiv 2302.13971, table 2
SMOLLM2_135M = Shape(576, 1536, 30, 9, 49_152)  # HuggingFaceTB/SmolLM2-135M; heads not grouped


@dataclass(frozen=True)
class DrawnWeights(Sequence[bytes]):
    """Weights by number: bytes where they are given, drawn from the seed where only a size is."""

    entries: tuple[bytes | int, ...] = field(repr=False)
    seed: int

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        entry = self.entries[index]
        if isinstance(entry, bytes):
            return entry
        rng = np.random.default_rng((self.seed, index))
        drawn = rng.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT, entry, np.int8, endpoint=True)
        return drawn.tobytes()

    @property
    def n_bytes(self) -> int:
        """Bytes of all weights together."""
        return sum(entry if isinstance(entry, int) else len(entry) for entry in self.entries)


class _Builder:
    """A graph under construction: adds nodes, hands out references."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.nodes: list[Node] = []
        self.entries: list[bytes | int] = []
        self.gain = self.given(NORM_GAIN.to_bytes(4, "little") * shape.width)
        self.exp = self.given(to_bytes(exp_table(), INT32))
        self.silu = self.given(to_bytes(silu_table(), INT8))
        longest = max(shape.width, shape.n_tokens, shape.vocabulary, shape.hidden)
        self.zeros = self.given(bytes(4 * longest))

    def given(self, entry: bytes | int) -> Ref:
        """A weight of known bytes, or of a size."""
        self.entries.append(entry)
        return Ref(WEIGHT, len(self.entries) - 1)

    def node(self, kind: str, name: str, inputs: Sequence[Ref], *params: int) -> Ref:
        """The output of a new node."""
        self.nodes.append(Node(operator(kind), tuple(inputs), params, name))
        return Ref(NODE, len(self.nodes) - 1)

    def product(
        self, name: str, x: Ref, w: Ref, sizes: tuple[int, int, int], shift: int, mode: int
    ) -> Ref:
        """A matrix product without bias; sizes are rows, n_in, n_out."""
        params = (*sizes, MULT, shift, -exact.HIGHEST, mode)
        return self.node("matmul", name, (x, w, self.zeros), *params)

    def norm(self, name: str, x: Ref) -> Ref:
        """Activations from the residual stream."""
        sizes = self.shape.n_tokens, self.shape.width
        return self.node("rms_norm", name, (x, self.gain), *sizes, NORM_SHIFT)

    def add(self, name: str, x: Ref, y: Ref) -> Ref:
        """The residual stream with something added."""
        return self.node("add", name, (x, y), self.shape.n_tokens * self.shape.width)

    def head(self, name: str, h: Ref) -> Ref:
        """One attention head's contribution."""
        tokens, width = self.shape.n_tokens, self.shape.width
        size, shift = width // self.shape.n_heads, even_shift(width)
        q, k, v, o = (self.given(size * width) for _ in range(4))
        down = tokens, width, size
        query = self.product(f"{name}.query", h, q, down, shift, exact.ACTIVATION)
        key = self.product(f"{name}.key", h, k, down, shift, exact.ACTIVATION)
        turned = size, width, tokens
        value = self.product(f"{name}.value", v, h, turned, shift, exact.ACTIVATION)
        square = tokens, size, tokens
        scores = self.product(f"{name}.scores", query, key, square, 2, exact.ACCUMULATOR)
        sizes = tokens, tokens, SCORE_SHIFT, 1
        weights = self.node("softmax", f"{name}.weigh", (scores, self.exp), *sizes)
        mixed = tokens, tokens, size
        activation = exact.ACTIVATION
        context = self.product(f"{name}.context", weights, value, mixed, CONTEXT_SHIFT, activation)
        up = tokens, size, width
        return self.product(f"{name}.output", context, o, up, 2, exact.SCALED)

    def layer(self, name: str, x: Ref) -> Ref:
        """A whole layer: attention, then the gated MLP in tiles of the hidden width."""
        h = self.norm(f"{name}.norm", x)
        for number in range(self.shape.n_heads):
            x = self.add(f"{name}.add.{number}", x, self.head(f"{name}.head.{number}", h))
        h = self.norm(f"{name}.norm_2", x)
        for number, part in enumerate(_tiles(self.shape.hidden, self.shape.width)):
            x = self.add(f"{name}.add_2.{number}", x, self.mlp(f"{name}.mlp.{number}", h, part))
        return x

    def mlp(self, name: str, h: Ref, part: int) -> Ref:
        """The gated MLP for a part of the hidden width."""
        tokens, width = self.shape.n_tokens, self.shape.width
        up, side, down = (self.given(part * width) for _ in range(3))
        wide, shift = (tokens, width, part), even_shift(width)
        u = self.product(f"{name}.up", h, up, wide, shift, exact.ACTIVATION)
        v = self.product(f"{name}.side", h, side, wide, shift, exact.ACTIVATION)
        sizes = tokens * part, GATE_SHIFT
        gated = self.node("gate", f"{name}.gate", (u, v, self.silu), *sizes)
        narrow = tokens, part, width
        return self.product(f"{name}.down", gated, down, narrow, 2, exact.SCALED)


def model_graph(shape: Shape, seed: int = 0) -> Graph:
    """The graph of a decoder of that shape, with drawn weights; building it costs no weights."""
    builder = _Builder(shape)
    x = Ref(INPUT, 0)
    for number in range(shape.n_layers):
        x = builder.layer(f"layer.{number}", x)
    h = builder.norm("norm", x)
    for number, part in enumerate(_tiles(shape.vocabulary, shape.width)):
        sizes = shape.n_tokens, shape.width, part
        weight = builder.given(part * shape.width)
        builder.product(f"logits.{number}", h, weight, sizes, 2, exact.ACCUMULATOR)
    return Graph(tuple(builder.nodes), DrawnWeights(tuple(builder.entries), seed))


def _tiles(size: int, width: int) -> list[int]:
    """Parts of a size whose weights (times the width) stay within a tile, nearly equal."""
    n_tiles = -(-size * width // MAX_TILE_BYTES)
    return [size * (i + 1) // n_tiles - size * i // n_tiles for i in range(n_tiles)]
