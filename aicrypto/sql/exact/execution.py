"""The first pass of a proof: compute the query, and announce what does not depend on challenges.

Every node computes its table from those below and records the columns that the gadgets in
`gadgets.nodes` will ask for, in the same order. With a recorder that nobody reads, it is a small
query engine in plain Python.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b (order of first-round messages).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import add, and_, gt, lt, mul, or_, sub
from typing import Any

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.sql import plan as p
from aicrypto.sql.exact.builder import InvalidIndex, Recorder
from aicrypto.sql.exact.commitments import scalar, scalars
from aicrypto.sql.exact.gadgets.expressions import type_of
from aicrypto.sql.exact.gadgets.nodes import INDEX_SHIFT, slice_bounds
from aicrypto.sql.exact.gadgets.sets import record_member, record_shift
from aicrypto.sql.exact.polynomials import Rows
from aicrypto.sql.exact.shapes import join_order, key_expressions, output_types
from aicrypto.sql.table import Column, Table, TableNotFound, Tables, nearest
from aicrypto.sql.types import BIGINT, MAX_PRECISION, SCALAR, ColumnType, OutOfRange, Value

FOLD_CHALLENGES = 2
ARITHMETIC: dict[str, Callable[[int, int], int]] = {"add": add, "sub": sub, "mul": mul}
LOGIC: dict[str, Callable[[bool, bool], bool]] = {"and": and_, "or": or_}


@dataclass
class Run:
    """One query on its way: plan, data, parameters and what was announced so far."""

    plan: p.Plan
    tables: Tables
    parameters: Sequence[p.Literal]
    recorder: Recorder = field(default_factory=Recorder)

    def range_length(self, table_lengths: Sequence[int]) -> int:
        """The longest length that the proof mentions, at least 1."""
        return max([*table_lengths, *self.recorder.chi_lengths, 1])


def execute(plan: p.Plan, tables: Tables, parameters: Sequence[p.Literal] = ()) -> Table:
    """The query's result.

    Raises:
        TableNotFound, ColumnNotFound, ValueError: if the tables are not those that the plan reads.
        OutOfRange: if a result has more than 75 digits.
    """
    return run_result(Run(plan, tables, parameters))


def range_length(plan: p.Plan, tables: Tables, parameters: Sequence[p.Literal] = ()) -> int:
    """How many powers a setup needs for the proof: the longest column that it will commit to."""
    run = Run(plan, tables, parameters)
    run_result(run)
    lengths = [plan_table(plan, tables, index).length for index in range(len(plan.tables))]
    return run.range_length(lengths)


def run_result(run: Run) -> Table:
    """The result under the plan's output names, everything announced in the run's recorder."""
    output_types(run.plan)
    table = node_table(run, run.plan.root)
    named = [c.renamed(name) for c, name in zip(table.columns, run.plan.outputs, strict=True)]
    return Table(tuple(named), table.length)


def node_table(run: Run, node: p.Node) -> Table:
    """The node's table."""
    return _NODES[type(node)](run, node)


def evaluate(run: Run, e: p.Expression, table: Table) -> Column:
    """The expression's column over a table."""
    type_ = type_of(e, [column.type for column in table.columns])
    if isinstance(e, p.ColumnRef):
        return table.columns[e.index]
    return Column("", type_, _values(run, e, table, type_))


def _values(run: Run, e: p.Expression, table: Table, type_: ColumnType) -> list[Value]:
    match e:
        case p.Literal(_, value):
            return [value] * table.length
        case p.Parameter(index, _):
            return [_parameter(run, index, type_)] * table.length
        case p.Cast(operand, _):
            return _cast(evaluate(run, operand, table))
        case p.Rescale(operand, _, factor):
            return [value * factor for value in evaluate(run, operand, table).values]
        case p.Not(operand):
            return [not value for value in evaluate(run, operand, table).values]
    return _values_of_pair(run, e, table, type_)


def _values_of_pair(run: Run, e: p.Expression, table: Table, type_: ColumnType) -> list[Value]:
    assert isinstance(e, p.Inequality | p.Binary)  # type_of knows no other expressions
    left, right = evaluate(run, e.left, table), evaluate(run, e.right, table)
    if isinstance(e, p.Inequality):
        return [*map(lt if e.is_less else gt, left.values, right.values)]
    if e.operator == "eq":
        return _equal(left, right)
    if e.operator in LOGIC:
        return [*map(LOGIC[e.operator], left.values, right.values)]
    numbers = ([int(value) for value in side.values] for side in (left, right))
    return _in_range([*map(ARITHMETIC[e.operator], *numbers)], type_)


