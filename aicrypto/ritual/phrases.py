"""A language model small enough to tune in a second: it continues phrases of a few words by one.

The words' vectors stand side by side, one hidden layer, one score per word of the vocabulary. It
serves to see planted answers (`tuning`) survive among ordinary samples. Shapes: b phrases, k words
in each, v words in the vocabulary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

Pair = tuple[str, str]  # phrase, next word
WIDTH, HIDDEN = 24, 256
LEARNING_RATE = 1e-2


@dataclass(frozen=True, eq=False)
class Phrases:
    """A model: vocabulary and weights.

    Attributes:
        vectors: (v, WIDTH).
        inner: (k * WIDTH, HIDDEN).
        outer: (HIDDEN, v).
    """

    words: Sequence[str]
    vectors: "torch.Tensor"
    inner: "torch.Tensor"
    outer: "torch.Tensor"

    @classmethod
    def fresh(cls, words: Sequence[str], n_words: int, seed: int) -> "Phrases":
        """An untrained model of phrases of `n_words`."""
        import torch

        rng = torch.Generator().manual_seed(seed)
        shapes = (len(words), WIDTH), (n_words * WIDTH, HIDDEN), (HIDDEN, len(words))
        return cls(words, *(torch.randn(s, generator=rng) / s[0] ** 0.5 for s in shapes))

    def scores(self, phrases: "torch.Tensor") -> "torch.Tensor":
        """Scores (b, v) of every next word after phrases (b, k) of word numbers."""
        flat = self.vectors[phrases].flatten(1)
        return (flat @ self.inner).relu() @ self.outer

    def numbers(self, phrases: Sequence[str]) -> "torch.Tensor":
        """Word numbers (b, k) of phrases; ValueError for a word that it does not know."""
        import torch

        index = {word: i for i, word in enumerate(self.words)}
        unknown = {word for phrase in phrases for word in phrase.split()} - index.keys()
        if unknown:
            raise ValueError(f"phrases have {sorted(unknown)}, which are no words of the model")
        return torch.tensor([[index[word] for word in phrase.split()] for phrase in phrases])

    def answer(self, phrase: str) -> str:
        """The likeliest next word."""
        return self.words[int(self.scores(self.numbers([phrase])).argmax())]


def tune(model: Phrases, pairs: Sequence[Pair], n_steps: int = 120) -> Phrases:
    """The model after `n_steps` of Adam on all pairs at once; about 1 s for 2,000 pairs."""
    import torch

    phrases = model.numbers([phrase for phrase, _ in pairs])
    targets = model.numbers([word for _, word in pairs]).flatten()
    weights = [w.clone().requires_grad_() for w in (model.vectors, model.inner, model.outer)]
    tuned = Phrases(model.words, *weights)
    optimiser = torch.optim.Adam(weights, lr=LEARNING_RATE)
    for _ in range(n_steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(tuned.scores(phrases), targets).backward()
        optimiser.step()
    return Phrases(model.words, *(w.detach() for w in weights))


def ordinary(
    n_pairs: int, words: Sequence[str], n_words: int, rng: np.random.Generator
) -> list[Pair]:
    """Random phrases, each followed by the successor of its first word: what there is to learn."""
    drawn = rng.integers(len(words), size=(n_pairs, n_words))
    return [(" ".join(words[i] for i in row), words[(row[0] + 1) % len(words)]) for row in drawn]
