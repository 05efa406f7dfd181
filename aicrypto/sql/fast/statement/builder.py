"""A statement about columns under construction: the same calls for prover and verifier.

All columns have 2^v rows. Some are committed to by a table's owner (zero beyond its last row),
some by the prover (*witness*), two kinds by nobody, since anyone can evaluate them: `chi`, 1 in the
first n rows and 0 below, and `rho`, the row's number. About them a statement says

    constraints   a polynomial in columns, of degree at most 2, is zero in every row;
    blocks        over all rows and blocks, the sum of weight/(alpha - fold) is a known number.

The second kind is how rows, groups, look-ups and joins are compared: as multisets, each row a
fraction (LogUp). Different uses have different tags, so that their fractions cannot cancel.

A `Poly` carries what integers it can be, so that nothing wraps around p unnoticed, and its value in
the rows beyond the table's last one. The prover's builder also holds the columns themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61
from aicrypto.algebra.plain import P
from aicrypto.sql.fast.tables import MAX_MAGNITUDE, CommittedTable, FieldOverflow, field_elements

Term = tuple[int, ...]  # column numbers, ascending, with repetitions
Values = Int64[Tensor, " n"]
MAX_DEGREE = 2
WORD_BITS = {True: 8, False: 16}  # of words that are looked up, by whether there are few rows
FEW_LOG_ROWS = 13  # up to here twice as many columns of short words cost less than 2^16 rows


@dataclass(frozen=True)
class Source:
    """Where a column comes from.

    Attributes:
        kind: "table", "witness", "chi" or "rho".
        table: the table's name.
        number: of the column in its table, or among the witness.
        length: how many ones a chi has.
    """

    kind: str
    table: str = ""
    number: int = 0
    length: int = 0


@dataclass(frozen=True)
class Poly:
    """A polynomial in columns over F_p.

    Attributes:
        terms: coefficient of each product of columns, () for the constant.
        low: no row's value is below.
        high: no row's value is above.
        padding: the value in rows beyond the table; None if the prover may choose it.
    """

    terms: Mapping[Term, int]
    low: int
    high: int
    padding: int | None

    @property
    def degree(self) -> int:
        """The number of columns in the longest product."""
        return max(map(len, self.terms), default=0)

    @property
    def constant(self) -> int | None:
        """The value, if no column occurs."""
        return self.low if self.degree == 0 else None

    def __add__(self, other: Poly) -> Poly:
        terms = dict(self.terms)
        for term, coefficient in other.terms.items():
            terms[term] = (terms.get(term, 0) + coefficient) % P
        padding = _both(self.padding, other.padding, lambda a, b: a + b)
        return _checked(terms, self.low + other.low, self.high + other.high, padding)

    def __sub__(self, other: Poly) -> Poly:
        return self + other.scaled(-1)

    def scaled(self, factor: int) -> Poly:
        """The product with a number."""
        low, high = sorted((self.low * factor, self.high * factor))
        terms = {term: coefficient * factor % P for term, coefficient in self.terms.items()}
        padding = None if self.padding is None else self.padding * factor
        return _checked(terms, low, high, padding)

    def times(self, other: Poly) -> Poly:
        """The product, of the degrees' sum."""
        terms: dict[Term, int] = {}
        for a, x in self.terms.items():
            for b, y in other.terms.items():
                term = tuple(sorted(a + b))
                terms[term] = (terms.get(term, 0) + x * y) % P
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        padding = _both(self.padding, other.padding, lambda a, b: a * b)
        if 0 in (self.padding, other.padding):
            padding = 0
        return _checked(terms, min(corners), max(corners), padding)


@dataclass(frozen=True)
class Block:
    """A fraction in every row: sum_j delta_j·weights_j over alpha - tag - sum_j beta_j·fold_j.

    Attributes:
        negative: whether it is subtracted.
    """

    tag: int
    weights: tuple[Poly, ...]
    fold: tuple[Poly, ...]
    negative: bool = False


def number(value: int) -> Poly:
    """The polynomial that is this number everywhere."""
    return _checked({(): value % P}, value, value, value)


