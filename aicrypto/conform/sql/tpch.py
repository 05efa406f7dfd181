"""Answers of the suite sql.tpch: queries over the standard's tables, proven and verified.

The tables come from the generator `tpchgen-cli`, once for each scale factor, into a folder of the
system's for the time of the process. Every answer to `query` is the result of a proof that the
verifier accepted, given the text, the commitments and the proof's bytes.
"""

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

from aicrypto.conform import Unavailable
from aicrypto.sql import fast
from aicrypto.sql.frontend import parse
from aicrypto.sql.loading import read_parquet
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import ColumnType

Json = dict[str, Any]
GENERATOR = "tpchgen-cli"


def tpch(case: Json) -> Json:
    """Suite sql.tpch: {op: query, sql} -> {columns, types, rows}; {op: fingerprint} -> a digest."""
    tables = generate(float(case["scale_factor"]))
    if case["op"] == "fingerprint":
        return fingerprint(tables[case["table"]], case["columns"])
    result = proven(case["sql"], float(case["scale_factor"]))
    columns = result.columns
    shown = [[*map(_json, [c.type] * len(c), c.values)] for c in columns]
    return {
        "columns": [column.name for column in columns],
        "types": [_type_name(column.type) for column in columns],
        "rows": [list(row) for row in zip(*shown, strict=True)],
    }


def proven(sql: str, scale_factor: float) -> Table:
    """A query's result, from a proof that was accepted; ValueError if it was not."""
    tables = generate(scale_factor)
    read = parse(sql, {name: table.schema for name, table in tables.items()})
    names = {name for select in read for name in select.tables}
    owned = {name: committed(scale_factor, name) for name in names}
    proof = fast.prove(sql, owned)
    if not fast.verify(sql, {name: owned[name].public for name in names}, proof.to_bytes()):
        raise ValueError("the proof is not accepted")
    return proof.result


def fingerprint(table: Table, names: Sequence[str]) -> Json:
    """Rows as SQL text, sorted by value, hashed."""
    columns = [table.column(name) for name in names]
    rows = sorted(zip(*(column.values for column in columns), strict=True))
    lines = ("|".join(map(_text, (column.type for column in columns), row)) for row in rows)
    digest = hashlib.sha256("\n".join(lines).encode())
    return {"rows": table.length, "sha256": "0x" + digest.hexdigest()}


@cache
def generate(scale_factor: float) -> dict[str, Table]:
    """All tables at a scale factor.

    Raises:
        Unavailable: if the generator is not installed.
    """
    beside = Path(sys.executable).with_name(GENERATOR)
    program = str(beside) if beside.exists() else which(GENERATOR)
    if program is None:
        raise Unavailable(f"{GENERATOR} is not installed; `pip install {GENERATOR}`")
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "parquet", "-s", str(scale_factor), f"--output-dir={folder}"]
        subprocess.run(command, check=True, capture_output=True)
        return {path.stem: _plain(read_parquet(path)) for path in Path(folder).glob("*.parquet")}


@cache
def committed(scale_factor: float, name: str) -> fast.CommittedTable:
    """A table committed to."""
    return fast.commit(generate(scale_factor)[name])


def _plain(table: Table) -> Table:
    """Arrays of integers as Python's, so that text and numbers sort and print alike."""
    columns = [
        Column(c.name, c.type, c.values.tolist() if hasattr(c.values, "tolist") else c.values)
        for c in table.columns
    ]
    return Table(tuple(columns), table.length)


def _type_name(type_: ColumnType) -> str:
    if type_.is_text:
        return "TEXT"
    if type_.kind == "timestamp":
        return "DATE"
    return f"DECIMAL({type_.scale})" if type_.scale else "INT"


def _json(type_: ColumnType, value: Any) -> Any:
    return _text(type_, value) if type_.kind == "timestamp" else value


def _text(type_: ColumnType, value: Any) -> str:
    """A value as SQL prints it."""
    if type_.kind == "timestamp":
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    if type_.scale > 0:
        whole, part = divmod(abs(value), 10**type_.scale)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{type_.scale}d}"
    return str(value)
