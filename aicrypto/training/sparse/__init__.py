"""Compressed pseudo-gradients (SparseLoCo): error feedback, the largest 1.6 %, two bits a value.

`chunks` cuts tensors, `selection` keeps and quantises, `feedback` remembers what was not sent,
`message` is what travels, `aggregate` is what everybody computes from all messages.
"""

from aicrypto.training.sparse.aggregate import aggregate
from aicrypto.training.sparse.chunks import chunk_shape, from_chunks, to_chunks
from aicrypto.training.sparse.feedback import Feedback, feed
from aicrypto.training.sparse.message import (
    BadMessage,
    Codec,
    IndexTooLarge,
    OddCount,
    Part,
    Upload,
    pack_12bit,
    unpack_12bit,
)
from aicrypto.training.sparse.selection import (
    Quantised,
    Selected,
    dequantise,
    kept_count,
    quantise,
    top_k,
)

__all__ = [
    "BadMessage",
    "Codec",
    "Feedback",
    "IndexTooLarge",
    "OddCount",
    "Part",
    "Quantised",
    "Selected",
    "Upload",
    "aggregate",
    "chunk_shape",
    "dequantise",
    "feed",
    "from_chunks",
    "kept_count",
    "pack_12bit",
    "quantise",
    "to_chunks",
    "top_k",
    "unpack_12bit",
]
