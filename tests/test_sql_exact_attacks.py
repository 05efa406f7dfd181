"""Attacks on Proof of SQL: each succeeds on a weakened copy, and the real verifier refuses it."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from unittest.mock import patch

import pytest

from aicrypto.commit.kzg.keccak_transcript import KeccakTranscript
from aicrypto.sql.exact import (
    append,
    check,
    commit_table,
    execution,
    multilinear,
    protocol,
    prove,
    verify,
)
from aicrypto.sql.exact.builder import QueueNotEmpty
from aicrypto.sql.exact.commitments import scalars, setup_for
from aicrypto.sql.exact.execution import Run
from aicrypto.sql.exact.gadgets import sets
from aicrypto.sql.exact.polynomials import Rows
from aicrypto.sql.exact.protocol import QueryProof, Statement
from aicrypto.sql.plan import Plan
from aicrypto.sql.planner import plan
from aicrypto.sql.queries import answer_of, prove_query, verify_query
from aicrypto.sql.table import Table, schema_of
from aicrypto.sql.types import BIGINT

TABLE = Table.of(a=(BIGINT, [5, 3, 2, 5, 3, 2]), b=(BIGINT, [0, 1, 2, 3, 4, 5]))
TABLES = {"t": TABLE}
FILTER = "SELECT b FROM t WHERE a = 5"
GROUPS = "SELECT a, SUM(b) AS s, COUNT(*) AS n FROM t GROUP BY a"


def planned(sql: str) -> Plan:
    return plan(sql, schema_of(TABLES))


class Twin(tuple):
    """A key that equals none but itself: two groups may have it."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def doubled_groups(where: object, keys: object) -> dict:
    """The honest groups, the one with key 5 split in two."""
    groups = HONEST_GROUPS(where, keys)
    rows = groups.pop((5,))
    return groups | {Twin((5,)): rows[:1], Twin((5,)): rows[1:]}


HONEST_GROUPS = execution._groups


def test_a_group_counted_twice_passes_where_uniqueness_is_not_proved() -> None:
    weaker = ExitStack()
    weaker.enter_context(patch.object(sets, "ascending", lambda *_: None))
    weaker.enter_context(patch.object(execution, "record_shift", lambda *_: None))
    with weaker:
        with patch.object(execution, "_groups", doubled_groups):
            forged = prove(planned(GROUPS), TABLES)
        assert [column.values for column in forged.table.columns] == [
            [2, 3, 5, 5],
            [7, 5, 0, 3],
            [2, 2, 1, 1],
        ]
        assert verify(forged.statement, forged.proof.to_bytes())
    assert not verify(forged.statement, forged.proof.to_bytes())


def test_a_group_counted_twice_is_refused_where_it_is() -> None:
    with patch.object(execution, "_groups", doubled_groups):
        forged = prove(planned(GROUPS), TABLES)
    with pytest.raises(sets.MonotonyCheckFailed):
        check(forged.statement, forged.proof.to_bytes())


def drop_first_row(run: Run, expressions: list, table: Table) -> list:
    columns = HONEST_ALL(run, expressions, table)
    if expressions == [run.plan.root.where]:
        values = list(columns[0].values)
        values[values.index(True)] = False
        return [replace(columns[0], values=values)]
    return columns


HONEST_ALL = execution._all


def same_rows_without_sum(b, fold, sides, selected, chis) -> None:
    """`sets.same_rows` as somebody writes it who forgets that both sums must be equal."""
    zero = chis[0].polynomial * 0
    for side, chi in zip(sides, chis, strict=True):
        sets.star(b, fold(side, zero), chi)
    b.vanish(fold(sides[1], zero) * chis[1].polynomial - fold(sides[1], zero))


