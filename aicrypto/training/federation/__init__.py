"""Peers of all characters train one model, window by window, in one process or many."""

from aicrypto.training.federation.baselines import Curve, dense, diloco, names, sparse_loco
from aicrypto.training.federation.contest import TrainingContest
from aicrypto.training.federation.peers import Peer, Sent, Setting, Window, seed_of
from aicrypto.training.federation.windows import (
    DEFENCES,
    Federation,
    Record,
    absorb,
    collect,
    copies_among,
    evaluate,
    play,
    replay,
    test_loss,
    test_pages,
)

__all__ = [
    "DEFENCES",
    "Curve",
    "Federation",
    "Peer",
    "Record",
    "Sent",
    "Setting",
    "TrainingContest",
    "Window",
    "absorb",
    "collect",
    "copies_among",
    "dense",
    "diloco",
    "evaluate",
    "names",
    "play",
    "replay",
    "seed_of",
    "sparse_loco",
    "test_loss",
    "test_pages",
]
