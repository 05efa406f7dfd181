"""Yuma Consensus: one exact epoch of a large subnet, and many float epochs at once."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.subnet import yuma
from aicrypto.subnet.yuma import Neurons, Rows, Rules

N, N_VALIDATORS = 256, 64
BATCH, BATCH_N = 1024, 64
BLOCK, RAO = 100_000, 147_600_000_000


def exact_epoch() -> Iterator[Record]:
    """`subnet.epoch_ms`: 256 neurons, 64 validators who weigh everybody, bonds from epochs before.

    The peer is the same epoch in float64 on torch, which is not exact.
    """
    from aicrypto.subnet.yuma.batch import Batch, Settings, batch_epoch

    neurons, rules = _subnet(N, N_VALIDATORS), Rules(max_allowed_validators=N_VALIDATORS)
    floats = Batch.of([neurons], N_VALIDATORS)
    kinds = {
        "n256": rules,
        "n256_yuma3": replace(rules, yuma3=True),
        "n256_liquid": replace(rules, yuma3=True, liquid_alpha=True),
    }
    with one_thread():
        for name, kind in kinds.items():
            settings = Settings.of(kind)
            exact = best_seconds(partial(yuma.epoch, neurons, kind, BLOCK, RAO), 15)
            peer = best_seconds(partial(batch_epoch, floats, settings), 15)
            yield Record(f"subnet.epoch_ms.{name}", 1e3 * exact, "ms", "float64", 1e3 * peer)


def batch() -> Iterator[Record]:
    """`subnet.batch_epochs_per_s`: 1,024 subnets of 64 neurons, all of them validators.

    The peer is the exact engine on the same subnets, one by one. Where there is CUDA, the same code
    on it, beside the CPU.
    """
    import torch

    from aicrypto.subnet.yuma.batch import Batch, Settings, batch_epoch

    neurons, rules = _subnet(BATCH_N, BATCH_N), Rules()
    with one_thread():
        alone = 1 / best_seconds(lambda: yuma.epoch(neurons, rules, BLOCK, RAO), 15)
        one, settings = Batch.of([neurons], BATCH_N), Settings()
        tensors = (one.stake, one.weights, one.bonds, one.votes)
        many = Batch(*(t.repeat(BATCH, *[1] * (t.dim() - 1)) for t in tensors))
        here = BATCH / best_seconds(lambda: batch_epoch(many, settings), 5)
        yield Record("subnet.batch_epochs_per_s", here, "1/s", "exact, one by one", alone)
    if not torch.cuda.is_available():
        return
    there = Batch(*(t.cuda() for t in (many.stake, many.weights, many.bonds, many.votes)))

    def on_cuda() -> None:
        """An epoch of all, to its end."""
        batch_epoch(there, settings)
        torch.cuda.synchronize()

    rate = BATCH / best_seconds(on_cuda, 15)
    yield Record("subnet.batch_epochs_per_s.cuda", rate, "1/s", "one CPU thread", here, "cuda")


def _subnet(n: int, n_validators: int) -> Neurons:
    """A subnet in its second epoch, weights and stakes drawn at random."""
    rng = np.random.default_rng(0)
    rows: list[list[list[int]]] = [[] for _ in range(n)]
    for uid, weights in enumerate(rng.integers(0, 65536, (n_validators, n)).tolist()):
        rows[uid] = [[other, weight] for other, weight in enumerate(weights) if other != uid]
    stake = [*rng.integers(10**12, 10**15, n_validators).tolist(), *[0] * (n - n_validators)]
    permits = tuple(uid < n_validators for uid in range(n))
    neurons = replace(
        Neurons.fresh(tuple(stake), permits), weights=Rows.of(rows), last_update=(BLOCK,) * n
    )
    return yuma.after(neurons, yuma.epoch(neurons, Rules(), BLOCK, RAO))