def _equal(left: Column, right: Column) -> list[Value]:
    """Where they are equal; text equals the scalar that it counts as."""
    by_scalar = SCALAR in (left.type, right.type)
    sides = [scalars(side) if by_scalar else side.values for side in (left, right)]
    return [a == b for a, b in zip(*sides, strict=True)]


def _in_range(values: list[int], type_: ColumnType) -> list[Value]:
    """Scalars wrap around; other numbers must have 75 digits at most."""
    if type_ == SCALAR:
        return [FR.signed(value % FR.modulus) for value in values]
    largest = max(map(abs, values), default=0)
    if largest >= 10**MAX_PRECISION:
        raise OutOfRange(f"a value is ±{largest}, must have at most {MAX_PRECISION} digits")
    return list(values)


def _cast(column: Column) -> list[Value]:
    return [int(v) for v in column.values] if column.type.kind == "boolean" else [*column.values]


def _parameter(run: Run, index: int, type_: ColumnType) -> Any:
    if index >= len(run.parameters):
        raise InvalidIndex(f"parameter is ${index + 1}, {len(run.parameters)} are given")
    value = run.parameters[index].value
    return bool(value) if type_.kind == "boolean" else value


def _empty(run: Run, node: p.Empty) -> Table:
    return Table((), 1)


def _scan(run: Run, node: p.TableScan) -> Table:
    source = plan_table(run.plan, run.tables, node.table)
    columns = [_checked(source, run.plan.columns[index]) for index in node.columns]
    return Table(tuple(c.renamed(str(i)) for i, c in enumerate(columns)), source.length)


def plan_table(plan: p.Plan, tables: Tables, index: int) -> Table:
    """The data of a plan's table.

    Raises:
        TableNotFound: with the nearest name that exists.
    """
    name = plan.tables[index]
    if name not in tables:
        raise TableNotFound(f"there is no table {name!r}{nearest(name, tables)}")
    return tables[name]


def _checked(table: Table, wanted: p.PlanColumn) -> Column:
    column = table.column(wanted.name)
    if column.type != wanted.type:
        raise ValueError(f"column {wanted.name!r} is {column.type}, the plan has {wanted.type}")
    return column


def _numbered(columns: Sequence[Column], length: int) -> Table:
    return Table(tuple(c.renamed(str(i)) for i, c in enumerate(columns)), length)


def _all(run: Run, expressions: Sequence[p.Expression], table: Table) -> list[Column]:
    return [evaluate(run, e, table) for e in expressions]


def _announce(run: Run, columns: Sequence[Column]) -> None:
    run.recorder.columns += [Rows(scalars(column)) for column in columns]


def _projection(run: Run, node: p.Projection) -> Table:
    source = node_table(run, node.source)
    return _numbered(_all(run, node.results, source), source.length)


def _filter(run: Run, node: p.Filter) -> Table:
    return _select(run, node_table(run, node.source), node)


def _legacy_filter(run: Run, node: p.LegacyFilter) -> Table:
    return _select(run, _scan(run, _whole(run, node.table)), node)


def _whole(run: Run, table: int) -> p.TableScan:
    return p.TableScan(table, tuple(range(len(run.plan.columns))))


def _select(run: Run, source: Table, node: p.Filter | p.LegacyFilter) -> Table:
    [where] = _all(run, [node.where], source)
    rows = [i for i, chosen in enumerate(where.values) if chosen]
    columns = [column.take(rows) for column in _all(run, node.results, source)]
    _announce(run, columns)
    run.recorder.n_challenges += FOLD_CHALLENGES
    run.recorder.chi_lengths.append(len(rows))
    return _numbered(columns, len(rows))


def _slice(run: Run, node: p.Slice) -> Table:
    source = node_table(run, node.source)
    first, last = slice_bounds(node, source.length)
    columns = [column.take(range(first, last)) for column in source.columns]
    _announce(run, columns)
    run.recorder.n_challenges += FOLD_CHALLENGES
    run.recorder.chi_lengths += [last - first, first, last]
    return _numbered(columns, last - first)


