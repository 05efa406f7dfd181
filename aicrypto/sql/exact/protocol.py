"""Proof of SQL as deployed: prove a plan's result, and verify it from commitments alone.

    prover                                              verifier knows plan, result, row counts,
                                                        one commitment for each column
    first-round columns, lengths            ---->
                                            <----       challenges for folds
    final-round columns, bit masks          ---->
                                            <----       a multiplier per constraint, a row point
    sumcheck, one message per variable      ---->       ends at a point and a value
    all columns' values at that point       ---->       run the gadgets on them: same value?
    one HyperKZG opening of a random sum    ---->       do the commitments have these values?

The challenges come from a transcript that starts with plan, result, row counts and commitments. The
result is part of the statement: the verifier evaluates its columns at the point itself. Proofs are
deterministic, and the deployed verifier accepts them byte for byte.

Parameter values are not absorbed: whoever asks must fix them before the proof is made.

Padding: weighted constraints cover the rows of the range, sums run over all rows up to the next
power of two, and nothing here binds what a prover's own columns hold in between. So a proof binds
its result only where the range fills the cube, which `is_whole` tells; `strict` callers ask for it.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, sql/proof/query_proof.rs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit.kzg import hyperkzg
from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.sql import plan as p
from aicrypto.sql.exact import multilinear, sumcheck
from aicrypto.sql.exact.builder import Challenges, InvalidIndex, Prover, Recorder, Verifier
from aicrypto.sql.exact.commitments import commit, scalar, scalars, setup_for
from aicrypto.sql.exact.execution import Run, plan_table, run_result
from aicrypto.sql.exact.format import plans, results
from aicrypto.sql.exact.format.proofs import Evaluations, FinalRound, FirstRound, Proof
from aicrypto.sql.exact.format.words import SCALAR_BYTES, u64
from aicrypto.sql.exact.gadgets.nodes import Context, Relation, relation
from aicrypto.sql.exact.polynomials import R, Rows, as_evaluation
from aicrypto.sql.exact.shapes import output_types
from aicrypto.sql.table import Column, Table, Tables

NO_OFFSET = 0
MAX_PROVER_ROWS = 1 << 63  # a range beyond it has no meaning for any table


class Refused(ValueError):
    """A proof does not show its statement; subclasses and other ValueErrors name the reason."""


class IncorrectResult(Refused):
    """A column of the result is not what the proof is about."""


class InconsistentResultColumnLengths(Refused):
    """Result columns differ in length from each other, or from the plan's output."""


class InvalidResultColumnName(Refused):
    """A result column has another name or type than the plan's output."""


class EvaluationLengthTooLarge(Refused):
    """The sumcheck's range is not the longest length that the proof mentions."""


class PCSBatchLengthMismatch(Refused):
    """There are more or fewer evaluations than commitments."""


class HyperKZGPairingCheckFailed(Refused):
    """The commitments do not open to the evaluations."""


@dataclass(frozen=True)
class Statement:
    """What is claimed: this plan over tables with these commitments gives this result.

    Attributes:
        plan, result: their bytes.
        table_lengths: rows of every table of the plan.
        commitments: one point for each column of the plan.
        parameters: what `$1`, `$2`, ... stand for, as scalars.
    """

    plan: bytes
    result: bytes
    table_lengths: tuple[int, ...]
    commitments: tuple[Affine, ...]
    parameters: tuple[int, ...] = ()


@dataclass(frozen=True)
class QueryProof:
    """A result and the proof of it, as `prove` gives them."""

    table: Table
    statement: Statement
    proof: Proof


def prove(
    plan: p.Plan,
    tables: Tables,
    parameters: Sequence[p.Literal] = (),
    setup: Setup | None = None,
) -> QueryProof:
    """The plan's result over the tables, the statement about it, and its proof.

    Cost: a multi-scalar multiplication per column pushed, of as many points as there are rows.

    Raises:
        ValueError: if the plan does not fit together or the tables; BadLength if a column is longer
            than the setup (the deployed one by default) has powers.
    """
    run = Run(plan, tables, parameters)
    table = run_result(run)
    sources = [plan_table(plan, tables, index) for index in range(len(plan.tables))]
    columns = [Rows(scalars(sources[c.table].column(c.name))) for c in plan.columns]
    lengths = tuple(source.length for source in sources)
    setup = setup or setup_for(run.range_length(lengths))
    statement = Statement(
        plans.encode(plan),
        results.encode(table.columns),
        lengths,
        _commit_all(setup, columns),
        tuple(scalar(literal.value) for literal in parameters),
    )
    return QueryProof(table, statement, _prove(setup, plan, statement, columns, run.recorder))


