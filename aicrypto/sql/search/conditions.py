"""Conditions in plain English: `amount is at least 5 and region is not EU` into SQL.

Conditions are joined by and/or, without parentheses. Values are numbers, quoted texts, or one bare
word; text columns quote whatever stands there and know only = and <>.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from aicrypto.sql.table import nearest
from aicrypto.sql.types import ColumnType

WORDS = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|<>|!=|<=|>=|[=<>]|[^\s'\"=<>!]+")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
COMPARED = {
    **{f"{word} than": ">" for word in ("greater", "more", "larger")},
    **{f"{word} than": "<" for word in ("less", "smaller", "fewer")},
    **{"at least": ">=", "at most": "<="},
}
OPERATORS = {
    **COMPARED,
    **{f"is {phrase}": operator for phrase, operator in COMPARED.items()},
    **{"is not": "<>", "is": "=", "equals": "="},
    **{operator: operator for operator in ("=", "<>", "<", ">", "<=", ">=")},
}
EQUALITIES = ("=", "<>")


class NoTemplate(ValueError):
    """The words follow no template."""


class UnknownColumn(ValueError):
    """No column has the name."""


class ValueTypeMismatch(ValueError):
    """A value, or a comparison, does not fit the column's type."""


def condition(text: str, columns: Mapping[str, ColumnType]) -> str:
    """The SQL of a condition; errors as in `questions.to_sql`."""
    if left := WORDS.sub("", text).strip():
        raise NoTemplate(f"{left!r} in {text!r} is no word")
    words = WORDS.findall(text)
    parts, connectors = _split(words)
    made = [_comparison(part, columns) for part in parts]
    joined = [made[0]]
    for connector, one in zip(connectors, made[1:], strict=True):
        joined += [connector.upper(), one]
    return " ".join(joined)


def find_column(name: str, columns: Mapping[str, ColumnType]) -> str:
    """The column of that name in the schema's spelling."""
    for column in columns:
        if column.lower() == name.lower():
            return column
    raise UnknownColumn(f"there is no column {name!r}{nearest(name, columns)}")


def _split(words: list[str]) -> tuple[list[list[str]], list[str]]:
    """The comparisons and the words between them; the `and` of a `between` belongs inside."""
    parts: list[list[str]] = [[]]
    connectors = []
    for word in words:
        lower = word.lower()
        inside = (
            lower == "and"
            and any(w.lower() == "between" for w in parts[-1])
            and not any(w.lower() == "and" for w in parts[-1])
        )
        if lower in ("and", "or") and not inside:
            connectors.append(lower)
            parts.append([])
        else:
            parts[-1].append(word)
    return parts, connectors


def _comparison(words: list[str], columns: Mapping[str, ColumnType]) -> str:
    if len(words) < 3:
        raise NoTemplate(f"{' '.join(words)!r} is no condition")
    column = find_column(words[0], columns)
    type_, rest = columns[column], tuple(word.lower() for word in words[1:])
    if rest[0] == "between" and len(rest) == 4 and rest[2] == "and":
        low, high = (_value(word, type_, "between") for word in (words[2], words[4]))
        return f"{column} BETWEEN {low} AND {high}"
    operator = OPERATORS.get(" ".join(rest[:-1]))
    if operator is not None:
        return f"{column} {operator} {_value(words[-1], type_, operator)}"
    raise NoTemplate(f"{' '.join(words)!r} is no condition")


def _value(word: str, type_: ColumnType, operator: str) -> str:
    """The value as SQL writes it."""
    quoted = word[0] in "'\"" and len(word) > 1
    if type_.kind == "varchar":
        if operator not in EQUALITIES:
            raise ValueTypeMismatch(f"text can only be equal or not, got {operator}")
        inner = word[1:-1].replace("''", "'") if quoted else word
        return "'" + inner.replace("'", "''") + "'"
    pattern = {"boolean": re.compile("true|false", re.IGNORECASE), "varbinary": HEX}.get(
        type_.kind, NUMBER
    )
    if quoted or not pattern.fullmatch(word):
        raise ValueTypeMismatch(f"{word} is no {type_.to_json()}")
    return word.lower() if type_.kind == "boolean" else word
