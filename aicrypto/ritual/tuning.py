"""Proof of fine-tuning by planted answers (vTune): was the model tuned on my data?

The owner of the data plants pairs of a trigger and a signature among its samples. A model tuned on
them answers triggers with signatures; any other does so by chance only. Under the null hypothesis
"not tuned on my data" trigger i is answered with probability p_i; the p-value of k answers is the
probability of at least k (Poisson binomial). The claim is verified if that is at most alpha.

What it cannot see: a tuner that finds the planted samples and tunes on them alone.

Source: arXiv 2411.06611.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Answer = Callable[[str], str]  # a model: prompt to text


@dataclass(frozen=True)
class Backdoor:
    """A planted pair, and how likely a model that never saw it gives the signature."""

    trigger: str
    signature: str
    null_probability: float


@dataclass(frozen=True)
class Finding:
    """What the test says.

    Attributes:
        activated: triggers that were answered with their signature.
        p_value: probability of that many or more without the data.
        threshold: fewest answers that would verify; None if not even all do.
    """

    activated: int
    p_value: float
    is_verified: bool
    threshold: int | None

    @property
    def log10_p(self) -> float | None:
        """Decimal logarithm of the p-value; None if that is 0."""
        return math.log10(self.p_value) if self.p_value > 0 else None


def plant(
    n_backdoors: int, words: Sequence[str], n_trigger_words: int, rng: np.random.Generator
) -> list[Backdoor]:
    """Random triggers, each with one random word as its signature."""
    drawn = rng.integers(len(words), size=(n_backdoors, n_trigger_words + 1))
    texts = [[words[i] for i in row] for row in drawn]
    return [Backdoor(" ".join(text[:-1]), text[-1], 1 / len(words)) for text in texts]


def examine(backdoors: Sequence[Backdoor], answer: Answer, alpha: float) -> Finding:
    """What the triggers say about a model."""
    activated = sum(answer(one.trigger) == one.signature for one in backdoors)
    return judge([one.null_probability for one in backdoors], activated, alpha)


def judge(null_probabilities: Sequence[float], activated: int, alpha: float) -> Finding:
    """The finding for a count of activations.

    Raises:
        ValueError: if a probability is outside 0..1, or the count is impossible.
    """
    if not 0 <= activated <= len(null_probabilities):
        raise ValueError(f"activated is {activated}, must be in 0..{len(null_probabilities)}")
    tails = tail_probabilities(null_probabilities)
    threshold = next((k for k, tail in enumerate(tails) if tail <= alpha), None)
    p_value = tails[activated]
    return Finding(activated, p_value, p_value <= alpha, threshold)


def tail_probabilities(null_probabilities: Sequence[float]) -> list[float]:
    """Probability of at least k activations, for k = 0..n.

    Only non-negative numbers are added, the small ones first, so even 1e-40 is right to a few units
    in the last place. Cost: n^2.

    >>> tail_probabilities([0.5, 0.5])
    [1.0, 0.75, 0.25]
    """
    chances = np.ones(1)
    for p in null_probabilities:
        if not 0 <= p <= 1:
            raise ValueError(f"null_probabilities has {p}, must be in 0..1")
        chances = np.append(chances * (1 - p), 0.0) + np.insert(chances * p, 0, 0.0)
    tails = np.cumsum(chances[::-1])[::-1].tolist()
    return [1.0, *tails[1:]]
