"""What a query says, before names are resolved: the tree that the parser builds.

Names stay as written (or upper-cased, as the deployed system's client does), operators are spelled
as in SQL. Every part is a frozen dataclass: expressions are equal if they were written alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from aicrypto.sql.types import ColumnType, Value


class Expr:
    """An expression as written."""


@dataclass(frozen=True)
class Name(Expr):
    """A column, with or without the table before it: the parts between the dots."""

    parts: tuple[str, ...]


@dataclass(frozen=True)
class Position(Expr):
    """A name that was resolved to a column's number."""

    index: int


@dataclass(frozen=True)
class Constant(Expr):
    """A literal."""

    type: ColumnType
    value: Value


@dataclass(frozen=True)
class Placeholder(Expr):
    """`$n`, n as written."""

    number: int


@dataclass(frozen=True)
class Operation(Expr):
    """left OP right: arithmetic, comparison, `and`, `or`."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Negation(Expr):
    """NOT operand."""

    operand: Expr


@dataclass(frozen=True)
class Between(Expr):
    """operand BETWEEN low AND high."""

    operand: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True)
class NotBetween(Expr):
    """operand NOT BETWEEN low AND high."""

    operand: Expr
    low: Expr
    high: Expr


@dataclass(frozen=True)
class In(Expr):
    """operand IN (values)."""

    operand: Expr
    values: tuple[Expr, ...]


@dataclass(frozen=True)
class CastTo(Expr):
    """CAST(operand AS type), operand::type."""

    operand: Expr
    type: ColumnType


@dataclass(frozen=True)
class Sum(Expr):
    """SUM(operand)."""

    operand: Expr


@dataclass(frozen=True)
class Count(Expr):
    """COUNT(operand), None for COUNT(*)."""

    operand: Expr | None


@dataclass(frozen=True)
class Item:
    """A selected expression, perhaps renamed; None stands for `*`."""

    expression: Expr | None
    alias: str | None


@dataclass(frozen=True)
class TableJoin:
    """left JOIN right ON condition."""

    left: str
    right: str
    condition: Expr


@dataclass(frozen=True)
class Select:
    """One SELECT; the source is a table's name, a join, or a query."""

    items: tuple[Item, ...]
    source: str | TableJoin | Query
    where: Expr | None
    groups: tuple[Expr, ...]
    having: Expr | None
    limit: int | None
    offset: int


@dataclass(frozen=True)
class Query:
    """One SELECT, or several under UNION ALL."""

    selects: tuple[Select, ...]


def all_selects(query: Query) -> Iterator[Select]:
    """Every SELECT of a query, inner ones too."""
    for select in query.selects:
        yield select
        if isinstance(select.source, Query):
            yield from all_selects(select.source)


def walk(part: Any) -> Iterator[Expr]:
    """Every expression within a part of a select."""
    if isinstance(part, tuple):
        for one in part:
            yield from walk(one)
    elif is_dataclass(part) and not isinstance(part, ColumnType | Query):
        yield from [part] if isinstance(part, Expr) else []
        for one in fields(part):
            yield from walk(getattr(part, one.name))


def names_in(part: Any) -> list[Name]:
    """The names within a part of a select."""
    return [e for e in walk(part) if isinstance(e, Name)]


def aggregates_in(part: Any) -> list[Sum | Count]:
    """The sums and counts within a part of a select."""
    return [e for e in walk(part) if isinstance(e, Sum | Count)]
