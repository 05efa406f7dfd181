"""What the fast back end proves in one go: one SELECT over joined tables, then public clean-up.

The query is split where its rows become public. Before that come joins, WHERE, and either the rows
themselves or groups with measures: all of it is proven, and its outcome, the *answer*, is part of
the proof in full. After that come HAVING, ORDER BY, LIMIT and arithmetic on groups: whoever
verifies computes them again, on the answer.

Expressions are those of `aicrypto.sql.plan`. A `ColumnRef` counts among `Select.columns` before the
answer, and among the answer's columns after it: keys, count, measures (keys alone, where rows are
not grouped).
"""

from dataclasses import dataclass

from aicrypto.sql.plan import Expression, Node, PlanColumn
from aicrypto.sql.types import BIGINT, ColumnType

MEASURES = ("sum", "min", "max")


@dataclass(frozen=True)
class Measure:
    """One number for each group: `sum`, `min` or `max` of an expression.

    Attributes:
        kind: one of `MEASURES`.
        operand: over `Select.columns`.
        type: of the result.
    """

    kind: str
    operand: Expression
    type: ColumnType


@dataclass(frozen=True)
class Output:
    """A column of the result: its name, and its value over the answer's columns."""

    name: str
    value: Expression
    type: ColumnType


@dataclass(frozen=True)
class Order:
    """What to sort by: a value over the answer's columns; a column, if rows are not grouped."""

    value: Expression
    descending: bool


@dataclass(frozen=True)
class Select(Node):
    """One SELECT.

    Attributes:
        tables: names; the rows are those of their join.
        columns: of these tables, all that are read.
        joins: pairs of columns that must be equal.
        partners: tables that add no rows, only drop those without a partner: IN over a query.
        where: which rows count; None for all.
        keys: what groups have in common, or, if not grouped, what is shown of every row.
        key_types: their types.
        measures: of every group; none if not grouped.
        grouped: whether the answer has groups. Without a key all rows are one group.
        outputs: the result's columns.
        having: which groups stay.
        orders: how the result is sorted, most significant first.
        skip: rows left out at the start.
        limit: rows at most; None for all.
        counted: whether the last key is there to be counted only: groups that differ in nothing
            else become one after the answer, and how many they were takes the key's place.
    """

    tables: tuple[str, ...]
    columns: tuple[PlanColumn, ...]
    joins: tuple[tuple[int, int], ...]
    partners: tuple[int, ...]
    where: Expression | None
    keys: tuple[Expression, ...]
    key_types: tuple[ColumnType, ...]
    measures: tuple[Measure, ...]
    grouped: bool
    outputs: tuple[Output, ...]
    having: Expression | None
    orders: tuple[Order, ...]
    skip: int
    limit: int | None
    counted: bool = False

    @property
    def answer_types(self) -> tuple[ColumnType, ...]:
        """The types of the answer's columns."""
        count = (BIGINT,) if self.grouped else ()
        return (*self.key_types, *count, *(measure.type for measure in self.measures))
