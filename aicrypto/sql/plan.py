"""The one small plan that every prover here understands: nodes over tables, expressions over rows.

A query text says what is wanted; a plan says how to compute it, in steps of which each has a proof.
Nodes give tables, expressions give columns. The set is that of the deployed system (its numbers are
those of `exact.plan_bytes`); a back end that proves more derives its own classes from `Node` and
`Expression` and leaves these as they are.

In `Filter`, `Projection` and `Aggregate` a column is numbered among the outputs of the node below;
in `LegacyFilter` and `GroupBy`, which read a table themselves, among the columns of the plan.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b (plan encoding).
"""

from __future__ import annotations

from dataclasses import dataclass

from aicrypto.sql.types import ColumnType, Value


class Expression:
    """Something with a value in every row."""


class Node:
    """Something whose value is a table."""


@dataclass(frozen=True)
class ColumnRef(Expression):
    """The column with this number."""

    index: int


@dataclass(frozen=True)
class Literal(Expression):
    """One value in every row; decimals unscaled."""

    type: ColumnType
    value: Value


@dataclass(frozen=True)
class Parameter(Expression):
    """A value given with the query, `$1` has index 0."""

    index: int
    type: ColumnType


@dataclass(frozen=True)
class Binary(Expression):
    """left OP right, for OP one of `eq`, `add`, `sub`, `mul`, `and`, `or`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Inequality(Expression):
    """left < right, or left > right."""

    left: Expression
    right: Expression
    is_less: bool


@dataclass(frozen=True)
class Not(Expression):
    """True where the operand is false."""

    operand: Expression


@dataclass(frozen=True)
class Cast(Expression):
    """The same values under another type."""

    operand: Expression
    type: ColumnType


@dataclass(frozen=True)
class Rescale(Expression):
    """The operand times a power of ten, in a finer type."""

    operand: Expression
    type: ColumnType
    factor: int


@dataclass(frozen=True)
class Empty(Node):
    """One row without columns."""


@dataclass(frozen=True)
class TableScan(Node):
    """Columns of a table of the plan, by their numbers in the plan."""

    table: int
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Projection(Node):
    """New columns computed in every row."""

    source: Node
    results: tuple[Expression, ...]


@dataclass(frozen=True)
class Filter(Node):
    """Columns computed in the rows where the predicate holds."""

    source: Node
    where: Expression
    results: tuple[Expression, ...]


@dataclass(frozen=True)
class LegacyFilter(Node):
    """A filter that reads its table itself."""

    table: int
    where: Expression
    results: tuple[Expression, ...]


@dataclass(frozen=True)
class Slice(Node):
    """Rows skip..skip+limit-1, all from skip on without a limit."""

    source: Node
    skip: int
    limit: int | None


@dataclass(frozen=True)
class GroupBy(Node):
    """Groups, sums and count of the rows where the predicate holds, straight from a table."""

    table: int
    keys: tuple[int, ...]
    where: Expression
    sums: tuple[Expression, ...]
    count: str


@dataclass(frozen=True)
class Aggregate(Node):
    """Groups, sums and count of the rows where the predicate holds.

    Outputs: the keys, ascending; a sum for each expression (type scalar); the count (bigint).
    Without a key and without a row that qualifies there is no output row.
    """

    source: Node
    keys: tuple[Expression, ...]
    where: Expression
    sums: tuple[Expression, ...]
    count: str


@dataclass(frozen=True)
class Union(Node):
    """The rows of all sources, one after the other."""

    sources: tuple[Node, ...]


@dataclass(frozen=True)
class Join(Node):
    """Pairs of rows with equal keys: key, other left columns, other right columns.

    Ordered by left row, then right row. Keys are numbers among the outputs of either side.
    """

    left: Node
    right: Node
    left_key: int
    right_key: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class PlanColumn:
    """A column of a plan's table, by the table's number in the plan."""

    table: int
    name: str
    type: ColumnType


@dataclass(frozen=True)
class Plan:
    """A node with the names it is about.

    Attributes:
        tables: names of the tables read.
        columns: the columns read; commitments are listed in this order.
        outputs: names of the result's columns.
    """

    tables: tuple[str, ...]
    columns: tuple[PlanColumn, ...]
    outputs: tuple[str, ...]
    root: Node
