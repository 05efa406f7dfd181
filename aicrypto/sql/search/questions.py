"""Plain English to SQL, over a known schema, by templates.

    how many rows are in T [where C]            total X in T [where C]
    total X by G in T [where C]                 count by G in T [where C]
    show COLS from T [where C] [limit k]

A proof covers the SQL, never the translation: show the SQL before it runs. A language model may
translate instead (`ask` takes any function from a prompt to an answer); the proof stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from aicrypto.sql.search.conditions import (
    NoTemplate,
    UnknownColumn,
    condition,
    find_column,
)
from aicrypto.sql.table import Schema, nearest

WHERE = r"(?: where (?P<where>.+?))?"
TABLE = r"(?P<table>[\w.]+)"
TEMPLATES = (
    (rf"how many rows(?: are)? in {TABLE}{WHERE}", "SELECT COUNT(*) AS n FROM {t}{w}"),
    (
        rf"(?:total|sum)(?: of)? (?P<x>\w+) (?:by|per) (?P<g>\w+) in {TABLE}{WHERE}",
        "SELECT {g}, SUM({x}) AS total, COUNT(*) AS n FROM {t}{w} GROUP BY {g}",
    ),
    (
        rf"(?:what is the )?(?:total|sum)(?: of)? (?P<x>\w+) in {TABLE}{WHERE}",
        "SELECT SUM({x}) AS total FROM {t}{w}",
    ),
    (
        rf"count (?:by|per) (?P<g>\w+) in {TABLE}{WHERE}",
        "SELECT {g}, COUNT(*) AS n FROM {t}{w} GROUP BY {g}",
    ),
    (
        rf"(?:show|list|get) (?P<columns>.+?) (?:of|from) {TABLE}{WHERE}(?: limit (?P<limit>\d+))?",
        "SELECT {columns} FROM {t}{w}{limit}",
    ),
)
EVERYTHING = ("all columns", "everything")
SEPARATOR = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)
STATEMENT = re.compile(r"select\b.*?(?=;|```|$)", re.IGNORECASE | re.DOTALL)


class UnknownTable(ValueError):
    """No table has the name."""


class AmbiguousTable(ValueError):
    """The last part of a name stands for two tables."""


def to_sql(text: str, schema: Schema) -> str:
    """The SQL that a question means.

    Raises:
        NoTemplate: if it follows no template.
        UnknownTable, AmbiguousTable, UnknownColumn: if a name means no table, two, or no column.
        ValueTypeMismatch: if a value is none of its column's type.
    """
    plain = " ".join(text.split()).rstrip("?.! ")
    for pattern, sql in TEMPLATES:
        if match := re.fullmatch(pattern, plain, re.IGNORECASE):
            return _fill(sql, match, schema)
    raise NoTemplate(f"{text!r} follows no template; say for instance: how many rows are in TABLE")


def ask(text: str, schema: Schema, complete: Callable[[str], str]) -> str:
    """The SQL that a language model makes of a question; NoTemplate if its answer has none."""
    tables = [
        f"{table}({', '.join(f'{name} {type_.to_json()}' for name, type_ in columns.items())})"
        for table, columns in schema.items()
    ]
    prompt = (
        "Answer with one SQL SELECT statement and nothing else. Only SELECT, WHERE, GROUP BY, "
        f"HAVING, LIMIT, SUM and COUNT are known.\nTables: {'; '.join(tables)}\nQuestion: {text}"
    )
    found = STATEMENT.search(complete(prompt))
    if found is None:
        raise NoTemplate("the model's answer holds no SELECT")
    return " ".join(found.group().split())


def _fill(sql: str, match: re.Match[str], schema: Schema) -> str:
    given = match.groupdict()
    table = find_table(given["table"], schema)
    columns = schema[table]
    names = {key: find_column(given[key], columns) for key in ("x", "g") if given.get(key)}
    where = f" WHERE {condition(given['where'], columns)}" if given.get("where") else ""
    limit = f" LIMIT {given['limit']}" if given.get("limit") else ""
    listed = ""
    if chosen := given.get("columns"):
        parts = SEPARATOR.split(chosen.strip())
        everything = chosen.strip().lower() in EVERYTHING
        listed = "*" if everything else ", ".join(find_column(part, columns) for part in parts)
    return sql.format(t=table, w=where, limit=limit, columns=listed, **names)


def find_table(name: str, schema: Schema) -> str:
    """The table with this full or last name, in the schema's spelling."""
    wanted = name.lower()
    full = [table for table in schema if table.lower() == wanted]
    found = full or [table for table in schema if table.lower().rsplit(".", 1)[-1] == wanted]
    if not found:
        raise UnknownTable(f"there is no table {name!r}{nearest(name, schema)}")
    if len(found) > 1:
        raise AmbiguousTable(f"{name!r} may be any of {', '.join(found)}")
    return found[0]


__all__ = ["AmbiguousTable", "NoTemplate", "UnknownColumn", "UnknownTable", "ask", "to_sql"]
