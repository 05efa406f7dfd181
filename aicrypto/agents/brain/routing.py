"""Which tool answers a question: a two-layer int8 network over the meaning of the sentence.

    question -> encoder -> int8 features -> similarity to every known phrase -> mean per tool

An encoder turns a sentence into small integers: `Sentences` takes MiniLM's direction, times 127;
`HashedWords`, the stand-in where MiniLM's weights are not installed, counts words at the places
that their hashes say. All after that is exact: the same integers on every machine, so a proof
(`Router.network`, zkML) or a dispute (`Router.layers`, opML) can settle which tool was chosen.

    hidden_p = clamp((phrase_p . x + 64) >> 7, 0, 127)     score_t = sum of w_t hidden_p over t's

Said honestly: what the encoder gives is only as exact as floats are; a machine whose last digit
differs may round one feature otherwise. Directions see topics, not truth; phrases that share a noun
with a question can win over the right one.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
from jaxtyping import Int8, Int32

from aicrypto.agents.brain.tools import Tool, by_name
from aicrypto.opml.code import Layer, evaluate, pack

if TYPE_CHECKING:
    from aicrypto.models.minilm import Embedder
    from aicrypto.zkml import Network

SHIFT = 7  # similarities are divided by 128: 127 is the same sentence
FULL = 127
WORD_WEIGHT = 24  # of a hashed word: two sentences that share one are 24² >> 7 = 4 alike
HASHED_WIDTH = 256
WORD = re.compile(r"[a-z0-9]+")
EMPTY_WORDS = frozenset(
    WORD.findall(
        "a an and are as at be by do does for from give has have how i if in is it me my of on or"
        " that the this to was were what when where which who why will with you your"
    )
)


class Encoder(Protocol):
    """What turns sentences into small integers."""

    @property
    def name(self) -> str:
        """What every record calls it."""

    @property
    def floor(self) -> int:
        """A best score of less means that no tool fits."""

    @property
    def tolerance(self) -> int:
        """By how much a feature may differ on another machine."""

    def encode(self, texts: Sequence[str]) -> Int8[np.ndarray, "n width"]:
        """A row of features for each text."""


@dataclass(frozen=True)
class HashedWords:
    """The stand-in: rules, no model. Words at the places that their hashes say."""

    width: int = HASHED_WIDTH
    name: str = "rule-based stand-in: hashed words"
    floor: int = 1
    tolerance: int = 0

    def encode(self, texts: Sequence[str]) -> Int8[np.ndarray, "n width"]:
        """How often a word of each place occurs in a text, times 24, at most 127."""
        rows = np.zeros((len(texts), self.width), np.int8)
        for row, text in zip(rows, texts, strict=True):
            for place, count in Counter(map(self._place, words_of(text))).items():
                row[place] = min(FULL, WORD_WEIGHT * count)
        return rows

    def _place(self, word: str) -> int:
        return int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % self.width


@dataclass(frozen=True)
class Sentences:
    """MiniLM's directions, rounded to int8."""

    embedder: "Embedder"
    name: str = "all-MiniLM-L6-v2, directions rounded to int8"
    floor: int = 1000  # of 64 * 127: a cosine of about 0.12
    tolerance: int = 1  # where a last digit of the direction tips the rounding

    def encode(self, texts: Sequence[str]) -> Int8[np.ndarray, "n 384"]:
        """127 times each coordinate of a text's direction."""
        from aicrypto.models import one_thread

        with one_thread():
            directions = self.embedder.embed(texts).cpu().numpy()
        return np.rint(FULL * directions.astype(np.float64)).astype(np.int8)


@dataclass(frozen=True)
class Route:
    """What the router made of a question.

    Attributes:
        tool: name of the chosen one, None where none fits.
        scores: of all tools, in their order.
        features: of the question; whoever disputes the choice starts from them.
    """

    tool: str | None
    scores: tuple[int, ...]
    features: bytes


@dataclass(frozen=True)
class Router:
    """Chooses among tools; ValueError where two have one name or there is none."""

    tools: tuple[Tool, ...]
    encoder: Encoder

    def __post_init__(self) -> None:
        if not by_name(self.tools):
            raise ValueError("tools is empty, must hold at least 1")

    def route(self, question: str) -> Route:
        """The tool with the highest score (the first of equal ones)."""
        [features] = self.encoder.encode([question])
        return self.decide(features)

    def decide(self, features: Int8[np.ndarray, " width"]) -> Route:
        """The same, from the features."""
        scores: Int32[np.ndarray, " n"] = evaluate(self.layers, features)
        best = int(scores.argmax())
        fits = int(scores[best]) >= self.encoder.floor
        chosen = self.tools[best].name if fits else None
        return Route(chosen, tuple(map(int, scores)), features.tobytes())

    @cached_property
    def layers(self) -> tuple[Layer, Layer]:
        """The router as the verifiable machine runs it."""
        known = [(number, text) for number, tool in enumerate(self.tools) for text in phrases(tool)]
        similar = self.encoder.encode([text for _, text in known])
        counts = Counter(number for number, _ in known)
        mean = np.zeros((len(self.tools), len(known)), np.int8)
        for place, (number, _) in enumerate(known):
            mean[number, place] = max(1, 64 // counts[number])
        hidden = Layer(similar, np.zeros(len(known), np.int32), shift=SHIFT - 1)
        return hidden, Layer(mean, np.zeros(len(self.tools), np.int32))

    @property
    def network(self) -> "Network":
        """The router as zkML proves it: the same integers."""
        import torch

        from aicrypto import zkml

        shifts = (SHIFT, 0)
        return zkml.Network(
            tuple(
                zkml.Layer(torch.from_numpy(layer.weights), torch.from_numpy(layer.biases), shift)
                for layer, shift in zip(self.layers, shifts, strict=True)
            )
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the encoder's name and the network's numbers."""
        content = self.encoder.name.encode() + b"\0" + pack(self.layers)
        return hashlib.sha256(content).hexdigest()


def phrases(tool: Tool) -> list[str]:
    """What a question is compared with: the tool's sentence, then its examples."""
    return [tool.about, *tool.examples]


def words_of(text: str) -> list[str]:
    """The words of a text that say something: lower case, without endings of plural and tense."""
    return [_stem(word) for word in WORD.findall(text.lower()) if word not in EMPTY_WORDS]


def encoder_here() -> Encoder:
    """MiniLM where its weights are installed, the stand-in elsewhere."""
    from aicrypto.models import available

    if not available()["minilm"]:
        return HashedWords()
    from aicrypto.models import minilm

    return Sentences(minilm.load())


def _stem(word: str) -> str:
    return re.sub(r"(?<=[a-z]{3})(ing|ed|es|s)$", "", word)
