"""Real small models in plain torch, and the text that they learn from.

`Transformer` is trained here in seconds; `models.smollm2.load()` and `models.minilm.load()` read
the weights of two packages, where `available()` says that they are installed.

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
from aicrypto.models.packages import Missing, available
from aicrypto.models.threads import one_thread
from aicrypto.models.transformer import Shape, Transformer

__all__ = [
    "Corpus",
    "Missing",
    "Quality",
    "Schedule",
    "Shape",
    "Transformer",
    "Vocabulary",
    "available",
    "corpus",
    "descend",
    "judge",
    "next_token_loss",
    "one_thread",
    "python_reference",
    "sample",
    "train",
    "windows",
]
