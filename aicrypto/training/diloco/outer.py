"""The exchange: workers' weights become one pseudo-gradient, and an outer optimiser uses it.

A round: every worker starts from the global theta, makes H inner steps and ends at theta_i. The
pseudo-gradient is D = theta - mean(theta_i). FedAvg replaces theta by the mean; DiLoCo takes D for
a gradient and gives it momentum. One vector per worker and round travels instead of one per step.

    v <- m v + D,    theta <- theta - lr (D + m v)  with Nesterov,  theta - lr v  without

With H = 1, inner plain descent and outer lr 1 this is exactly data-parallel descent with the mean
gradient. With AdamW inside it is not: there the mean is taken after the preconditioner.

Sources: McMahan et al., arXiv 1602.05629 (FedAvg); Douillard et al., arXiv 2311.08105 (DiLoCo).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from aicrypto.training.diloco.inner import Gradient, Inner, Moments, Vector, inner_steps


@dataclass(frozen=True)
class Outer:
    """The outer optimiser; the defaults are those of the DiLoCo paper."""

    lr: float = 0.7
    momentum: float = 0.9
    nesterov: bool = True


FED_AVG = Outer(lr=1.0, momentum=0.0, nesterov=False)


def average(vectors: Sequence[Vector], weights: Sequence[float] | None = None) -> Vector:
    """The mean, weighted (FedAvg weighs by numbers of samples) or not.

    Raises:
        ValueError: if there is nothing to average, or weights do not fit or add up to nothing.
    """
    given = [1.0] * len(vectors) if weights is None else list(weights)
    if not vectors or len(given) != len(vectors):
        raise ValueError(f"{len(vectors)} vectors and {len(given)} weights: nothing to average")
    total = sum(given)
    if min(given) < 0 or total <= 0:
        raise ValueError(f"weights are {given}, must be >= 0 and not all 0")
    scaled = [vector * (weight / total) for vector, weight in zip(vectors, given, strict=True)]
    return torch.stack(scaled).sum(0)


def outer_step(
    theta: Vector, pseudo_gradient: Vector, velocity: Vector, rule: Outer
) -> tuple[Vector, Vector]:
    """New global weights and velocity."""
    velocity = rule.momentum * velocity + pseudo_gradient
    step = pseudo_gradient + rule.momentum * velocity if rule.nesterov else velocity
    return theta - rule.lr * step, velocity


def train(
    theta: Vector,
    workers: Sequence[Gradient],
    n_inner: int,
    n_rounds: int,
    inner: Inner,
    outer: Outer,
) -> Iterator[Vector]:
    """The global weights after each round of all workers, in one process."""
    velocity = torch.zeros_like(theta)
    memories = [Moments.fresh(theta) for _ in workers]
    for _ in range(n_rounds):
        ends = []
        for i, gradient in enumerate(workers):
            end, memories[i] = inner_steps(theta, gradient, n_inner, inner, memories[i])
            ends.append(end)
        theta, velocity = outer_step(theta, theta - average(ends), velocity, outer)
        yield theta
