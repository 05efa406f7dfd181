"""Weights: the rules of setting them, hidden commits with later reveals, and the time-lock."""

from aicrypto.subnet.refusals import Refusal
from aicrypto.subnet.weights import timelock
from aicrypto.subnet.weights.commits import (
    Commit,
    Queue,
    commit,
    commit_hash,
    earliest_block,
    netuid_index,
    reveal,
)
from aicrypto.subnet.weights.setting import (
    Call,
    Caller,
    Row,
    WeightRules,
    set_weights,
    to_u16_weights,
    upscaled,
)

__all__ = [
    "Call",
    "Caller",
    "Commit",
    "Queue",
    "Refusal",
    "Row",
    "WeightRules",
    "commit",
    "commit_hash",
    "earliest_block",
    "netuid_index",
    "reveal",
    "set_weights",
    "timelock",
    "to_u16_weights",
    "upscaled",
]
