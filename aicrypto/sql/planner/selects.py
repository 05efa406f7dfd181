"""Queries into plans, as the deployed planner makes them (dialect `current`).

A SELECT becomes a chain of nodes: read, filter, then project, or aggregate and project; a slice at
the end. A table's node lists the columns that anybody reading that table names. Proof bytes depend
on every detail of the plan, so two planners that mean the same must also write the same.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, proof-of-sql-planner/src/plan.rs (rules).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicrypto.sql import plan as p
from aicrypto.sql.exact.gadgets.expressions import type_of
from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.grouping import plan_aggregate
from aicrypto.sql.planner.lowering import Field, Scope, lower, lower_condition
from aicrypto.sql.planner.sources import Header, Planned, expand, output_names


class UnsupportedPredicate(ValueError):
    """A join is on something else than left.k = right.k of one name."""


class JoinIncompatibleTypes(ValueError):
    """A join's keys have different types, or are text."""


class UnionIncompatibleSchemas(ValueError):
    """A union's inputs differ in number or types of columns."""


def plan_query(query: s.Query, header: Header) -> Planned:
    """The node of a query."""
    planned = [plan_select(select, header) for select in query.selects]
    if len(planned) == 1:
        return planned[0]
    types = [[field.type for field in one.fields] for one in planned]
    if any(one != types[0] for one in types):
        raise UnionIncompatibleSchemas("a union's inputs differ in number or types of columns")
    return Planned(p.Union(tuple(one.node for one in planned)), _unqualified(planned[0].fields))


def plan_select(select: s.Select, header: Header) -> Planned:
    """The node of one SELECT."""
    source = _source(select.source, header)
    items = expand(select.items, source.fields)
    if select.where is not None:
        rest = items, select.groups, tuple(s.aggregates_in(select.having))
        source = _filtered(source, select.where, rest)
    if s.aggregates_in((items, select.having)) or select.groups or select.having is not None:
        result = plan_aggregate(source, select, items)
    else:
        result = _projected(source, items, Scope(source.fields))
    if select.limit is None and not select.offset:
        return result
    return Planned(p.Slice(result.node, select.offset, select.limit), result.fields)


def _source(source: str | s.TableJoin | s.Query, header: Header) -> Planned:
    if isinstance(source, s.Query):
        inner = plan_query(source, header)
        return Planned(inner.node, _unqualified(inner.fields))
    return header.scan(source) if isinstance(source, str) else _joined(source, header)


def _joined(join: s.TableJoin, header: Header) -> Planned:
    left, right = header.scan(join.left), header.scan(join.right)
    keys = _join_keys(join.condition, left, right)
    fields_in = left.fields[keys[0]], right.fields[keys[1]]
    if fields_in[0].type != fields_in[1].type or fields_in[0].type.is_text:
        raise JoinIncompatibleTypes(f"join keys have types {[f.type.to_json() for f in fields_in]}")
    key = Field(fields_in[0].name, fields_in[0].type, (join.left, join.right))
    others = [
        field
        for side, index in zip((left, right), keys, strict=True)
        for i, field in enumerate(side.fields)
        if i != index
    ]
    given = (key, *others)
    node = p.Join(left.node, right.node, *keys, tuple(field.name for field in given))
    return Planned(node, given)


def _join_keys(condition: s.Expr, left: Planned, right: Planned) -> tuple[int, int]:
    match condition:
        case s.Operation("=", s.Name(a), s.Name(b)) if a[-1] == b[-1]:
            both = _key_indices((a, b), left, right) or _key_indices((b, a), left, right)
            if both:
                return both
    raise UnsupportedPredicate("a join is on left.k = right.k of one name, and nothing else")


def _key_indices(
    names: tuple[tuple[str, ...], tuple[str, ...]], left: Planned, right: Planned
) -> tuple[int, int] | None:
    found = []
    for parts, side in zip(names, (left, right), strict=True):
        places = [i for i, f in enumerate(side.fields) if len(parts) > 1 and f.answers(parts)]
        found += places[:1]
    return (found[0], found[1]) if len(found) == 2 else None


def _filtered(source: Planned, where: s.Expr, rest: tuple[Any, ...]) -> Planned:
    """The filter, and of its columns those that the rest of the SELECT names, or the first."""
    kept = _named(source.fields, rest) or [0]
    results = tuple(p.ColumnRef(i) for i in kept)
    node = p.Filter(source.node, lower_condition(where, Scope(source.fields)), results)
    return Planned(node, tuple(source.fields[i] for i in kept))


def _named(given: Sequence[Field], part: Any) -> list[int]:
    """The columns whose names occur in a part of a select."""
    wanted = {name.parts[-1] for name in s.names_in(part)}
    wanted |= {given[e.index].name for e in s.walk(part) if isinstance(e, s.Position)}
    return [i for i, field in enumerate(given) if field.name in wanted]


def _projected(source: Planned, items: Sequence[s.Item], scope: Scope) -> Planned:
    """The projection, left out if it would change nothing."""
    names = output_names(items)
    lowered = [lower(item.expression, scope) for item in items if item.expression is not None]
    given = tuple(
        Field(name, type_of(e, scope.types)) for name, e in zip(names, lowered, strict=True)
    )
    same = [p.ColumnRef(i) for i in range(len(source.fields))]
    if lowered == same and names == [field.name for field in source.fields]:
        return Planned(source.node, given)
    return Planned(p.Projection(source.node, tuple(lowered)), given)


def _unqualified(given: Sequence[Field]) -> tuple[Field, ...]:
    return tuple(Field(field.name, field.type) for field in given)
