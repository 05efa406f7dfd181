"""The same training with other amounts of communication, to compare with: curves of loss and bytes.

All take a federation's setting and the same pages, so that only the exchange differs: gradients
averaged in every step (dense), whole pseudo-gradients once in a window (DiLoCo), or compressed ones
(SparseLoCo, a federation of honest peers). Bytes are what one worker hands over, float32.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aicrypto.training.diloco import Inner, Moments, Outer, average, inner_steps, outer_step
from aicrypto.training.federation.peers import Peer, Setting, Vector
from aicrypto.training.federation.windows import Federation, play, test_loss
from aicrypto.training.language import Pages

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Curve:
    """Test losses (nats) after each window, and what one worker sends in a window."""

    losses: tuple[float, ...]
    n_bytes: int


def names(n_workers: int) -> list[str]:
    """The workers' names, which decide on their pages."""
    return [f"rank {number}" for number in range(n_workers)]


def dense(setting: Setting, n_workers: int, n_windows: int, inner: Inner | None = None) -> Curve:
    """Data-parallel training: in every step the workers' gradients are averaged."""
    theta = setting.start()
    moments, losses = Moments.fresh(theta), list[float]()
    for number in range(n_windows):
        data = [setting.pages(name, number) for name in names(n_workers)]
        gradient, rule = _mean_gradient(setting, data), inner or setting.inner
        theta, moments = inner_steps(theta, gradient, setting.n_inner, rule, moments)
        losses.append(test_loss(setting, theta))
    return Curve(tuple(losses), FLOAT_BYTES * len(theta) * setting.n_inner)


def diloco(setting: Setting, n_workers: int, n_windows: int, outer: Outer) -> Curve:
    """Whole pseudo-gradients, averaged once in a window."""
    theta = setting.start()
    velocity, losses = torch.zeros_like(theta), list[float]()
    memories = dict.fromkeys(names(n_workers), Moments.fresh(theta))
    for number in range(n_windows):
        deltas = []
        for name, memory in memories.items():
            delta, memories[name] = setting.trained(theta, setting.pages(name, number), memory)
            deltas.append(delta)
        theta, velocity = outer_step(theta, average(deltas), velocity, outer)
        losses.append(test_loss(setting, theta))
    return Curve(tuple(losses), FLOAT_BYTES * len(theta))


def sparse_loco(setting: Setting, n_workers: int, n_windows: int) -> Curve:
    """Compressed pseudo-gradients of honest peers, once in a window."""
    peers = [Peer(name, setting) for name in names(n_workers)]
    records = play(Federation(setting, peers, "limited"), n_windows).records
    return Curve(tuple(record.loss for record in records), setting.codec.n_bytes)


def _mean_gradient(setting: Setting, data: list[Pages]) -> Callable[[Vector, int], Vector]:
    def gradient(theta: Vector, step: int) -> Tensor:
        """Of all workers' minibatches of that step."""
        return average([setting.gradient(theta, pages, step) for pages in data])

    return gradient
