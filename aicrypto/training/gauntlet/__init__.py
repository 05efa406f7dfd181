"""Gauntlet: what each peer's upload was worth, and who is paid for it (templar, Bittensor's SN3).

`openskill` turns matches into ratings, `scores` losses into scores, `overlap` finds copies,
`slashing` takes scores away, `weights` makes a payroll of them.
"""

from aicrypto.training.gauntlet.openskill import Rating, ordinal, rate
from aicrypto.training.gauntlet.overlap import Offence, Overlaps, find_overlaps, overlap_level
from aicrypto.training.gauntlet.scores import (
    Evaluation,
    Peer,
    gradient_score,
    score_window,
    sync_score,
)
from aicrypto.training.gauntlet.slashing import Event, slash
from aicrypto.training.gauntlet.weights import Payroll, payroll

__all__ = [
    "Evaluation",
    "Event",
    "Offence",
    "Overlaps",
    "Payroll",
    "Peer",
    "Rating",
    "find_overlaps",
    "gradient_score",
    "ordinal",
    "overlap_level",
    "payroll",
    "rate",
    "score_window",
    "slash",
    "sync_score",
]
