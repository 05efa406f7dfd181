"""Plan nodes as constraints: written once, run by prover and verifier.

Every node gives the polynomials of its output columns and the column of ones in its rows. A filter
shows that its output rows are the input rows where the predicate is 1; a grouping that inputs and
outputs have one sum per key, and that no key comes twice; a join that its rows are pairs of both
sides, ordered, and as many as multiplicities of keys demand.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sql/proof_plans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicrypto.sql import plan as p
from aicrypto.sql.exact.builder import Builder, Known
from aicrypto.sql.exact.format.plans import UnsupportedProofPlanVariant
from aicrypto.sql.exact.gadgets import sets
from aicrypto.sql.exact.gadgets.expressions import Scope, constrain
from aicrypto.sql.exact.polynomials import Polynomial
from aicrypto.sql.exact.shapes import join_order, key_expressions

INDEX_SHIFT = 1 << 64  # a pair of row numbers as one number


class SliceOffsetPlanValueMismatch(ValueError):
    """A slice begins elsewhere than the plan says."""


class SliceMaxLengthMismatch(ValueError):
    """A slice ends elsewhere than the plan says, or has another length than its output."""


@dataclass(frozen=True)
class Relation:
    """What a node gives: columns, and ones in its rows."""

    columns: tuple[Polynomial, ...]
    chi: Known


@dataclass(frozen=True)
class Context:
    """Builder, plan and parameters: what every node needs."""

    b: Builder
    plan: p.Plan
    parameters: Sequence[int]

    def scope(self, relation: Relation) -> Scope:
        """The relation's columns for expressions to refer to."""
        return Scope(relation.columns, relation.chi, self.parameters)

    def all(self, expressions: Sequence[p.Expression], relation: Relation) -> list[Polynomial]:
        """The expressions' columns, one after the other."""
        scope = self.scope(relation)
        return [constrain(self.b, e, scope) for e in expressions]

    def take(self, count: int) -> list[Polynomial]:
        """The next first-round columns."""
        return [self.b.first() for _ in range(count)]


def relation(c: Context, node: p.Node) -> Relation:
    """The node's output, constrained.

    Raises:
        UnsupportedProofPlanVariant: for a class that this system does not have.
    """
    for cls, build in _NODES.items():
        if isinstance(node, cls):
            return build(c, node)
    raise UnsupportedProofPlanVariant(f"{type(node).__name__} is no node of the deployed system")


def _empty(c: Context, node: p.Empty) -> Relation:
    return Relation((), Known(1, c.b.ones(1)))


def _table(c: Context, node: p.TableScan) -> Relation:
    length = c.b.table_length(node.table)
    columns = tuple(c.b.column(index) for index in node.columns)
    return Relation(columns, Known(length, c.b.ones(length)))


def _whole(c: Context, table: int) -> Relation:
    """All columns of the plan, for the legacy nodes."""
    return _table(c, p.TableScan(table, tuple(range(len(c.plan.columns)))))


def _projection(c: Context, node: p.Projection) -> Relation:
    source = relation(c, node.source)
    return Relation(tuple(c.all(node.results, source)), source.chi)


def _filter(c: Context, node: p.Filter) -> Relation:
    fold = sets.take_fold(c.b)
    return _select(c, fold, relation(c, node.source), node.where, node.results)


def _legacy_filter(c: Context, node: p.LegacyFilter) -> Relation:
    fold = sets.take_fold(c.b)
    return _select(c, fold, _whole(c, node.table), node.where, node.results)


def _select(
    c: Context,
    fold: sets.Fold,
    source: Relation,
    where: p.Expression,
    results: Sequence[p.Expression],
) -> Relation:
    [selected] = c.all([where], source)
    inputs = c.all(results, source)
    outputs, chi = c.take(len(inputs)), c.b.chi()
    sets.same_rows(c.b, fold, (inputs, outputs), selected, (source.chi, chi))
    return Relation(tuple(outputs), chi)


def _slice(c: Context, node: p.Slice) -> Relation:
    source = relation(c, node.source)
    outputs, chi, start, end = c.take(len(source.columns)), c.b.chi(), c.b.chi(), c.b.chi()
    fold = sets.take_fold(c.b)
    first, last = slice_bounds(node, source.chi.length)
    if start.length != first:
        raise SliceOffsetPlanValueMismatch(f"a slice begins at {start.length}, must at {first}")
    if (end.length, chi.length) != (last, last - first):
        raise SliceMaxLengthMismatch(f"a slice ends at {end.length}, must at {last}")
    selected = end.polynomial - start.polynomial
    sets.same_rows(c.b, fold, (source.columns, outputs), selected, (source.chi, chi))
    return Relation(tuple(outputs), chi)


