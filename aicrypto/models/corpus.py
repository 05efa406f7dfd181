"""Real English that every Python brings along: words as numbers, for small language models.

The text is the language reference that `help()` shows: 70,000 words and points in Python 3.11, a
little more in later versions, read from the standard library and nowhere copied. A `Vocabulary`
gives the frequent words a number each (token); all rarer ones share the token UNKNOWN.

Source of the text: Python's documentation, PSF licence.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Int
from torch import Tensor

UNKNOWN = "<unk>"
WORD = re.compile(r"[a-z]+|[.,]")
VALIDATION_SHARE = 10  # every tenth block of the text is kept from training
BLOCK_WORDS = 512


@dataclass(frozen=True)
class Vocabulary:
    """The words that have a token, token 0 first."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: list[str], size: int) -> "Vocabulary":
        """The vocabulary of the `size` - 1 most frequent words (ties: by alphabet) and UNKNOWN."""
        counts = Counter(text)
        frequent = sorted(counts, key=lambda word: (-counts[word], word))[: size - 1]
        return cls((UNKNOWN, *frequent))

    @cached_property
    def token_of(self) -> dict[str, int]:
        """Word to token."""
        return {word: token for token, word in enumerate(self.words)}

    @cached_property
    def eligible(self) -> tuple[bool, ...]:
        """Per token: is it a word of at least two letters, fit to be a fingerprint's answer?"""
        return tuple(word.isalnum() and len(word) > 1 for word in self.words)

    def encode(self, text: list[str]) -> list[int]:
        """Tokens of words; words without a token become UNKNOWN's."""
        return [self.token_of.get(word, 0) for word in text]

    def decode(self, tokens: Iterable[int]) -> str:
        """The words of tokens, with blanks between.

        >>> Vocabulary(("<unk>", "the", "cat")).decode([1, 2])
        'the cat'
        """
        return " ".join(self.words[token] for token in tokens)

    def __len__(self) -> int:
        return len(self.words)


@dataclass(frozen=True)
class Corpus:
    """A text as tokens, in two parts.

    Attributes:
        train: Int[n], what models learn from.
        held_out: Int[m], what their loss is measured on.
    """

    vocabulary: Vocabulary
    train: Int[Tensor, " n"]
    held_out: Int[Tensor, " m"]


def python_reference() -> list[str]:
    """The words, commas and points of Python's language reference, in lower case."""
    from pydoc_data.topics import topics  # a megabyte of text, parsed when it is wanted

    return WORD.findall("\n".join(topics[name] for name in sorted(topics)).lower())


def corpus(text: list[str], vocabulary_size: int = 1024) -> Corpus:
    """The text in tokens, every tenth block of it held out.

    Raises:
        ValueError: if the text is shorter than ten blocks.
    """
    least = VALIDATION_SHARE * BLOCK_WORDS
    if len(text) < least:
        raise ValueError(f"text has {len(text)} words, must have at least {least}")
    vocabulary = Vocabulary.of(text, vocabulary_size)
    blocks = torch.tensor(vocabulary.encode(text)).split(BLOCK_WORDS)
    held_out = torch.cat(blocks[VALIDATION_SHARE - 1 :: VALIDATION_SHARE])
    train = [b for i, b in enumerate(blocks) if i % VALIDATION_SHARE != VALIDATION_SHARE - 1]
    return Corpus(vocabulary, torch.cat(train), held_out)