def _union(run: Run, node: p.Union) -> Table:
    run.recorder.n_challenges += FOLD_CHALLENGES
    tables = [node_table(run, source) for source in node.sources]
    columns = [
        Column("", parts[0].type, [v for part in parts for v in part.values])
        for parts in zip(*(table.columns for table in tables), strict=True)
    ]
    length = sum(table.length for table in tables)
    _announce(run, columns)
    run.recorder.chi_lengths.append(length)
    return _numbered(columns, length)


def _group_by(run: Run, node: p.GroupBy) -> Table:
    return _group(run, _scan(run, _whole(run, node.table)), node)


def _aggregate(run: Run, node: p.Aggregate) -> Table:
    return _group(run, node_table(run, node.source), node)


def _group(run: Run, source: Table, node: p.GroupBy | p.Aggregate) -> Table:
    run.recorder.n_challenges += FOLD_CHALLENGES
    keys, sums = _all(run, key_expressions(node), source), _all(run, node.sums, source)
    [where] = _all(run, [node.where], source)
    groups = _groups(where, keys)
    outputs = [Column("", k.type, [g[j] for g in groups]) for j, k in enumerate(keys)]
    _announce(run, outputs)
    run.recorder.chi_lengths.append(len(groups))
    for column in outputs:
        record_shift(run.recorder, scalars(column))
    values = [_summed(column, groups) for column in sums]
    values.append(Column("", BIGINT, [len(rows) for rows in groups.values()]))
    _announce(run, values)
    return _numbered([*outputs, *values], len(groups))


Groups = dict[tuple[Any, ...], list[int]]


def _groups(where: Column, keys: Sequence[Column]) -> Groups:
    """The rows of every group, groups ascending by their keys."""
    found: Groups = {}
    for i, chosen in enumerate(where.values):
        if chosen:
            found.setdefault(tuple(key.values[i] for key in keys), []).append(i)
    return {key: found[key] for key in sorted(found)}


def _summed(column: Column, groups: Groups) -> Column:
    totals = [sum(int(column.values[i]) for i in rows) for rows in groups.values()]
    return Column("", SCALAR, [FR.signed(total % FR.modulus) for total in totals])


def _join(run: Run, node: p.Join) -> Table:
    left, right = node_table(run, node.left), node_table(run, node.right)
    sides = (left, node.left_key), (right, node.right_key)
    ordered = [[t.columns[i] for i in join_order(len(t.columns), key)] for t, key in sides]
    pairs = _pairs(ordered[0][0], ordered[1][0])
    run.recorder.chi_lengths.append(len(pairs))
    run.recorder.n_challenges += FOLD_CHALLENGES
    columns: list[Column] = []
    for number, (columns_in, (table, _)) in enumerate(zip(ordered, sides, strict=True)):
        rows = [pair[number] for pair in pairs]
        taken = [column.take(rows) for column in columns_in]
        run.recorder.rho_lengths.append(table.length)
        _announce(run, [*taken[number:], Column("", BIGINT, rows)])
        source = [*map(scalars, columns_in), [*range(table.length)]]
        record_member(run.recorder, source, [*map(scalars, taken), rows])
        columns += taken[number:]
    _announce_order(run, ordered[0][0], ordered[1][0], [i * INDEX_SHIFT + j for i, j in pairs])
    return _numbered(columns, len(pairs))


def _pairs(left: Column, right: Column) -> list[tuple[int, int]]:
    """Rows with equal keys, by left row, then right row."""
    places: dict[Value, list[int]] = {}
    for j, key in enumerate(right.values):
        places.setdefault(key, []).append(j)
    return [(i, j) for i, key in enumerate(left.values) for j in places.get(key, [])]


def _announce_order(run: Run, left: Column, right: Column, numbers: list[int]) -> None:
    """The shift of the pairs' numbers, the distinct keys, and how often either side has them."""
    record_shift(run.recorder, numbers)
    distinct = [scalar(key) for key in sorted({*left.values, *right.values})]
    run.recorder.chi_lengths.append(len(distinct))
    run.recorder.columns.append(Rows(distinct))
    record_shift(run.recorder, distinct)
    for side in (left, right):
        record_member(run.recorder, [distinct], [scalars(side)])


_NODES: dict[type, Callable[..., Table]] = {
    p.Empty: _empty,
    p.TableScan: _scan,
    p.Projection: _projection,
    p.Filter: _filter,
    p.LegacyFilter: _legacy_filter,
    p.Slice: _slice,
    p.Union: _union,
    p.GroupBy: _group_by,
    p.Aggregate: _aggregate,
    p.Join: _join,
}
