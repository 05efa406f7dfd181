"""Training and judging language models: windows of text, next-token loss, sampling.

Everything here takes any module that maps Int[batch, time] to logits Float[batch, time, vocabulary]
and draws from a `torch.Generator` on the CPU that the caller passes, so a run repeats bit for bit
on one machine with one thread. Losses are in nats per token.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

CLIP = 1.0  # largest norm of a gradient
JUDGED_AT_ONCE = 128  # windows


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; `window` is in tokens, `batch` in windows."""

    steps: int = 400
    lr: float = 3e-3
    batch: int = 32
    window: int = 32
    warm_up: int = 20


def windows(
    text: Int[Tensor, " n"], count: int, length: int, rng: torch.Generator
) -> Int[Tensor, "count length"]:
    """Random windows of a text.

    Raises:
        ValueError: if the text is shorter than a window.
    """
    if len(text) < length:
        raise ValueError(f"text has {len(text)} tokens, a window {length}")
    starts = torch.randint(len(text) - length + 1, (count, 1), generator=rng)
    return text[(starts + torch.arange(length)).to(text.device)]


def next_token_loss(model: nn.Module, ids: Int[Tensor, "b t"]) -> Float[Tensor, ""]:
    """Mean surprise of the model about each token, given those before it."""
    logits = model(ids[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())


def train(
    model: nn.Module,
    text: Int[Tensor, " n"],
    schedule: Schedule,
    rng: torch.Generator,
    watch: Callable[[int, float], None] | None = None,
) -> None:
    """Nothing; trains the model in place by AdamW. `watch` hears of every step and its loss."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=schedule.lr)
    for step in range(schedule.steps):
        warm, left = (step + 1) / schedule.warm_up, 1 - step / schedule.steps
        for group in optimiser.param_groups:
            group["lr"] = schedule.lr * min(1.0, warm, 0.1 + left)
        loss = next_token_loss(model, windows(text, schedule.batch, schedule.window, rng))
        descend(model, loss, optimiser)
        if watch:
            watch(step, float(loss.detach()))


def descend(model: nn.Module, loss: Tensor, optimiser: torch.optim.Optimizer) -> None:
    """Nothing; one step down the clipped gradient."""
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimiser.step()


@dataclass(frozen=True)
class Quality:
    """How well a model foretells a text: loss in nats per token, accuracy as a share."""

    loss: float
    accuracy: float


@torch.no_grad()
def judge(model: nn.Module, text: Int[Tensor, " n"], window: int = 32) -> Quality:
    """Loss and accuracy of the model on consecutive windows of a text.

    Raises:
        ValueError: if the window is below two tokens (nothing to foretell), or the text is shorter.
    """
    if not 2 <= window <= len(text):
        raise ValueError(f"window is {window}, must be in 2..{len(text)}, the text's tokens")
    whole = text[: len(text) // window * window].view(-1, window)
    loss = right = 0.0
    for ids in whole.split(JUDGED_AT_ONCE):
        logits, wanted = model(ids[:, :-1]), ids[:, 1:]
        loss += float(
            functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum")
        )
        right += float((logits.argmax(-1) == wanted).sum())
    n_tokens = whole.shape[0] * (window - 1)
    return Quality(loss / n_tokens, right / n_tokens)


@torch.no_grad()
def sample(
    model: nn.Module,
    start: Int[Tensor, "b t"],
    count: int,
    rng: torch.Generator,
    temperature: float = 1.0,
) -> Int[Tensor, "b t_and_count"]:
    """`start` continued by `count` tokens drawn from the model's law; greedy at temperature 0."""
    ids = start
    for _ in range(count):
        logits = model(ids)[:, -1]
        if temperature == 0:
            chosen = logits.argmax(-1, keepdim=True)
        else:
            law = torch.softmax(logits.double() / temperature, -1).cpu()
            chosen = torch.multinomial(law, 1, generator=rng).to(ids.device)
        ids = torch.cat([ids, chosen], 1)
    return ids
