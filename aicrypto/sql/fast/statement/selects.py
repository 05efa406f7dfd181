"""A SELECT as a statement: which rows count, and what is public of them.

The answer is public, so the verifier can look at it whole. For plain rows it has the row's number
and the values shown; for groups the keys, the measures and the count. The fractions of all rows
that count must add up to those of the answer.

A group's count and sums are weights of its fraction. That alone would accept a group cut in two;
the verifier therefore demands that the answer's keys ascend strictly. A group's minimum is pulled
into the rows beside the key: no row may be below it, and one row of each group must reach it.

A limit is proven by a *threshold*: the answer has all rows up to a value of the first sort key, and
there are enough of them. So the first rows in order are among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.sql.fast.statement import expressions, gadgets, joins
from aicrypto.sql.fast.statement.builder import Block, Builder, Poly, Values, number
from aicrypto.sql.fast.statement.expressions import Dictionary, Operand
from aicrypto.sql.fast.statement.joins import Commitments
from aicrypto.sql.fast.tables import MAX_MAGNITUDE, CommittedTable, FieldOverflow
from aicrypto.sql.plan import ColumnRef
from aicrypto.sql.select import Measure, Select

Answer = Int64[Tensor, "columns rows"]


@dataclass(frozen=True)
class Hints:
    """What the prover says of the rows, for the verifier to build the same statement.

    Attributes:
        threshold: how far rows go for a limit; None if all are there.
        misses: numbers of the steps of the join in which rows lack a partner.
    """

    threshold: int | None = None
    misses: tuple[int, ...] = ()


@dataclass(frozen=True)
class Public:
    """Fractions that anyone can add up: one for each row of the answer, as in a `Block`."""

    tag: int
    weights: Int64[Tensor, "weights rows"]
    fold: Int64[Tensor, "fold rows"]


@dataclass(frozen=True)
class Statement:
    """What is to be proven.

    Attributes:
        builder: constraints and blocks, complete.
        answer: prover only.
        n_keys: how many of the answer's columns are keys (the row's number is one, if not grouped).
        tag: of the rows' fractions.
        attained: for each minimum or maximum the tag of the rows that reach it.
        n_rows: how many rows the joined tables have.
    """

    builder: Builder
    answer: Answer
    n_keys: int
    tag: int
    attained: tuple[int, ...]
    n_rows: int

    def publics(self, select: Select, answer: Answer) -> list[Public]:
        """The fractions of an answer."""
        ones = torch.ones((1, answer.shape[1]), dtype=torch.int64)
        if not select.grouped:
            return [Public(self.tag, ones, answer)]
        keys, count, measures = answer.split((self.n_keys, 1, len(select.measures)))
        is_sum = torch.tensor([measure.kind == "sum" for measure in select.measures]).bool()
        weights = torch.cat((count, measures[is_sum]))
        publics = [Public(self.tag, weights, torch.cat((keys, measures[~is_sum])))]
        some = (count != 0).long()
        return publics + [Public(tag, some, keys) for tag in self.attained]


def domain(commitments: Commitments, select: Select, hints: Hints) -> int:
    """log2 of the rows that a statement needs at least; gaps are one more than keys."""
    extra = 1 if hints.misses else 0
    rows = [commitments[name].rows + extra for name in select.tables]
    return max(1, max((max(n, 1) - 1).bit_length() for n in rows))


def build(
    select: Select,
    commitments: Commitments,
    dictionaries: Mapping[tuple[str, str], Dictionary],
    hints: Hints,
    tables: Mapping[str, CommittedTable] | None = None,
) -> Statement:
    """The statement; with tables, its columns as well.

    Raises:
        ValueError: naming what cannot be proven.
    """
    log_rows = domain(commitments, select, hints)
    draft = _build(Builder(log_rows, None), select, commitments, dictionaries, hints)
    if draft.builder.words:
        log_rows = max(log_rows, draft.builder.word_bits)
    elif tables is None:
        return draft
    return _build(Builder(log_rows, tables), select, commitments, dictionaries, hints)


def _build(
    b: Builder,
    select: Select,
    commitments: Commitments,
    dictionaries: Mapping[tuple[str, str], Dictionary],
    hints: Hints,
) -> Statement:
    way = joins.route(select, commitments)
    n = commitments[select.tables[way.fact]].rows
    columns, present = joins.operands(b, select, commitments, dictionaries, way, hints.misses)
    chosen = _chosen(b, select, columns, way, present, hints.threshold)
    keys = [expressions.value(b, key, columns) for key in select.keys]
    if select.grouped:
        return _grouped(b, select, columns, chosen, keys, n)
    tag = b.tag()
    fold = (b.rho(), *keys)
    b.blocks.append(Block(tag, (chosen,), fold))
    answer = _rows(b, chosen, fold)
    gadgets.close_words(b)
    return Statement(b, answer, len(fold), tag, (), n)


def _chosen(
    b: Builder,
    select: Select,
    columns: Sequence[Operand],
    way: joins.Route,
    present: Poly,
    threshold: int | None,
) -> Poly:
    """1 in the rows that count, of degree 1."""
    conditions = [gadgets.is_zero(b, columns[i].poly - columns[j].poly) for i, j in way.rest]
    if select.where is not None:
        conditions.append(expressions.value(b, select.where, columns))
    if threshold is not None:
        conditions.append(_within(b, select, columns, threshold))
    if not conditions:
        return present
    joined = conditions[0]
    for condition in conditions[1:]:
        joined = gadgets.product(b, joined, condition)
    if joined.padding != 0 or present.padding is None:
        joined = gadgets.product(b, joined, present)
    return gadgets.column(b, joined)


def _within(b: Builder, select: Select, columns: Sequence[Operand], threshold: int) -> Poly:
    """Whether the first sort key is not beyond the threshold."""
    distance = sort_key(b, select, columns) - number(threshold)
    if select.orders and select.orders[0].descending:
        return gadgets.negation(gadgets.is_negative(b, distance))
    return gadgets.negation(gadgets.is_negative(b, distance.scaled(-1)))


def sort_key(b: Builder, select: Select, columns: Sequence[Operand]) -> Poly:
    """What rows are sorted by first: by number, if nothing is said."""
    if not select.orders:
        return b.rho()
    return expressions.value(b, select.keys[sort_column(select)], columns)


def sort_column(select: Select) -> int:
    """The number of the first sort key among the keys of plain rows."""
    value = select.orders[0].value
    assert isinstance(value, ColumnRef)  # `Order` promises it
    return value.index


def _rows(b: Builder, chosen: Poly, fold: Sequence[Poly]) -> Answer:
    if not b.proves:
        return torch.zeros((len(fold), 0), dtype=torch.int64)
    rows = b.evaluate(chosen).nonzero()[:, 0]
    return torch.stack([b.integers(poly)[rows] for poly in fold])


@dataclass(frozen=True)
class _Groups:
    """Prover only: the rows that count, each one's group, and the groups' keys, ascending."""

    rows: Values
    ids: Values
    keys: Answer

    @property
    def count(self) -> Values:
        """How many rows each group has."""
        return torch.bincount(self.ids, minlength=self.keys.shape[1])


def _group(b: Builder, chosen: Poly, keys: Sequence[Poly]) -> _Groups:
    rows = b.evaluate(chosen).nonzero()[:, 0]
    if not keys:
        return _Groups(rows, torch.zeros_like(rows), torch.zeros((0, 1), dtype=torch.int64))
    values = torch.stack([b.integers(key)[rows] for key in keys])
    ids = torch.zeros_like(rows)
    for column in values:  # first keys count most
        _, places = column.unique(return_inverse=True)
        _, ids = (ids * (len(rows) + 1) + places).unique(return_inverse=True)
    n_groups = int(ids.max()) + 1 if len(ids) else 0
    first = torch.zeros(n_groups, dtype=torch.int64)
    first[ids.flip(0)] = torch.arange(len(ids)).flip(0)
    return _Groups(rows, ids, values[:, first])


def _grouped(
    b: Builder,
    select: Select,
    columns: Sequence[Operand],
    chosen: Poly,
    keys: Sequence[Poly],
    n: int,
) -> Statement:
    groups = _group(b, chosen, keys) if b.proves else None
    weights, fold = [chosen], list(keys)
    attained: list[int] = []
    found: list[Values] = []
    for measure in select.measures:
        operand = _operand(b, measure, columns, n)
        if measure.kind == "sum":
            weights.append(gadgets.product(b, chosen, operand))
        else:
            bound, tag = _extreme(b, measure.kind, operand, chosen, keys, groups)
            fold.append(bound)
            attained.append(tag)
        if groups is not None:
            found.append(_measure(b, measure.kind, operand, groups))
    tag = b.tag()
    b.blocks.append(Block(tag, tuple(weights), tuple(fold)))
    gadgets.close_words(b)
    answer = torch.zeros((len(keys) + len(select.measures) + 1, 0), dtype=torch.int64)
    if groups is not None:
        answer = torch.cat((groups.keys, groups.count[None], *(v[None] for v in found)))
    return Statement(b, answer, len(keys), tag, tuple(attained), n)


def _operand(b: Builder, measure: Measure, columns: Sequence[Operand], n: int) -> Poly:
    """What is measured, in a column; its sum over all rows must keep below the bound."""
    poly = gadgets.column(b, expressions.value(b, measure.operand, columns))
    largest = max(-poly.low, poly.high) * max(n, 1)
    if measure.kind == "sum" and largest >= MAX_MAGNITUDE:
        raise FieldOverflow(f"a sum over {n} rows may reach {largest}, bound is {MAX_MAGNITUDE}")
    return poly


def _extreme(
    b: Builder,
    kind: str,
    operand: Poly,
    chosen: Poly,
    keys: Sequence[Poly],
    groups: _Groups | None,
) -> tuple[Poly, int]:
    """A column with each group's minimum or maximum in its rows, and the tag of who attains it."""
    bound = b.witness(lambda: _spread(b, kind, operand, groups), operand.low, operand.high)
    distance = operand - bound if kind == "min" else bound - operand
    gadgets.require_width(b, distance, gadgets.width(distance))
    reached = b.witness(lambda: _first_to_reach(b, distance, groups), 0, 0)
    b.require_zero(reached.times(distance))
    b.require_zero(reached - reached.times(chosen))
    tag = b.tag()
    b.blocks.append(Block(tag, (reached,), tuple(keys)))
    return bound, tag


