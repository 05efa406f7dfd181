"""Queries proven and verified: `prove(sql, tables)`, `verify(sql, commitments, proof)`.

The verifier has the query's text and the commitments to the tables that it reads. From both it
derives the statement that the prover must have proven, never from the proof. The text, the
commitments, the hints, the dictionaries' digests (in the commitments) and the answer are hashed
before the first challenge.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from aicrypto.algebra.plain import Fp2
from aicrypto.commit.tensor import soundness
from aicrypto.commit.tensor.ligero import Committed
from aicrypto.commit.transcript import Transcript
from aicrypto.sql.fast import answers, argument, encoding, openings
from aicrypto.sql.fast.encoding import Part
from aicrypto.sql.fast.openings import Oracle
from aicrypto.sql.fast.statement import Answer, Hints, Statement, build
from aicrypto.sql.fast.statement.builder import number
from aicrypto.sql.fast.statement.expressions import Dictionary, Operand, dictionary_of
from aicrypto.sql.fast.statement.joins import NoPartner
from aicrypto.sql.fast.statement.selects import sort_column
from aicrypto.sql.fast.tables import (
    CommittedTable,
    TableCommitment,
    commit,
    commit_columns,
    digest,
    shape_for,
)
from aicrypto.sql.frontend import parse
from aicrypto.sql.plan import ColumnRef, Expression
from aicrypto.sql.select import Select
from aicrypto.sql.table import Table

LABEL = "aicrypto.sql.v1"
STATEMENT_TAG, ANSWER_TAG, WITNESS_TAG = 1, 2, 3
Commitments = Mapping[str, TableCommitment]
Owned = Mapping[str, CommittedTable]
Dictionaries = Mapping[tuple[str, str], Dictionary]


@dataclass(frozen=True, eq=False)
class QueryProof:
    """The result, and for every SELECT of the query the proof of its answer."""

    result: Table
    parts: tuple[Part, ...]

    def to_bytes(self) -> bytes:
        """The canonical encoding."""
        return encoding.proof_to_bytes(self.result, self.parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> QueryProof:
        """The proof that `to_bytes` wrote; ValueError if it is none."""
        return cls(*encoding.proof_from_bytes(data))


def prove(sql: str, tables: Mapping[str, CommittedTable | Table]) -> QueryProof:
    """The query's result and the proof that it is the result.

    Tables not committed to are committed to first. All are on one device.

    Raises:
        ValueError: naming what has no proof (construct and position, name and the nearest one,
            column and bound, NULL); nothing wrong is ever proven.
    """
    owned = {
        name: table if isinstance(table, CommittedTable) else commit(table)
        for name, table in tables.items()
    }
    selects = parse(sql, {name: table.public.schema for name, table in owned.items()})
    with torch.device(next(iter(owned.values())).integers.device):
        parts = tuple(_prove_part(sql, i, select, owned) for i, select in enumerate(selects))
    return QueryProof(_result(selects, parts), parts)


def verify(sql: str, commitments: Commitments, proof: QueryProof | bytes) -> bool:
    """Whether the proof's result is the query's over the tables committed to; never raises."""
    try:
        given = QueryProof.from_bytes(proof) if isinstance(proof, bytes) else proof
        selects = parse(sql, {name: table.schema for name, table in commitments.items()})
        return (
            len(given.parts) == len(selects)
            and all(
                _verify_part(sql, i, select, commitments, part)
                for i, (select, part) in enumerate(zip(selects, given.parts, strict=True))
            )
            and _same(_result(selects, given.parts), given.result)
        )
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RuntimeError):
        return False  # nothing of a proof's form is there to be believed


def soundness_bits(sql: str, commitments: Commitments, proof: QueryProof) -> float:
    """-log2 of the chance that a false result passes, by the theorems of `commit.tensor`."""
    errors: list[float] = []
    selects = parse(sql, {name: table.schema for name, table in commitments.items()})
    for select, part in zip(selects, proof.parts, strict=True):
        statement = build(select, commitments, part.dictionaries, part.hints)
        errors += argument.errors(statement, part.answer.shape[1]).values()
        values = [Fp2(0)] * len(statement.builder.sources)
        for oracle in _oracles(select, statement, commitments, part.root, values):
            n_queries = openings.n_queries(oracle.shape)
            errors += soundness.opening_errors(oracle.shape, n_queries).values()
            errors.append(len(oracle.columns) / soundness.FIELD_SIZE)
    return soundness.bits(errors)


def argue(
    sql: str, place: int, select: Select, statement: Statement, owned: Owned, part: Part
) -> Part:
    """The part completed by its proof; of a false answer too, which no verifier accepts.

    `place` is the SELECT's number in the query. The part brings hints, dictionaries and answer.
    """
    secret = _commit_witness(statement)
    root = b"" if secret is None else secret.root
    commitments = {name: table.public for name, table in owned.items()}
    transcript = _start(sql, place, select, commitments, replace(part, root=root))
    proof, point = argument.prove(statement, transcript)
    oracles = _oracles(select, statement, commitments, root, proof.values)
    committed = [owned[name].oracle for name in _names(select, statement)]
    opened = openings.prove(
        oracles, committed if secret is None else [*committed, secret], point, transcript
    )
    said = encoding.argument_to_bytes(proof)
    return replace(part, root=root, argument=said, openings=opened)


def _prove_part(sql: str, place: int, select: Select, owned: Owned) -> Part:
    commitments = {name: table.public for name, table in owned.items()}
    dictionaries = _dictionaries_read(select, owned)
    hints, statement = _with_misses(select, commitments, dictionaries, owned)
    threshold = _threshold(select, statement.answer)
    if threshold is not None:
        hints = replace(hints, threshold=threshold)
        statement = build(select, commitments, dictionaries, hints, owned)
    part = Part(hints, dictionaries, statement.answer.cpu(), b"", b"", ())
    return argue(sql, place, select, statement, owned, part)


def _with_misses(
    select: Select, commitments: Commitments, dictionaries: Dictionaries, owned: Owned
) -> tuple[Hints, Statement]:
    """The statement, with gaps in those steps of the join where a row lacks a partner."""
    hints = Hints()
    while True:
        try:
            return hints, build(select, commitments, dictionaries, hints, owned)
        except NoPartner as lack:
            hints = replace(hints, misses=(*hints.misses, lack.step))


def _verify_part(
    sql: str, place: int, select: Select, commitments: Commitments, part: Part
) -> bool:
    if not _dictionaries_hold(select, commitments, part.dictionaries):
        return False
    statement = build(select, commitments, part.dictionaries, part.hints)
    if not answers.check(select, part.answer, statement.n_rows, part.hints.threshold):
        return False
    b = statement.builder
    transcript = _start(sql, place, select, commitments, part)
    proof = encoding.argument_from_bytes(part.argument, b)
    publics = statement.publics(select, part.answer)
    point = argument.verify(statement, publics, proof, transcript)
    if point is None or (b.n_witness > 0) != bool(part.root):
        return False
    oracles = _oracles(select, statement, commitments, part.root, proof.values)
    return openings.verify(oracles, part.openings, point, transcript)


def _start(
    sql: str, place: int, select: Select, commitments: Commitments, part: Part
) -> Transcript:
    """A transcript that has absorbed the whole statement, the answer and the witness's root."""
    transcript = Transcript(LABEL)
    named = [[name, commitments[name].to_bytes().hex()] for name in sorted(set(select.tables))]
    text = json.dumps(
        [sql, place, named, *encoding.hints_to_json(part.hints), list(part.answer.shape)]
    )
    transcript.absorb(STATEMENT_TAG, text.encode())
    transcript.absorb(ANSWER_TAG, encoding.answer_to_bytes(part.answer))
    transcript.absorb(WITNESS_TAG, part.root)
    return transcript


