"""Sumcheck of any degree: the sum over x of g(f_1(x), ..., f_m(x)), for a polynomial g.

The tables f_i of length 2^k are read as multilinear polynomials; g is a sum of products of them,
each with a coefficient, and d is the number of tables in its longest product. As in `sumcheck`
(there g = f_1·f_2, and the messages are shorter) every round removes one variable. The prover sends

    h(X) = sum over the remaining x of g(f_1~(X, x), ..., f_m~(X, x)),    claim = h(0) + h(1),

of degree d in X, as its values at 0, 2, 3, ..., d: h(1) = claim - h(0) is not sent. Each of the k
rounds lets a lie pass with probability d/p², so the soundness error is d·k/p². At the end one value
g(f_1~(point), ..., f_m~(point)) is left, and the m values in it, which the verifier must check.

This is what queries need (filter·value·key), constraints (eq·(a·b - c)) and layers of circuits.
**The caller absorbs claim, g and whatever defines the tables into the transcript first.**

Source: Thaler, Proofs, Arguments, and Zero-Knowledge, sections 4.1 and 4.2; messages are our own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice, pairwise

from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.transcript import Transcript

Table = Int64[Tensor, "2 n"]
Round = tuple[Fp2, ...]  # h at 0, 2, 3, ..., d
Point = tuple[Fp2, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A coefficient times the product of the tables with these numbers, repetitions allowed."""

    coefficient: Fp2
    tables: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A sum of products of tables: g.

    >>> squares = Polynomial(n_tables=2, terms=(Term(Fp2(1), (0, 0)), Term(Fp2(3), (1,))))
    >>> squares.degree, squares((Fp2(5), Fp2(2)))
    (2, Fp2(re=31, im=0))

    Attributes:
        n_tables: how many tables there are, m.
        terms: at least one with a table.

    Raises:
        ValueError: if no term has a table, or a table's number is outside 0..m-1.
    """

    n_tables: int
    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if self.degree < 1:
            raise ValueError("terms: none has a table, one must")
        for i, term in enumerate(self.terms):
            if not all(0 <= table < self.n_tables for table in term.tables):
                numbers = f"must be in 0..{self.n_tables - 1}"
                raise ValueError(f"terms[{i}] has the tables {term.tables}, {numbers}")

    @property
    def degree(self) -> int:
        """The number of tables in the longest product, d."""
        return max((len(term.tables) for term in self.terms), default=0)

    def __call__(self, values: Sequence[Fp2]) -> Fp2:
        """The value of g for one value of each table."""
        total = Fp2(0)
        for term in self.terms:
            total += reduce(Fp2.__mul__, (values[i] for i in term.tables), term.coefficient)
        return total

    def sum(self, tables: Sequence[Table]) -> Fp2:
        """The sum of g over all places of the tables, which is what the proof is about."""
        return sum((self._sum_term(term, tables) for term in self.terms), Fp2(0))

    def _sum_term(self, term: Term, tables: Sequence[Table]) -> Fp2:
        if not term.tables:
            return term.coefficient * tables[0].shape[-1]
        product = reduce(m61x2.mul, (tables[i] for i in term.tables))
        return term.coefficient * m61x2.to_scalar(m61x2.sum(product))


@dataclass(frozen=True, slots=True)
class PolynomialSumcheckProof:
    """Everything the prover says.

    Attributes:
        rounds: for each variable the d values of h.
        values: of each table at the point of all challenges, claimed.
    """

    rounds: tuple[Round, ...]
    values: tuple[Fp2, ...]

    def to_bytes(self) -> bytes:
        """16 bytes an element, the rounds first."""
        return b"".join(_round_to_bytes(message) for message in (*self.rounds, self.values))

    @classmethod
    def from_bytes(
        cls, data: bytes, n_rounds: int, polynomial: Polynomial
    ) -> "PolynomialSumcheckProof":
        """The proof that `to_bytes` wrote for this polynomial over 2^n_rounds places.

        Raises:
            BadLength: if there are not d elements a round and m values.
            NonCanonical: if a coordinate is p or more.
        """
        degree, n_tables = polynomial.degree, polynomial.n_tables
        n_bytes = ELEMENT_BYTES * (n_rounds * degree + n_tables)
        if len(data) != n_bytes:
            raise BadLength(f"proof has {len(data)} bytes, must have {n_bytes}")
        starts = range(0, n_bytes, ELEMENT_BYTES)
        elements = (Fp2.from_bytes(data[i : i + ELEMENT_BYTES]) for i in starts)
        rounds = [tuple(islice(elements, degree)) for _ in range(n_rounds)]
        return cls(tuple(rounds), tuple(elements))


@dataclass(frozen=True, slots=True)
class Evaluations:
    """What is left to check after the rounds: f_i~(point) = values[i] for every table."""

    point: Point
    values: tuple[Fp2, ...]


def prove(
    polynomial: Polynomial, tables: Sequence[Table], transcript: Transcript, tag: int
) -> tuple[PolynomialSumcheckProof, Evaluations]:
    """The proof of `polynomial.sum(tables)`, and the evaluations that it leaves to check.

    About d·(products in all terms)·n multiplications for tables of length n.

    Args:
        polynomial: g.
        tables: m tables of the same length 2^k.
        transcript: has absorbed claim and statement; every round is absorbed under `tag`.
        tag: the rounds' name in the transcript, the same for the verifier.

    Raises:
        BadLength: if there are not m tables of one length 2^k.
    """
    _refuse_tables(polynomial, tables)
    rounds: list[Round] = []
    point: list[Fp2] = []
    while tables[0].shape[-1] > 1:
        rounds.append(_summarise(polynomial, tables))
        point.append(_exchange(rounds[-1], transcript, tag))
        tables = [multilinear.bind(table, point[-1]) for table in tables]
    values = tuple(m61x2.to_scalar(table[:, 0]) for table in tables)
    return PolynomialSumcheckProof(tuple(rounds), values), Evaluations(tuple(point), values)


def verify(
    polynomial: Polynomial,
    claim: Fp2,
    n_rounds: int,
    proof: PolynomialSumcheckProof,
    transcript: Transcript,
    tag: int,
) -> Evaluations | None:
    """The evaluations that remain to be checked, or None if the proof is refused.

    Nothing is proven until the caller has compared every table's polynomial at the point with its
    value. A round of more than d values is refused: it could be any polynomial.
    """
    if len(proof.rounds) != n_rounds or len(proof.values) != polynomial.n_tables:
        return None
    point: list[Fp2] = []
    for message in proof.rounds:
        if len(message) != polynomial.degree:
            return None
        point.append(_exchange(message, transcript, tag))
        at_zero, *others = message
        claim = extrapolate((at_zero, claim - at_zero, *others), point[-1])
    return Evaluations(tuple(point), proof.values) if claim == polynomial(proof.values) else None


def extrapolate(values: Sequence[Fp2], x: Fp2) -> Fp2:
    """The value at x of the polynomial of degree d with these values at 0, 1, ..., d.

    Newton's series: the sum of (x choose j) times the j-th difference at 0.

    >>> extrapolate([Fp2(0), Fp2(1), Fp2(4)], Fp2(10))
    Fp2(re=100, im=0)
    """
    total, binomial, differences = Fp2(0), Fp2(1), list(values)
    for j in range(len(values)):
        total += binomial * differences[0]
        binomial *= (x - j) / (j + 1)
        differences = [after - before for before, after in pairwise(differences)]
    return total


def _refuse_tables(polynomial: Polynomial, tables: Sequence[Table]) -> None:
    lengths = [table.shape[-1] for table in tables]
    if len(lengths) != polynomial.n_tables:
        raise BadLength(f"tables: there are {len(lengths)}, must be {polynomial.n_tables}")
    n = lengths[0]
    if n < 1 or n & (n - 1) or set(lengths) != {n}:
        raise BadLength(f"tables have {lengths} values, must be the same power of two")


def _summarise(polynomial: Polynomial, tables: Sequence[Table]) -> Round:
    """This round's h at 0, 2, 3, ..., d."""
    lines = _lines([table.chunk(2, dim=-1) for table in tables])
    points = enumerate(islice(lines, polynomial.degree + 1))
    return tuple(polynomial.sum(at_x) for x, at_x in points if x != 1)


def _lines(halves: Sequence[tuple[Table, ...]]) -> Iterator[list[Table]]:
    """The tables with their first variable at 0, 1, 2, ...: each step adds the slope."""
    at_x = [left for left, _ in halves]
    slopes = [m61x2.sub(right, left) for left, right in halves]
    while True:
        yield at_x
        at_x = [m61x2.add(value, slope) for value, slope in zip(at_x, slopes, strict=True)]


def _exchange(message: Round, transcript: Transcript, tag: int) -> Fp2:
    """The challenge that answers a round."""
    transcript.absorb(tag, _round_to_bytes(message))
    return transcript.challenge()


def _round_to_bytes(message: Round) -> bytes:
    return b"".join(value.to_bytes() for value in message)