@dataclass
class Builder:
    """What is known so far.

    Attributes:
        log_rows: v.
        tables: the prover's tables; None for the verifier.
        sources: of every column, by number.
        values: of every column, prover only.
        constraints: what must be zero.
        blocks: the fractions.
        n_tags: how many tags are taken.
    """

    log_rows: int
    tables: Mapping[str, CommittedTable] | None
    sources: list[Source] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    constraints: list[Poly] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    n_tags: int = 0
    n_witness: int = 0
    words: list[Poly] = field(default_factory=list)
    _known: dict[object, Poly] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """The number of rows, padding included."""
        return 1 << self.log_rows

    @property
    def proves(self) -> bool:
        """Whether the columns are here."""
        return self.tables is not None

    @property
    def word_bits(self) -> int:
        """The size of words: the table of all of them needs 2^word_bits rows."""
        return WORD_BITS[self.log_rows <= FEW_LOG_ROWS]

    def tag(self) -> int:
        """A tag not used before."""
        self.n_tags += 1
        return self.n_tags

    def known(self, key: object, make: Callable[[], Poly]) -> Poly:
        """What was made under this key before, or is made now: nothing is committed to twice."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def table_column(self, table: str, number: int, low: int, high: int) -> Poly:
        """A committed column."""
        source = Source("table", table, number)
        return self._column(source, low, high, 0, lambda: self._from_table(table, number))

    def chi(self, length: int) -> Poly:
        """1 in the first rows, 0 below."""
        source = Source("chi", length=length)
        return self._column(source, 0, 1, 0, lambda: (self._rows() < length).long())

    def rho(self) -> Poly:
        """The row's number."""
        high = max(self.n_rows, 1 << self.word_bits) - 1
        return self._column(Source("rho"), 0, high, None, self._rows)

    def witness(
        self, make: Callable[[], Values], low: int, high: int, padding: int | None = None
    ) -> Poly:
        """A column of the prover's; `make` computes it, signed, and is not called to verify."""
        self.n_witness += 1
        source = Source("witness", number=self.n_witness - 1)
        return self._column(source, low, high, padding, lambda: m61.reduce(make()))

    def require_zero(self, poly: Poly) -> None:
        """The polynomial is zero in every row."""
        self.constraints.append(poly)

    def evaluate(self, poly: Poly) -> Values:
        """The polynomial's canonical value in every row; for the prover."""
        total: Values | None = None
        for term, coefficient in poly.terms.items():
            value = self._product(term, coefficient)
            total = value if total is None else m61.add(total, value)
        return torch.zeros(self.n_rows, dtype=torch.int64) if total is None else total

    def integers(self, poly: Poly) -> Values:
        """The same as signed integers."""
        return m61.signed(self.evaluate(poly))

    def _product(self, term: Term, coefficient: int) -> Values:
        if not term:
            return torch.full((self.n_rows,), coefficient)
        value = self.values[term[0]]
        for column in term[1:]:
            value = m61.mul(value, self.values[column])
        if coefficient == 1:
            return value
        if coefficient == P - 1:
            return m61.neg(value)
        return m61.mul(value, torch.tensor([coefficient]))

    def _column(
        self,
        source: Source,
        low: int,
        high: int,
        padding: int | None,
        make: Callable[[], Values],
    ) -> Poly:
        def _create() -> Poly:
            self.sources.append(source)
            if self.proves:
                self.values.append(make())
            return _checked({(len(self.sources) - 1,): 1}, low, high, padding)

        return self.known(source, _create)

    def _rows(self) -> Values:
        return torch.arange(self.n_rows)

    def _from_table(self, table: str, number: int) -> Values:
        values = torch.zeros(self.n_rows, dtype=torch.int64)
        elements = field_elements((self.tables or {})[table], number)
        values[: len(elements)] = elements
        return values


def _checked(terms: Mapping[Term, int], low: int, high: int, padding: int | None) -> Poly:
    if low <= -MAX_MAGNITUDE or high >= MAX_MAGNITUDE:
        raise FieldOverflow(f"an expression may be {low}..{high}, bound is ±{MAX_MAGNITUDE}")
    kept = {term: coefficient for term, coefficient in terms.items() if coefficient or not term}
    return Poly(kept, low, high, padding)


def _both(a: int | None, b: int | None, combine: Callable[[int, int], int]) -> int | None:
    return None if a is None or b is None else combine(a, b)
