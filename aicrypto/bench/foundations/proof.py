"""Proofs about sums: what proving costs beside computing, on one thread."""

from collections.abc import Iterator

import torch

from aicrypto.algebra import m61x2
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, sumcheck

LOG_LEAVES, LOG_PRODUCTS = 12, 16
TAG, TAGS = 0x22, logup.Tags(0x10, 0x11, 0x12)


def fraction_sum() -> Iterator[Record]:
    """`proof.logup.ms.2e12`: the proof of a sum of 2^12 fractions 1/q."""
    denominators = _table(LOG_LEAVES)
    rounded = _rounded(denominators)
    with one_thread():
        proving = best_seconds(lambda: logup.prove(None, denominators, Transcript("bench"), TAGS))
        computing = best_seconds(lambda: (1 / rounded).sum())
    peer = "torch complex128 sum (rounds)"
    yield Record("proof.logup.ms.2e12", 1e3 * proving, "ms", peer, 1e3 * computing)


def product_sum() -> Iterator[Record]:
    """`proof.sumcheck.ms.2e16`: the proof of a sum of 2^16 products."""
    f, g = _table(LOG_PRODUCTS), _table(LOG_PRODUCTS, seed=2)
    x, y = f[0].double(), g[0].double()
    with one_thread():
        proving = best_seconds(lambda: sumcheck.prove(f, g, Transcript("bench"), TAG))
        computing = best_seconds(lambda: (x * y).sum())
    peer = "torch float64 sum of products"
    yield Record("proof.sumcheck.ms.2e16", 1e3 * proving, "ms", peer, 1e3 * computing)


def _table(log_size: int, seed: int = 1) -> torch.Tensor:
    return m61x2.random((1 << log_size,), torch.Generator().manual_seed(seed))


def _rounded(a: torch.Tensor) -> torch.Tensor:
    """The same numbers as floating-point complex ones."""
    return torch.complex(*a.double().unbind())