def test_a_dropped_row_passes_where_the_sums_are_not_compared() -> None:
    with (
        patch.object(execution, "_all", drop_first_row),
        patch.object(sets, "same_rows", same_rows_without_sum),
    ):
        forged = prove(planned(FILTER), TABLES)
        assert forged.table.columns[0].values == [3]  # the right answer is 0, 3
        assert verify(forged.statement, forged.proof.to_bytes())
    with patch.object(execution, "_all", drop_first_row):
        honest_format = prove(planned(FILTER), TABLES)
    for made in (forged, honest_format):
        assert not verify(made.statement, made.proof.to_bytes())


def test_an_old_answer_fits_an_old_commitment_and_no_other() -> None:
    """A proof cannot tell how old a commitment is: whoever gives it must say."""
    old = commit_table(TABLE)
    more = Table.of(a=(BIGINT, [5]), b=(BIGINT, [77]))
    new = append(old, commit_table(more, offset=TABLE.length))
    answer = answer_of(prove_query(FILTER, TABLES))
    assert verify_query(FILTER, {"t": old}, answer)
    assert not verify_query(FILTER, {"t": new}, answer)


def over_other_data(sql: str, other: Table) -> QueryProof:
    """A proof about other data, its statement with the commitments of the real table."""
    fake = prove(planned(sql), {"t": other})
    real = prove(planned(sql), TABLES).statement
    statement = replace(fake.statement, commitments=real.commitments)
    run = Run(planned(sql), {"t": other}, ())
    execution.run_result(run)
    columns = [Rows(scalars(other.column(c.name))) for c in planned(sql).columns]
    proof = protocol._prove(setup_for(6), planned(sql), statement, columns, run.recorder)
    return QueryProof(fake.table, statement, proof)


@pytest.mark.parametrize(("n_rows", "whole"), [(2, True), (6, False), (7, False), (8, True)])
def test_strict_clients_refuse_rows_that_leave_padding(n_rows: int, whole: bool) -> None:
    column = (BIGINT, [5, 3, 2, 5, 3, 2, 5, 4][:n_rows])
    table = Table.of(a=column, b=column)
    answer = answer_of(prove_query(FILTER, {"t": table}))
    commitments = {"t": commit_table(table)}
    assert verify_query(FILTER, commitments, answer)
    assert verify_query(FILTER, commitments, answer, strict=True) is whole


def test_without_the_opening_any_table_is_the_committed_one() -> None:
    other = Table.of(a=(BIGINT, [5] * 6), b=(BIGINT, [9, 9, 9, 9, 9, 9]))
    forged = over_other_data(FILTER, other)
    with patch.object(protocol, "_check_opening", lambda *_: None):
        assert verify(forged.statement, forged.proof.to_bytes())
    with pytest.raises(protocol.HyperKZGPairingCheckFailed):
        check(forged.statement, forged.proof.to_bytes())


def test_without_the_result_check_the_answer_may_be_anything() -> None:
    honest = prove(planned(FILTER), TABLES)
    lie = protocol.results.encode([replace(honest.table.columns[0], values=[7, 7])])
    statement = replace(honest.statement, result=lie)
    run = Run(planned(FILTER), TABLES, ())
    execution.run_result(run)
    columns = [Rows(scalars(TABLE.column(c.name))) for c in planned(FILTER).columns]
    proof = protocol._prove(setup_for(6), planned(FILTER), statement, columns, run.recorder)
    with patch.object(protocol, "_check_result", lambda *_: None):
        assert verify(statement, proof.to_bytes())
    with pytest.raises(protocol.IncorrectResult):
        check(statement, proof.to_bytes())


def begin_without_result(statement: Statement) -> KeccakTranscript:
    """`protocol.begin` as somebody writes it who forgets that the result is part of the claim."""
    return HONEST_BEGIN(replace(statement, result=b""))


HONEST_BEGIN = protocol.begin


