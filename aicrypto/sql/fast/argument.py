"""The proof of a statement: one fraction sum, one sumcheck, one opening for each oracle.

    1  the prover commits to its witness columns; alpha, betas, deltas are drawn
    2  a fraction sum (`logup`) over all blocks and rows, whose total anyone computes from the
       answer; it leaves numerator and denominator at a random (block, row) = (t, r)
    3  mu, lambda are drawn; with eq weights for t, one sumcheck over eq(r, x) shows both of these
       and, as every constraint must vanish at r, all constraints
    4  the columns' values at the sumcheck's last point are sent, and opened

What is committed to is fixed before every challenge, and so is the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61, m61x2, multilinear
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup
from aicrypto.proof.logup import Fraction, FractionSumProof, Leaves, Round, Tags
from aicrypto.sql.fast import sums
from aicrypto.sql.fast.statement import Public, Statement
from aicrypto.sql.fast.statement.builder import Block, Builder, Poly, Source

FRACTION_TAGS = Tags(0x10, 0x11, 0x12)
ROUND_TAG, VALUES_TAG = 0x20, 0x21
Point = tuple[Fp2, ...]


@dataclass(frozen=True)
class Challenges:
    """What joins columns to fractions.

    One for each place of a fold and of the weights: powers of one challenge would do, but their
    degree would multiply the chance that a lie passes.
    """

    alpha: Fp2
    betas: tuple[Fp2, ...]
    deltas: tuple[Fp2, ...]


@dataclass(frozen=True)
class ArgumentProof:
    """Everything said before the openings.

    Attributes:
        fractions: the fraction sum.
        rounds: of the sumcheck.
        values: of all columns that are committed to, at its last point.
    """

    fractions: FractionSumProof
    rounds: tuple[Round, ...]
    values: tuple[Fp2, ...]


def draw(b: Builder, transcript: Transcript) -> Challenges:
    """The challenges after the witness is committed to; the first weight counts as it is."""
    alpha = transcript.challenge()
    betas = transcript.challenges(max(len(block.fold) for block in b.blocks))
    deltas = transcript.challenges(max(len(block.weights) for block in b.blocks) - 1)
    return Challenges(alpha, tuple(betas), (Fp2(1), *deltas))


def log_blocks(b: Builder) -> int:
    """log2 of the number of blocks, filled up to a power of two."""
    return (len(b.blocks) - 1).bit_length()


def prove(statement: Statement, transcript: Transcript) -> tuple[ArgumentProof, Point]:
    """The proof, and the point at which the columns have the values in it."""
    b = statement.builder
    given = draw(b, transcript)
    leaves = [_fraction(block, given) for block in b.blocks]
    p, q = (
        torch.cat([sums.combine(side, b.values, b.n_rows) for side in sides], dim=1)
        for sides in zip(*leaves, strict=True)
    )
    fractions, left = logup.prove(
        _filled(p, b, Fp2(0)), _filled(q, b, Fp2(1)), transcript, FRACTION_TAGS
    )
    terms, claim, point = _remaining(b, leaves, left, transcript)
    rounds, last = sums.prove(terms, b.values, point, claim, transcript, ROUND_TAG)
    equality = multilinear.eq_table(last, b.values[0].device)
    values = [
        _evaluate(column, equality)
        for column, source in zip(b.values, b.sources, strict=True)
        if is_committed(source)
    ]
    transcript.absorb(VALUES_TAG, b"".join(value.to_bytes() for value in values))
    return ArgumentProof(fractions, rounds, tuple(values)), last


def verify(
    statement: Statement, publics: Sequence[Public], proof: ArgumentProof, transcript: Transcript
) -> Point | None:
    """The point at which the values are left to check, or None if the proof is refused."""
    b = statement.builder
    given = draw(b, transcript)
    left = logup.verify(
        b.log_rows + log_blocks(b), False, proof.fractions, transcript, FRACTION_TAGS
    )
    if left is None or not proof.fractions.total.same_value(total(publics, given)):
        return None
    leaves = [_fraction(block, given) for block in b.blocks]
    terms, claim, point = _remaining(b, leaves, left, transcript)
    claim, last = sums.follow(proof.rounds, point, claim, transcript, ROUND_TAG)
    if sums.at(terms, list(_all_values(b, proof.values, last))) != claim:
        return None
    transcript.absorb(VALUES_TAG, b"".join(value.to_bytes() for value in proof.values))
    return last


def total(publics: Sequence[Public], given: Challenges) -> Fraction:
    """The sum of all fractions of the answer."""
    together = Fp2(0)
    for public in publics:
        if public.fold.shape[1]:
            weights = _joined(m61.reduce(public.weights), given.deltas)
            fold = _joined(m61.reduce(public.fold), given.betas)
            shift = m61x2.from_scalar(given.alpha - public.tag)[:, None]
            inverse = m61x2.inverse(m61x2.sub(shift.expand_as(fold).contiguous(), fold))
            together += m61x2.to_scalar(m61x2.dot(weights, inverse))
    return Fraction(together, Fp2(1))


def is_committed(source: Source) -> bool:
    """Whether a column is in an oracle; others anyone evaluates."""
    return source.kind in ("table", "witness")


def errors(statement: Statement, n_public: int) -> dict[str, float]:
    """The chance of each step to let a lie pass, openings not counted."""
    b = statement.builder
    field = float((2**61 - 1) ** 2)
    n = len(b.blocks) * b.n_rows + n_public
    depth = b.log_rows + log_blocks(b)
    return {
        "fractions": (n + 1) / field,  # a polynomial of degree 1 for each fraction, 1 for weights
        "sum of fractions": (depth * depth + depth) / field,
        "constraints": (len(b.constraints) + 2 + 4 * b.log_rows) / field,
    }


def _joined(rows: Int64[Tensor, "k n"], factors: Sequence[Fp2]) -> Int64[Tensor, "2 n"]:
    """The sum of factors[j]·row j."""
    terms: dict[sums.Term, Fp2] = {(j,): factors[j] for j in range(len(rows))}
    return sums.combine(terms, list(rows), rows.shape[1])


def _fraction(block: Block, given: Challenges) -> tuple[sums.Coefficients, sums.Coefficients]:
    """Numerator and denominator of a block."""
    numerator: dict[tuple[int, ...], Fp2] = {}
    denominator: dict[tuple[int, ...], Fp2] = {(): given.alpha - block.tag}
    for poly, delta in zip(block.weights, given.deltas, strict=False):
        _add(numerator, poly, -delta if block.negative else delta)
    for poly, beta in zip(block.fold, given.betas, strict=False):
        _add(denominator, poly, -beta)
    return numerator, denominator


def _add(
    terms: dict[tuple[int, ...], Fp2], poly: Poly | Mapping[tuple[int, ...], Fp2], factor: Fp2
) -> None:
    """Adds factor·poly."""
    for term, coefficient in (poly.terms if isinstance(poly, Poly) else poly).items():
        terms[term] = terms.get(term, Fp2(0)) + factor * coefficient


def _filled(leaves: Int64[Tensor, "2 n"], b: Builder, filler: Fp2) -> Int64[Tensor, "2 m"]:
    """With blocks that say 0/1, up to a power of two."""
    missing = (b.n_rows << log_blocks(b)) - leaves.shape[1]
    if not missing:
        return leaves
    return torch.cat((leaves, m61x2.from_scalar(filler)[:, None].expand(2, missing)), dim=1)


def _remaining(
    b: Builder,
    leaves: Sequence[tuple[sums.Coefficients, sums.Coefficients]],
    left: Leaves,
    transcript: Transcript,
) -> tuple[dict[tuple[int, ...], Fp2], Fp2, Point]:
    """The polynomial whose sum over eq(r, x) is claimed, the claim, and r."""
    n_block_variables = log_blocks(b)
    chosen, point = left.point[:n_block_variables], left.point[n_block_variables:]
    weights = m61x2.to_scalars(multilinear.eq_table(chosen))
    mu, factor = transcript.challenges(2)
    terms: dict[tuple[int, ...], Fp2] = {}
    for (numerator, denominator), weight in zip(leaves, weights, strict=False):
        _add(terms, numerator, weight)
        _add(terms, denominator, weight * factor)
    for weight in weights[len(leaves) :]:
        _add(terms, {(): Fp2(1)}, weight * factor)
    power = factor * mu
    for constraint in b.constraints:
        _add(terms, constraint, power)
        power = power * mu
    return terms, left.leaf.joined(factor), point


def _evaluate(column: Int64[Tensor, " n"], equality: Int64[Tensor, "2 n"]) -> Fp2:
    re, im = (m61.dot(equality[plane], column) for plane in range(2))
    return Fp2(int(re), int(im))


def _all_values(b: Builder, values: Sequence[Fp2], point: Point) -> Iterator[Fp2]:
    """Every column's value: as claimed, or computed."""
    claimed = iter(values)
    for source in b.sources:
        if is_committed(source):
            yield next(claimed)
        elif source.kind == "rho":
            yield rho_at(point)
        else:
            yield chi_at(source.length, point)


def rho_at(point: Point) -> Fp2:
    """The value of the column of row numbers at a point."""
    total = Fp2(0)
    for coordinate in point:
        total = 2 * total + coordinate
    return total


def chi_at(length: int, point: Point) -> Fp2:
    """The sum of eq(point, i) over i < length: all paths that leave length's own downwards."""
    if length >= 1 << len(point):
        return Fp2(1)
    below, path = Fp2(0), Fp2(1)
    for position, coordinate in enumerate(point):
        if length >> (len(point) - 1 - position) & 1:
            below += path * (1 - coordinate)
            path = path * coordinate
        else:
            path = path * (1 - coordinate)
    return below
