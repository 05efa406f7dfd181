"""A language with a known entropy, and a small model that learns it: something to train together.

The language has 32 tokens. The next one is drawn from a softmax of scores that the last four add
up, each token and place its own; the latest counts most. So the loss that no model can beat, the
entropy rate, is measured on the language itself. *Pages* are drawn from a seed: any data that
anybody should or should not train on is a seed.

The model predicts a token from the last four: embeddings side by side, one hidden layer with ReLU.
Losses are mean cross-entropies in nats.
"""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
import torch.nn.functional as nn
from jaxtyping import Float, Int64
from torch import Tensor

from aicrypto.training.layout import Layout

N_TOKENS, CONTEXT = 32, 4
RANK, CONTRAST = 8, 2.0  # of the table of scores; a higher contrast lowers the entropy
WEIGHTS_BY_PLACE = (0.25, 0.5, 0.8, 1.0)  # oldest first
PAGE_TOKENS = 32
REMEMBERED = 64  # sets of pages, each drawn again and again by trainers and validators

Pages = tuple[Int64[Tensor, "rows context"], Int64[Tensor, " rows"]]


@dataclass(frozen=True)
class Language:
    """The language that the seed stands for; pages are the same on every device, and lie on it."""

    seed: int = 0
    device: str = "cpu"

    @cached_property
    def scores(self) -> Float[Tensor, "context tokens tokens"]:
        """What each token at each place adds to the score of the next one."""
        generator = torch.Generator().manual_seed(self.seed)
        known = torch.randn(CONTEXT, N_TOKENS, RANK, generator=generator)
        out = torch.randn(RANK, N_TOKENS, generator=generator) * CONTRAST / math.sqrt(RANK)
        return known * torch.tensor(WEIGHTS_BY_PLACE)[:, None, None] @ out

    def pages(self, seed: int, n_pages: int, n_tokens: int = PAGE_TOKENS) -> Pages:
        """Contexts and next tokens of pages drawn from the seed, n_tokens of each page."""
        return _drawn(self, seed, n_pages, n_tokens)

    def floor(self, pages: Pages) -> float:
        """The loss of the language itself on pages: about the entropy rate, in nats."""
        return float(nn.cross_entropy(self.predict(pages[0]), pages[1]))

    def predict(self, x: Int64[Tensor, "rows context"]) -> Float[Tensor, "rows tokens"]:
        """Scores of the next token, whose softmax is its distribution."""
        return torch.stack(
            [self.scores.to(x.device)[place][x[:, place]] for place in range(CONTEXT)]
        ).sum(0)


@lru_cache(maxsize=REMEMBERED)
def _drawn(language: Language, seed: int, n_pages: int, n_tokens: int) -> Pages:
    generator = torch.Generator().manual_seed(seed)
    text = torch.randint(N_TOKENS, (n_pages, CONTEXT), generator=generator)
    for _ in range(n_tokens):
        chances = language.predict(text[:, -CONTEXT:]).softmax(1)
        text = torch.cat([text, torch.multinomial(chances, 1, generator=generator)], 1)
    windows = text.unfold(1, CONTEXT + 1, 1).reshape(-1, CONTEXT + 1).to(language.device)
    return windows[:, :CONTEXT].contiguous(), windows[:, CONTEXT].contiguous()


@dataclass(frozen=True)
class Model:
    """The form of the model; its parameters are a flat vector."""

    embedding: int = 16
    hidden: int = 128

    @cached_property
    def layout(self) -> Layout:
        """Of the parameter vector."""
        return Layout(
            (
                ("embed", (N_TOKENS, self.embedding)),
                ("w1", (CONTEXT * self.embedding, self.hidden)),
                ("b1", (self.hidden,)),
                ("w2", (self.hidden, N_TOKENS)),
                ("b2", (N_TOKENS,)),
            )
        )

    def start(self, seed: int, device: str = "cpu") -> Float[Tensor, " n"]:
        """Random parameters, the same on every device."""
        generator = torch.Generator().manual_seed(seed)
        theta = torch.randn(self.layout.size, generator=generator)
        parts = self.layout.split(theta)
        for name, scale in (("w1", CONTEXT * self.embedding), ("w2", self.hidden)):
            parts[name] /= math.sqrt(scale)
        for name in ("b1", "b2"):
            parts[name].zero_()
        return theta.to(device)

    def loss(self, theta: Float[Tensor, " n"], pages: Pages) -> Float[Tensor, ""]:
        """Mean cross-entropy in nats."""
        p, (x, y) = self.layout.split(theta), pages
        hidden = nn.relu(p["embed"][x].flatten(1) @ p["w1"] + p["b1"])
        return nn.cross_entropy(hidden @ p["w2"] + p["b2"], y)

    def gradient(self, theta: Float[Tensor, " n"], pages: Pages) -> Float[Tensor, " n"]:
        """Of the loss."""
        leaf = theta.detach().requires_grad_()
        (found,) = torch.autograd.grad(self.loss(leaf, pages), leaf)
        return found
