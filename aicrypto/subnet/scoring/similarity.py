"""Similarity (Cortex.t): a text must be nearly the reference's, an embedding point the same way.

The validator asks the same model the same question with the same seed, and compares. All or
nothing: an answer that is close enough gets the whole weight. Source: Datura-ai/cortex.t @11f1ca1c;
TF-IDF as scikit-learn's defaults, fitted on the two texts alone.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

WORD = re.compile(r"\b\w\w+\b")
LENGTH_TOLERANCE = 0.25
PER_WORD = 0.001
LEAST_SIMILARITY = 0.82
EMBEDDING_THRESHOLD = 0.95
IMAGE_PREFIX = 50  # base64 characters


def text_similarity(reference: str, response: str) -> float:
    """The cosine of two texts' TF-IDF vectors; 0 if one has no words of two letters."""
    counts = [Counter(WORD.findall(text.lower())) for text in (reference, response)]
    weights = {w: 1 + math.log(3 / (1 + sum(w in c for c in counts))) for c in counts for w in c}
    left, right = ([count[w] * weight for w, weight in weights.items()] for count in counts)
    return cosine(left, right)


def text_score(reference: str, response: str, weight: float) -> tuple[float, float]:
    """Similarity, and the weight or 0: as long as the reference within a quarter, and as similar.

    Long answers may differ a little more: a thousandth for every word.
    """
    similarity = text_similarity(reference, response)
    expected, n_words = len(reference.split()), len(response.split())
    long_enough = abs(n_words - expected) <= LENGTH_TOLERANCE * expected
    least = max(1 - PER_WORD * (n_words - 1), LEAST_SIMILARITY)
    return similarity, weight if long_enough and similarity >= least else 0


def embedding_score(
    reference: Sequence[Sequence[float]],
    response: Sequence[Sequence[float]],
    weight: float,
    threshold: float = EMBEDDING_THRESHOLD,
) -> float:
    """The weight if vectors point the same way on average, or 0; another number of them is 0."""
    if len(reference) != len(response) or not reference:
        return 0
    mean = sum(map(cosine, reference, response)) / len(reference)
    return weight if mean > threshold else 0


def image_score(reference: str, response: str, weight: float) -> float:
    """The weight if the first base64 characters are those of a re-run with the same seed, or 0."""
    return weight if reference[:IMAGE_PREFIX] == response[:IMAGE_PREFIX] else 0


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 if one is zero or they have other lengths."""
    norms = math.hypot(*a) * math.hypot(*b)
    if norms == 0 or len(a) != len(b):
        return 0.0
    return sum(x * y for x, y in zip(a, b, strict=True)) / norms
