"""A data set as other people's tools want it: arrow table, Parquet, JSON lines.

Root and report travel in the schema's metadata, so a Parquet file says what it claims to be;
`from_arrow` reads it back and refuses rows that are not those of the root. Files appear whole or
not at all: they are written under another name first, which a full disk or a kill leaves behind.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aicrypto.commit.untrusted import parse_json
from aicrypto.crawl.rows.building import Build
from aicrypto.crawl.rows.record import ROW_FIELDS, canonical, check

if TYPE_CHECKING:
    import pyarrow as pa

ROOT, REPORT = b"aicrypto.root", b"aicrypto.report"


def to_arrow(data: Build) -> "pa.Table":
    """The rows as a table: `v` is int64, all other columns text, nothing is NULL."""
    import pyarrow as pa

    kinds = {int: pa.int64(), str: pa.string()}
    schema = pa.schema(
        [pa.field(name, kinds[type_], nullable=False) for name, type_ in ROW_FIELDS.items()],
        metadata={ROOT: data.root.hex(), REPORT: json.dumps(dict(data.report), sort_keys=True)},
    )
    return pa.Table.from_pylist(list(data.rows), schema=schema)


def from_arrow(table: "pa.Table") -> Build:
    """The data set in a table.

    Raises:
        ValueError: if a row has no canonical form, or the rows have another root than the table
            says.
    """
    rows = tuple(table.to_pylist())
    for row in rows:
        check("row", row)
    metadata = table.schema.metadata or {}
    data = Build(rows, parse_json(metadata.get(REPORT, b"{}")))
    stated = metadata.get(ROOT, b"").decode()
    if data.root.hex() != stated:
        raise ValueError(f"root of the rows is {data.root.hex()}, the table says {stated!r:.70}")
    return data


def write_parquet(data: Build, path: Path) -> None:
    """Writes the rows as a Parquet file; OSError leaves what was there before."""
    import pyarrow.parquet as pq

    _whole(path, lambda unfinished: pq.write_table(to_arrow(data), unfinished))


def read_parquet(path: Path) -> Build:
    """The data set in a Parquet file; `from_arrow`'s errors."""
    import pyarrow.parquet as pq

    return from_arrow(pq.read_table(path))


def write_json_lines(data: Build, path: Path) -> None:
    """Writes one canonical record per line: each line is the leaf of its row."""
    lines = b"".join(canonical("row", row) + b"\n" for row in data.rows)
    _whole(path, lambda unfinished: unfinished.write_bytes(lines))


def read_json_lines(path: Path) -> Build:
    """The data set in a file of JSON lines, without a report.

    Raises:
        ValueError: naming the line, if it is no canonical row.
    """
    rows = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            row = parse_json(line)
            is_row = isinstance(row, dict) and canonical("row", row) == line
        except ValueError:
            is_row = False
        if not is_row:
            raise ValueError(f"{path}: line {number} is no canonical row")
        rows.append(row)
    return Build(tuple(rows))


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """A file that is written completely before it has its name."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        write(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
