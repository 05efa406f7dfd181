"""Removing fingerprints: what thieves do to weights, what they put around a model, the table."""

from aicrypto.oml.attacks.service import (
    Filtered,
    Gated,
    Prefixed,
    confidence_gate,
    filtered,
    gated,
    prefixed,
    suppress_top_k,
    surprise,
)
from aicrypto.oml.attacks.table import Row, attack_table, usual_attacks
from aicrypto.oml.attacks.weights import (
    Attack,
    average_with_base,
    fine_tuned,
    merged,
    quantise_rows,
    quantised,
)

__all__ = [
    "Attack",
    "Filtered",
    "Gated",
    "Prefixed",
    "Row",
    "attack_table",
    "average_with_base",
    "confidence_gate",
    "filtered",
    "fine_tuned",
    "gated",
    "merged",
    "prefixed",
    "quantise_rows",
    "quantised",
    "suppress_top_k",
    "surprise",
    "usual_attacks",
]
