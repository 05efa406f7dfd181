"""SmolLM2's tokenizer: bytes that are merged, by rank, into 49,152 tokens.

Special tokens are cut out first, then every single digit; the rest is cut into words with their
leading blank by GPT-2's pattern. The bytes of each piece are merged pair by pair, always the pair
that was learnt first. Cutting digits *before* the pattern matters: the four blanks of `x =    42`
stay together. A tokenizer that other software builds from this file forgets that.

Source: the metadata of the GGUF file (`gpt2`, pre-tokenizer `smollm`); agrees with llama.cpp.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # Unicode White_Space
LETTER = r"[^\W_]"  # digits are cut out before: what is left of \w are letters
WORDS = re.compile(
    rf"'s|'t|'re|'ve|'m|'ll|'d| ?{LETTER}+| ?(?:[^{SPACE}\w]|_)+"
    rf"|[{SPACE}]+(?![^{SPACE}])|[{SPACE}]+"
)
SPECIAL_KIND = 3  # tokenizer.ggml.token_type
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def _byte_letters() -> str:
    """The letter that stands for each byte: itself where it can be seen, else from U+0100 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = iter(range(256, 512))
    return "".join(chr(b if b in seen else next(hidden)) for b in range(256))


LETTERS = _byte_letters()


@dataclass(frozen=True)
class Tokenizer:
    """Tokens in order of their ids, ranks of merges, and which tokens are special."""

    tokens: Sequence[str]
    merges: Mapping[tuple[str, str], int]
    special: frozenset[str]

    @classmethod
    def of(cls, metadata: Mapping[str, Any]) -> "Tokenizer":
        """The tokenizer in the metadata of a GGUF file."""
        tokens = metadata["tokenizer.ggml.tokens"]
        kinds = metadata["tokenizer.ggml.token_type"]
        pairs = (tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"])
        ranks = {(first, second): rank for rank, (first, second) in enumerate(pairs)}
        special = (token for token, kind in zip(tokens, kinds, strict=True) if kind == SPECIAL_KIND)
        return cls(tokens, ranks, frozenset(special))

    @cached_property
    def ids(self) -> dict[str, int]:
        """Token to id."""
        return {token: number for number, token in enumerate(self.tokens)}

    def encode(self, text: str) -> list[int]:
        """The ids of a text; nothing is added, and bytes that the vocabulary lacks are left out.

        SmolLM2's lacks eight: six control characters, F1 and F2 (which begin planes 4 to 11).
        """
        known = self.ids
        return [known[token] for piece in self._pieces(text) for token in piece if token in known]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; special tokens are dropped, broken UTF-8 is replaced."""
        shown = (self.tokens[i] for i in ids)
        letters = "".join(token for token in shown if token not in self.special)
        return bytes(LETTERS.index(letter) for letter in letters).decode("utf-8", "replace")

    def chat(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt of a conversation: role and content of each message, then the answer's head.

        Without a first message of the system, the model's own is put there.
        """
        if not messages or messages[0]["role"] != "system":
            messages = [{"role": "system", "content": SYSTEM}, *messages]
        said = (f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
        return "".join(said) + "<|im_start|>assistant\n"

    def _pieces(self, text: str) -> Iterator[list[str]]:
        longest_first = sorted(self.special, key=len, reverse=True)
        marks = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")
        for part in marks.split(text) if longest_first else [text]:
            if part in self.special:
                yield [part]
            else:
                for word in _words(part):
                    yield self._merged([LETTERS[b] for b in word.encode("utf-8")])

    def _merged(self, parts: list[str]) -> list[str]:
        """The bytes of one word, merged as far as the ranks go."""
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            best = min(pairs, key=lambda pair: self.merges.get(pair, len(self.merges)))
            if best not in self.merges:
                break
            parts = _merge(parts, best)
        return parts


def _merge(parts: list[str], pair: tuple[str, str]) -> list[str]:
    """All occurrences of the pair joined, from the left."""
    joined, i = [], 0
    while i < len(parts):
        width = 2 if tuple(parts[i : i + 2]) == pair else 1
        joined.append("".join(parts[i : i + width]))
        i += width
    return joined


def _words(text: str) -> Iterator[str]:
    """Single digits, and the words between them."""
    run = ""
    for letter in text:
        if unicodedata.category(letter).startswith("N"):
            yield from WORDS.findall(run)
            yield letter
            run = ""
        else:
            run += letter
    yield from WORDS.findall(run)
