"""Typed tables: what is committed to, queried and returned.

A column is a name, a type and its values, one for each row; a table is columns of one length. The
values are any sequence: a list of Python values, or a NumPy array where there are millions of
integers. What comes from outside is checked once, by `Column.checked`.

Users name tables and columns by hand, so an unknown name suggests the nearest that exists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from aicrypto.sql.types import ColumnType, Value


class TableNotFound(ValueError):
    """No table has the name."""


class ColumnNotFound(ValueError):
    """No column has the name."""


@dataclass(frozen=True, eq=False)
class Column:
    """A named, typed sequence of values.

    Attributes:
        values: Python values (decimals unscaled, timestamps as integers), or a 1-D integer array.
    """

    name: str
    type: ColumnType
    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return NotImplemented
        same_kind = (self.name, self.type) == (other.name, other.type)
        return same_kind and list(self.values) == list(other.values)

    def __hash__(self) -> int:
        return hash((self.name, self.type, tuple(self.values)))

    @classmethod
    def checked(cls, name: str, type_: ColumnType, values: Sequence[Value | None]) -> Column:
        """The column, if every value is one of its type.

        Raises:
            OutOfRange: naming column, row, value and type; NULL is none of any type.
        """
        for row, value in enumerate(values):
            try:
                type_.check(value)  # type: ignore[arg-type]  # None is refused like any wrong value
            except ValueError as error:
                raise type(error)(f"column {name!r}, row {row}: {error}") from None
        return cls(name, type_, values)

    def take(self, rows: Iterable[int]) -> Column:
        """The column of those rows, in their order."""
        return Column(self.name, self.type, [self.values[i] for i in rows])

    def renamed(self, name: str) -> Column:
        """The same column under another name."""
        return Column(name, self.type, self.values)


@dataclass(frozen=True)
class Table:
    """Columns of one length; `length` says how many rows there are where there is no column.

    Raises:
        ValueError: if two columns share a name, or lengths differ.
    """

    columns: tuple[Column, ...]
    length: int = -1

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"columns are {names}, two share a name")
        lengths = {len(column) for column in self.columns} | ({self.length} - {-1})
        if len(lengths) != 1:
            raise ValueError(f"lengths are {sorted(lengths)}, all columns must have one")
        object.__setattr__(self, "length", lengths.pop())

    @classmethod
    def of(cls, **columns: tuple[ColumnType, Sequence[Value]]) -> Table:
        """A checked table from keyword arguments: name=(type, values)."""
        return cls(tuple(Column.checked(name, *given) for name, given in columns.items()))

    @property
    def schema(self) -> dict[str, ColumnType]:
        """The type of every column by name, in order."""
        return {column.name: column.type for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            ColumnNotFound: with the nearest name that exists.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise ColumnNotFound(f"there is no column {name!r}{nearest(name, self.schema)}")


Tables = Mapping[str, Table]
Schema = Mapping[str, Mapping[str, ColumnType]]


def schema_of(tables: Tables) -> dict[str, dict[str, ColumnType]]:
    """Table name -> column name -> type: all that a planner needs to know."""
    return {name: table.schema for name, table in tables.items()}


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: `; did you mean 'x'?`, or which names there are."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    return (
        f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(names) or 'none'}"
    )
