"""Random tables and queries, and what SQLite makes of them."""

from __future__ import annotations

import random
import sqlite3
from typing import Any

from aicrypto.sql.table import Column, Table, Tables
from aicrypto.sql.types import BIGINT, BOOLEAN, INT, VARCHAR

WORDS = ["red", "green", "blue", ""]


def random_tables(rng: random.Random, n_rows: int = 9) -> Tables:
    """Two tables that share a key."""

    def numbers(low: int, high: int) -> list[int]:
        return [rng.randint(low, high) for _ in range(n_rows)]

    left = Table(
        (
            Column.checked("k", BIGINT, numbers(-2, 3)),
            Column.checked("x", BIGINT, numbers(-50, 50)),
            Column.checked("i", INT, numbers(-9, 9)),
            Column.checked("s", VARCHAR, [rng.choice(WORDS) for _ in range(n_rows)]),
            Column.checked("ok", BOOLEAN, [rng.random() < 0.5 for _ in range(n_rows)]),
        )
    )
    right = Table(
        (
            Column.checked("y", BIGINT, numbers(0, 9)[: n_rows // 2]),
            Column.checked("k", BIGINT, numbers(-2, 3)[: n_rows // 2]),
        )
    )
    return {"l": left, "r": right}


QUERIES = [
    "SELECT x FROM l WHERE k = 2",
    "SELECT x, s FROM l WHERE s = 'red' OR s = ''",
    "SELECT k, x FROM l WHERE x > 3 AND NOT (k = 1)",
    "SELECT x FROM l WHERE x >= k AND x <> 7",
    "SELECT x FROM l WHERE x BETWEEN -10 AND 20",
    "SELECT x FROM l WHERE x NOT BETWEEN -10 AND 20",
    "SELECT k, i FROM l WHERE k IN (1, -2) AND i < 5",
    "SELECT x + k * 2 AS z, x FROM l WHERE ok",
    "SELECT x - i AS z FROM l WHERE x + i <= 10",
    "SELECT k, SUM(x) AS t, COUNT(*) AS n FROM l GROUP BY k",
    "SELECT k, COUNT(*) AS n FROM l WHERE x > 0 GROUP BY k",
    "SELECT k, SUM(x + 1) AS t FROM l GROUP BY k HAVING COUNT(*) > 1",
    "SELECT COUNT(*) AS n, SUM(i) AS t FROM l",
    "SELECT x, k FROM l LIMIT 4 OFFSET 2",
    "SELECT x FROM l WHERE x > 0 UNION ALL SELECT y FROM r",
    "SELECT k, x, y FROM l JOIN r ON l.k = r.k",
    "SELECT x, y FROM l JOIN r ON l.k = r.k WHERE y > 3",
    "SELECT k FROM (SELECT k, x FROM l WHERE x > -20) WHERE x < 30",
]


def sqlite_rows(sql: str, tables: Tables) -> list[tuple[Any, ...]]:
    """The rows that SQLite gives, booleans as integers."""
    db = sqlite3.connect(":memory:")
    for name, table in tables.items():
        names = [column.name for column in table.columns]
        db.execute(f"CREATE TABLE {name} ({', '.join(names)})")
        rows = zip(*(column.values for column in table.columns), strict=True)
        marks = ", ".join("?" * len(names))
        db.executemany(f"INSERT INTO {name} VALUES ({marks})", list(rows))
    qualified = sql.replace("SELECT k, x, y FROM l JOIN", "SELECT l.k, x, y FROM l JOIN")
    return db.execute(qualified).fetchall()


def rows_of(table: Table) -> list[tuple[Any, ...]]:
    """A result's rows."""
    return list(zip(*(column.values for column in table.columns), strict=True))
