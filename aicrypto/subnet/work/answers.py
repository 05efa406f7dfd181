"""Answers compared with a re-run: the cheater asks a cheaper model.

The "language model" is a table of which word follows which two words, read off a text; with a seed
its answers are the same everywhere. The cheater saves memory: its table looks one word back. Half
of what it says follows just as well, and it is still another text.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.subnet.scoring import text_score

ANSWER_WORDS = 40
FULL_MEMORY, CHEAP_MEMORY = 2, 1
TEXT = """
a miner answers and a validator asks the miner again with the same seed so that the answer of an
honest miner is the same word for word while a miner that runs a smaller model says something else
the validator compares both texts and gives a weight to the miner whose words agree with its own
the chain adds the weights of all validators and cuts what most of the stake does not support so
that a validator that favours a friend loses trust and bonds and the friend gains nothing at all
the same seed gives the same text on every machine and a text that differs in more than a few
words is worth nothing to the validator because a cheaper model could have written it in a
fraction of the time
"""
CORPUS = re.findall(r"\w+", TEXT)


@dataclass(frozen=True)
class Answers:
    """Two who run the model that is paid for, one who runs half of it."""

    seed: int = 0
    miners: tuple[str, ...] = ("ada", "bela", "cheap")
    cheater: str = "cheap"

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """All or nothing: is the answer nearly the one of a re-run?"""
        prompt = f"{self.seed} {validator} {epoch}"
        expected = generate(prompt, FULL_MEMORY)
        return {
            miner: text_score(expected, self.answer(miner, prompt), 1.0)[1] for miner in self.miners
        }

    def answer(self, miner: str, prompt: str) -> str:
        """What a miner sends back."""
        return generate(prompt, CHEAP_MEMORY if miner == self.cheater else FULL_MEMORY)


def generate(prompt: str, memory: int, n_words: int = ANSWER_WORDS) -> str:
    """Words that follow each other as in the corpus; the prompt seeds the choice."""
    rng = random.Random(prompt)
    start = rng.randrange(len(CORPUS) - memory)
    words = CORPUS[start : start + memory]
    while len(words) < n_words:
        words.append(rng.choice(_followers(words[-memory:]) or CORPUS))
    return " ".join(words)


def _followers(before: list[str]) -> list[str]:
    """Every word that comes after these in the corpus."""
    width = len(before)
    places = range(len(CORPUS) - width)
    return [CORPUS[i + width] for i in places if CORPUS[i : i + width] == before]
