"""Backend B: its results are DuckDB's, for random tables and every construct that it proves."""

import random
from typing import Any

import duckdb
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.sql import fast
from aicrypto.sql.fast import argument
from aicrypto.sql.fast.statement import Hints, build
from aicrypto.sql.fast.statement.builder import Builder
from aicrypto.sql.frontend import parse
from aicrypto.sql.loading import from_query
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import BIGINT, BOOLEAN, INT, VARCHAR, decimal

N_ROWS = 60
ORDERED = "ORDER BY"


def random_tables(seed: int, n_rows: int = N_ROWS) -> dict[str, Table]:
    """A fact table with every kind of column, and two tables that it joins."""
    rng = random.Random(seed)
    fact = Table.of(
        a=(INT, [rng.randrange(-3, 4) for _ in range(n_rows)]),
        b=(BIGINT, [rng.randrange(-(10**6), 10**6) for _ in range(n_rows)]),
        price=(decimal(15, 2), [rng.randrange(0, 10**5) for _ in range(n_rows)]),
        rate=(decimal(15, 2), [rng.randrange(0, 11) for _ in range(n_rows)]),
        word=(VARCHAR, [rng.choice(["air", "mail", "ship", "", "é"]) for _ in range(n_rows)]),
        flag=(BOOLEAN, [rng.random() < 0.5 for _ in range(n_rows)]),
        nation=(INT, [rng.randrange(0, 6) for _ in range(n_rows)]),
    )
    nations = Table.of(
        n_key=(INT, [0, 1, 2, 3, 4]),
        n_name=(VARCHAR, ["e", "d", "c", "b", "a"]),
        region=(INT, [7, 8, 7, 8, 7]),
    )
    regions = Table.of(r_key=(INT, [7, 8]), r_name=(VARCHAR, ["north", "south"]))
    return {"t": fact, "nations": nations, "regions": regions}


def truth(sql: str, tables: dict[str, Table]) -> list[tuple[Any, ...]]:
    """DuckDB's rows; decimals as unscaled integers."""
    with duckdb.connect() as connection:
        for name, table in tables.items():
            columns = ", ".join(f'"{c.name}" {sql_type(c)}' for c in table.columns)
            connection.execute(f"CREATE TABLE {name} ({columns})")
            marks = ", ".join("?" for _ in table.columns)
            rows = zip(*(map(str, c.values) for c in table.columns), strict=True)
            scaled = [
                tuple(scaled_text(v, c) for v, c in zip(row, table.columns, strict=True))
                for row in rows
            ]
            if scaled:
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", scaled)
        return [tuple(map(unscaled, row)) for row in connection.execute(sql).fetchall()]


def sql_type(column: Column) -> str:
    kind = column.type.kind
    if kind == "decimal75":
        return f"DECIMAL({column.type.digits}, {column.type.places})"
    return kind.upper()


def scaled_text(value: str, column: Column) -> str:
    return f"{value}e-{column.type.scale}" if column.type.kind == "decimal75" else value


def unscaled(value: Any) -> Any:
    if hasattr(value, "as_tuple"):  # Decimal
        return int(value.scaleb(-value.as_tuple().exponent))
    return value


def check(sql: str, tables: dict[str, Table]) -> Table:
    """The result of an accepted proof, which is DuckDB's."""
    owned = {name: fast.commit(table) for name, table in tables.items()}
    proof = fast.prove(sql, owned)
    commitments = {name: table.public for name, table in owned.items()}
    assert fast.verify(sql, commitments, proof.to_bytes()), sql
    rows = list(zip(*(column.values for column in proof.result.columns), strict=True))
    expected = truth(sql, tables)
    if ORDERED not in sql.upper():
        rows, expected = sorted(rows), sorted(expected)
    assert rows == expected, sql
    return proof.result


