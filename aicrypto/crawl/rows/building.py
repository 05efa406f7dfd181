"""From archived answers to a data set: clean, filter, drop repeats, one root over the rows.

Every step is a pure function of the answers, and rows are sorted by address, so anybody who has the
archive gets the same rows and the same root, in whatever order and by however many machines the
pages were cleaned. Cleaning is most of the work and goes through any `concurrent.futures.Executor`:
threads, processes, or a cluster's (`dask.distributed.Client.get_executor()`); only a few batches
are under way at a time, so bodies need not fit into memory.

`dataset` is the short way from a crawl to an arrow table that the SQL room commits to.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.pages.cleaning import Unreadable, clean, decode
from aicrypto.crawl.pages.crawling import topic_of
from aicrypto.crawl.pages.fetching import Fetched
from aicrypto.crawl.rows.quality import failed_rules, language_of
from aicrypto.crawl.rows.record import VERSION, canonical

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 16  # pages cleaned by one job
UNDER_WAY = 32  # jobs given to an executor and not yet taken back
# Sites answer 200 with an apology; "module urllib.error" is none.
SOFT_ERROR = re.compile(r"(?:^|: )error\b|\b404\b|\bnot found\b", re.IGNORECASE)

Row = dict[str, Any]


class Answers(Protocol):
    """Whoever holds answers; an `Archive` is one."""

    def captures(self) -> Iterable[Fetched]:
        """All answers with their session records."""


@dataclass(frozen=True)
class Rules:
    """What becomes a row.

    Attributes:
        label: a row's label, from its address.
        languages: those kept; none named means all.
        quality: whether the rules of `rows.quality` are applied.
        shingle, threshold_percent: what counts as a repeat of an earlier page.
    """

    label: Callable[[str], str] = topic_of
    languages: frozenset[str] = frozenset()
    quality: bool = True
    shingle: int = 5
    threshold_percent: int = 80


@dataclass(frozen=True)
class Build:
    """A data set: rows sorted by address, their root, and what became of every answer.

    `report` counts answers by the reason why they are no row, and `answers`, `bytes`, `rows`.
    """

    rows: tuple[Row, ...]
    report: Mapping[str, int] = field(default_factory=dict)

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the rows' canonical records."""
        return merkle.root([canonical("row", row) for row in self.rows])


def build(
    answers: Iterable[Fetched],
    rules: Rules = Rules(),
    executor: Executor | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Build:
    """The data set that answers give under these rules.

    Args:
        answers: in any order; an address that was answered twice counts once, its first session.
        rules: what becomes a row.
        executor: where pages are cleaned; here if None.
        progress: told how many answers have been looked at.
    """
    from aicrypto.crawl.duplicates import repeats  # torch: not for whoever only reads records

    report: Counter[str] = Counter()
    found: dict[str, Row] = {}
    for judged in _judge_all(answers, executor):
        for page in judged:
            _take(page, rules, found, report)
        progress(report["answers"])
    rows = [found[url] for url in sorted(found)]
    copies = repeats([row["text"] for row in rows], rules.shingle, rules.threshold_percent)
    kept = [row for row, original in zip(rows, copies, strict=True) if original is None]
    report.update({"near-duplicate": len(rows) - len(kept), "rows": len(kept)})
    return Build(tuple(kept), dict(report))


def dataset(
    archive: Answers,
    rules: Rules = Rules(),
    executor: Executor | None = None,
) -> "pa.Table":
    """The data set of an archive as an arrow table, its root and report in the schema's metadata.

    Columns are those of a row record, integers as int64, everything else as text; no NULLs, so that
    `aicrypto.sql.loading.from_arrow` takes it as it is.
    """
    from aicrypto.crawl.rows.files import to_arrow

    return to_arrow(build(archive.captures(), rules, executor))


def row_of(answer: Fetched) -> Row:
    """The row of an answer that is a page, without label.

    Raises:
        Unreadable: if the body is no text, or none that a parser should be given.
    """
    response = answer.response
    page = clean(decode(response.body, response.header("content-type")), response.url)
    return {
        "v": VERSION,
        "session": answer.session["session"],
        "url": response.url,
        "title": page.title,
        "text": page.text,
        "lang": language_of(page.text),
        "label": "",
        "text_sha256": sha256(page.text.encode()).hex(),
    }


@dataclass(frozen=True)
class Judged:
    """An answer looked at: its row, or why it has none."""

    row: Row
    n_bytes: int
    reason: str = ""


def judge(answers: Iterable[Fetched]) -> list[Judged]:
    """What some answers give; the job that an executor is handed."""
    return [_judge(answer) for answer in answers]


def _judge(answer: Fetched) -> Judged:
    response, n_bytes = answer.response, len(answer.response.body)
    nothing = {"url": response.url}
    if response.status != 200:
        return Judged(nothing, n_bytes, "status")
    if "html" not in response.header("content-type"):
        return Judged(nothing, n_bytes, "no html")
    try:
        row = row_of(answer)
    except Unreadable:
        return Judged(nothing, n_bytes, "unreadable")
    return Judged(row, n_bytes, "soft error" if SOFT_ERROR.search(row["title"]) else "")


def _take(page: Judged, rules: Rules, found: dict[str, Row], report: Counter[str]) -> None:
    """Adds a page to the rows found so far, or to the report's reasons."""
    url, reason = page.row["url"], page.reason or _unwanted(page.row, rules)
    report.update({"answers": 1, "bytes": page.n_bytes})
    if reason or url in found:
        report[reason or "same address"] += 1
    else:
        found[url] = page.row | {"label": rules.label(url)}


def _unwanted(row: Row, rules: Rules) -> str:
    """Why the rules leave a row out; empty if they do not."""
    if rules.languages and row["lang"] not in rules.languages:
        return "language"
    return next(iter(failed_rules(row["text"])), "") if rules.quality else ""


def _judge_all(answers: Iterable[Fetched], executor: Executor | None) -> Iterator[list[Judged]]:
    """What all answers give, batch by batch in their order."""
    if executor is None:
        yield from map(judge, _batches(answers))
        return
    jobs: deque[Future[list[Judged]]] = deque()
    for batch in _batches(answers):
        jobs.append(executor.submit(judge, batch))
        if len(jobs) >= UNDER_WAY:
            yield jobs.popleft().result()
    while jobs:
        yield jobs.popleft().result()


def _batches(answers: Iterable[Fetched]) -> Iterator[list[Fetched]]:
    source = iter(answers)
    while batch := list(islice(source, BATCH)):
        yield batch
