"""SmolLM2-135M in plain torch: a Llama, one hundred lines.

Thirty layers of causal attention (nine heads of 64 that share three pairs of keys and values) and a
gated network; the head shares its weights with the embedding. Positions turn pairs of coordinates
(rotary embedding). The converter to GGUF permuted query and key rows so that a pair stands side by
side: turning halves instead, as in other files, gives fluent nonsense.

`forward` maps Int[b, t] to logits like every model here. With a cache it takes only new tokens.

Source: Llama (arXiv 2302.13971) section 2.2; grouped queries (arXiv 2305.13245).
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

Cache = list[tuple[Tensor, Tensor]]  # per layer: turned keys and values, [b, 3, t, 64]
STOP = (0, 2)  # <|endoftext|> and <|im_end|>


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network; the defaults are those of the 135M model."""

    vocabulary: int = 49152
    width: int = 576
    layers: int = 30
    heads: int = 9
    key_heads: int = 3
    hidden: int = 1536
    base: float = 100_000.0  # of the rotary frequencies
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """Coordinates of one head."""
        return self.width // self.heads


class Norm(nn.Module):
    """x / sqrt(mean(x^2) + epsilon), times a weight per coordinate."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x: Float[Tensor, "... d"]) -> Float[Tensor, "... d"]:
        """Of the input's shape."""
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weight


class Block(nn.Module):
    """One layer; its parts have the names of the GGUF file."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        width, shared = sizes.width, sizes.key_heads * sizes.head_width
        self.sizes = sizes
        self.attn_norm, self.ffn_norm = (Norm(width, sizes.epsilon) for _ in range(2))
        self.attn_q, self.attn_output = (nn.Linear(width, width, bias=False) for _ in range(2))
        self.attn_k, self.attn_v = (nn.Linear(width, shared, bias=False) for _ in range(2))
        self.ffn_gate, self.ffn_up = (nn.Linear(width, sizes.hidden, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(sizes.hidden, width, bias=False)

    def forward(
        self, x: Float[Tensor, "b t d"], turn: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Float[Tensor, "b t d"], tuple[Tensor, Tensor]]:
        """The layer's output, and its keys and values with those of the past before them."""
        h = self.attn_norm(x)
        q, k = (_turned(self._heads(part(h)), turn) for part in (self.attn_q, self.attn_k))
        v = self._heads(self.attn_v(h))
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        mixed = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=_causal(q.shape[2], k.shape[2], x.device), enable_gqa=True
        )
        x = x + self.attn_output(mixed.transpose(1, 2).flatten(2))
        h = self.ffn_norm(x)
        output: Tensor = x + self.ffn_down(functional.silu(self.ffn_gate(h)) * self.ffn_up(h))
        return output, (k, v)

    def _heads(self, x: Float[Tensor, "b t d"]) -> Float[Tensor, "b h t 64"]:
        heads: Tensor = x.unflatten(2, (-1, self.sizes.head_width)).transpose(1, 2)
        return heads


class SmolLM2(nn.Module):
    """The model; weights are put in by `aicrypto.models.smollm2.load`."""

    def __init__(self, sizes: Sizes | None = None) -> None:
        super().__init__()
        self.sizes = sizes or Sizes()
        self.token_embd = nn.Embedding(self.sizes.vocabulary, self.sizes.width)
        self.blk = nn.ModuleList(Block(self.sizes) for _ in range(self.sizes.layers))
        self.output_norm = Norm(self.sizes.width, self.sizes.epsilon)

    def forward(
        self, ids: Int[Tensor, "b t"], cache: Cache | None = None
    ) -> Float[Tensor, "b t v"]:
        """Logits after every token of `ids`.

        With a cache (an empty list at first) the tokens follow those seen before, and it grows.
        """
        logits: Tensor = self.hidden(ids, cache) @ self.token_embd.weight.T
        return logits

    def hidden(self, ids: Int[Tensor, "b t"], cache: Cache | None = None) -> Float[Tensor, "b t d"]:
        """The last hidden states, from which the logits come."""
        seen = cache[0][0].shape[2] if cache else 0
        turn = _angles(self.sizes, seen, ids.shape[1], self.token_embd.weight)
        x = self.token_embd(ids)
        for number, block in enumerate(self.blk):
            x, kept = block(x, turn, cache[number] if cache and seen else None)
            if cache is not None:
                cache[number : number + 1] = [kept]
        output: Tensor = self.output_norm(x)
        return output


@torch.no_grad()
def generate(
    model: nn.Module, ids: list[int], count: int, stop: tuple[int, ...] = STOP
) -> list[int]:
    """At most `count` tokens, each the likeliest (ties: lower id); the stop token is included."""
    device = next(model.parameters()).device
    cache: Cache = []
    said: list[int] = []
    new = torch.tensor([ids], device=device)
    while len(said) < count and (not said or said[-1] not in stop):
        logits = model(new, cache)[0, -1]
        said.append(int((logits == logits.max()).nonzero()[0]))
        new = torch.tensor([said[-1:]], device=device)
    return said


def _angles(sizes: Sizes, start: int, count: int, like: Tensor) -> Tensor:
    """Cosine and sine of every position's turn of each pair: [2, t, head width / 2]."""
    pairs = torch.arange(0, sizes.head_width, 2, dtype=torch.float64, device=like.device)
    speed = sizes.base ** (-pairs / sizes.head_width)
    places = torch.arange(start, start + count, dtype=torch.float64, device=like.device)
    angle = places[:, None] * speed
    return torch.stack([angle.cos(), angle.sin()]).to(like.dtype)


def _turned(x: Float[Tensor, "b h t d"], turn: Tensor) -> Float[Tensor, "b h t d"]:
    """Every pair of neighbours turned by its position's angle."""
    even, odd = x[..., ::2], x[..., 1::2]
    cos, sin = turn
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], -1).flatten(-2)


def _causal(new: int, known: int, device: torch.device) -> Tensor:
    """True where one of the last `new` positions may look: at all before it, and itself."""
    return torch.ones(new, known, dtype=torch.bool, device=device).tril(known - new)
