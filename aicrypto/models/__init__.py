"""Real small models in plain torch, and the text that they learn from.

Every model maps Int[batch, time] to logits Float[batch, time, vocabulary].
"""

from aicrypto.models.corpus import Corpus, Vocabulary, corpus, python_reference
from aicrypto.models.learning import (
    Quality,
    Schedule,
    descend,
    judge,
    next_token_loss,
    sample,
    train,
    windows,
)
from aicrypto.models.transformer import Shape, Transformer

__all__ = [
    "Corpus",
    "Quality",
    "Schedule",
    "Shape",
    "Transformer",
    "Vocabulary",
    "corpus",
    "descend",
    "judge",
    "next_token_loss",
    "python_reference",
    "sample",
    "train",
    "windows",
]
