"""Torch modules whose results are exact, and how a graph is read off a model made of them.

A model is ordinary torch: modules with buffers, a `forward` that says how they are joined.
`graph_of` traces it with torch.fx; every exact module becomes a node, its buffers become weights,
its shapes and scales the node's parameters. Nothing about the model is written down twice.

`Block` is a pre-norm transformer block with causal attention and a gated MLP, in integers: int8
activations, int32 residual stream. Attention needs no transposition: the values are computed
transposed at once, by letting weights and activations change places.

Shapes: activations (tokens, width), int8; residuals (tokens, width), int32.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Int
from torch import fx, nn

from aicrypto.opml.phases.graph import INPUT, NODE, WEIGHT, Graph, Node, Ref
from aicrypto.opml.phases.nodes import exact
from aicrypto.opml.phases.nodes.operators import INT8, INT32, operator, to_bytes

EXP_STEPS = 32  # the table falls to 1/e after so many entries
EXP_SCALE = 1 << 15
GATE_STEPS = 16  # per unit of the gate's argument
SCORE_SHIFT, CONTEXT_SHIFT = 6, 6
IntTensor = Int[torch.Tensor, "..."]


def exp_table() -> IntTensor:
    """Values of exp(-i/32) for i = 0..255, in units of 2^-15; int32."""
    steps = torch.arange(exact.TABLE_SIZE, dtype=torch.float64) / EXP_STEPS
    return (EXP_SCALE * torch.exp(-steps)).round().to(INT32)


def silu_table() -> IntTensor:
    """SiLU of u/16 for u = -128..127, in sixteenths; int8."""
    u = torch.arange(-128, 128, dtype=torch.float64) / GATE_STEPS
    return (GATE_STEPS * u * torch.sigmoid(u)).round().clamp(-127, 127).to(INT8)


def even_shift(n_in: int) -> int:
    """The shift that brings sums over `n_in` products back to the size of activations.

    Normalised activations are about 64, random weights about 18, and 32 is wanted.
    """
    return max(2, round(math.log2(64 * 18 / 32 * math.sqrt(n_in))) - 1)


class ExactModule(nn.Module, ABC):
    """A module that is one operator of the virtual machine."""

    name = ""

    def weights(self) -> tuple[IntTensor, ...]:
        """Its buffers, which follow the activations among the node's inputs."""
        return tuple(self.buffers(recurse=False))

    @abstractmethod
    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """The node's parameters for inputs of these shapes."""


class MatMul(ExactModule):
    """x times w transposed; either may be an activation. Buffers fill the inputs left open."""

    name = "matmul"

    def __init__(
        self,
        bias: IntTensor,
        w: IntTensor | None = None,
        mult: int = 1 << 30,
        shift: int = 9,
        lowest: int = -exact.HIGHEST,
        mode: int = exact.ACTIVATION,
    ) -> None:
        super().__init__()
        self.settings = (mult, shift, lowest, mode)
        if w is not None:
            self.register_buffer("w", w.to(INT8))
        self.register_buffer("bias", bias.to(INT32))

    def forward(self, *inputs: IntTensor) -> IntTensor:
        """The product; int8 activations or int32 accumulators."""
        x, w, bias = (*inputs, *self.weights())
        result = exact.matmul(x, w, bias, *self.settings)
        return result.to(INT8 if self.settings[-1] == exact.ACTIVATION else INT32)

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """Rows, n_in, n_out, then the scale."""
        x, w, _ = (*inputs, *self.weights())
        return (*x.shape, w.shape[0], *self.settings)


class Linear(MatMul):
    """A layer of a plain network on one row: hidden layers end in a ReLU, the last is raw."""

    name = "linear"

    def __init__(
        self, w: IntTensor, bias: IntTensor, mult: int = 0, shift: int = 2, last: bool = False
    ) -> None:
        mode = exact.ACCUMULATOR if last else exact.ACTIVATION
        super().__init__(bias, w, mult, shift, 0, mode)
        self.last = last

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """n_in, n_out, scale, whether it is the last."""
        n_out, n_in = self.weights()[0].shape
        return (n_in, n_out, *self.settings[:2], int(self.last))


class Add(ExactModule):
    """The sum of two residuals."""

    name = "add"

    def forward(self, a: IntTensor, b: IntTensor) -> IntTensor:
        """Int32, wrapping."""
        return exact.add(a, b).to(INT32)

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """The count."""
        return (inputs[0].numel(),)


class RmsNorm(ExactModule):
    """Residuals to activations of even size."""

    name = "rms_norm"

    def __init__(self, gain: IntTensor, shift: int = 8) -> None:
        super().__init__()
        self.shift = shift
        self.register_buffer("gain", gain.to(INT32))

    def forward(self, x: IntTensor) -> IntTensor:
        """Int8 activations."""
        return exact.rms_norm(x, self.weights()[0], self.shift).to(INT8)

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """Rows, n, shift."""
        return (*inputs[0].shape, self.shift)


class Softmax(ExactModule):
    """Causal attention weights from scores."""

    name = "softmax"

    def __init__(self, shift: int) -> None:
        super().__init__()
        self.shift = shift
        self.register_buffer("table", exp_table())

    def forward(self, scores: IntTensor) -> IntTensor:
        """Int8 weights, 127 in all or a little less."""
        return exact.softmax(scores, self.weights()[0], self.shift, 1).to(INT8)

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """Rows, n, shift, causal."""
        return (*inputs[0].shape, self.shift, 1)