def test_a_result_that_is_not_absorbed_can_be_bent_afterwards() -> None:
    """The point is known before the result: two sums move so that their weighted sum stays."""
    with patch.object(protocol, "begin", begin_without_result):
        made = prove(planned(GROUPS), TABLES)
        challenges, _, _ = protocol._replay(made.statement, made.proof)
        weights = multilinear.weights(challenges.point)
        keys, sums, counts = made.table.columns
        bent = [sums.values[0] + weights[1], sums.values[1] - weights[0], *sums.values[2:]]
        lie = [keys, replace(sums, values=bent), counts]
        statement = replace(made.statement, result=protocol.results.encode(lie))
        assert verify(statement, made.proof.to_bytes())
    assert not verify(statement, made.proof.to_bytes())


# Tamper sweep


@pytest.fixture(scope="module", params=[FILTER, GROUPS, "SELECT a FROM t WHERE a < b LIMIT 2"])
def made(request: pytest.FixtureRequest) -> QueryProof:
    return prove(planned(request.param), TABLES)


def test_the_untouched_proof_holds(made: QueryProof) -> None:
    assert verify(made.statement, made.proof.to_bytes())


def test_no_byte_of_a_proof_may_change(made: QueryProof) -> None:
    rng, proof = random.Random(1), made.proof.to_bytes()
    for _ in range(120):
        position, bit = rng.randrange(len(proof)), 1 << rng.randrange(8)
        changed = bytearray(proof)
        changed[position] ^= bit
        assert not verify(made.statement, bytes(changed)), (position, bit)


def test_no_part_of_a_proof_may_be_missing_doubled_or_moved(made: QueryProof) -> None:
    proof = made.proof.to_bytes()
    for size in (1, 8, 32, 64):
        for start in range(0, len(proof) - size, 97):
            part = proof[start : start + size]
            assert not verify(made.statement, proof[:start] + proof[start + size :])
            assert not verify(made.statement, proof[:start] + part + proof[start:])
    assert not verify(made.statement, proof + b"\x00")
    assert not verify(made.statement, b"")


def changed_statements(statement: Statement) -> Iterator[Statement]:
    """Cells, rows, plan, lengths and commitments, each changed a little."""
    rng = random.Random(2)
    for name in ("plan", "result"):
        data = getattr(statement, name)
        for _ in range(40):
            changed = bytearray(data)
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            yield replace(statement, **{name: bytes(changed)})
        yield replace(statement, **{name: data[:-1]})
        yield replace(statement, **{name: data + b"\x00"})
    for delta in (-1, 1, 2**64):
        yield replace(statement, table_lengths=(statement.table_lengths[0] + delta,))
    yield replace(statement, table_lengths=())
    yield replace(statement, table_lengths=statement.table_lengths * 2)
    points = statement.commitments
    yield replace(statement, commitments=points[::-1])
    yield replace(statement, commitments=points[:-1])
    yield replace(statement, commitments=(*points[:-1], None))
    yield replace(statement, commitments=(*points[:-1], (1, 3)))


def test_no_part_of_a_statement_may_change(made: QueryProof) -> None:
    proof = made.proof.to_bytes()
    for statement in changed_statements(made.statement):
        assert not verify(statement, proof)


def test_every_row_and_cell_of_the_result_counts(made: QueryProof) -> None:
    columns, proof = list(made.table.columns), made.proof.to_bytes()
    for row in range(made.table.length):
        kept = [i for i in range(made.table.length) if i != row]
        for rows in (kept, [*kept, row, row]):
            result = protocol.results.encode([column.take(rows) for column in columns])
            assert not verify(replace(made.statement, result=result), proof)
        for number, column in enumerate(columns):
            values = list(column.values)
            values[row] += 1
            lie = [*columns[:number], replace(column, values=values), *columns[number + 1 :]]
            statement = replace(made.statement, result=protocol.results.encode(lie))
            assert not verify(statement, proof)


def test_a_proof_with_something_to_spare_is_refused(made: QueryProof) -> None:
    first = made.proof.first
    longer = replace(first, chi_lengths=(*first.chi_lengths, 1))
    proof = replace(made.proof, first=longer)
    with pytest.raises((QueueNotEmpty, protocol.Refused, ValueError)):
        check(made.statement, proof.to_bytes())