def _spread(b: Builder, kind: str, operand: Poly, groups: _Groups | None) -> Values:
    """Every chosen row has its group's extreme, any other row its own value."""
    assert groups is not None  # the verifier makes no values
    values = b.integers(operand).clone()
    values[groups.rows] = _measure(b, kind, operand, groups)[groups.ids]
    return values


def _first_to_reach(b: Builder, distance: Poly, groups: _Groups | None) -> Values:
    assert groups is not None  # the verifier makes no values
    reaching = (b.evaluate(distance)[groups.rows] == 0).nonzero()[:, 0].flip(0)
    first = torch.zeros(groups.keys.shape[1], dtype=torch.int64)
    first[groups.ids[reaching]] = groups.rows[reaching]
    marks = torch.zeros(b.n_rows, dtype=torch.int64)
    if len(reaching):
        marks[first] = 1
    return marks


def _measure(b: Builder, kind: str, operand: Poly, groups: _Groups) -> Values:
    """One integer a group."""
    values = b.integers(operand)[groups.rows]
    out = torch.zeros(groups.keys.shape[1], dtype=torch.int64)
    if kind == "sum":
        return out.index_add_(0, groups.ids, values)
    reduction = {"min": "amin", "max": "amax"}[kind]
    return out.scatter_reduce_(0, groups.ids, values, reduction, include_self=False)