def _commit_witness(statement: Statement) -> Committed | None:
    b = statement.builder
    columns = [
        values
        for values, source in zip(b.values, b.sources, strict=True)
        if source.kind == "witness"
    ]
    if not columns:
        return None
    return commit_columns(torch.stack(columns), shape_for(len(columns), b.n_rows))


def _names(select: Select, statement: Statement) -> list[str]:
    """The tables of which a column is used."""
    used = {source.table for source in statement.builder.sources if source.kind == "table"}
    return [name for name in dict.fromkeys(select.tables) if name in used]


def _oracles(
    select: Select,
    statement: Statement,
    commitments: Commitments,
    root: bytes,
    values: Sequence[Fp2],
) -> list[Oracle]:
    """Every oracle with the columns used, and the values that they are claimed to have."""
    b = statement.builder
    committed = [source for source in b.sources if argument.is_committed(source)]
    pairs = list(zip(committed, values, strict=False))

    def _oracle(table: str, kind: str, root: bytes, n_columns: int, n: int) -> Oracle:
        mine = [(s.number, v) for s, v in pairs if (s.kind, s.table) == (kind, table)]
        numbers, shown = zip(*mine, strict=True)
        return Oracle(root, shape_for(n_columns, n), n_columns, numbers, shown)

    found = [
        _oracle(name, "table", public.root, len(public.columns), public.rows)
        for name in _names(select, statement)
        for public in [commitments[name]]
    ]
    if b.n_witness:
        found.append(_oracle("", "witness", root, b.n_witness, b.n_rows))
    return found