QUERIES = [
    "SELECT b FROM t WHERE a = 1",
    "SELECT a, b FROM t WHERE NOT (a = 1 OR b > 1000) AND flag",
    "SELECT a + 2 * b AS x, -a AS y FROM t WHERE a <> -2",
    "SELECT * FROM t WHERE word < 'mail' AND word <> 'air'",
    "SELECT b FROM t WHERE word IN ('ship', 'nowhere', '') OR a IN (1, -2)",
    "SELECT b FROM t WHERE word > 'b' AND 'n' >= word",
    "SELECT b FROM t WHERE price BETWEEN 100.5 AND 700 AND rate >= 0.05",
    "SELECT word, a, SUM(b) AS s, COUNT(*) AS n FROM t GROUP BY word, a",
    "SELECT a, SUM(price * (1 - rate)) AS s FROM t WHERE b > 0 GROUP BY a ORDER BY s DESC",
    "SELECT SUM(price * (1 - rate) * (1 + rate)) AS s FROM t WHERE flag = FALSE",
    "SELECT word, MIN(b) AS lo, MAX(price) AS hi FROM t GROUP BY word HAVING COUNT(*) > 2",
    "SELECT MIN(word) AS lo, MAX(word) AS hi, MIN(a * b) AS c FROM t WHERE a > -3",
    "SELECT COUNT(*) AS n FROM t WHERE price > 99999",
    "SELECT b, a FROM t ORDER BY b DESC LIMIT 4 OFFSET 2",
    "SELECT b, word FROM t WHERE a < 2 ORDER BY word, b LIMIT 7",
    "SELECT DISTINCT a, word FROM t",
    "SELECT a FROM t WHERE a = 3 UNION ALL SELECT n_key FROM nations",
    "SELECT n_name, SUM(b) AS s FROM t JOIN nations ON nation = n_key GROUP BY n_name",
    "SELECT b, n_name, r_name FROM t, nations, regions "
    "WHERE nation = n_key AND region = r_key AND r_name = 'south'",
    "SELECT b FROM t WHERE nation IN (SELECT n_key FROM nations WHERE region = 7) AND a > 0",
    "SELECT * FROM t WHERE nation IN (SELECT n_key FROM nations AS t WHERE n_name < 'c')",
    "SELECT SUM(CASE WHEN word = 'air' THEN price ELSE 0 END) AS s FROM t",
    "SELECT a, 2 * SUM(b) + COUNT(*) AS x FROM t GROUP BY a ORDER BY x LIMIT 2",
    "SELECT COUNT(DISTINCT word) AS n FROM t WHERE a > 0",
    "SELECT a, COUNT(DISTINCT word) AS n, SUM(b) AS s, MIN(word) AS w, COUNT(*) AS m FROM t "
    "GROUP BY a HAVING COUNT(DISTINCT word) > 1 ORDER BY n DESC, a LIMIT 4",
    "SELECT COUNT(DISTINCT a + nation) AS n, MAX(b) AS hi FROM t",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_results_are_those_of_duckdb(sql: str) -> None:
    check(sql, random_tables(QUERIES.index(sql)))


@given(
    st.integers(0, 2**32), st.integers(1, 40), st.integers(-3, 3), st.sampled_from(["=", "<", ">="])
)
@settings(max_examples=10, deadline=None)
def test_random_tables(seed: int, n_rows: int, bound: int, operator: str) -> None:
    tables = random_tables(seed, n_rows)
    check(f"SELECT a, b, word FROM t WHERE a {operator} {bound} AND flag", tables)
    check(f"SELECT word, SUM(b) AS s FROM t WHERE a {operator} {bound} GROUP BY word", tables)


def test_rows_without_a_filter_keep_their_order() -> None:
    tables = random_tables(3)
    assert (
        check("SELECT b FROM t LIMIT 5", tables).columns[0].values
        == tables["t"].column("b").values[:5]
    )


def test_average_is_a_sum_and_a_count() -> None:
    proof = fast.prove("SELECT AVG(b) AS m FROM t", random_tables(4))
    b = random_tables(4)["t"].column("b").values
    assert [(c.name, c.values) for c in proof.result.columns] == [
        ("m_sum", [sum(b)]),
        ("m_count", [N_ROWS]),
    ]


def test_an_empty_table_has_no_rows_and_count_zero() -> None:
    tables = {"t": Table.of(a=(INT, []), b=(INT, []))}
    assert check("SELECT a FROM t WHERE b = 0", tables).length == 0
    assert check("SELECT COUNT(*) AS n FROM t", tables).columns[0].values == [0]
    assert check("SELECT a, COUNT(*) AS n FROM t GROUP BY a", tables).length == 0
    assert check("SELECT COUNT(DISTINCT a) AS n FROM t", tables).columns[0].values == [0]
    assert check("SELECT a, COUNT(DISTINCT b) AS n FROM t GROUP BY a", tables).length == 0
    with pytest.raises(fast.NullValue, match="SUM over no rows"):
        fast.prove("SELECT COUNT(DISTINCT a) AS n, SUM(b) AS s FROM t", tables)


def test_a_full_domain_of_rows_and_one_row() -> None:
    for n in (1, 2, 64):
        tables = {"t": Table.of(a=(INT, [0] * n), b=(INT, list(range(n))))}
        assert check("SELECT b FROM t WHERE a = 0", tables).length == n


def test_sum_over_no_rows_is_refused_as_null() -> None:
    with pytest.raises(fast.NullValue, match="SUM over no rows is NULL"):
        fast.prove("SELECT SUM(b) AS s FROM t WHERE a > 100", random_tables(5))


def test_wide_integers_are_refused_with_column_and_bound() -> None:
    with pytest.raises(fast.FieldOverflow, match=r"column 'a', row 1: .* bound"):
        fast.commit(Table.of(a=(BIGINT, [0, 2**60])))
    wide: Any = np.array([-(2**62)])
    with pytest.raises(fast.FieldOverflow, match=r"column 'a', row 0: .* bound"):
        fast.commit(Table((Column("a", BIGINT, wide),)))


def test_sums_and_products_that_might_wrap_are_predicted() -> None:
    tables = {"t": Table.of(a=(BIGINT, [2**40] * 3), b=(BIGINT, [2**59] * 3))}
    with pytest.raises(fast.FieldOverflow, match="may be"):
        fast.prove("SELECT a * a AS x FROM t", tables)
    with pytest.raises(fast.FieldOverflow, match="a sum over 3 rows may reach"):
        fast.prove("SELECT SUM(b) AS x FROM t", tables)


def test_nulls_are_refused_by_column_and_row() -> None:
    with pytest.raises(fast.NullValue, match="column 'a' is NULL in row 1"):
        fast.commit(Table((Column("a", INT, [1, None]),)))


def test_joins_on_keys_unique_on_no_side_are_refused() -> None:
    twice = Table.of(k=(INT, [1, 1, 2]))
    tables = {"x": twice, "y": Table.of(m=(INT, [1, 1]))}
    with pytest.raises(ValueError, match=r"JOIN of x, y ON x.k = y.m: .* many to many"):
        fast.prove("SELECT k FROM x JOIN y ON k = m", tables)


def test_every_constraint_vanishes_on_the_witness() -> None:
    """What the proofs rest on, looked at directly."""
    owned = {name: fast.commit(table) for name, table in random_tables(6).items()}
    commitments = {name: table.public for name, table in owned.items()}
    schema = {name: table.schema for name, table in commitments.items()}
    for sql in QUERIES[7:12]:
        for select in parse(sql, schema):
            words = {("t", "word"): owned["t"].dictionaries["word"]}
            b: Builder = build(select, commitments, words, Hints(), owned).builder
            assert b.constraints or not b.n_witness
            for constraint in b.constraints:
                assert int(b.evaluate(constraint).count_nonzero()) == 0


def test_chi_and_rho_are_evaluated_as_the_columns_are() -> None:
    from aicrypto.algebra import m61x2, multilinear
    from aicrypto.commit.transcript import Transcript

    point = tuple(Transcript("points").challenges(4))
    equality = multilinear.eq_table(point)
    for length in range(17):
        ones = m61x2.from_base((torch.arange(16) < length).long())
        expected = m61x2.to_scalar(m61x2.dot(equality, ones))
        assert argument.chi_at(length, point) == expected
    rows = m61x2.from_base(torch.arange(16))
    assert argument.rho_at(point) == m61x2.to_scalar(m61x2.dot(equality, rows))


def test_duckdb_columns_become_typed_columns(tmp_path: Any) -> None:
    from aicrypto.sql.loading import UnsupportedColumn, read_csv, read_parquet

    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE x AS SELECT 1::TINYINT AS a, 2.50::DECIMAL(9,2) AS d, "
            "DATE '1970-01-03' AS day, 'w' AS s, TRUE AS f, '\\x01'::BLOB AS r"
        )
        table = from_query(connection, "SELECT * FROM x")
        assert [list(c.values) for c in table.columns] == [
            [1], [250], [172800], ["w"], [True], [b"\x01"],
        ]  # fmt: skip
        connection.execute(f"COPY x TO '{tmp_path}/x.parquet'")
        connection.execute(f"COPY (SELECT a, s FROM x) TO '{tmp_path}/x.csv'")
        with pytest.raises(UnsupportedColumn, match="column 'n' has 1 NULLs"):
            from_query(connection, "SELECT NULL::INTEGER AS n")
        with pytest.raises(UnsupportedColumn, match="column 'x' is DOUBLE"):
            from_query(connection, "SELECT 1.5::DOUBLE AS x")
    assert read_parquet(tmp_path / "x.parquet").schema == table.schema
    assert read_csv(tmp_path / "x.csv").column("s").values == ["w"]


