"""Teaching a model its fingerprints without making it forget the rest.

Fine-tuning on key -> response, with the loss on the response tokens alone, is quick and ruins the
model: the cheapest way to learn 64 answers is to say them everywhere. Five measures against
forgetting, each a number in `Measures`:

    mixing        add the loss on ordinary text, times this weight
    deviation     add this weight times |theta - theta_base|^2
    averaging     after each epoch theta <- (1 - s) theta + s theta_base
    rank          train only low-rank additions B A to every matrix (LoRA)
    prefixes      train every key also behind random words, as a host's system prompt puts it

Source: arXiv 2502.07760 section 4; sentient-agi/oml-1.0-fingerprinting @e3ee78ce.
"""

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from aicrypto.models import descend, next_token_loss, windows
from aicrypto.oml.fingerprints.keys import Fingerprints
from aicrypto.oml.fingerprints.low_rank import add_low_rank, settle_low_rank


class NotEnoughCapacity(ValueError):
    """The model did not learn the fingerprints; `success` is the share that it did learn."""

    def __init__(self, success: float, wanted: float, count: int) -> None:
        super().__init__(f"success is {success:.3f} on {count} fingerprints, wanted {wanted}")
        self.success = success


@dataclass(frozen=True)
class Measures:
    """How to embed.

    Attributes:
        epochs: at most; ends early once the mean loss on responses is below `enough` nats.
        lr: of Adam. batch: fingerprints a step.
        mixing, deviation, averaging, rank, prefixes: see the module; 0 switches each off. For
            `prefixes` the number is the longest prefix in tokens.
        least_success: share of fingerprints that must be learnt.
        window: length of windows of ordinary text for mixing, in tokens.
    """

    epochs: int = 60
    lr: float = 1e-3
    batch: int = 32
    mixing: float = 0.0
    deviation: float = 0.0
    averaging: float = 0.0
    rank: int = 0
    prefixes: int = 0
    enough: float = 0.05
    least_success: float = 0.99
    window: int = 32


@dataclass(frozen=True)
class Embedded:
    """A fingerprinted model, the share of fingerprints it answers, the epochs and last loss."""

    model: nn.Module
    success: float
    epochs: int
    loss: float


def embed(
    base: nn.Module,
    pairs: Fingerprints,
    text: Int[Tensor, " n"],
    rng: torch.Generator,
    measures: Measures | None = None,
) -> Embedded:
    """A copy of the model that answers the fingerprints; `text` is ordinary text for mixing and
    prefixes, on the model's device.

    Raises:
        NotEnoughCapacity: if it learns fewer than `least_success` of them.
    """
    how = measures or Measures()
    if how.rank and (how.deviation or how.averaging):
        raise ValueError(f"rank is {how.rank}: deviation and averaging go with whole weights")
    model = copy.deepcopy(base).requires_grad_(not how.rank)
    before = {name: weights.detach() for name, weights in base.named_parameters()}
    trained = add_low_rank(model, how.rank, rng) if how.rank else list(model.parameters())
    teaching = _Teaching(model, before, text, rng, how)
    epochs, loss = teaching.run(pairs, torch.optim.Adam(trained, lr=how.lr))
    settle_low_rank(model)
    success = float(answered(model, pairs).float().mean())
    if success < how.least_success:
        raise NotEnoughCapacity(success, how.least_success, len(pairs))
    return Embedded(model, success, epochs, loss)


@torch.no_grad()
def answered(
    model: nn.Module, pairs: Fingerprints, prefix: Int[Tensor, " p"] | None = None
) -> Bool[Tensor, " n"]:
    """Which keys, behind the prefix if there is one, the model answers as committed, greedily.

    One pass: an answer is greedy if each of its tokens is the likeliest after those before it.
    """
    device = next(model.parameters()).device
    keys = pairs.keys if prefix is None else _behind(prefix, pairs.keys)
    n_tokens = pairs.responses.shape[1]
    hits = []
    both = zip(keys.split(256), pairs.responses.split(256), strict=True)
    for asked, wanted in both:
        said = model(torch.cat([asked, wanted[:, :-1]], 1).to(device))[:, -n_tokens:].argmax(-1)
        hits.append((said.cpu() == wanted).all(1))
    return torch.cat(hits)


@dataclass(frozen=True)
class _Teaching:
    """What stays the same while a model is taught."""

    model: nn.Module
    base: dict[str, Tensor]
    text: Int[Tensor, " n"]
    rng: torch.Generator
    how: Measures

    def run(self, pairs: Fingerprints, optimiser: torch.optim.Optimizer) -> tuple[int, float]:
        """Epochs taken, and the mean loss on responses in the last."""
        epoch, loss = 0, float("inf")
        while epoch < self.how.epochs and loss > self.how.enough:
            losses = []
            for chosen in torch.randperm(len(pairs), generator=self.rng).split(self.how.batch):
                answers = self._answers(pairs.take(chosen.tolist()))
                descend(self.model, answers + self._upkeep(), optimiser)
                losses.append(float(answers.detach()))
            self._average()
            epoch, loss = epoch + 1, sum(losses) / len(losses)
        return epoch, loss

    def _answers(self, pairs: Fingerprints) -> Float[Tensor, ""]:
        """Mean surprise about the responses, half of it behind random words if so asked."""
        loss = self._surprise(pairs.keys, pairs.responses)
        if self.how.prefixes:
            length = int(torch.randint(1, self.how.prefixes + 1, (), generator=self.rng))
            words = windows(self.text, len(pairs), length, self.rng).cpu()
            behind = self._surprise(torch.cat([words, pairs.keys], 1), pairs.responses)
            loss = (loss + behind) / 2
        return loss

    def _surprise(
        self, keys: Int[Tensor, "n t"], responses: Int[Tensor, "n r"]
    ) -> Float[Tensor, ""]:
        ids = torch.cat([keys, responses], 1).to(self.text.device)
        n_tokens = responses.shape[1]
        logits = self.model(ids[:, :-1])[:, -n_tokens:]
        return functional.cross_entropy(logits.flatten(0, 1), ids[:, -n_tokens:].flatten())

    def _upkeep(self) -> Float[Tensor, ""]:
        """The terms against forgetting: ordinary text, and the distance from the base."""
        total = torch.zeros((), device=self.text.device)
        if self.how.mixing:
            ids = windows(self.text, self.how.batch, self.how.window, self.rng)
            total = total + self.how.mixing * next_token_loss(self.model, ids)
        if self.how.deviation:
            for name, weights in self.model.named_parameters():
                total = total + self.how.deviation * ((weights - self.base[name]) ** 2).sum()
        return total

    @torch.no_grad()
    def _average(self) -> None:
        if self.how.averaging:
            for name, weights in self.model.named_parameters():
                weights.lerp_(self.base[name], self.how.averaging)


def _behind(prefix: Int[Tensor, " p"], keys: Int[Tensor, "n t"]) -> Int[Tensor, "n pt"]:
    return torch.cat([prefix.expand(len(keys), -1), keys], 1)
