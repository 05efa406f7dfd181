"""Proofs of SQL over two million rows: commitment, filter, group-by, verification.

The queries are those that Space and Time showed: `filter_2m` picks 10,000 rows by equality,
`groupby_2m` sums and counts 100 groups of a third of the rows. `prove_s` is everything after the
table's own commitment; the peer is DuckDB answering without a proof.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.sql import fast
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import INT

N_ROWS = 2_000_000
REPEATS = 3
FILTER = "SELECT b FROM t WHERE a = 7"
GROUP_BY = "SELECT k, SUM(v) AS s, COUNT(*) AS n FROM t WHERE a = 1 GROUP BY k"
SIZES = (250_000, 500_000, 1_000_000, N_ROWS)


def filter_table(n_rows: int = N_ROWS) -> Table:
    """A uniform in 0..199, b uniform in -1000..999."""
    rng = np.random.default_rng(1)
    return _table(a=rng.integers(0, 200, n_rows), b=rng.integers(-1000, 1000, n_rows))


def group_table(n_rows: int = N_ROWS) -> Table:
    """A uniform in 0..2, k in -50..49, v in -1000..999."""
    rng = np.random.default_rng(2)
    a, k, v = (rng.integers(*bounds, n_rows) for bounds in ((0, 3), (-50, 50), (-1000, 1000)))
    return _table(a=a, k=k, v=v)


def filtering() -> Iterator[Record]:
    """`sql.commit_s.2m`, `sql.prove_s.filter_2m`, `sql.verify_ms.filter_2m`, size and soundness."""
    with one_thread():
        table = filter_table()
        seconds = best_seconds(lambda: fast.commit(table), REPEATS)
        yield Record("sql.commit_s.2m", seconds, "s")
        owned = {"t": fast.commit(table)}
        yield _proving("sql.prove_s.filter_2m", FILTER, owned)
        proof, commitments = fast.prove(FILTER, owned), {"t": owned["t"].public}
        data = proof.to_bytes()
        if not fast.verify(FILTER, commitments, data):
            raise ValueError("the proof of the filter is not accepted")
        seconds = best_seconds(lambda: fast.verify(FILTER, commitments, data))
        yield Record("sql.verify_ms.filter_2m", 1e3 * seconds, "ms")
        yield Record("sql.proof_bytes.filter_2m", len(data), "B")
        bits = fast.soundness_bits(FILTER, commitments, proof)
        yield Record("sql.soundness_bits.filter_2m", bits, "bit")


def grouping() -> Iterator[Record]:
    """`sql.prove_s.groupby_2m`."""
    with one_thread():
        yield _proving("sql.prove_s.groupby_2m", GROUP_BY, {"t": fast.commit(group_table())})


def growth() -> Iterator[Record]:
    """`sql.prove_s.filter_N` for fewer rows: how the time grows."""
    with one_thread():
        for n_rows in SIZES[:-1]:
            owned = {"t": fast.commit(filter_table(n_rows))}
            yield _proving(f"sql.prove_s.filter_{n_rows // 1000}k", FILTER, owned)


def _proving(name: str, sql: str, owned: dict[str, fast.CommittedTable]) -> Record:
    seconds = best_seconds(lambda: fast.prove(sql, owned), REPEATS)
    return Record(name, seconds, "s", "DuckDB, no proof", _truth_seconds(sql, owned["t"].table))


def _truth_seconds(sql: str, table: Table) -> float:
    """How long DuckDB takes on one thread."""
    import duckdb

    arrays = {column.name: column.values for column in table.columns}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("arrays", arrays)
        connection.execute("CREATE TABLE t AS SELECT * FROM arrays")
        return best_seconds(lambda: connection.execute(sql).fetchall(), REPEATS)


def _table(**columns: Any) -> Table:
    return Table(tuple(Column(name, INT, values) for name, values in columns.items()))