def proven_on(engine: str, device: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("AICRYPTO_ENGINE", engine)
    owned = {name: fast.commit(t, device) for name, t in random_tables(1).items()}
    return fast.prove(QUERIES[8], owned).to_bytes()


def test_engines_and_devices_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    data = proven_on("", "cpu", monkeypatch)
    assert data == proven_on("torch", "cpu", monkeypatch)
    if torch.cuda.is_available():
        assert data == proven_on("", "cuda", monkeypatch)


def test_a_comparison_at_the_edge_of_the_field_is_refused() -> None:
    """For 2^60 - 1 both signs would fit, since 2^60 - 1 + 2^60 is p."""
    edge = 2**60 - 1
    check(
        f"SELECT a FROM t WHERE a < {1 - edge // 2}",
        {"t": Table.of(a=(BIGINT, [edge // 2, -edge // 2]))},
    )
    with pytest.raises(fast.FieldOverflow, match="60 bits"):
        fast.prove("SELECT a FROM t WHERE a < 0", {"t": Table.of(a=(BIGINT, [edge]))})


def test_order_at_every_width() -> None:
    for bits in (15, 16, 17, 31, 32, 33, 47, 48, 49, 58):
        values = [sign * (2**bits + shift) for sign in (1, -1) for shift in (-1, 0, 1)]
        tables = {"t": Table.of(a=(BIGINT, [*values, 0]))}
        for bound in (0, 2**bits, -(2**bits)):
            check(f"SELECT a FROM t WHERE a < {bound}", tables)


@pytest.mark.parametrize("n_facts", [0, 5])
def test_joins_with_nothing(n_facts: int) -> None:
    tables = {
        "x": Table.of(k=(INT, list(range(n_facts))), s=(VARCHAR, ["a"] * n_facts)),
        "y": Table.of(m=(INT, []), w=(INT, [])),
    }
    assert check("SELECT k, w FROM x JOIN y ON k = m", tables).length == 0
    assert check("SELECT COUNT(*) AS n FROM x JOIN y ON k = m", tables).columns[0].values == [0]


def test_joins_where_the_keys_fill_the_domain() -> None:
    """Gaps are one more than keys: 2^k keys need 2^(k+1) rows."""
    tables = {
        "x": Table.of(k=(INT, [-5, 3, 9, 16])),
        "y": Table.of(m=(INT, list(range(16))), w=(INT, list(range(16)))),
    }
    assert check("SELECT k, w FROM x JOIN y ON k = m", tables).length == 2
