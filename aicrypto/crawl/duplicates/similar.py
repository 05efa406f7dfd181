"""Near-duplicates among many texts, without comparing each with each (LSH, then exact).

A signature of 128 numbers is cut into bands, at a threshold of 80 % into 32 of 4. Two texts become
*candidates* if any band is equal, which happens to a pair of similarity s with probability
1 - (1 - s⁴)³²: at s = 0.8 one pair in twenty million is missed. The usual advice (9 bands of 13,
chosen so that few dissimilar pairs come through) misses six in ten there. Candidates are cheap:
each is then compared exactly. Lower thresholds have narrower bands.

`similar_pairs` names all pairs; `repeats` says which texts to drop so that no two kept ones are
alike, in one pass: a text is compared with kept ones only, so ten thousand copies of one page cost
ten thousand comparisons and not fifty million.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.crawl.duplicates.minhash import (
    N_PERMUTATIONS,
    Permutations,
    Signatures,
    shingles,
    signatures,
)

BAND_ROWS = (4, 2, 1)  # numbers in a band; the widest that misses few enough is taken
MAX_MISSED = 1e-6  # of the pairs at the threshold
SHINGLE = 5
THRESHOLD_PERCENT = 80
# A pair at the threshold agrees in 30 points fewer numbers once in 10^11 (128 permutations).
CLEARLY_BELOW_PERCENT = 30
KEPT_SHINGLES = 4096  # sets of shingles held in memory while comparing
MIXER = 0x9E3779B97F4A7C15 - (1 << 64)  # 2^64 over the golden ratio, as a signed number


def similar_pairs(
    texts: Sequence[str], k: int = SHINGLE, threshold_percent: int = THRESHOLD_PERCENT
) -> list[tuple[int, int]]:
    """All pairs i < j whose Jaccard similarity is at least the threshold, sorted.

    At most one pair in a million is missed where the threshold is at least 11 %.

    >>> similar_pairs(["a b c d e f g", "a b c d e f g", "x y z w v u t"])
    [(0, 1)]
    """
    compare = _Comparison(texts, k, threshold_percent)
    pairs = candidates(compare.signatures, band_rows(threshold_percent))
    return [(i, j) for i, j in pairs.tolist() if compare.alike(i, j)]


def repeats(
    texts: Sequence[str], k: int = SHINGLE, threshold_percent: int = THRESHOLD_PERCENT
) -> list[int | None]:
    """For each text the first kept text that it is alike to; None if it is kept itself."""
    compare = _Comparison(texts, k, threshold_percent)
    kept: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    answer: list[int | None] = []
    keys = band_keys(compare.signatures, band_rows(threshold_percent))
    for i, buckets in enumerate(_shared_buckets(keys)):
        near = sorted({j for bucket in buckets for j in kept[bucket]})
        answer.append(next((j for j in near if compare.alike(j, i)), None))
        if answer[i] is None:
            for bucket in buckets:
                kept[bucket].append(i)
    return answer


def band_rows(threshold_percent: int, n: int = N_PERMUTATIONS) -> int:
    """Numbers per band: the most with which `MAX_MISSED` of the pairs in question are missed, or 1.

    >>> band_rows(80), band_rows(60), band_rows(20)
    (4, 2, 1)
    """
    share = threshold_percent / 100
    missed = {rows: (1 - share**rows) ** (n // rows) for rows in BAND_ROWS}
    return next((rows for rows in BAND_ROWS if missed[rows] <= MAX_MISSED), 1)


def candidates(sketches: Signatures, rows: int = 4) -> Int64[Tensor, "pairs 2"]:
    """All pairs i < j that share a band of so many numbers, sorted, once each."""
    found = [_equal_pairs(keys) for keys in band_keys(sketches, rows)]
    pairs: Tensor = torch.unique(torch.cat(found), dim=0)
    return pairs


def band_keys(sketches: Signatures, rows: int = 4) -> Int64[Tensor, "bands texts"]:
    """For every band one number per text: equal where the band's rows are (or by a rare accident).

    Raises:
        ValueError: if the signatures cannot be cut into bands of so many rows.
    """
    n_texts, n = sketches.shape
    if n % rows:
        raise ValueError(f"signatures have {n} numbers, must be a multiple of {rows}")
    bands = sketches.reshape(n_texts, n // rows, rows)
    key = torch.zeros_like(bands[:, :, 0])
    for row in bands.unbind(2):
        key = (key ^ row) * MIXER
        key = key ^ (key >> 29)
    return key.T.contiguous()


class _Comparison:
    """Exact comparison of texts, after a look at their signatures."""

    def __init__(self, texts: Sequence[str], k: int, threshold_percent: int) -> None:
        self._threshold = threshold_percent
        self.signatures = signatures(texts, Permutations.draw(), k)
        self._sketches = self.signatures.numpy()
        self._shingles = lru_cache(KEPT_SHINGLES)(lambda i: shingles(texts[i], k))

    def alike(self, i: int, j: int) -> bool:
        """Whether two texts reach the threshold."""
        a, b = self._sketches[i], self._sketches[j]
        equal = int((a == b).sum())
        if 100 * equal < (self._threshold - CLEARLY_BELOW_PERCENT) * len(a):
            return False
        one, other = self._shingles(i), self._shingles(j)
        return 100 * len(one & other) >= self._threshold * len(one | other)


def _equal_pairs(keys: Int64[Tensor, " texts"]) -> Int64[Tensor, "pairs 2"]:
    """Pairs of places with equal keys, smaller place first: neighbours in sorted order, then one
    apart, two apart, ..., as long as there are any."""
    values, order = torch.sort(keys, stable=True)
    left, found = torch.arange(len(keys)), [torch.empty(0, 2, dtype=torch.int64)]
    distance = 1
    while len(left):
        left = left[left + distance < len(keys)]
        left = left[values[left] == values[left + distance]]
        found.append(torch.stack([order[left], order[left + distance]], 1))
        distance += 1
    return torch.cat(found)


def _shared_buckets(keys: Int64[Tensor, "bands texts"]) -> list[list[tuple[int, int]]]:
    """For each text its (band, bucket) where another text is in that bucket, too."""
    shared: list[list[tuple[int, int]]] = [[] for _ in range(keys.shape[1])]
    for band, line in enumerate(keys):
        buckets, sizes = torch.unique(line, return_inverse=True, return_counts=True)[1:]
        crowded = torch.nonzero(sizes[buckets] > 1).flatten()
        for i, bucket in zip(crowded.tolist(), buckets[crowded].tolist(), strict=True):
            shared[i].append((band, bucket))
    return shared
