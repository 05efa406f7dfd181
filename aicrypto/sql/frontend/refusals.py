"""Refusals of the front end: they name the construct and the place in the query's text.

The parser knows far more SQL than has a proof here, and puts most of it beside what it qualifies:
SYMMETRIC beside the bounds of a BETWEEN, a sample beside its table. Whoever reads the bounds and
overlooks the word proves the answer to another question. So everything that is read is listed, and
`refuse_unread` refuses a query that says more.
"""

from typing import Any

from sqlglot import exp
from sqlglot.errors import ParseError

ONE, PAIR, LIST = {"this"}, {"this", "expression"}, {"expressions"}
# What is read of each construct, by the parser's names; constructs not listed are refused later.
READ: dict[type[exp.Expression], set[str]] = {
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.And, exp.Or, exp.EQ, exp.NEQ), PAIR),
    **dict.fromkeys((exp.LT, exp.GT, exp.LTE, exp.GTE), PAIR),
    **dict.fromkeys((exp.Not, exp.Neg, exp.Paren, exp.Boolean, exp.TableAlias), ONE),
    **dict.fromkeys((exp.Sum, exp.Min, exp.Max, exp.Avg, exp.Where, exp.Having, exp.From), ONE),
    **dict.fromkeys((exp.Group, exp.Order, exp.Distinct), LIST),
    exp.Limit: {"expression"},
    exp.Offset: {"expression"},
    exp.Alias: {"this", "alias"},
    exp.Between: {"this", "low", "high"},
    exp.Case: {"this", "ifs", "default"},
    exp.Cast: {"this", "to"},
    exp.Column: {"this", "table", "db", "catalog"},
    exp.Count: {"this", "big_int"},
    exp.Identifier: {"this", "quoted"},
    exp.If: {"this", "true"},
    exp.In: {"this", "expressions", "query"},
    exp.Interval: {"this", "unit"},
    exp.Join: {"this", "on", "kind", "side", "using"},
    exp.Literal: {"this", "is_string"},
    exp.Ordered: {"this", "desc", "nulls_first"},  # there are no NULLs
    exp.Star: set(),
    exp.Subquery: {"this", "alias"},
    exp.Table: {"this", "db", "catalog", "alias"},
    exp.Union: {"this", "expression", "distinct", "order", "limit", "offset", "with_"},
}


class UnsupportedSql(ValueError):
    """The text is no SQL, or SQL that has no proof here."""


def unsupported(node: exp.Expression, construct: str = "") -> UnsupportedSql:
    """The refusal of a part of a query."""
    name = construct or type(node).key.upper()
    return UnsupportedSql(f"{name} is not supported: {node.sql('duckdb')!r}{position(node)}")


def refuse_unread(tree: Any) -> None:
    """Raises UnsupportedSql for a part of a query that nobody would read."""
    for node in tree.walk():
        read = READ.get(type(node))
        strange = [key for key, value in node.args.items() if value and key not in (read or ())]
        if read is not None and strange:
            name = strange[0].strip("_").replace("_", " ").upper()
            raise unsupported(node, f"{name} of {type(node).key.upper()}")


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
