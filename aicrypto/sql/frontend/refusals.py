"""Refusals of the front end: they name the construct and the place in the query's text."""

from sqlglot import exp
from sqlglot.errors import ParseError


class UnsupportedSql(ValueError):
    """The text is no SQL, or SQL that has no proof here."""


def unsupported(node: exp.Expression, construct: str = "") -> UnsupportedSql:
    """The refusal of a part of a query."""
    name = construct or type(node).key.upper()
    return UnsupportedSql(f"{name} is not supported: {node.sql('duckdb')!r}{position(node)}")


def position(node: exp.Expression) -> str:
    """` at line L, column C` of the first word of a part that the parser has placed, or nothing."""
    places = [part.meta for part in node.walk() if "start" in part.meta]
    if not places:
        return ""
    first = min(places, key=lambda meta: int(meta["start"]))
    column = int(first["col"]) - (int(first["end"]) - int(first["start"]))
    return f" at line {first['line']}, column {column}"


def not_sql(error: ParseError) -> UnsupportedSql:
    """The refusal of a text that does not parse."""
    if not error.errors:
        return UnsupportedSql(f"no SQL: {error}")
    first = error.errors[0]
    return UnsupportedSql(
        f"no SQL: unexpected {first.get('highlight')!r} at line {first.get('line')}, "
        f"column {first.get('col')}"
    )
