"""A model in two parts (opp/ai): private weights behind a proof, public ones behind a dispute.

`partition` cuts a network, answers with both parts and judges; `extraction` is the attack that
decides how many layers have to be private, and what a query must cost.
"""

from aicrypto.oracle.split.extraction import (
    Copy,
    Layers,
    distil,
    queries_needed,
    recover_behind,
    recover_layer,
)
from aicrypto.oracle.split.partition import (
    Answer,
    PublicPart,
    Split,
    SplitCost,
    UnprovenMiddle,
    answer_of,
    choose_split,
    is_proven,
    output_for,
    split_costs,
    start_of,
)

__all__ = [
    "Answer",
    "Copy",
    "Layers",
    "PublicPart",
    "Split",
    "SplitCost",
    "UnprovenMiddle",
    "answer_of",
    "choose_split",
    "distil",
    "is_proven",
    "output_for",
    "queries_needed",
    "recover_behind",
    "recover_layer",
    "split_costs",
    "start_of",
]
