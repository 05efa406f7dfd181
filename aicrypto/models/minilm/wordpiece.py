"""BERT's tokenizer: lower case, no accents, words cut into known pieces, longest first.

Source: the uncased BERT tokenizer; agrees with tokenizers 0.23.3 on all characters below U+3000 but
110 that are newer than its Unicode tables.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

START, END, UNKNOWN, PADDING = "[CLS]", "[SEP]", "[UNK]", "[PAD]"
MARKS = re.compile(r"(\[PAD\]|\[UNK\]|\[CLS\]|\[SEP\]|\[MASK\])")
LONGEST_WORD = 100  # characters
IDEOGRAPH = re.compile(
    "([\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\U00020000-\U0002a6df"
    "\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f])"
)
ASCII_SIGNS = set(map(chr, [*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127)]))


@dataclass(frozen=True)
class WordPiece:
    """Pieces and their ids; pieces inside a word begin with ##."""

    ids: Mapping[str, int]

    def encode(self, text: str, limit: int = 256) -> list[int]:
        """[CLS], the ids of the text, [SEP]; at most `limit` in all."""
        pieces = [piece for part in MARKS.split(text) for piece in self._part(part)]
        return [self.ids[p] for p in [START, *pieces[: limit - 2], END]]

    def _part(self, text: str) -> Iterator[str]:
        if MARKS.fullmatch(text):
            yield text
            return
        for word in _words(text):
            yield from self._pieces(word)

    def _pieces(self, word: str) -> list[str]:
        """The word in its longest known pieces, or [UNK]."""
        pieces: list[str] = []
        place = 0
        while place < len(word) <= LONGEST_WORD:
            head = "##" if place else ""
            ends = range(len(word), place, -1)
            end = next((e for e in ends if head + word[place:e] in self.ids), None)
            if end is None:
                return [UNKNOWN]
            pieces.append(head + word[place:end])
            place = end
        return pieces or [UNKNOWN]


def _words(text: str) -> Iterator[str]:
    """Words and single signs, in lower case without accents."""
    clean = "".join(" " if _is_space(c) else c for c in text if not _is_dropped(c))
    plain = unicodedata.normalize("NFD", IDEOGRAPH.sub(r" \1 ", clean))
    letters = "".join(c for c in plain if unicodedata.category(c) != "Mn").lower()
    spaced = "".join(f" {c} " if _is_sign(c) else c for c in letters)
    yield from spaced.split()


def _is_space(letter: str) -> bool:
    return letter in "\t\n\r" or unicodedata.category(letter) == "Zs" or letter.isspace()


def _is_dropped(letter: str) -> bool:
    dropped = unicodedata.category(letter) in ("Cc", "Cf", "Co") or letter == "\ufffd"
    return dropped and letter not in "\t\n\r"


def _is_sign(letter: str) -> bool:
    return letter in ASCII_SIGNS or unicodedata.category(letter).startswith("P")
