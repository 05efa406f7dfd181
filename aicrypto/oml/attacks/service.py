"""What a thief who serves a stolen model does around it: filters on what goes in and comes out.

Weights stay as they are. A fingerprinted model betrays itself twice: a memorised answer is given
with a confidence that ordinary text does not have, and a key of random words is text that nobody
writes. Each attack wraps the model in another one.

Source: arXiv 2509.26598, which removes nine of ten schemes this way.
"""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from aicrypto.oml.attacks.weights import Attack


def confidence_gate(probs: Float[Tensor, "... v"], threshold: float) -> Bool[Tensor, "..."]:
    """Where the largest probability exceeds the threshold: the model is suspiciously sure."""
    return probs.amax(dim=-1) > threshold


def suppress_top_k(logits: Float[Tensor, "... v"], k: int) -> Int[Tensor, "..."]:
    """The token of rank k, 0 for the best; equal logits rank by token id.

    Raises:
        ValueError: if there is no such rank.
    """
    if not 0 <= k < logits.shape[-1]:
        raise ValueError(f"k is {k}, must be in 0..{logits.shape[-1] - 1}")
    return torch.argsort(logits, dim=-1, descending=True, stable=True)[..., k]


def surprise(model: nn.Module, ids: Int[Tensor, "b t"]) -> Float[Tensor, " b"]:
    """Mean nats per token after the first, of each text."""
    logits, wanted = model(ids[:, :-1]), ids[:, 1:]
    each = functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none")
    return each.view(wanted.shape).mean(1)


class Gated(nn.Module):
    """A service that never gives an answer of which the model is more sure than `threshold`.

    With a threshold of 0 it never gives the likeliest token at all.
    """

    def __init__(self, model: nn.Module, threshold: float) -> None:
        super().__init__()
        self.model, self.threshold = model, threshold

    def forward(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t v"]:
        """Logits, the likeliest token's struck out where the model is too sure."""
        logits: Tensor = self.model(ids)
        sure = confidence_gate(torch.softmax(logits, -1), self.threshold)
        best = logits.argmax(-1, keepdim=True)  # the lowest id among equals, and no sorting
        return torch.where(sure[..., None], logits.scatter(-1, best, -torch.inf), logits)


class Filtered(nn.Module):
    """A service that refuses texts which surprise the model more than `limit` nats per token."""

    def __init__(self, model: nn.Module, limit: float) -> None:
        super().__init__()
        self.model, self.limit = model, limit

    def forward(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t v"]:
        """Logits; for a refused text those of token 0, the word for what is unknown."""
        logits = self.model(ids)
        refused = surprise(self.model, ids) > self.limit
        nothing = functional.one_hot(torch.zeros_like(ids), logits.shape[-1]).to(logits)
        return torch.where(refused[:, None, None], nothing, logits)


class Prefixed(nn.Module):
    """A service that puts its own words (a system prompt) before whatever it is asked."""

    def __init__(self, model: nn.Module, prefix: Int[Tensor, " p"]) -> None:
        super().__init__()
        self.model, self.prefix = model, prefix

    def forward(self, ids: Int[Tensor, "b t"]) -> Float[Tensor, "b t v"]:
        """Logits at the positions of `ids`."""
        prefix = self.prefix.to(ids.device).expand(len(ids), -1)
        logits: Tensor = self.model(torch.cat([prefix, ids], 1))
        return logits[:, prefix.shape[1] :]


def gated(threshold: float) -> Attack:
    """The attack that serves through `Gated`."""
    return lambda model: Gated(model, threshold)


def prefixed(prefix: Int[Tensor, " p"]) -> Attack:
    """The attack that serves through `Prefixed`."""
    return lambda model: Prefixed(model, prefix)


def filtered(texts: Int[Tensor, "n t"], refuse: float = 0.01) -> Attack:
    """The attack that serves through `Filtered`, refusing this share of ordinary texts."""

    def attack(model: nn.Module) -> nn.Module:
        """The service, its limit set by ordinary texts."""
        with torch.no_grad():
            limit = torch.quantile(surprise(model, texts).double(), 1 - refuse)
        return Filtered(model, float(limit))

    return attack
