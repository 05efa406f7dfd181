"""Bytes and losses of four workers who train one model, against averaging in every step."""

from collections.abc import Iterator

import torch

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.training import federation
from aicrypto.training.diloco import AdamW, Outer
from aicrypto.training.layout import Layout
from aicrypto.training.sparse import Codec

N_WORKERS, N_WINDOWS, EVERY = 4, 40, 10
DENSE_RATES = (1e-3, 2e-3, 4e-3)  # the peer is the best of these
OUTER = Outer(lr=0.7, momentum=0.6)  # good at this size
PEER = "dense all-reduce"
MATRIX = 2048


def bytes_and_losses() -> Iterator[Record]:
    """`training.bytes_ratio`, `training.loss_ratio` and the curves they come from.

    A step's bytes are what one worker hands over, the exchange of a window divided by its steps.
    The losses are in nats, after equally many steps on equally many pages.
    """
    setting = federation.Setting(n_pages=64)
    with one_thread():
        sparse = federation.sparse_loco(setting, N_WORKERS, N_WINDOWS)
        whole = federation.diloco(setting, N_WORKERS, N_WINDOWS, OUTER)
        rules = [AdamW(rate, weight_decay=0.0) for rate in DENSE_RATES]
        peers = [federation.dense(setting, N_WORKERS, N_WINDOWS, rule) for rule in rules]
    peer = min(peers, key=lambda curve: curve.losses[-1])
    steps = setting.n_inner
    yield Record("training.bytes_ratio", peer.n_bytes / sparse.n_bytes, "×")
    yield Record("training.loss_ratio", sparse.losses[-1] / peer.losses[-1], "×")
    per_step = sparse.n_bytes / steps
    yield Record("training.bytes_per_step", per_step, "bytes", PEER, peer.n_bytes / steps)
    floor = setting.language.floor(federation.test_pages(setting))
    yield Record("training.loss_floor", floor, "nats")
    for name, curve in {"sparseloco": sparse, "diloco": whole}.items():
        for window in range(EVERY - 1, N_WINDOWS, EVERY):
            label = f"training.loss.{name}.step{(window + 1) * steps}"
            yield Record(label, curve.losses[window], "nats", PEER, peer.losses[window])


def compression() -> Iterator[Record]:
    """`training.compress_ms`: a matrix of 4 million values into a message and back.

    The peer is copying the same values into bytes and back, which dense exchange has to do.
    """
    codec = Codec(Layout((("w", (MATRIX, MATRIX)),)))
    vector = torch.randn(MATRIX * MATRIX, generator=torch.Generator().manual_seed(0))

    def sparse() -> None:
        """There and back."""
        codec.dense(codec.from_bytes(codec.to_bytes(codec.compress(vector))))

    def dense() -> None:
        """There and back."""
        torch.frombuffer(bytearray(vector.numpy().tobytes()), dtype=torch.float32).clone()

    with one_thread():
        ours, theirs = best_seconds(sparse, 5), best_seconds(dense, 5)
    yield Record("training.compress_ms", 1e3 * ours, "ms", "copying float32", 1e3 * theirs)
    yield Record("training.message_bytes", codec.n_bytes, "bytes", "float32", 4 * len(vector))


def ranks() -> Iterator[Record]:
    """`training.ranks_s`: four processes, gloo, four windows; the peer is one process for all."""
    from aicrypto.training.ranks import launch
    from aicrypto.training.ranks.script import parse

    plan, n_ranks = parse(["--windows", "4"])

    def alone() -> None:
        """The same federation here."""
        federation.play(plan.federation(range(n_ranks)), plan.n_windows)

    with one_thread():
        there = best_seconds(lambda: launch(["--windows", "4"], n_ranks), 2)
        here = best_seconds(alone, 2)
    yield Record("training.ranks_s", there, "s", "one process", here, threads=n_ranks)
