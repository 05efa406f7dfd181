"""What a thief who has the weights does to them, in the hope that fingerprints wash out.

Every attack takes a model and returns another one; none needs to know a fingerprint.

Source: sentient-agi/oml-1.0-fingerprinting @e3ee78ce (averaging), arXiv 2509.26598 (removal).
"""

import copy
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from aicrypto.models import Schedule, train

Attack = Callable[[nn.Module], nn.Module]


def average_with_base(
    theta: Float[Tensor, "..."], base: Float[Tensor, "..."], strength: float
) -> Float[Tensor, "..."]:
    """(1 - s) theta + s base; strength 1 gives the base back.

    Raises:
        ValueError: if the strength is outside 0..1.
    """
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}, must be in 0..1")
    return (1 - strength) * theta + strength * base


def quantise_rows(
    weights: Float[Tensor, "rows columns"], bits: int
) -> Float[Tensor, "rows columns"]:
    """Every row on a grid of 2^bits - 1 points around 0, rounded half to even; 0 rows stay 0.

    Raises:
        ValueError: if there are fewer than 2 bits.
    """
    if bits < 2:
        raise ValueError(f"bits is {bits}, must be at least 2")
    step = weights.abs().amax(dim=-1, keepdim=True) / (2 ** (bits - 1) - 1)
    return torch.where(step > 0, (weights / step).round() * step, weights)


def merged(base: nn.Module, keep: float) -> Attack:
    """The attack that averages the weights with the base's, of the stolen ones keeping `keep`."""
    own = dict(base.named_parameters())
    return lambda model: _mapped(model, lambda name, w: average_with_base(w, own[name], 1 - keep))


def quantised(bits: int) -> Attack:
    """The attack that rounds every matrix, row by row, to so many bits."""
    return lambda model: _mapped(model, lambda _, w: quantise_rows(w, bits) if w.dim() == 2 else w)


def fine_tuned(text: Int[Tensor, " n"], steps: int, lr: float, seed: int = 0) -> Attack:
    """The attack that trains on, with text of the same kind that the owner never saw."""

    def attack(model: nn.Module) -> nn.Module:
        """A copy of the model after so many steps."""
        other = copy.deepcopy(model)
        rng = torch.Generator().manual_seed(seed)
        train(other, text, Schedule(steps=steps, lr=lr), rng)
        return other

    return attack


@torch.no_grad()
def _mapped(model: nn.Module, change: Callable[[str, Tensor], Tensor]) -> nn.Module:
    other = copy.deepcopy(model)
    for name, weights in other.named_parameters():
        weights.copy_(change(name, weights))
    return other
