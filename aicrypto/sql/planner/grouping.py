"""GROUP BY, SUM, COUNT and HAVING as nodes of a plan.

An aggregation gives groups, sums and one count. Whatever is selected or filtered afterwards refers
to these: an expression that was grouped by, a sum or a count is a column now, and any other column
is gone. MIN, MAX and AVG have no node; an average is a sum and a count, divided by the reader.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, proof-of-sql-planner (rules).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from aicrypto.sql import plan as p
from aicrypto.sql.exact.gadgets.expressions import InvalidDataType, type_of
from aicrypto.sql.exact.shapes import UnprovableGroupBy
from aicrypto.sql.planner import syntax as s
from aicrypto.sql.planner.lexer import UnsupportedSql
from aicrypto.sql.planner.lowering import Field, Scope, lower, lower_condition
from aicrypto.sql.planner.sources import Planned, output_names
from aicrypto.sql.types import BIGINT, BOOLEAN, SCALAR, ColumnType


class ColumnNotInGroupBy(ValueError):
    """A column is neither grouped by nor aggregated."""


@dataclass(frozen=True)
class Grouped:
    """What an aggregation computes, as written with names resolved."""

    groups: tuple[s.Expr, ...]
    sums: tuple[s.Sum, ...]
    counts: tuple[s.Count, ...]


class GroupScope(Scope):
    """The columns after an aggregation: what was grouped by, sums and counts."""

    def __init__(self, grouped: Grouped, before: Scope, given: Sequence[Field]) -> None:
        super().__init__(given)
        self.before = before
        self.known: tuple[s.Expr, ...] = (*grouped.groups, *grouped.sums, *grouped.counts)

    def reference(self, e: s.Expr) -> p.Expression | None:
        """A grouped expression, a sum or a count is a column; another column is gone."""
        resolved = resolve(e, self.before)
        if resolved in self.known:
            return p.ColumnRef(self.known.index(resolved))
        if isinstance(e, s.Name | s.Position):
            raise ColumnNotInGroupBy(f"{e} is neither grouped by nor aggregated")
        return None


def resolve(e: s.Expr, scope: Scope) -> s.Expr:
    """The expression with every name replaced by its column's number."""
    if isinstance(e, s.Name):
        return s.Position(scope.index(e))
    return _changed(e, lambda part: resolve(part, scope))


def spell_out(e: s.Expr, aliases: Mapping[str, s.Expr]) -> s.Expr:
    """The expression with aliases replaced by what they stand for, but not within aggregates."""
    if isinstance(e, s.Sum | s.Count):
        return e
    if isinstance(e, s.Name):
        return aliases.get(".".join(e.parts), e)
    return _changed(e, lambda part: spell_out(part, aliases))


def _changed(e: s.Expr, change: Callable[[s.Expr], s.Expr]) -> s.Expr:
    """The expression with its direct parts changed."""
    parts = {one.name: getattr(e, one.name) for one in fields(e)}  # type: ignore[arg-type]
    changes = {name: _changed_part(part, change) for name, part in parts.items()}
    return replace(e, **changes)  # type: ignore[type-var]  # every expression is a dataclass


def _changed_part(part: Any, change: Callable[[s.Expr], s.Expr]) -> Any:
    if isinstance(part, tuple):
        return tuple(_changed_part(one, change) for one in part)
    return change(part) if isinstance(part, s.Expr) else part


def plan_aggregate(source: Planned, select: s.Select, items: Sequence[s.Item]) -> Planned:
    """Aggregate, a projection to what is asked for, HAVING, and the items."""
    before = Scope(source.fields)
    names = output_names(items)
    grouped = _grouped(select, items, before)
    node, given = _aggregate(source, grouped, before)
    after = GroupScope(grouped, before, given)
    if select.having is not None:
        aliases = {n: i.expression for n, i in zip(names, items, strict=True) if i.expression}
        having = lower_condition(spell_out(select.having, aliases), after)
        node = p.Filter(node, having, tuple(p.ColumnRef(i) for i in range(len(given))))
    results = [lower(item.expression, after) for item in items if item.expression is not None]
    outputs = [Field(n, type_of(e, after.types)) for n, e in zip(names, results, strict=True)]
    return Planned(p.Projection(node, tuple(results)), tuple(outputs))


def _aggregate(
    source: Planned, grouped: Grouped, before: Scope
) -> tuple[p.Node, tuple[Field, ...]]:
    """The aggregation, and its columns: groups, sums, and the count once for each COUNT."""
    keys = tuple(lower(e, before) for e in grouped.groups)
    sums = tuple(lower(e.operand, before) for e in grouped.sums)
    key_types = _check_types(keys, sums, before)
    n_values = len(keys) + len(sums)
    always = p.Literal(BOOLEAN, True)
    node = p.Aggregate(source.node, keys, always, sums, str(n_values))
    columns = [*range(n_values), *([n_values] * len(grouped.counts))]
    types = [*key_types, *([SCALAR] * len(sums)), *([BIGINT] * len(grouped.counts))]
    given = tuple(Field(str(i), type_) for i, type_ in enumerate(types))
    return p.Projection(node, tuple(p.ColumnRef(i) for i in columns)), given


def _grouped(select: s.Select, items: Sequence[s.Item], before: Scope) -> Grouped:
    """Groups, then distinct sums and counts in the order of items and HAVING."""
    found = s.aggregates_in((tuple(items), select.having))
    _check_nesting(found)
    distinct = dict.fromkeys(resolve(e, before) for e in found)
    groups = tuple(resolve(e, before) for e in select.groups)
    sums = tuple(e for e in distinct if isinstance(e, s.Sum))
    return Grouped(groups, sums, tuple(e for e in distinct if isinstance(e, s.Count)))


def _check_nesting(aggregates: Sequence[s.Sum | s.Count]) -> None:
    if any(len(s.aggregates_in(e)) > 1 for e in aggregates):
        raise UnsupportedSql("an aggregate may not stand within an aggregate")


def _check_types(
    keys: Sequence[p.Expression], sums: Sequence[p.Expression], before: Scope
) -> list[ColumnType]:
    types = [type_of(key, before.types) for key in keys]
    if len(types) > 1 or any(type_.is_text for type_ in types):
        raise UnprovableGroupBy(f"groups by {[t.to_json() for t in types]}: one number at most")
    for summed in sums:
        if not type_of(summed, before.types).is_numeric:
            raise InvalidDataType("SUM takes numbers")
    return types
