"""What a plan's nodes give: the types of their columns, known before any data.

Prover and verifier both derive the result's names and types from the plan, and both refuse a plan
that does not fit together, before they look at a table or a proof.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sql/proof_plans.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicrypto.sql import plan as p
from aicrypto.sql.exact.builder import InvalidIndex
from aicrypto.sql.exact.format.plans import UnsupportedProofPlanVariant
from aicrypto.sql.exact.gadgets.expressions import InvalidDataType, type_of
from aicrypto.sql.types import BIGINT, BOOLEAN, SCALAR, ColumnType, DataTypeMismatch

Types = list[ColumnType]


class UnprovableGroupBy(ValueError):
    """Groups by several keys, or by text: their uniqueness has no proof here."""


class UnionNotEnoughInputPlans(ValueError):
    """A union of nothing, or of one input."""


class UnionInvalidColumnCounts(ValueError):
    """A union's inputs differ in their columns."""


class ResultColumnCountMismatch(ValueError):
    """A plan names more or fewer outputs than its root gives."""


def output_types(plan: p.Plan) -> Types:
    """The types of the plan's outputs.

    Raises:
        ValueError: with a name for each way in which a plan does not fit together.
    """
    for column in plan.columns:
        if column.table >= len(plan.tables):
            raise InvalidIndex(f"table is {column.table}, must be below {len(plan.tables)}")
    types = node_types(plan, plan.root)
    if len(types) != len(plan.outputs):
        raise ResultColumnCountMismatch(f"{len(plan.outputs)} names for {len(types)} outputs")
    return types


def node_types(plan: p.Plan, node: p.Node) -> Types:
    """The types of a node's columns."""
    match node:
        case p.TableScan(table, columns):
            return [_scanned(plan, table, index) for index in columns]
        case p.Projection(source, results):
            return _all_types(results, node_types(plan, source))
        case p.Slice(source):
            return node_types(plan, source)
        case p.Union(sources):
            return _union_types([node_types(plan, source) for source in sources])
        case p.Join():
            return _join_types(node, node_types(plan, node.left), node_types(plan, node.right))
    return _selecting_types(plan, node)


def _selecting_types(plan: p.Plan, node: p.Node) -> Types:
    """The types of a node with a predicate, and of no table at all."""
    match node:
        case p.Filter(source, where, results):
            types = node_types(plan, source)
            _check_where(where, types)
            return _all_types(results, types)
        case p.LegacyFilter(table, where, results):
            types = _whole_types(plan, table)
            _check_where(where, types)
            return _all_types(results, types)
        case p.GroupBy():
            return _group_types(node, _whole_types(plan, node.table))
        case p.Aggregate():
            return _group_types(node, node_types(plan, node.source))
        case p.Empty():
            return []
    raise UnsupportedProofPlanVariant(f"{type(node).__name__} is no node of the deployed system")


def _group_types(node: p.GroupBy | p.Aggregate, types: Types) -> Types:
    _check_where(node.where, types)
    keys = _all_types(key_expressions(node), types)
    if len(keys) > 1 or any(key.is_text for key in keys):
        raise UnprovableGroupBy(f"keys have types {[key.to_json() for key in keys]}")
    for summed in _all_types(node.sums, types):
        if not summed.is_numeric:
            raise InvalidDataType(f"SUM takes numbers, got {summed.to_json()}")
    return [*keys, *([SCALAR] * len(node.sums)), BIGINT]


def _whole_types(plan: p.Plan, table: int) -> Types:
    """The types of all columns, for the nodes that read the plan's one table themselves."""
    _check_table(plan, table)
    if len(plan.tables) > 1:
        raise InvalidIndex(f"the plan has {len(plan.tables)} tables, this node reads all columns")
    return [column.type for column in plan.columns]


def key_expressions(node: p.GroupBy | p.Aggregate) -> tuple[p.Expression, ...]:
    """The keys of a grouping as expressions over its input."""
    return tuple(map(p.ColumnRef, node.keys)) if isinstance(node, p.GroupBy) else node.keys


def join_order(n_columns: int, key: int) -> list[int]:
    """A join side's columns with the key first."""
    return [key, *(i for i in range(n_columns) if i != key)]


def _join_types(node: p.Join, left: Types, right: Types) -> Types:
    sides = [_key_first(left, node.left_key), _key_first(right, node.right_key)]
    if sides[0][0] != sides[1][0] or sides[0][0].is_text:
        raise DataTypeMismatch(f"join keys have types {sides[0][0]} and {sides[1][0]}")
    ordered = [*sides[0], *sides[1][1:]]
    if len(node.names) != len(ordered):
        raise ResultColumnCountMismatch(f"{len(node.names)} names for {len(ordered)} columns")
    return ordered


def _key_first(types: Types, key: int) -> Types:
    if key >= len(types):
        raise InvalidIndex(f"join key is {key}, must be below {len(types)}")
    return [types[i] for i in join_order(len(types), key)]


def _union_types(sides: list[Types]) -> Types:
    if len(sides) < 2:
        raise UnionNotEnoughInputPlans(f"a union has {len(sides)} inputs, must have at least 2")
    if any(side != sides[0] for side in sides):
        raise UnionInvalidColumnCounts("a union's inputs differ in number or types of columns")
    return sides[0]


def _scanned(plan: p.Plan, table: int, index: int) -> ColumnType:
    _check_table(plan, table)
    if index >= len(plan.columns) or plan.columns[index].table != table:
        raise InvalidIndex(f"column {index} is none of table {table}")
    return plan.columns[index].type


def _check_table(plan: p.Plan, table: int) -> None:
    if table >= len(plan.tables):
        raise InvalidIndex(f"table is {table}, must be below {len(plan.tables)}")


def _check_where(where: p.Expression, types: Types) -> None:
    if (found := type_of(where, types)) != BOOLEAN:
        raise InvalidDataType(f"a predicate is boolean, not {found.to_json()}")


def _all_types(expressions: Sequence[p.Expression], types: Types) -> Types:
    return [type_of(e, types) for e in expressions]
