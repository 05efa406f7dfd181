"""Joins on unique keys: every row of one table, the *fact*, looks its partner up in the others.

Where the key is unique on one side, a join has a row for each row of the other side that finds a
partner. So no new table arises: the partner's columns are pulled beside the fact's as columns of
the prover's, and a look-up shows that (key, pulled values) is a row of the other table. Longer
chains pull by what was pulled before.

Which keys are unique is attested with a table. Both sides derive from it which table is the fact.

Rows without a partner drop out. That there is none must be shown: the key lies in a gap between two
neighbours among the sorted keys. This costs columns, and is left out where every row has a partner.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import torch

from aicrypto.sql.fast.statement.builder import Block, Builder, Poly, Values
from aicrypto.sql.fast.statement.builder import number as number_poly
from aicrypto.sql.fast.statement.expressions import Dictionary, Operand
from aicrypto.sql.fast.statement.gadgets import look_up_table, product, require_width, width
from aicrypto.sql.fast.tables import CommittedTable, TableCommitment
from aicrypto.sql.select import Select

Commitments = Mapping[str, TableCommitment]


class UnsupportedJoin(ValueError):
    """The tables are not joined on keys that are unique on one side."""


class NoPartner(ValueError):
    """A row has no partner in a step of a join, so that it must be dropped: `step` says which."""

    def __init__(self, step: int, message: str) -> None:
        super().__init__(message)
        self.step = step


@dataclass(frozen=True)
class Step:
    """One table more: `known`, a column at hand, equals `new`, a unique column of the table."""

    table: int
    known: int
    new: int


@dataclass(frozen=True)
class Route:
    """The table whose rows are the rows, the steps to the others, and equalities left over."""

    fact: int
    steps: tuple[Step, ...]
    rest: tuple[tuple[int, int], ...]


def route(select: Select, commitments: Commitments) -> Route:
    """How the tables are joined.

    Raises:
        UnsupportedJoin: if no table leads to all others by unique keys.
    """
    for fact in set(range(len(select.tables))) - set(select.partners):
        steps, rest = _walk(select, commitments, fact)
        if len(steps) == len(select.tables) - 1:
            return Route(fact, tuple(steps), tuple(rest))
    pairs = [" = ".join(_named(select, column) for column in pair) for pair in select.joins]
    raise UnsupportedJoin(
        f"JOIN of {', '.join(select.tables)} ON {' AND '.join(pairs) or 'nothing'}: tables are"
        " joined by keys unique on one side, many to many has no proof here"
    )


def _named(select: Select, column: int) -> str:
    wanted = select.columns[column]
    return f"{select.tables[wanted.table]}.{wanted.name}"


def _walk(
    select: Select, commitments: Commitments, fact: int
) -> tuple[list[Step], list[tuple[int, int]]]:
    steps: list[Step] = []
    reached, rest = {fact}, list(select.joins)
    while True:
        step = next(_next_steps(select, commitments, reached, rest), None)
        if step is None:
            return steps, rest
        steps.append(step[0])
        reached.add(step[0].table)
        rest.remove(step[1])


def _next_steps(
    select: Select, commitments: Commitments, reached: set[int], rest: Sequence[tuple[int, int]]
) -> Iterator[tuple[Step, tuple[int, int]]]:
    """Steps from what is reached to a table that is not."""
    for pair in rest:
        for known, new in (pair, (pair[1], pair[0])):
            at, to = select.columns[known].table, select.columns[new].table
            if at in reached and to not in reached and _unique(select, commitments, new):
                yield Step(to, known, new), pair


def _unique(select: Select, commitments: Commitments, column: int) -> bool:
    wanted = select.columns[column]
    table = commitments[select.tables[wanted.table]]
    return table.columns[table.index(wanted.name)].unique


def operands(
    b: Builder,
    select: Select,
    commitments: Commitments,
    dictionaries: Mapping[tuple[str, str], Dictionary],
    way: Route,
    misses: Sequence[int],
) -> tuple[list[Operand], Poly]:
    """All columns of the query side by side in the fact's rows, and which rows found partners.

    In the steps with the numbers `misses` rows may lack one.
    """
    polys: dict[int, Poly] = {
        number: committed(b, select, commitments, number)
        for number, column in enumerate(select.columns)
        if column.table == way.fact
    }
    present = b.chi(commitments[select.tables[way.fact]].rows)
    for number, step in enumerate(way.steps):
        partners = _Partners(b, select, commitments, step, polys[step.known], present)
        if b.proves and number not in misses:
            partners.require(number)
        present = pull(partners, polys, number in misses)
    keys = [(select.tables[c.table], c.name) for c in select.columns]
    return [Operand(polys[i], dictionaries.get(key)) for i, key in enumerate(keys)], present


def committed(b: Builder, select: Select, commitments: Commitments, number: int) -> Poly:
    """A column of the query as its table's owner committed to it."""
    wanted = select.columns[number]
    name = select.tables[wanted.table]
    index = commitments[name].index(wanted.name)
    attested = commitments[name].columns[index]
    return b.table_column(name, index, attested.low, attested.high)


