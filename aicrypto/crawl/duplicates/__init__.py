"""Near-duplicates: MinHash signatures on tensors, locality-sensitive hashing, exact comparison."""

from aicrypto.crawl.duplicates.minhash import (
    Permutations,
    estimate,
    jaccard,
    shingles,
    signatures,
    words_of,
)
from aicrypto.crawl.duplicates.similar import candidates, repeats, similar_pairs

__all__ = [
    "Permutations",
    "candidates",
    "estimate",
    "jaccard",
    "repeats",
    "shingles",
    "signatures",
    "similar_pairs",
    "words_of",
]
