"""A sumcheck for what is left of a statement: sum over rows of eq(r, x)·g(columns(x)).

g is a polynomial of degree 2 in columns, with coefficients in F_{p²}. Constraints must vanish at a
random r, and the fraction sums leave claims at the same r, so one sum serves all. As in `logup`,
the factor of eq that belongs to a round stays out of the message, which keeps its degree at 2.

The prover sorts g's terms: everything of degree 1 is added up once, to one column; products with a
common factor become one product, of that column and a combination of the others. The cost depends
on the number of such factors, not of terms.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import chain

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61, m61x2, multilinear
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof.logup import Round

Term = tuple[int, ...]
Coefficients = Mapping[Term, Fp2]
Values = Int64[Tensor, " n"]
Table = Int64[Tensor, "2 n"]
Point = tuple[Fp2, ...]


def combine(terms: Coefficients, values: Sequence[Values], n: int) -> Table:
    """The polynomial's value in every row."""
    parts = (_scaled(_product(values, term), c) for term, c in terms.items() if term)
    constant = terms.get((), Fp2(0))
    first = next(parts, None)
    if first is None or constant != Fp2(0):
        start = m61x2.from_scalar(constant)[:, None].expand(2, n).contiguous()
        first = start if first is None else m61x2.add(start, first)
    return reduce(m61x2.add, parts, first)


def at(terms: Coefficients, values: Sequence[Fp2]) -> Fp2:
    """The polynomial's value for one value of each column."""
    total = Fp2(0)
    for term, coefficient in terms.items():
        for column in term:
            coefficient = coefficient * values[column]
        total += coefficient
    return total


def prove(
    terms: Coefficients,
    values: Sequence[Values],
    point: Point,
    claim: Fp2,
    transcript: Transcript,
    tag: int,
) -> tuple[tuple[Round, ...], Point]:
    """The messages for `claim`, and the point at which the columns' values are left to check."""
    linear, pairs = _sorted(terms, values, 1 << len(point))
    equality = multilinear.eq_table(point[1:], values[0].device)
    rounds: list[Round] = []
    challenges: list[Fp2] = []
    for r in point:
        at_zero, leading = _summarise(linear, pairs, equality)
        rounds.append(Round((claim - at_zero) / r, leading))
        transcript.absorb(tag, rounds[-1].to_bytes())
        x = transcript.challenge()
        claim = rounds[-1].next_claim(claim, r, x)
        linear = multilinear.bind(linear, x)
        pairs = [(multilinear.bind(a, x), multilinear.bind(b, x)) for a, b in pairs]
        if equality.shape[1] > 1:
            equality = m61x2.add(*equality.chunk(2, dim=-1))
        challenges.append(x)
    return tuple(rounds), tuple(challenges)


def follow(
    rounds: Sequence[Round], point: Point, claim: Fp2, transcript: Transcript, tag: int
) -> tuple[Fp2, Point]:
    """What g must be at the point of the challenges, and that point."""
    challenges: list[Fp2] = []
    for message, r in zip(rounds, point, strict=True):
        transcript.absorb(tag, message.to_bytes())
        challenges.append(transcript.challenge())
        claim = message.next_claim(claim, r, challenges[-1])
    return claim, tuple(challenges)


def _sorted(
    terms: Coefficients, values: Sequence[Values], n: int
) -> tuple[Table, list[tuple[Table, Table]]]:
    """The part of degree 1, and the products of a column and a combination."""
    linear = combine({term: c for term, c in terms.items() if len(term) < 2}, values, n)
    rest: dict[Term, Fp2] = {term: c for term, c in terms.items() if len(term) == 2}
    pairs = []
    while rest:
        factor = Counter(chain(*map(set, rest))).most_common(1)[0][0]
        others = _take(rest, factor)
        pairs.append((m61x2.from_base(values[factor]), combine(others, values, n)))
    return linear, pairs


def _take(rest: dict[Term, Fp2], factor: int) -> dict[Term, Fp2]:
    """The other factors of the products with a column, which are removed."""
    others: dict[Term, Fp2] = {}
    for a, b in [term for term in rest if factor in term]:
        others[(b if a == factor else a,)] = rest.pop((a, b))
    return others


def _summarise(
    linear: Table, pairs: Sequence[tuple[Table, Table]], equality: Table
) -> tuple[Fp2, Fp2]:
    """This round's polynomial: its value at 0 and its leading coefficient."""
    at_zero, leading = m61x2.dot(equality, linear.chunk(2, dim=-1)[0].contiguous()), None
    for a, b in pairs:
        (a0, a1), (b0, b1) = a.chunk(2, dim=-1), b.chunk(2, dim=-1)
        at_zero = m61x2.add(at_zero, m61x2.dot(m61x2.mul(equality, a0), b0))
        slopes = m61x2.mul(equality, m61x2.sub(a1, a0)), m61x2.sub(b1, b0)
        term = m61x2.dot(*slopes)
        leading = term if leading is None else m61x2.add(leading, term)
    return m61x2.to_scalar(at_zero), Fp2(0) if leading is None else m61x2.to_scalar(leading)


def _product(values: Sequence[Values], term: Term) -> Values:
    product = values[term[0]]
    for column in term[1:]:
        product = m61.mul(product, values[column])
    return product


def _scaled(values: Values, factor: Fp2) -> Table:
    re, im = (m61.mul(values, torch.tensor([part])) for part in (factor.re, factor.im))
    return torch.stack((re, im))
