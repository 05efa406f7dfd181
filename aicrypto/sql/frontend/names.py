"""Which table and column a name in a query means."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlglot import exp

from aicrypto.sql.frontend.refusals import UnsupportedSql, position, unsupported
from aicrypto.sql.plan import ColumnRef, PlanColumn
from aicrypto.sql.table import ColumnNotFound, Schema, TableNotFound, nearest
from aicrypto.sql.types import ColumnType


class AmbiguousColumn(ValueError):
    """Several tables have a column of the name."""


@dataclass
class Scope:
    """The tables of one SELECT, and the columns of them that were named so far.

    Attributes:
        schema: of all tables there are.
        tables: the true names, one for each table in FROM.
        aliases: what the query calls them.
        paths: the same with all dots, where the query gives no other name.
        columns: those read, in the order of their first use.
        hidden: numbers of the tables of inner queries, whose names are not seen outside.
        inside: the number of the inner query's table, whose names alone are seen there.
    """

    schema: Schema
    tables: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    columns: list[PlanColumn] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    inside: int | None = None

    def add(self, node: exp.Expression) -> None:
        """One table of FROM or JOIN.

        Raises:
            TableNotFound: with the nearest name that exists.
            UnsupportedSql: if it is no table, or its name is taken.
        """
        if not isinstance(node, exp.Table):
            raise unsupported(node, "a table computed by a query")
        name = ".".join(part.name for part in node.parts)
        true_name = self._table(name, node)
        alias = (node.alias or node.name).lower()
        if self.inside is None and alias in self.aliases:
            raise UnsupportedSql(f"two tables are called {alias!r}{position(node)}")
        self.tables.append(true_name)
        self.aliases.append(alias)
        self.paths.append(alias if node.alias else name.lower())

    def _table(self, name: str, node: exp.Expression) -> str:
        """The table of that name, or the only one that differs from it in upper and lower case."""
        alike = [table for table in self.schema if table.lower() == name.lower()]
        if name in alike:
            return name
        if not alike:
            hint = nearest(name, self.schema)
            raise TableNotFound(f"there is no table {name!r}{position(node)}{hint}")
        if len(alike) > 1:
            raise UnsupportedSql(f"table {name!r}{position(node)} may be {' or '.join(alike)}")
        return alike[0]

    def all_columns(self) -> list[tuple[str, ColumnRef, ColumnType]]:
        """What * means."""
        return [
            (name, self._reference(number, name), type_)
            for number, table in enumerate(self.tables)
            if number not in self.hidden
            for name, type_ in self.schema[table].items()
        ]

    def find(self, node: exp.Column) -> tuple[ColumnRef, ColumnType]:
        """The column that is meant, and its type.

        Raises:
            ColumnNotFound: with the nearest name that exists.
            AmbiguousColumn: if several tables have it.
        """
        found = [place for place in self._places() if self._names(node, *place)]
        if not found:
            hint = nearest(node.name, (name for _, name in self._places()))
            raise ColumnNotFound(f"there is no column {node.name!r}{position(node)}{hint}")
        if len(found) > 1:
            owners = ", ".join(self.aliases[number] for number, _ in found)
            raise AmbiguousColumn(f"column {node.name!r}{position(node)} is in {owners}")
        number, name = found[0]
        return self._reference(number, name), self.schema[self.tables[number]][name]

    def _places(self) -> Iterator[tuple[int, str]]:
        """Every column that is seen, by its table's number and its name."""
        outside = set(range(len(self.tables))) - self.hidden
        for number in sorted(outside) if self.inside is None else [self.inside]:
            for name in self.schema[self.tables[number]]:
                yield number, name

    @contextmanager
    def within(self, node: exp.Expression) -> Iterator[None]:
        """Inside, names mean columns of an inner query's table; outside they do not."""
        self.inside = len(self.tables)
        self.hidden.add(self.inside)
        try:
            self.add(node)
            yield
        finally:
            self.inside = None

    def _names(self, node: exp.Column, number: int, name: str) -> bool:
        qualifier = ".".join(part.name for part in node.parts[:-1]).lower()
        names = ("", self.aliases[number], self.paths[number])
        return name.lower() == node.name.lower() and qualifier in names

    def has(self, name: str) -> bool:
        """Whether a column of that name is seen."""
        return any(name.lower() == seen.lower() for _, seen in self._places())

    def _reference(self, number: int, name: str) -> ColumnRef:
        column = PlanColumn(number, name, self.schema[self.tables[number]][name])
        if column not in self.columns:
            self.columns.append(column)
        return ColumnRef(self.columns.index(column))