def _threshold(select: Select, answer: Answer) -> int | None:
    """How far rows must go for the limit; None if that leaves no row out."""
    wanted = 0 if select.limit is None else select.skip + select.limit
    if select.grouped or not 0 < wanted < answer.shape[1]:
        return None
    column = 0 if not select.orders else 1 + sort_column(select)
    descending = bool(select.orders) and select.orders[0].descending
    ordered = answer[column].sort(descending=descending).values
    return int(ordered[wanted - 1])


def _dictionaries_read(select: Select, owned: Owned) -> dict[tuple[str, str], Dictionary]:
    named = [(select.tables[column.table], column.name) for column in select.columns]
    return {
        (table, column): owned[table].dictionaries[column]
        for table, column in named
        if column in owned[table].dictionaries
    }


def _dictionaries_hold(
    select: Select, commitments: Commitments, dictionaries: Dictionaries
) -> bool:
    """Whether these are the dictionaries of the text columns read, and no others."""
    wanted: dict[tuple[str, str], bytes] = {}
    for column in select.columns:
        public = commitments[select.tables[column.table]]
        known = public.columns[public.index(column.name)].dictionary
        if known:
            wanted[(select.tables[column.table], column.name)] = known
    return wanted == {key: digest(words) for key, words in dictionaries.items()}


def _result(selects: Sequence[Select], parts: Sequence[Part]) -> Table:
    """All parts' results, one after the other, under the first one's names."""
    tables = [
        answers.finish(select, part.answer, _answer_dictionaries(select, part.dictionaries))
        for select, part in zip(selects, parts, strict=True)
    ]
    if len(tables) == 1:
        return tables[0]
    columns = tuple(
        replace(column, values=[v for table in tables for v in table.columns[i].values])
        for i, column in enumerate(tables[0].columns)
    )
    return Table(columns, sum(table.length for table in tables))


def _answer_dictionaries(select: Select, known: Dictionaries) -> list[Dictionary | None]:
    named = [(select.tables[column.table], column.name) for column in select.columns]
    columns = [Operand(number(0), known.get(name)) for name in named]

    def _of(value: Expression) -> Dictionary | None:
        return dictionary_of(value, columns) if isinstance(value, ColumnRef) else None

    keys = [_of(key) for key in select.keys]
    count: list[Dictionary | None] = [None] if select.grouped else []
    return keys + count + [_of(measure.operand) for measure in select.measures]


def _same(left: Table, right: Table) -> bool:
    """Equality of names, types and values; True is not 1."""
    return encoding.table_to_json(left) == encoding.table_to_json(right)
