"""Text as small integers: a vocabulary learned from the training rows, and int8 word features.

The features are int8 from the start, so what a model was trained on is bit for bit what is proved
later.
"""

import math
from collections import Counter
from collections.abc import Sequence

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.pipeline.stages.dataset import Row

N_WORDS = 256
MAX_FEATURE = 127
PER_DOUBLING = 32  # a word that occurs twice as often counts 32 more
SCALE = 1 / PER_DOUBLING  # what one unit of a feature is worth to the float model


def vocabulary(rows: Sequence[Row]) -> list[str]:
    """The `N_WORDS` words that most rows hold, left out those in more than half of them."""
    found = Counter(word for row in rows for word in set(row.text.split()))
    telling = [(-count, word) for word, count in found.items() if 2 * count <= len(rows)]
    return [word for _, word in sorted(telling)[:N_WORDS]]


def features(rows: Sequence[Row], words: Sequence[str]) -> Int64[Tensor, "rows words"]:
    """One line per row: 32 log2(1 + count) of every vocabulary word, rounded, at most 127."""
    table = []
    for row in rows:
        counts = Counter(row.text.split())
        table.append([level(counts[word]) for word in words])
    return torch.tensor(table, dtype=torch.int64).reshape(len(rows), len(words))


def labels(rows: Sequence[Row], topics: Sequence[str]) -> Int64[Tensor, " rows"]:
    """The class number of every row."""
    number = {topic: i for i, topic in enumerate(topics)}
    return torch.tensor([number[row.topic] for row in rows], dtype=torch.int64)


def level(count: int) -> int:
    """What a word counts that occurs so often."""
    return min(MAX_FEATURE, round(PER_DOUBLING * math.log2(1 + count)))
