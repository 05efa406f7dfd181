"""The crawled pages as a table of SQL: what is committed to and queried instead of pages.

One row for each page that can be read, in the order of addresses. `session` is the entry of the
ledger that the page came with; `prose` says whether it passes the rules of quality, `repeats`
whether an earlier page says nearly the same; `lot` is drawn by the ledger's root and the path, so
nobody chose which pages are held out for scoring; `text_sha256` binds a page's text to its row.

Reference pages repeat lines for a reason (every class lists what it inherits), so the rule against
repeated lines does not count here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.crawl import duplicates, pages, rows
from aicrypto.crawl.pages import Fetched
from aicrypto.sql import Table
from aicrypto.sql.types import BOOLEAN, INT, SMALLINT, VARCHAR, ColumnType

TABLE = "crawl.pages"
SCHEMA: dict[str, ColumnType] = {
    "path": VARCHAR,
    "topic": VARCHAR,
    "session": VARCHAR,
    "lang": VARCHAR,
    "words": INT,
    "prose": BOOLEAN,
    "repeats": BOOLEAN,
    "lot": SMALLINT,
    "text_sha256": VARCHAR,
}
NO_MATTER = {"duplicate_lines"}

Record = Mapping[str, Any]  # a row record of the crawl room


def records_of(answers: Iterable[Fetched]) -> list[Record]:
    """The row records of all pages that can be read, sorted by address."""
    return records_in(rows.judge(answers))


def records_in(judged: Iterable[rows.Judged]) -> list[Record]:
    """The row records of the pages that were found good, sorted by address."""
    found = [page.row for page in judged if not page.reason]
    labelled = [row | {"label": pages.topic_of(row["url"])} for row in found]
    return sorted(labelled, key=lambda row: str(row["url"]))


def lot_of(crawl_root: bytes, path: str) -> int:
    """A number in 0..255 that nobody could choose once the crawl's ledger was signed."""
    return sha256(crawl_root, path.encode())[0]


def table_of(records: Iterable[Record], crawl_root: bytes) -> Table:
    """The table of these row records, each line of which follows from records and root.

    >>> table_of([], bytes(32)).length
    0
    """
    records = list(records)
    copies = duplicates.repeats([record["text"] for record in records])
    lines = [
        _line(record, original is not None, crawl_root)
        for record, original in zip(records, copies, strict=True)
    ]
    columns = map(list, zip(*lines, strict=True)) if lines else ([] for _ in SCHEMA)
    typed = zip(SCHEMA.items(), columns, strict=True)
    return Table.of(**{name: (type_, values) for (name, type_), values in typed})


def _line(record: Record, repeats: bool, crawl_root: bytes) -> tuple[Any, ...]:
    path, text = pages.path_of(record["url"]), record["text"]
    prose = not set(rows.failed_rules(text)) - NO_MATTER
    named = path, record["label"], record["session"], record["lang"], len(text.split())
    return *named, prose, repeats, lot_of(crawl_root, path), record["text_sha256"]


def batches_of(table: Table, n_rows: int) -> list[Table]:
    """The table's rows in batches of so many, the last one perhaps shorter."""
    starts = range(0, table.length, n_rows)
    return [
        Table(tuple(c.take(range(at, min(at + n_rows, table.length))) for c in table.columns))
        for at in starts
    ]
