"""Text as small integer vectors, for searching without a model.

Every three letters in a row are hashed to a dimension and a sign; the vector counts them, scaled to
int8. Texts that share words share trigrams, which is enough to find a page again. A sentence model
does better: `embed` takes any function from texts to float vectors and quantises what it gives.

Sources: Weinberger and others, Feature hashing, ICML 2009; Achlioptas, random projections, 2003.
"""

from collections.abc import Callable, Sequence

from aicrypto.commit.hashes import sha256

GRAM = 3
INT8_MAX = 127
WORD_BYTES = 8
MAX_DIMS = 256  # a hash has a sign for so many

Encoder = Callable[[Sequence[str]], Sequence[Sequence[float]]]


def trigram_vector(text: str, n_dims: int) -> list[float]:
    """Signed counts of hashed trigrams; ValueError if `n_dims` is not in 1..256.

    >>> trigram_vector("abc", 4) == trigram_vector("ABC", 4)
    True
    """
    vector = _zeros(n_dims)
    padded = f" {' '.join(text.lower().split())} "
    for i in range(len(padded) - GRAM + 1):
        number = int.from_bytes(sha256(padded[i : i + GRAM].encode())[:WORD_BYTES], "big")
        vector[number // 2 % n_dims] += 1.0 if number % 2 else -1.0
    return vector


def project(vector: Sequence[float], n_dims: int) -> list[float]:
    """Fewer dimensions: sums under random signs, which roughly keep distances.

    Raises:
        ValueError: if `n_dims` is not in 1..256.
    """
    out = _zeros(n_dims)
    for i, value in enumerate(vector):
        bits = int.from_bytes(
            sha256(b"aicrypto.sql.project" + i.to_bytes(WORD_BYTES, "big")), "big"
        )
        for j in range(n_dims):
            out[j] += value if bits >> j & 1 else -value
    return out


def _zeros(n_dims: int) -> list[float]:
    if not 1 <= n_dims <= MAX_DIMS:
        raise ValueError(f"n_dims is {n_dims}, must be in 1..{MAX_DIMS}")
    return [0.0] * n_dims


def quantise(vector: Sequence[float]) -> list[int]:
    """The vector scaled so that its largest number is 127, rounded."""
    largest = max(map(abs, vector), default=0.0)
    return [round(value * INT8_MAX / largest) if largest else 0 for value in vector]


def embed(texts: Sequence[str], n_dims: int, encoder: Encoder | None = None) -> list[list[int]]:
    """One int8 vector for every text, by a model if one is given, else by its trigrams."""
    if encoder is None:
        return [quantise(trigram_vector(text, n_dims)) for text in texts]
    return [quantise(project(vector, n_dims)) for vector in encoder(texts)]
