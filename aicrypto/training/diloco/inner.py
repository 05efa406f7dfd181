"""A worker's own steps between two exchanges: plain gradient descent, or AdamW.

Weights and gradients are flat vectors (`layout`); dtype and device follow the input. AdamW's state
stays with its worker for life and is never sent: its step count goes on over exchanges.

Source: Loshchilov and Hutter, arXiv 1711.05101 (AdamW); equal to torch.optim.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

Vector = Float[Tensor, " n"]
Gradient = Callable[[Vector, int], Vector]  # of weights, at the worker's step 0, 1, 2, ...


@dataclass(frozen=True)
class Sgd:
    """Gradient descent with learning rate `lr`."""

    lr: float


@dataclass(frozen=True)
class AdamW:
    """Adam with decoupled weight decay; the defaults are those of the deployed system."""

    lr: float = 1.3e-4
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    weight_decay: float = 0.1


Inner = Sgd | AdamW


@dataclass(frozen=True)
class Moments:
    """What a worker remembers: steps made, running means of gradients and of their squares."""

    step: int
    first: Vector
    second: Vector

    @classmethod
    def fresh(cls, theta: Vector) -> "Moments":
        """Before the first step."""
        return cls(0, torch.zeros_like(theta), torch.zeros_like(theta))


def inner_steps(
    theta: Vector, gradient: Gradient, n_steps: int, rule: Inner, moments: Moments
) -> tuple[Vector, Moments]:
    """Weights and memory after a worker's `n_steps` steps from theta.

    Raises:
        ValueError: if there are fewer than one.
    """
    if n_steps < 1:
        raise ValueError(f"n_steps is {n_steps}, must be >= 1")
    for _ in range(n_steps):
        theta, moments = _step(theta, gradient(theta, moments.step), rule, moments)
    return theta, moments


def _step(theta: Vector, g: Vector, rule: Inner, moments: Moments) -> tuple[Vector, Moments]:
    t = moments.step + 1
    if isinstance(rule, Sgd):
        return theta - rule.lr * g, Moments(t, moments.first, moments.second)
    b1, b2 = rule.betas
    first = b1 * moments.first + (1 - b1) * g
    second = b2 * moments.second + (1 - b2) * g * g
    scale = (second / (1 - b2**t)).sqrt() + rule.eps
    moved = theta * (1 - rule.lr * rule.weight_decay) - rule.lr * (first / (1 - b1**t)) / scale
    return moved, Moments(t, first, second)
