"""Ask in SQL, get an answer with a proof, check it against commitments: the whole way.

The prover has tables; the verifier has a table commitment for each, from whoever it trusts for them
(`witness`). Both plan the SQL themselves, so the plan needs no trust. What travels is an `Answer`:
result and proof as bytes, which the deployed system's contract and ours take as well.

    made = prove_query("SELECT b FROM t WHERE a = 5", {"t": table})
    verify_query("SELECT b FROM t WHERE a = 5", {"t": commit_table(table)}, answer_of(made))

Source: this library's way; bytes as in `aicrypto.sql.exact`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.sql import planner
from aicrypto.sql.exact.commitments import scalar
from aicrypto.sql.exact.format import plans, results
from aicrypto.sql.exact.format.proofs import Proof
from aicrypto.sql.exact.format.results import TableCommitment
from aicrypto.sql.exact.protocol import QueryProof, Statement, check, is_whole, prove
from aicrypto.sql.plan import Literal, Plan, PlanColumn
from aicrypto.sql.table import Column, Tables, nearest, schema_of


class CommitmentsNotFound(ValueError):
    """A plan reads a table or column that no commitment is given for."""


@dataclass(frozen=True)
class Answer:
    """What a prover sends back: the result's bytes and the proof's."""

    result: bytes
    proof: bytes

    def columns(self) -> list[Column]:
        """The result, to be read after the proof was checked; ValueError if it is none."""
        return results.decode(self.result)


def prove_query(
    sql: str,
    tables: Tables,
    parameters: Sequence[Literal] = (),
    setup: Setup | None = None,
    dialect: str = "current",
) -> QueryProof:
    """The result of a query over tables, with its proof.

    Raises:
        ValueError: what `planner.plan` and `exact.prove` refuse.
    """
    plan = planner.plan(sql, schema_of(tables), dialect)
    return prove(plan, tables, parameters, setup)


def verify_query(
    sql: str,
    commitments: Mapping[str, TableCommitment],
    answer: Answer,
    parameters: Sequence[Literal] = (),
    setup: Setup | None = None,
    dialect: str = "current",
    strict: bool = False,
) -> bool:
    """Whether the answer is right for the query over the committed tables.

    `strict` also refuses a proof whose rows do not fill a power of two: nothing here binds what a
    prover puts beyond them (`exact.protocol`, "Padding").

    Raises:
        ValueError: if the SQL cannot be planned over these tables: the question's fault, not the
            answer's.
    """
    schema = {
        name: {column.name: column.type for column in table.columns}
        for name, table in commitments.items()
    }
    plan = planner.plan(sql, schema, dialect)
    statement = statement_of(plan, commitments, answer.result, parameters)
    try:
        check(statement, answer.proof, setup)
    except (ValueError, OverflowError, RecursionError):
        return False
    return not strict or is_whole(Proof.from_bytes(answer.proof))


def statement_of(
    plan: Plan,
    commitments: Mapping[str, TableCommitment],
    result: bytes,
    parameters: Sequence[Literal] = (),
) -> Statement:
    """The statement that a plan over committed tables gives a result.

    Raises:
        CommitmentsNotFound: with the nearest name, if a table or column has no commitment.
    """
    tables = [_committed(name, commitments) for name in plan.tables]
    points = [_point(column, tables[column.table]) for column in plan.columns]
    return Statement(
        plans.encode(plan),
        result,
        tuple(table.n_rows for table in tables),
        tuple(points),
        tuple(scalar(parameter.value) for parameter in parameters),
    )


def _committed(name: str, commitments: Mapping[str, TableCommitment]) -> TableCommitment:
    if name not in commitments:
        raise CommitmentsNotFound(f"no commitment of {name!r}{nearest(name, commitments)}")
    return commitments[name]


def _point(wanted: PlanColumn, table: TableCommitment) -> Affine:
    for column in table.columns:
        if (column.name, column.type) == (wanted.name, wanted.type):
            return column.point
    raise CommitmentsNotFound(f"no commitment of {wanted.name!r} as {wanted.type.to_json()}")


def answer_of(made: QueryProof) -> Answer:
    """What the prover sends of a proof it made."""
    return Answer(made.statement.result, made.proof.to_bytes())


def to_json(made: QueryProof) -> dict[str, Any]:
    """The proof with its statement as one JSON object, for anybody's verifier."""
    statement = made.statement
    return {
        "plan": _hex(statement.plan),
        "result": _hex(statement.result),
        "proof": _hex(made.proof.to_bytes()),
        "table_lengths": list(statement.table_lengths),
        "commitments": [_hex(BN254.g1_to_bytes(point)) for point in statement.commitments],
        "params": list(statement.parameters),
    }


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
