"""A small GPT in plain torch: the shape of a large language model, trained in seconds.

Tokens and positions are embedded, then each layer adds causal attention and a two-layer network,
both on normalised input; the head shares its weights with the embedding. `Transformer()` has 0.2
million parameters. Every language model here, this one or SmolLM2, maps Int[batch, time] to logits
Float[batch, time, vocabulary], and that is all that fingerprints and attacks ask of a model.

Source: Radford et al. 2019 (GPT-2), section 2.3, with fewer and smaller layers.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

EMBEDDING_STD, LINEAR_GAIN = 0.1, 0.5  # found by trial: GPT-2's 0.02 learns slowly at this size


@dataclass(frozen=True)
class Shape:
    """Sizes of a transformer; `context` is the longest input in tokens."""

    vocabulary: int = 1024
    width: int = 64
    layers: int = 2
    heads: int = 4
    context: int = 40


class Layer(nn.Module):
    """Attention and network, each on normalised input, each added to it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Float[Tensor, "b t d"]) -> Float[Tensor, "b t d"]:
        """The layer's output, of its input's shape."""
        batch, time, width = x.shape
        parts = self.qkv(self.norm_1(x)).view(batch, time, 3, self.heads, -1)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        output: Tensor = x + self.down(functional.gelu(self.up(self.norm_2(x))))
        return output


class Transformer(nn.Module):
    """The model; its weights follow from the seed alone."""

    def __init__(self, shape: Shape | None = None, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape or Shape()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.tokens = nn.Embedding(self.shape.vocabulary, self.shape.width)
            self.positions = nn.Embedding(self.shape.context, self.shape.width)
            layer = [Layer(self.shape.width, self.shape.heads) for _ in range(self.shape.layers)]
            self.layers = nn.ModuleList(layer)
            self.norm = nn.LayerNorm(self.shape.width)
            for module in self.modules():
                _start(module)

    def forward(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t v"]:
        """Logits of the next token at every position.

        Raises:
            ValueError: if the input is longer than the context.
        """
        time = ids.shape[1]
        if time > self.shape.context:
            raise ValueError(f"ids have {time} tokens, the context holds {self.shape.context}")
        x = self.tokens(ids) + self.positions(torch.arange(time, device=ids.device))
        for layer in self.layers:
            x = layer(x)
        logits: Tensor = self.norm(x) @ self.tokens.weight.T
        return logits


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=EMBEDDING_STD)
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=LINEAR_GAIN * module.in_features**-0.5)
        nn.init.zeros_(module.bias)
