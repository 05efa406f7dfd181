"""Plans of the older dialect, which contracts on the main network still store.

One table, and one of two nodes that read it themselves: a filter, or groups with sums and a count
in just this order. Columns are numbered by first use.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b; plans in spaceandtimefdn/sxt-chain-examples.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicrypto.sql import plan as p
from aicrypto.sql.exact.shapes import output_types
from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.lexer import UnsupportedSql
from aicrypto.sql.planner.lowering import Field, Scope, lower, lower_condition
from aicrypto.sql.planner.sources import expand, output_names, table_schema
from aicrypto.sql.table import Schema
from aicrypto.sql.types import BOOLEAN


def plan_legacy(query: s.Query, schema: Schema) -> p.Plan:
    """The plan of a query over one table.

    Raises:
        UnsupportedSql: for unions, joins, inner queries, HAVING, LIMIT, and aggregates in any other
            order than keys, sums, count.
    """
    select = query.selects[0]
    table = _only_table(query)
    known = table_schema(schema, table)
    everything = [Field(name, type_, (table,)) for name, type_ in known.items()]
    items = expand(select.items, everything)
    names = output_names(items)
    is_grouping = select.groups or s.aggregates_in(items)
    used = _used(items, select, Scope(everything))
    scope = Scope([everything[i] for i in used])
    moved = _moved(items, used)
    root = _group_by(select, moved, scope) if is_grouping else _filter(select, moved, scope)
    columns = tuple(p.PlanColumn(0, field.name, field.type) for field in scope.fields)
    plan = p.Plan((table,), columns, tuple(names), root)
    output_types(plan)
    return plan


def _only_table(query: s.Query) -> str:
    select = query.selects[0]
    extras = select.having is not None or select.limit is not None or select.offset
    if len(query.selects) > 1 or extras or not isinstance(select.source, str):
        raise UnsupportedSql("the legacy dialect knows one table, without HAVING, LIMIT or UNION")
    return select.source


def _used(items: Sequence[s.Item], select: s.Select, scope: Scope) -> list[int]:
    """The table's columns by first use: results, keys and sums, then WHERE."""
    found: list[int] = []
    for e in s.walk((tuple(items), select.groups, select.where)):
        if isinstance(e, s.Name):
            found.append(scope.index(e))
        elif isinstance(e, s.Position):
            found.append(e.index)
    return list(dict.fromkeys(found))


def _moved(items: Sequence[s.Item], used: list[int]) -> list[s.Item]:
    """Items of `*` refer to the columns by their new numbers."""
    return [
        s.Item(s.Position(used.index(i.expression.index)), i.alias)
        if isinstance(i.expression, s.Position)
        else i
        for i in items
    ]


def _where(select: s.Select, scope: Scope) -> p.Expression:
    if select.where is None:
        return p.Literal(BOOLEAN, True)
    return lower_condition(select.where, scope)


def _filter(select: s.Select, items: Sequence[s.Item], scope: Scope) -> p.LegacyFilter:
    results = tuple(lower(i.expression, scope) for i in items if i.expression is not None)
    return p.LegacyFilter(0, _where(select, scope), results)


def _group_by(select: s.Select, items: Sequence[s.Item], scope: Scope) -> p.GroupBy:
    expressions = [item.expression for item in items]
    n_keys = len(select.groups)
    keys, sums, count = expressions[:n_keys], expressions[n_keys:-1], expressions[-1]
    summed = [e.operand for e in sums if isinstance(e, s.Sum)]
    in_order = _columns(select.groups, scope) == _columns(keys, scope)
    if not in_order or len(summed) != len(sums) or not isinstance(count, s.Count):
        raise UnsupportedSql("the legacy dialect selects keys, then sums, then one count")
    lowered = tuple(lower(e, scope) for e in summed)
    name = output_names(items)[-1]
    return p.GroupBy(0, _columns(keys, scope), _where(select, scope), lowered, name)


def _columns(expressions: Sequence[s.Expr | None], scope: Scope) -> tuple[int, ...]:
    """The numbers of columns that stand bare."""
    if not all(isinstance(e, s.Name | s.Position) for e in expressions):
        raise UnsupportedSql("the legacy dialect groups by bare columns")
    return tuple(
        scope.index(e) if isinstance(e, s.Name) else e.index
        for e in expressions
        if isinstance(e, s.Name | s.Position)
    )
