"""Typed tables from files and engines: Parquet, CSV, Arrow, anything that DuckDB can read.

DuckDB reads; here its types become ours. Decimals arrive as their unscaled integers, dates as the
second at which they begin, timestamps as microseconds, so that nothing passes through a float.
NULLs are refused by column and number, types without a proof by column and type.

A reader may touch files and engines; the rest of the room never does.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import (
    BIGINT,
    BOOLEAN,
    INT,
    SMALLINT,
    TINYINT,
    VARBINARY,
    VARCHAR,
    ColumnType,
    decimal,
    timestamp,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

# DuckDB's name -> our type and the SQL that turns a value into its Python form.
SIMPLE = {
    "BOOLEAN": (BOOLEAN, "{}"),
    "TINYINT": (TINYINT, "{}"),
    "SMALLINT": (SMALLINT, "{}"),
    "INTEGER": (INT, "{}"),
    "BIGINT": (BIGINT, "{}"),
    "UTINYINT": (SMALLINT, "{}::SMALLINT"),
    "USMALLINT": (INT, "{}::INTEGER"),
    "UINTEGER": (BIGINT, "{}::BIGINT"),
    "VARCHAR": (VARCHAR, "{}"),
    "BLOB": (VARBINARY, "{}"),
    "DATE": (timestamp(0), "epoch({})::BIGINT"),
    "TIMESTAMP": (timestamp(2), "epoch_us({})"),
    "TIMESTAMP WITH TIME ZONE": (timestamp(2), "epoch_us({})"),
    "TIMESTAMP_S": (timestamp(0), "epoch({})::BIGINT"),
    "TIMESTAMP_MS": (timestamp(1), "epoch_ms({})"),
    "TIMESTAMP_NS": (timestamp(3), "epoch_ns({})"),
}
DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
MAX_INT64_DIGITS = 18


class UnsupportedColumn(ValueError):
    """A column's type has no counterpart, or it holds NULLs."""


def read_parquet(path: str | Path) -> Table:
    """The table in a Parquet file; `from_duckdb`'s errors."""
    import duckdb

    return from_duckdb(duckdb.read_parquet(str(path)))


def read_csv(path: str | Path) -> Table:
    """The table in a CSV file, types as DuckDB guesses them; `from_duckdb`'s errors."""
    import duckdb

    return from_duckdb(duckdb.read_csv(str(path)))


def from_arrow(table: Any) -> Table:
    """The table of a pyarrow Table (or record batch reader); `from_duckdb`'s errors."""
    import duckdb

    return from_duckdb(duckdb.from_arrow(table))


def from_query(connection: "DuckDBPyConnection", sql: str) -> Table:
    """The table that a query gives; `from_duckdb`'s errors."""
    return from_duckdb(connection.sql(sql))


def from_duckdb(relation: "DuckDBPyRelation") -> Table:
    """The table of a DuckDB relation.

    Raises:
        UnsupportedColumn: naming the column, and its type or its first NULL.
    """
    names, kinds = relation.columns, [str(kind) for kind in relation.types]
    found = [_type_of(name, kind) for name, kind in zip(names, kinds, strict=True)]
    _refuse_nulls(relation, names)
    parts = [
        f"{form.format(_quoted(name))} AS {_quoted(name)}"
        for name, (_, form) in zip(names, found, strict=True)
    ]
    arrays = relation.project(", ".join(parts)).fetchnumpy()
    columns = tuple(
        Column(name, type_, _values(type_, arrays[name]))
        for name, (type_, _) in zip(names, found, strict=True)
    )
    return Table(columns, len(columns[0]) if columns else 0)


def _type_of(name: str, kind: str) -> tuple[ColumnType, str]:
    if kind in SIMPLE:
        return SIMPLE[kind]
    match = DECIMAL.fullmatch(kind)
    if match is None or int(match[1]) > MAX_INT64_DIGITS:
        raise UnsupportedColumn(f"column {name!r} is {kind}, which has no proof here")
    digits, places = int(match[1]), int(match[2])
    # A decimal of as many digits holds the product: no digit is lost, no float is used.
    form = f"CAST({{}}::DECIMAL(38, {places}) * {10**places} AS BIGINT)"
    return decimal(digits, places), form


def _refuse_nulls(relation: "DuckDBPyRelation", names: list[str]) -> None:
    counts = ", ".join(f"count(*) - count({_quoted(name)})" for name in names)
    nulls = relation.aggregate(counts).fetchone() or ()
    for name, n_nulls in zip(names, nulls, strict=True):
        if n_nulls:
            raise UnsupportedColumn(f"column {name!r} has {n_nulls} NULLs, which have no proof")


def _values(type_: ColumnType, array: Any) -> Any:
    """An array of integers; a list of text or bytes."""
    if type_.kind == "varbinary":
        return [bytes(value) for value in array]
    return [str(value) for value in array] if type_.is_text else array


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