class Gate(ExactModule):
    """SiLU of one activation times another."""

    name = "gate"

    def __init__(self, shift: int = 5) -> None:
        super().__init__()
        self.shift = shift
        self.register_buffer("table", silu_table())

    def forward(self, u: IntTensor, v: IntTensor) -> IntTensor:
        """Int8 activations."""
        return exact.gate(u, v, self.weights()[0], self.shift).to(INT8)

    def params(self, *inputs: IntTensor) -> tuple[int, ...]:
        """Count, shift."""
        return (inputs[0].numel(), self.shift)


class Head(nn.Module):
    """One attention head's contribution to the residual stream."""

    def __init__(self, width: int, head_width: int, n_tokens: int, rng: torch.Generator) -> None:
        super().__init__()
        small, long, shift = torch.zeros(head_width), torch.zeros(n_tokens), even_shift(width)
        self.query = MatMul(small, _random(head_width, width, rng), shift=shift)
        self.key = MatMul(small, _random(head_width, width, rng), shift=shift)
        self.register_buffer("value", _random(head_width, width, rng))
        self.values = MatMul(long, shift=shift)
        self.scores = MatMul(long, mode=exact.ACCUMULATOR)
        self.weigh = Softmax(SCORE_SHIFT)
        self.context = MatMul(small, shift=CONTEXT_SHIFT)
        output = _random(width, head_width, rng)
        self.output = MatMul(torch.zeros(width), output, shift=2, mode=exact.SCALED)

    def forward(self, h: IntTensor) -> IntTensor:
        """Attention over the tokens so far."""
        scores = self.scores(self.query(h), self.key(h))
        values = self.values(self.value, h)  # transposed: (head width, tokens)
        mixed: IntTensor = self.output(self.context(self.weigh(scores), values))
        return mixed


class Block(nn.Module):
    """A transformer block with random weights.

    Raises:
        ValueError: if the width is no multiple of the number of heads.
    """

    def __init__(self, width: int, n_heads: int, hidden: int, n_tokens: int, seed: int = 0) -> None:
        super().__init__()
        if width % n_heads:
            raise ValueError(f"width is {width}, must be a multiple of {n_heads} heads")
        rng = torch.Generator().manual_seed(seed)
        self.norm = RmsNorm(torch.full((width,), 4))
        self.heads = nn.ModuleList(
            Head(width, width // n_heads, n_tokens, rng) for _ in range(n_heads)
        )
        self.add = Add()
        self.norm_2 = RmsNorm(torch.full((width,), 4))
        bias, shift = torch.zeros(hidden), even_shift(width)
        self.up = MatMul(bias, _random(hidden, width, rng), shift=shift)
        self.side = MatMul(bias, _random(hidden, width, rng), shift=shift)
        self.gate = Gate()
        down = _random(width, hidden, rng)
        self.down = MatMul(torch.zeros(width), down, shift=2, mode=exact.SCALED)

    def forward(self, x: IntTensor) -> IntTensor:
        """The residual stream behind the block."""
        h = self.norm(x)
        for head in self.heads:
            x = self.add(x, head(h))
        h = self.norm_2(x)
        result: IntTensor = self.add(x, self.down(self.gate(self.up(h), self.side(h))))
        return result


def _random(n_out: int, n_in: int, rng: torch.Generator) -> IntTensor:
    return torch.randint(-31, 32, (n_out, n_in), generator=rng, dtype=INT8)


class _Tracer(fx.Tracer):
    """Stops at exact modules: they are the nodes."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether a module is traced as one node."""
        return isinstance(m, ExactModule)


class _Recorder(fx.Interpreter):
    """Runs a traced model and notes a node per exact module."""

    def __init__(self, module: nn.Module, traced: fx.Graph) -> None:
        super().__init__(fx.GraphModule(module, traced), garbage_collect_values=False)
        self.nodes: list[Node] = []
        self.weights: list[bytes] = []
        self.refs: dict[str, Ref] = {}
        self.n_inputs = 0

    def run_node(self, n: fx.Node) -> Any:
        """The node's value; its place in our graph is noted."""
        value = super().run_node(n)
        if n.op == "placeholder":
            self.refs[n.name], self.n_inputs = Ref(INPUT, self.n_inputs), self.n_inputs + 1
        elif n.op == "get_attr":
            self.refs[n.name] = self._weight(value)
        elif n.op == "call_module":
            self._note(n)
        elif n.op != "output":
            raise ValueError(f"{n.op} {n.target} in the model is no exact operation")
        return value

    def _note(self, n: fx.Node) -> None:
        module = self.fetch_attr(str(n.target))
        sources = [source for source in n.args if isinstance(source, fx.Node)]
        read = [self.refs[source.name] for source in sources]
        read += [self._weight(buffer) for buffer in module.weights()]
        params = module.params(*(self.env[source] for source in sources))
        self.refs[n.name] = Ref(NODE, len(self.nodes))
        self.nodes.append(Node(operator(module.name), tuple(read), params, str(n.target)))

    def _weight(self, values: IntTensor) -> Ref:
        self.weights.append(to_bytes(values, values.dtype))
        return Ref(WEIGHT, len(self.weights) - 1)


def graph_of(module: nn.Module, *inputs: IntTensor) -> Graph:
    """The graph of a torch model made of exact modules, for inputs of these shapes.

    Raises:
        ValueError: if the model does anything between its exact modules.
    """
    recorder = _Recorder(module, _Tracer().trace(module))
    recorder.run(*inputs)
    return Graph(tuple(recorder.nodes), recorder.weights)


def model_inputs(tensors: Sequence[IntTensor]) -> list[bytes]:
    """The bytes of a model's inputs."""
    return [to_bytes(values, values.dtype) for values in tensors]
