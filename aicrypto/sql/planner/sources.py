"""Where a SELECT's columns come from, and what they are called.

A plan begins with the tables and columns that it reads, each once, however many SELECTs read them.
`Header` collects them: a table's node lists the columns that anybody names who reads that table.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, proof-of-sql-planner (rules).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aicrypto.sql import plan as p
from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.lowering import Field
from aicrypto.sql.table import Schema, TableNotFound, nearest
from aicrypto.sql.types import ColumnType


class AliasRequired(ValueError):
    """A computed item needs a name."""


class DuplicateOutputName(ValueError):
    """Two outputs have one name."""


@dataclass(frozen=True)
class Planned:
    """A node and the columns it gives."""

    node: p.Node
    fields: tuple[Field, ...]


class Header:
    """The tables and columns that a plan reads, numbered by first use."""

    def __init__(self, schema: Schema, query: s.Query) -> None:
        self.schema = schema
        self.tables: list[str] = []
        self.columns: list[p.PlanColumn] = []
        self._used: dict[str, set[str]] = {}
        for select in s.all_selects(query):
            self._note(select)

    def scan(self, table: str) -> Planned:
        """The node that reads a table."""
        known = table_schema(self.schema, table)
        names = [name for name in known if name in self._used[table]] or [*known][:1]
        if table not in self.tables:
            self.tables.append(table)
            new = [p.PlanColumn(len(self.tables) - 1, name, known[name]) for name in names]
            self.columns += new
        number = self.tables.index(table)
        indices = tuple(i for i, column in enumerate(self.columns) if column.table == number)
        return Planned(p.TableScan(number, indices), _fields(table, known, names))

    def _note(self, select: s.Select) -> None:
        """The columns that a select over tables names."""
        named = s.names_in((select.items, select.where, select.groups, select.having))
        if s.Item(None, None) in select.items:
            named += [s.Name((name,)) for columns in self.schema.values() for name in columns]
        tables = [select.source] if isinstance(select.source, str) else []
        if isinstance(select.source, s.TableJoin):
            tables = [select.source.left, select.source.right]
            named += s.names_in(select.source.condition)
        for table in tables:
            known = table_schema(self.schema, table)
            used = _answering(_fields(table, known, known), named)
            self._used.setdefault(table, set()).update(used)


def _answering(given: Sequence[Field], named: Sequence[s.Name]) -> set[str]:
    """The names of the columns that somebody names."""
    return {field.name for field in given if any(field.answers(name.parts) for name in named)}


def _fields(table: str, known: Mapping[str, ColumnType], names: Iterable[str]) -> tuple[Field, ...]:
    return tuple(Field(name, known[name], (table,)) for name in names)


def table_schema(schema: Schema, table: str) -> dict[str, ColumnType]:
    """The columns of a table; TableNotFound, with the nearest name, if there is none."""
    if table not in schema:
        raise TableNotFound(f"there is no table {table!r}{nearest(table, schema)}")
    return dict(schema[table])


def expand(items: Sequence[s.Item], given: Sequence[Field]) -> tuple[s.Item, ...]:
    """The items, `*` replaced by all columns."""
    expanded: list[s.Item] = []
    for item in items:
        if item.expression is None:
            expanded += [s.Item(s.Position(i), field.name) for i, field in enumerate(given)]
        else:
            expanded.append(item)
    return tuple(expanded)


def output_names(items: Sequence[s.Item]) -> list[str]:
    """The names of the outputs.

    Raises:
        AliasRequired: if a computed item has none.
        DuplicateOutputName: if one comes twice.
    """
    names = []
    for item in items:
        name = item.alias
        if name is None and isinstance(item.expression, s.Name):
            name = item.expression.parts[-1]
        if name is None:
            raise AliasRequired(f"an item of kind {type(item.expression).__name__} has no name")
        if name in names:
            raise DuplicateOutputName(f"two outputs are called {name!r}")
        names.append(name)
    return names