@dataclass(frozen=True)
class _Partners:
    """One step: the table to reach, the key in the fact's rows, and which rows are left."""

    b: Builder
    select: Select
    commitments: Commitments
    step: Step
    key: Poly
    present: Poly

    @property
    def name(self) -> str:
        """The table's name."""
        return self.select.tables[self.step.table]

    @property
    def length(self) -> int:
        """How many rows the table has."""
        return self.commitments[self.name].rows

    @cached_property
    def rows(self) -> Values:
        """Prover only: for every row its partner's row; -1 where there is none."""
        column = self.select.columns[self.step.new].name
        table: CommittedTable = (self.b.tables or {})[self.name]
        keys = table.integers[self.commitments[self.name].index(column)]
        wanted, left = self.b.integers(self.key), self.b.evaluate(self.present)
        if not len(keys):
            return torch.full_like(left, -1)
        ordered, order = keys.sort()
        places = torch.searchsorted(ordered, wanted).clamp(max=len(keys) - 1)
        return torch.where((ordered[places] == wanted) & (left == 1), order[places], -1)

    def require(self, number: int) -> None:
        """Raises NoPartner if a row that is left lacks a partner."""
        lacking = (self.rows < 0) & (self.b.evaluate(self.present) == 1)
        if bool(lacking.any()):
            raise NoPartner(number, f"row {int(lacking.nonzero()[0])} lacks one in {self.name}")

    def pulled(self, source: Poly) -> Poly:
        """A column of the table in the fact's rows."""

        def _make() -> Values:
            values = self.b.integers(source)[self.rows.clamp(min=0)]
            return values.masked_fill(self.rows < 0, 0)

        return self.b.witness(_make, source.low, source.high)

    def hits(self) -> Values:
        """How often each row of the table is a partner."""
        return torch.bincount(self.rows[self.rows >= 0], minlength=self.b.n_rows)


def pull(partners: _Partners, polys: dict[int, Poly], may_miss: bool) -> Poly:
    """Adds the table's columns to those at hand; which rows are left."""
    b, select, step = partners.b, partners.select, partners.step
    numbers = [i for i, c in enumerate(select.columns) if c.table == step.table and i != step.new]
    there = [committed(b, select, partners.commitments, i) for i in (step.new, *numbers)]
    here = [partners.key, *map(partners.pulled, there[1:])]
    polys.update(zip((step.new, *numbers), here, strict=True))
    present = partners.present
    if may_miss:
        present = b.witness(lambda: (partners.rows >= 0).long(), 0, 1)
        b.require_zero(present.times(present) - present)
        b.require_zero(present - present.times(partners.present))
        lacking = partners.present - present
        require_absent(b, partners.key, lacking, there[0], partners.length)
    tag = b.tag()
    b.blocks.append(Block(tag, (present,), tuple(here)))
    look_up_table(b, tag, partners.length, tuple(there), partners.hits)
    return present


def require_absent(b: Builder, key: Poly, lacking: Poly, there: Poly, length: int) -> None:
    """Where `lacking` is 1, the key is none of the table's: it lies in a gap between two.

    The gaps (from, to) are committed to. The froms are all keys and a number below them, the tos
    all keys and a number above, and from < to in every gap. That leaves one way to pair them: from
    the smallest upwards, each key must follow the one before it. Keys that repeat leave none.
    """
    low, high = min(key.low, there.low) - 1, max(key.high, there.high) + 1
    keys = b.integers(there)[:length].sort().values if b.proves else torch.empty(0).long()
    start = b.witness(lambda: _filled(b, [low, *keys.tolist()]), low, high)
    end = b.witness(lambda: _filled(b, [*keys.tolist(), high]), low, high)
    step = end - start - b.chi(length + 1)
    require_width(b, step, width(step))
    for side, alone in ((start, low), (end, high)):
        tag = b.tag()
        b.blocks.append(Block(tag, (b.chi(length + 1),), (side,)))
        b.blocks.append(Block(tag, (b.chi(length),), (there,), negative=True))
        b.blocks.append(Block(tag, (b.chi(1),), (number_poly(alone),), negative=True))
    _require_in_gap(b, key, lacking, (start, end), keys, length + 1)


def _require_in_gap(
    b: Builder, key: Poly, lacking: Poly, gaps: tuple[Poly, Poly], keys: Values, n_gaps: int
) -> None:
    """Where `lacking` is 1, a gap around the key is looked up; elsewhere nothing is said."""
    bounds = gaps[0].low, gaps[0].high

    def _side(shift: int) -> Values:
        padded = torch.cat((torch.tensor([bounds[0]]), keys, torch.tensor([bounds[1]])))
        places = torch.searchsorted(keys, b.integers(key))
        return padded[places + shift] * b.evaluate(lacking)

    def _count() -> Values:
        places = torch.searchsorted(keys, b.integers(key))[b.evaluate(lacking) == 1]
        return torch.bincount(places, minlength=b.n_rows)

    below, above = (b.witness(partial(_side, shift), *bounds) for shift in (0, 1))
    for distance in (key - below, above - key):
        inside = product(b, lacking, distance - number_poly(1))
        require_width(b, inside, width(inside))
    tag = b.tag()
    b.blocks.append(Block(tag, (lacking,), (below, above)))
    look_up_table(b, tag, n_gaps, gaps, _count)


def _filled(b: Builder, values: Sequence[int]) -> Values:
    return torch.nn.functional.pad(torch.tensor(values), (0, b.n_rows - len(values)))
