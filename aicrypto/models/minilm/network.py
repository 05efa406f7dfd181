"""all-MiniLM-L6-v2 in plain torch: a sentence as a direction in 384 dimensions.

A BERT of six layers reads the whole sentence both ways; the mean of its last states, scaled to
length 1, is the sentence. The product of two is the cosine of their angle: near 1 for the same
topic. 256 tokens, English; it sees topics, not truth.

Source: Devlin et al. 2018 (arXiv 1810.04805); weights: sentence-transformers.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network; the defaults are MiniLM's."""

    vocabulary: int = 30522
    width: int = 384
    layers: int = 6
    heads: int = 12
    hidden: int = 1536
    positions: int = 512
    epsilon: float = 1e-12


class Layer(nn.Module):
    """Attention, then a two-layer network; each is added and normalised."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width = sizes.width
        self.heads = sizes.heads
        self.query, self.key, self.value, self.mixed = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, sizes.hidden), nn.Linear(sizes.hidden, width)
        self.norm_1, self.norm_2 = (nn.LayerNorm(width, eps=sizes.epsilon) for _ in range(2))

    def forward(
        self, x: Float[Tensor, "b t d"], real: Bool[Tensor, "b t"]
    ) -> Float[Tensor, "b t d"]:
        """The layer's output; nobody looks at padding."""
        q, k, v = (
            part(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=real[:, None, None])
        x = self.norm_1(x + self.mixed(seen.transpose(1, 2).flatten(2)))
        output: Tensor = self.norm_2(x + self.down(functional.gelu(self.up(x))))
        return output


class MiniLM(nn.Module):
    """The model; weights are put in by `aicrypto.models.minilm.load`."""

    def __init__(self, sizes: Sizes | None = None) -> None:
        super().__init__()
        self.sizes = sizes or Sizes()
        width = self.sizes.width
        self.words = nn.Embedding(self.sizes.vocabulary, width)
        self.positions = nn.Embedding(self.sizes.positions, width)
        self.kinds = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=self.sizes.epsilon)
        self.layers = nn.ModuleList(Layer(self.sizes) for _ in range(self.sizes.layers))

    def forward(self, ids: Int[Tensor, "b t"], real: Bool[Tensor, "b t"]) -> Float[Tensor, "b d"]:
        """One direction per sentence; `real` is False on padding, which changes nothing."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.words(ids) + self.positions(places) + self.kinds.weight[0])
        for layer in self.layers:
            x = layer(x, real)
        weight = real[..., None].to(x.dtype)
        mean = (x * weight).sum(1) / weight.sum(1)
        return functional.normalize(mean, dim=-1)
