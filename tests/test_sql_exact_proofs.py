"""Proofs in the deployed format: right results for random tables, any size, own parameters too."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.sql import plan as p
from aicrypto.sql import planner
from aicrypto.sql.exact import append, check, commit, commit_table, execute, prove, scalar, verify
from aicrypto.sql.exact import multilinear as ml
from aicrypto.sql.exact.commitments import setup_for
from aicrypto.sql.exact.format import plans, results
from aicrypto.sql.exact.format.proofs import Proof
from aicrypto.sql.exact.format.results import TableCommitment
from aicrypto.sql.exact.format.words import Truncated, u32
from aicrypto.sql.exact.gadgets.bits import distribution
from aicrypto.sql.queries import (
    CommitmentsNotFound,
    answer_of,
    prove_query,
    statement_of,
    to_json,
    verify_query,
)
from aicrypto.sql.table import Column, ColumnNotFound, Table, TableNotFound, schema_of
from aicrypto.sql.types import BIGINT, BOOLEAN, VARCHAR, DataTypeMismatch, OutOfRange, decimal
from tests.sql_data import QUERIES, random_tables, rows_of, sqlite_rows

R = FR.modulus
SCALARS = st.integers(0, R - 1)
POINTS = st.lists(SCALARS, min_size=1, max_size=4)


@pytest.mark.parametrize("sql", QUERIES)
@pytest.mark.parametrize("n_rows", [1, 9])
def test_results_are_those_of_sqlite_and_proved(sql: str, n_rows: int) -> None:
    tables = random_tables(random.Random(sql), n_rows)
    made = prove_query(sql, tables)
    if made.table.length or "COUNT" not in sql:  # no row selected gives no sum here, one in SQLite
        assert sorted(rows_of(made.table)) == sorted(sqlite_rows(sql, tables))
    commitments = {name: commit_table(table) for name, table in tables.items()}
    assert verify_query(sql, commitments, answer_of(made))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9), n_rows=st.integers(0, 20), sql=st.sampled_from(QUERIES))
def test_execution_agrees_with_sqlite(seed: int, n_rows: int, sql: str) -> None:
    tables = random_tables(random.Random(seed), n_rows)
    result = execute(planner.plan(sql, schema_of(tables)), tables)
    if result.length or "COUNT" not in sql:
        assert sorted(rows_of(result)) == sorted(sqlite_rows(sql, tables))


def test_empty_tables_are_proved_too() -> None:
    tables = random_tables(random.Random(3), 0)
    for sql in QUERIES:
        made = prove_query(sql, tables)
        check(made.statement, made.proof.to_bytes())


def test_own_parameters_serve_more_rows() -> None:
    setup = Setup.from_secret(BN254, tau=987654321, n_g1=128)
    tables = random_tables(random.Random(5), 100)
    sql = "SELECT x, s FROM l WHERE x > 10 AND k = 1"
    made = prove_query(sql, tables, setup=setup)
    commitments = {"l": commit_table(tables["l"], setup)}
    assert verify_query(sql, commitments, answer_of(made), setup=setup)
    assert not verify_query(sql, commitments, answer_of(made))  # the deployed parameters are others


def test_a_proof_is_deterministic_and_its_bytes_are_canonical() -> None:
    tables = random_tables(random.Random(1))
    first, second = (prove_query(QUERIES[0], tables).proof for _ in range(2))
    assert first == second
    assert Proof.from_bytes(first.to_bytes()) == first


def test_parameters_are_part_of_the_question() -> None:
    tables = random_tables(random.Random(2))
    sql, given = "SELECT x FROM l WHERE k = $1 AND ok = $2", [2, True]
    parameters = [p.Literal(t, v) for t, v in zip((BIGINT, BOOLEAN), given, strict=True)]
    made = prove_query(sql, tables, parameters)
    commitments = {"l": commit_table(tables["l"])}
    assert verify_query(sql, commitments, answer_of(made), parameters)
    assert not verify_query(sql, commitments, answer_of(made), parameters[::-1])
    assert not verify_query(sql, commitments, answer_of(made), [])


def test_the_export_holds_everything_a_verifier_needs() -> None:
    tables = random_tables(random.Random(4))
    made = prove_query(QUERIES[2], tables)
    exported = to_json(made)
    assert bytes.fromhex(exported["proof"][2:]) == made.proof.to_bytes()
    assert exported["table_lengths"] == [tables["l"].length]
    assert set(exported) == {*("plan", "result", "proof", "table_lengths", "commitments", "params")}


# Columns and commitments


@settings(max_examples=20, deadline=None)
@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=8), cut=st.integers(0, 8))
def test_commitments_append(values: list[int], cut: int) -> None:
    old = Table.of(v=(BIGINT, values[:cut]))
    new = Table.of(v=(BIGINT, values[cut:]))
    whole = commit_table(Table.of(v=(BIGINT, values)))
    appended = append(commit_table(old), commit_table(new, offset=old.length))
    assert appended == whole
    assert TableCommitment.from_bytes(appended.to_bytes()) == appended


def test_bounds_are_of_the_columns_kind() -> None:
    data = commit_table(Table.of(v=(BIGINT, [1, 2]))).to_bytes()
    place = len(data) - 2 * 8 - 2 * 4  # kind, variant, and both ends of a bigint
    assert data[place : place + 4] == u32(5)
    for kind in (6, 7, 1):  # 7 is as wide as 5
        with pytest.raises(results.TableCommitmentUnsupported, match=f"kind is {kind} at a bigint"):
            TableCommitment.from_bytes(data[:place] + u32(kind) + data[place + 4 :])


def test_appending_other_columns_is_refused() -> None:
    one, other = Table.of(v=(BIGINT, [1])), Table.of(w=(BIGINT, [1]))
    with pytest.raises(ValueError, match=r"new has columns .*'w'"):
        append(commit_table(one), commit_table(other, offset=1))


def test_commitments_hide_nothing() -> None:
    """Half of a short column's values against the other half, and the column is known."""
    setup, values = setup_for(4), [3, 0, 2, 1]
    point = commit(setup, values)
    pairs = [(a, b) for a in range(4) for b in range(4)]
    low = {commit(setup, pair): pair for pair in pairs}
    curve = BN254.g1
    found = [
        [*low[rest], *pair]
        for pair in pairs
        if (rest := curve.add(point, curve.negate(commit(setup, pair, offset=2)))) in low
    ]
    assert found == [values]