def _prove(
    setup: Setup, plan: p.Plan, statement: Statement, columns: list[Rows], recorder: Recorder
) -> Proof:
    """The three rounds, the sumcheck and the opening."""
    transcript = begin(statement)
    first = first_round(setup, statement, recorder)
    builder = Prover(columns, statement.table_lengths, recorder, draw_first(transcript, first))
    relation(Context(builder, plan, statement.parameters), plan.root)
    final = FinalRound(
        len(builder.constraints),
        _commit_all(setup, builder.final_columns),
        tuple(builder.all_masks),
    )
    multipliers, rows = draw_final(transcript, final, first.range_length)
    _announce_size(transcript, sumcheck.degree_of(builder.constraints), len(rows))
    coefficients, point = sumcheck.prove(
        builder.constraints,
        multipliers,
        multilinear.weights(rows)[: first.range_length],
        len(rows),
        transcript,
    )
    groups = [recorder.columns, columns, builder.final_columns]
    evaluations = Evaluations(*(_evaluate_all(group, point) for group in groups))
    factors = draw_factors(transcript, evaluations)
    batched = _combine([c for group in groups for c in group], factors)
    _, opening = hyperkzg.open_at(setup, batched, point, transcript)
    return Proof(first, final, tuple(coefficients), evaluations, opening)


def verify(statement: Statement, proof: bytes, setup: Setup | None = None) -> bool:
    """Whether the proof shows the statement; False for anything malformed, never an exception."""
    try:
        check(statement, proof, setup)
    except (ValueError, OverflowError, RecursionError):
        return False
    return True


def check(statement: Statement, proof: bytes, setup: Setup | None = None) -> None:
    """Passes if the proof shows the statement: for those who want to know what is wrong.

    Raises:
        ValueError: whose class is the deployed system's name for the reason.
    """
    setup = setup or setup_for(1)
    _check_statement(statement)
    plan, parsed = plans.decode(statement.plan), Proof.from_bytes(proof)
    types, columns = output_types(plan), results.decode(statement.result)
    names = [(c.name, c.type) for c in columns]
    if names != list(zip(plan.outputs, types, strict=True)):
        raise InvalidResultColumnName(f"the result has {names}, the plan {plan.outputs}, {types}")
    challenges, factors, transcript = _replay(statement, parsed)
    builder = Verifier(parsed, statement.table_lengths, challenges)
    output = relation(Context(builder, plan, statement.parameters), plan.root)
    builder.finish()
    _check_result(columns, output, challenges.point)
    _check_opening(setup, statement, parsed, (challenges.point, factors), transcript)


def _check_statement(statement: Statement) -> None:
    plan = plans.decode(statement.plan)
    counts = len(statement.table_lengths), len(statement.commitments)
    if counts != (len(plan.tables), len(plan.columns)):
        raise InvalidIndex(f"statement has {counts} lengths and commitments, the plan others")
    if not all(map(BN254.is_g1, statement.commitments)):
        raise ValueError("a commitment is no point of the curve")
    if not all(0 <= n < MAX_PROVER_ROWS for n in statement.table_lengths):
        raise ValueError(f"table lengths {statement.table_lengths} are not in 0..2^63-1")
    if not all(map(BN254.is_scalar, statement.parameters)):
        raise ValueError("a parameter is no scalar")


def _replay(
    statement: Statement, proof: Proof
) -> tuple[Challenges, tuple[int, ...], KeccakTranscript]:
    """All challenges up to the opening, the rounds of the sumcheck checked on the way."""
    first, transcript = proof.first, begin(statement)
    longest = max([*statement.table_lengths, *first.chi_lengths, 1])
    if first.range_length != longest:
        raise EvaluationLengthTooLarge(f"range is {first.range_length}, must be {longest}")
    _require_sizes(statement, proof)
    gadgets = draw_first(transcript, first)
    multipliers, rows = draw_final(transcript, proof.final, longest)
    transcript.append(u64(len(proof.coefficients)))
    point, claim, degree = sumcheck.verify(proof.coefficients, len(rows), transcript)
    factors = draw_factors(transcript, proof.evaluations)
    drawn = tuple(gadgets), tuple(multipliers), tuple(rows), tuple(point)
    return Challenges(*drawn, claim, degree), tuple(factors), transcript


