"""SQL text into tokens.

Words, numbers, hexadecimal bytes, quoted text, parameters and operators, each with its position, so
that a refusal can say where. Keywords are known in any case and reserved: no column is called
`group`, not even one that no query uses that way; quoting names and comments are not part of this
SQL.

Source: the subset that spaceandtimefdn/sxt-proof-of-sql@8b0de6b plans, proof-of-sql-planner.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

WORDS = (
    "select from where group by having limit offset union all inner join on as and or not between "
    "in cast is null order distinct left right full outer cross sum count min max avg true false"
)
KEYWORDS = frozenset(WORDS.split(" "))
PATTERN = re.compile(
    r"(?P<space>\s+)|(?P<hex>0x[0-9a-fA-F]*)|(?P<decimal>\d+\.\d+)|(?P<integer>\d+)"
    r"|(?P<text>'(?:[^']|'')*')|(?P<parameter>\$\d+)|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<operator>::|<>|!=|<=|>=|[=<>+*(),.]|-(?!-))"  # -- would begin a comment
)
NUMBERS = ("hex", "decimal", "integer", "parameter")


class UnsupportedSql(ValueError):
    """The text holds a construct that has no proof here; the message says which and where."""


@dataclass(frozen=True)
class Token:
    """A piece of the text.

    Attributes:
        kind: "keyword", "word", "hex", "decimal", "integer", "text", "parameter", "operator", or
            "end" behind the last piece.
        text: as written, keywords in lower case.
        position: of its first character, counted from 0.
    """

    kind: str
    text: str
    position: int


def tokens(sql: str) -> list[Token]:
    """The text's tokens, and one that marks its end.

    Raises:
        UnsupportedSql: at the first character that begins no token.
    """
    found, position = [], 0
    while position < len(sql):
        match = PATTERN.match(sql, position)
        if match is None or _runs_on(match, sql):
            raise UnsupportedSql(f"{sql[position:][:12]!r} at position {position} is no token")
        if match.lastgroup != "space":
            found.append(_token(match))
        position = match.end()
    return [*found, Token("end", "", position)]


def _token(match: re.Match[str]) -> Token:
    kind, text = str(match.lastgroup), match.group()
    if kind == "word" and text.lower() in KEYWORDS:
        kind, text = "keyword", text.lower()
    return Token(kind, text, match.start())


def _runs_on(match: re.Match[str], sql: str) -> bool:
    """Whether a number is followed by a letter: `1abc` is neither number nor name."""
    following = sql[match.end() : match.end() + 1]
    return match.lastgroup in NUMBERS and (following.isalnum() or following == "_")