def test_values_count_as_the_scalars_of_the_deployed_system() -> None:
    assert scalar("abc").to_bytes(32, "little").hex().startswith("4e03657aea45a94f")
    assert (scalar(""), scalar(b""), scalar(-1), scalar(True)) == (0, 0, R - 1, 1)


# Polynomials


@settings(deadline=None)
@given(point=POINTS, data=st.data())
def test_known_columns_are_evaluated_without_data(point: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 1 << len(point)))
    other = data.draw(st.lists(SCALARS, min_size=len(point), max_size=len(point)))
    assert ml.chi(n, point) == ml.evaluate([1] * n, point)
    assert ml.rho(n, point) == ml.evaluate(list(range(n)), point)
    assert ml.equality(n, point, other) == ml.evaluate(ml.weights(point)[:n], other)


@given(st.lists(st.integers(-(2**100), 2**100), min_size=1, max_size=6))
def test_bits_add_up(values: list[int]) -> None:
    found = distribution([v % R for v in values])
    assert found.negative == [int(v < 0) for v in values]
    varying, leading = found.masks
    assert varying & leading & (2**255 - 1) == 0
    assert len(found.bit_columns) == varying.bit_count()


# Formats


def test_plans_read_back() -> None:
    tables = random_tables(random.Random(6))
    for sql in QUERIES:
        plan = planner.plan(sql, schema_of(tables))
        data = plans.encode(plan)
        assert plans.decode(data) == plan
        for cut in range(len(data)):
            with pytest.raises(Truncated):
                plans.decode(data[:cut])


def test_results_read_back() -> None:
    table = Table.of(
        a=(BIGINT, [-1, 2]),
        b=(VARCHAR, ["", "é"]),
        c=(BOOLEAN, [True, False]),
        d=(decimal(5, 2), [-150, 99]),
    )
    assert results.decode(results.encode(table.columns)) == list(table.columns)


# Refusals


def test_what_is_wrong_with_the_data_is_named() -> None:
    with pytest.raises(OutOfRange, match=r"column 'a', row 1: value is None"):
        Column.checked("a", BIGINT, [1, None])
    with pytest.raises(OutOfRange, match=r"9223372036854775808, which is no bigint"):
        Table.of(a=(BIGINT, [2**63]))
    table = Table.of(amount=(BIGINT, [1]))
    with pytest.raises(ColumnNotFound, match="did you mean 'amount'"):
        table.column("amuont")
    with pytest.raises(TableNotFound, match=r"did you mean 'orders'"):
        prove_query("SELECT amount FROM ordrs", {"orders": table})
    plan = planner.plan("SELECT amount FROM orders", {"orders": {"amount": BIGINT}})
    with pytest.raises(ValueError, match=r"is .*varchar.*, the plan has .*bigint"):
        prove(plan, {"orders": Table.of(amount=(VARCHAR, ["1"]))})


def test_products_too_long_for_the_field_are_refused() -> None:
    table = Table.of(a=(decimal(40, 0), [10**39]))
    sql = "SELECT a * a AS b FROM t"
    with pytest.raises(OutOfRange, match="at most 75 digits"):
        prove_query(sql, {"t": table})


def test_a_plan_that_does_not_fit_together_is_refused_by_both() -> None:
    table = Table.of(a=(BIGINT, [1]), s=(VARCHAR, ["x"]))
    made = prove_query("SELECT a FROM t WHERE a = 1", {"t": table})
    column = (p.PlanColumn(0, "s", VARCHAR),)
    bad = p.Inequality(p.ColumnRef(0), p.ColumnRef(0), True)
    plan = p.Plan(("t",), column, ("s",), p.Filter(p.TableScan(0, (0,)), bad, (p.ColumnRef(0),)))
    with pytest.raises(DataTypeMismatch, match="<"):
        prove(plan, {"t": table})
    statement = made.statement.__class__(**{**_fields(made.statement), "plan": plans.encode(plan)})
    assert not verify(statement, made.proof.to_bytes())


def test_a_statement_needs_a_commitment_for_everything_it_reads() -> None:
    table = Table.of(amount=(BIGINT, [1]))
    plan = planner.plan("SELECT amount FROM orders", {"orders": {"amount": BIGINT}})
    with pytest.raises(CommitmentsNotFound, match=r"'orders'; did you mean 'order'\?"):
        statement_of(plan, {"order": commit_table(table)}, b"")
    other = commit_table(Table.of(amount=(VARCHAR, ["1"])))
    with pytest.raises(CommitmentsNotFound, match="'amount' as bigint"):
        statement_of(plan, {"orders": other}, b"")


def _fields(statement: object) -> dict:
    return {name: getattr(statement, name) for name in statement.__dataclass_fields__}
