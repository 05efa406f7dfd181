"""A query's text as its plan: one SELECT, or several joined by UNION ALL."""

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from aicrypto.sql.frontend.refusals import UnsupportedSql, not_sql, refuse_unread, unsupported
from aicrypto.sql.frontend.selects import select
from aicrypto.sql.select import Select
from aicrypto.sql.table import Schema

UNION_CLAUSES = ("order", "limit", "offset", "with_")


def parse(sql: str, schema: Schema) -> tuple[Select, ...]:
    """The SELECTs of a query whose results, one after the other, are its result.

    Raises:
        ValueError: naming the construct and its position in the text; unknown tables and columns
            suggest the nearest name.
    """
    try:
        tree: Any = sqlglot.parse_one(sql, read="duckdb")
    except ParseError as error:
        raise not_sql(error) from None
    except SqlglotError as error:
        raise UnsupportedSql(f"no SQL: {error}") from None
    refuse_unread(tree)
    selects = tuple(select(part, schema) for part in _terms(tree))
    first = [output.type for output in selects[0].outputs]
    for other in selects[1:]:
        if [output.type for output in other.outputs] != first:
            raise UnsupportedSql("UNION ALL of different column types")
    return selects


def _terms(node: exp.Expression) -> list[exp.Select]:
    """The SELECTs of a query, in order."""
    if isinstance(node, exp.Subquery) and not node.alias:
        return _terms(node.this)
    if isinstance(node, exp.Select):
        return [node]
    if not isinstance(node, exp.Union):
        raise unsupported(node)
    if node.args.get("distinct"):
        raise unsupported(node, "UNION without ALL")
    if any(map(node.args.get, UNION_CLAUSES)):
        raise unsupported(node, "ORDER BY or LIMIT of a UNION")
    return _terms(node.this) + _terms(node.expression)
