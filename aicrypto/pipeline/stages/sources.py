"""What each source of pages contributed to the model: exact Shapley shares, in 1/10,000.

A source is a section of the site, which is a topic. Without its pages the model would be another
one, and to train one for every set of sources would take 2^n trainings. So contribution is measured
with a learner that is trained at once: a page belongs to the topic whose training pages' mean is
nearest. The worth of a set of sources is the number of held-out pages that this learner gets right
when it knows these sources alone.

For it the Shapley value has a closed form. A held-out page is right if its own topic is known and
none of the k topics whose means are nearer. So in a random order its topic earns 1/(k + 1), which
is the chance that it comes before them all; and each of the nearer ones loses 1/(k (k + 1)), the
chance that it is the first to spoil it. Numbers are rational, nothing is sampled.

Source: `aicrypto.oml.contribution`, which gives the same by its sum over all sets.
"""

from collections.abc import Sequence
from fractions import Fraction

from jaxtyping import Int64
from torch import Tensor

from aicrypto.oml import split
from aicrypto.pipeline.stages.dataset import Dataset
from aicrypto.pipeline.stages.features import features, labels


def nearer_topics(data: Dataset, words: Sequence[str]) -> list[tuple[int, list[int]]]:
    """For each held-out row its topic, and the topics whose means are nearer than its own.

    Rows of a topic without training rows are left out: nobody contributed to them.
    """
    train, held_out = data.split()
    x, y = features(train, words), labels(train, data.topics)
    means = {topic: x[y == topic] for topic in range(len(data.topics)) if (y == topic).any()}
    found = []
    rows = features(held_out, words)
    for row, topic in zip(rows, labels(held_out, data.topics).tolist(), strict=True):
        if topic in means:
            far = {other: (_distance(row, pages), other) for other, pages in means.items()}
            found.append((topic, [other for other in far if far[other] < far[topic]]))
    return found


def _distance(row: Int64[Tensor, " words"], pages: Int64[Tensor, "n words"]) -> Fraction:
    """Squared distance of a row from the mean of pages, exact."""
    n_pages = len(pages)
    return Fraction(int(((row * n_pages - pages.sum(0)) ** 2).sum()), n_pages**2)


def shapley_of(n_topics: int, rows: Sequence[tuple[int, Sequence[int]]]) -> list[Fraction]:
    """The Shapley value of each topic, in held-out rows.

    >>> shapley_of(2, [(0, []), (1, [0])])
    [Fraction(1, 2), Fraction(1, 2)]
    """
    value = [Fraction(0)] * n_topics
    for topic, nearer in rows:
        k = len(nearer)
        value[topic] += Fraction(1, k + 1)
        for other in nearer:
            value[other] -= Fraction(1, k * (k + 1))
    return value


def shares_of(data: Dataset, words: Sequence[str], total: int) -> dict[str, int]:
    """`total` split among the topics by their contribution."""
    value = shapley_of(len(data.topics), nearer_topics(data, words))
    return dict(zip(data.topics, split(total, value), strict=True))