def slice_bounds(node: p.Slice, n_rows: int) -> tuple[int, int]:
    """The first row of a slice, and the first after it."""
    first = min(node.skip, n_rows)
    last = n_rows if node.limit is None else min(node.skip + node.limit, n_rows)
    return first, max(first, last)


def _union(c: Context, node: p.Union) -> Relation:
    fold = sets.take_fold(c.b)
    n_columns, stars = 0, []
    for source in node.sources:
        side = relation(c, source)
        n_columns = len(side.columns)
        stars.append(sets.star(c.b, fold(side.columns, side.chi.polynomial * 0), side.chi))
    outputs, chi = c.take(n_columns), c.b.chi()
    total = stars[0]
    for other in stars[1:]:
        total = total + other
    c.b.sum_to_zero(total - sets.star(c.b, fold(outputs, chi.polynomial * 0), chi))
    return Relation(tuple(outputs), chi)


def _group_by(c: Context, node: p.GroupBy) -> Relation:
    fold = sets.take_fold(c.b)
    return _group(c, fold, _whole(c, node.table), node)


def _aggregate(c: Context, node: p.Aggregate) -> Relation:
    fold = sets.take_fold(c.b)
    return _group(c, fold, relation(c, node.source), node)


def _group(
    c: Context, fold: sets.Fold, source: Relation, node: p.GroupBy | p.Aggregate
) -> Relation:
    """Sum over rows of where·(1 + beta·values)/(1 + key) is the same over the groups."""
    keys_in = c.all(key_expressions(node), source)
    zero = source.chi.polynomial * 0
    star_in = sets.star(c.b, fold(keys_in, zero), source.chi)
    [where] = c.all([node.where], source)
    values_in = c.all(node.sums, source)
    keys, chi = c.take(len(keys_in)), c.b.chi()
    star_out = sets.star(c.b, fold(keys, zero), chi)
    for key in keys:
        sets.ascending(c.b, fold, key, chi)
    values = c.take(len(values_in) + 1)
    rows_in = source.chi.polynomial + fold.powers(values_in, zero) * fold.beta
    c.b.sum_to_zero(star_in * where * rows_in - star_out * fold.powers(values, zero))
    return Relation((*keys, *values), chi)


def _join(c: Context, node: p.Join) -> Relation:
    sides = relation(c, node.left), relation(c, node.right)
    chi = c.b.chi()
    fold = sets.take_fold(c.b)
    keys = node.left_key, node.right_key
    key: list[Polynomial] = []
    paired: list[list[Polynomial]] = []
    for side, index in zip(sides, keys, strict=True):
        new = _paired_side(c, fold, side, index, key, chi)
        key, paired = new[:1], [*paired, new]
    left, right = paired
    sets.ascending(c.b, fold, left[-1] * INDEX_SHIFT + right[-1], chi)
    distinct = c.b.chi()
    [union] = c.take(1)
    sets.ascending(c.b, fold, union, distinct)
    counts = [
        sets.member(c.b, fold, ([union], [side.columns[i]]), (distinct, side.chi))
        for side, i in zip(sides, keys, strict=True)
    ]
    c.b.sum_to_zero(counts[0] * counts[1] - chi.polynomial)
    return Relation((*left[:-1], *right[1:-1]), chi)


def _paired_side(
    c: Context,
    fold: sets.Fold,
    side: Relation,
    key_index: int,
    key: list[Polynomial],
    chi: Known,
) -> list[Polynomial]:
    """The join's columns from one side, key first, row numbers last: rows of that side."""
    numbers = c.b.rho()
    ordered = [side.columns[i] for i in join_order(len(side.columns), key_index)]
    columns = [*key, *c.take(len(ordered) + 1 - len(key))]
    sets.member(c.b, fold, ([*ordered, numbers.polynomial], columns), (side.chi, chi))
    if numbers.length != side.chi.length:
        raise sets.LengthMismatch(f"a side has {side.chi.length} rows, numbers {numbers.length}")
    return columns


_NODES: dict[type, Callable[..., Relation]] = {
    p.Empty: _empty,
    p.TableScan: _table,
    p.Projection: _projection,
    p.Filter: _filter,
    p.LegacyFilter: _legacy_filter,
    p.Slice: _slice,
    p.Union: _union,
    p.GroupBy: _group_by,
    p.Aggregate: _aggregate,
    p.Join: _join,
}