def _require_sizes(statement: Statement, proof: Proof) -> None:
    """Counts that nobody needs to draw challenges for are refused before drawing them."""
    evaluations = proof.evaluations
    evaluated = [len(evaluations.first), len(evaluations.columns), len(evaluations.final)]
    committed = [
        *(len(proof.first.commitments), len(statement.commitments)),
        len(proof.final.commitments),
    ]
    if evaluated != committed:
        raise PCSBatchLengthMismatch(f"{evaluated} evaluations for {committed} commitments")
    limit = len(proof.to_bytes()) + len(statement.plan)
    if max(proof.first.n_challenges, proof.final.n_constraints) > limit:
        raise PCSBatchLengthMismatch("more challenges than the proof has bytes")


def _check_result(columns: list[Column], output: Relation, point: Sequence[int]) -> None:
    if {len(c) for c in columns} - {output.chi.length}:
        raise InconsistentResultColumnLengths(f"columns must have {output.chi.length} rows")
    for column, claimed in zip(columns, output.columns, strict=True):
        if multilinear.evaluate(scalars(column), point) != as_evaluation(claimed).value:
            raise IncorrectResult(f"column {column.name!r} is not what was proved")


def _check_opening(
    setup: Setup,
    statement: Statement,
    proof: Proof,
    drawn: tuple[Sequence[int], Sequence[int]],
    transcript: KeccakTranscript,
) -> None:
    """The random sum of all commitments opens to the same sum of all evaluations."""
    point, factors = drawn
    points = [*proof.first.commitments, *statement.commitments, *proof.final.commitments]
    total = msm(BN254.g1, points, factors)
    pairs = zip(factors, proof.evaluations.all(), strict=True)
    value = sum(factor * evaluation for factor, evaluation in pairs) % R
    if not hyperkzg.verify(setup, total, point, value, proof.opening, transcript):
        raise HyperKZGPairingCheckFailed("the commitments do not open to the evaluations")


def begin(statement: Statement) -> KeccakTranscript:
    """The transcript that has absorbed the statement."""
    transcript = KeccakTranscript()
    transcript.append(statement.plan)
    transcript.append(statement.result)
    transcript.append(*(n.to_bytes(SCALAR_BYTES, "big") for n in statement.table_lengths))
    transcript.append(*map(BN254.g1_to_bytes, statement.commitments))
    transcript.append(u64(NO_OFFSET))
    return transcript


def first_round(setup: Setup, statement: Statement, recorder: Recorder) -> FirstRound:
    """The prover's first message."""
    return FirstRound(
        max([*statement.table_lengths, *recorder.chi_lengths, 1]),
        recorder.n_challenges,
        tuple(recorder.chi_lengths),
        tuple(recorder.rho_lengths),
        _commit_all(setup, recorder.columns),
    )


def draw_first(transcript: KeccakTranscript, first: FirstRound) -> list[int]:
    """The gadgets' challenges."""
    transcript.append(first.to_bytes())
    return [transcript.draw() for _ in range(first.n_challenges)]


def draw_final(
    transcript: KeccakTranscript, final: FinalRound, range_length: int
) -> tuple[list[int], list[int]]:
    """A multiplier for each constraint, and the point of the equality polynomial."""
    transcript.append(final.to_bytes())
    multipliers = [transcript.draw() for _ in range(final.n_constraints)]
    return multipliers, [transcript.draw() for _ in range(n_variables(range_length))]


def draw_factors(transcript: KeccakTranscript, evaluations: Evaluations) -> list[int]:
    """A factor for every column that is opened."""
    transcript.append(evaluations.to_bytes())
    return [transcript.draw() for _ in evaluations.all()]


def is_whole(proof: Proof) -> bool:
    """Whether the proof's rows fill the sumcheck's cube, so that no padding is left unbound."""
    return proof.first.range_length == 1 << n_variables(proof.first.range_length)


def n_variables(range_length: int) -> int:
    """How many variables number the rows: at least one."""
    return max(1, (range_length - 1).bit_length())


def _announce_size(transcript: KeccakTranscript, degree: int, n_rounds: int) -> None:
    transcript.append(u64((degree + 1) * n_rounds))


def _commit_all(setup: Setup, columns: Sequence[Rows]) -> tuple[Affine, ...]:
    return tuple(commit(setup, column.values) for column in columns)


def _evaluate_all(columns: Sequence[Rows], point: Sequence[int]) -> tuple[int, ...]:
    return tuple(multilinear.evaluate(column.values, point) for column in columns)


def _combine(columns: Sequence[Rows], factors: Sequence[int]) -> list[int]:
    """The sum of factor·column."""
    total = Rows([])
    for column, factor in zip(columns, factors, strict=True):
        summed = total + column * factor
        assert isinstance(summed, Rows)
        total = summed
    return list(total.values)
