"""Several peers, one network: each trains on pages of its own, and sends little.

In a window every peer makes some steps at home, from the weights that all share. What it has moved
by is compressed to the largest values of each block, at two bits each, and what was not sent waits
for the next window (SparseLoCo, `aicrypto.training.sparse`). All add up the same messages and
arrive at the same weights.

The network has one hidden layer; weights are flat float32 vectors in the order of `layout`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from aicrypto.commit.hashes import sha256
from aicrypto.pipeline.stages.features import SCALE
from aicrypto.training import diloco, sparse
from aicrypto.training.layout import Layout

HIDDEN, KEPT = 32, 64  # width; values kept of each block
N_WINDOWS, N_STEPS = 8, 10
RULE = diloco.AdamW(lr=5e-3, weight_decay=1e-2)

Vector = Float[Tensor, " n"]
Pages = tuple[Int64[Tensor, "rows words"], Int64[Tensor, " rows"]]  # features and classes


@dataclass(frozen=True)
class Team:
    """The network that a team has trained: its widths, and float32 weights layer by layer."""

    shape: tuple[int, ...]
    weights: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the weights."""
        return sha256(self.weights)


@dataclass(frozen=True)
class Window:
    """What the peers upload in a window, in their order."""

    messages: tuple[bytes, ...]


def layout(n_words: int, n_topics: int) -> Layout:
    """Weights and biases of both layers."""
    first = ("w1", (HIDDEN, n_words)), ("b1", (HIDDEN,))
    return Layout((*first, ("w2", (n_topics, HIDDEN)), ("b2", (n_topics,))))


def codec(n_words: int, n_topics: int) -> sparse.Codec:
    """The form of the peers' messages."""
    return sparse.Codec(layout(n_words, n_topics), k=KEPT)


def first_weights(form: sparse.Codec, seed: int) -> Vector:
    """Small random weights, biases among them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = torch.rand(form.layout.size) * 2 - 1
    tensors = form.layout.split(drawn)
    widths = {name: tensors["w" + name[1]].shape[1] for name in tensors}
    return form.layout.join({name: t / widths[name] ** 0.5 for name, t in tensors.items()})


def loss(form: sparse.Codec, theta: Vector, pages: Pages) -> Float[Tensor, ""]:
    """Cross-entropy of the network on pages."""
    x, y = pages
    part = form.layout.split(theta)
    hidden = (x.float() * SCALE @ part["w1"].T + part["b1"]).relu()
    return nn.functional.cross_entropy(hidden @ part["w2"].T + part["b2"], y)


def play(form: sparse.Codec, theta: Vector, peers: Sequence[Pages]) -> list[Window]:
    """What all peers upload, window by window, from the first weights on."""
    moments = [diloco.Moments.fresh(theta) for _ in peers]
    owed = [sparse.Feedback(torch.zeros_like(theta)) for _ in peers]
    windows = []
    for _ in range(N_WINDOWS):
        messages = []
        for i, pages in enumerate(peers):

            def gradient(at: Vector, step: int, pages: Pages = pages) -> Vector:
                """Of the peer's whole loss."""
                at = at.detach().requires_grad_()
                return torch.autograd.grad(loss(form, at, pages), at)[0]

            end, moments[i] = diloco.inner_steps(theta, gradient, N_STEPS, RULE, moments[i])
            upload, owed[i] = sparse.feed(owed[i], theta - end, form)
            messages.append(form.to_bytes(upload))
        windows.append(Window(tuple(messages)))
        theta = absorb(form, theta, windows[-1])
    return windows


def absorb(form: sparse.Codec, theta: Vector, window: Window) -> Vector:
    """The weights after a window.

    Raises:
        BadMessage: if an upload is not canonical.
    """
    uploads = [form.from_bytes(message, theta.device.type) for message in window.messages]
    return theta - form.aggregate(uploads, per_sender=False)


def to_bytes(theta: Vector) -> bytes:
    """Little-endian float32."""
    return theta.detach().cpu().numpy().astype("<f4").tobytes()


def from_bytes(data: bytes) -> Vector:
    """The weights in bytes; ValueError unless they are whole, finite numbers."""
    theta = torch.from_numpy(np.frombuffer(data, "<f4").copy())
    if not bool(theta.isfinite().all()):
        raise ValueError("a weight is not finite")
    return theta
