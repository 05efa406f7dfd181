"""A crawl on disk: what is waiting, what was fetched, and nothing half-written.

Two files. `pages.warc` holds the answers, one WARC record after another; `index.sqlite` holds the
queue of addresses, the session records with the place of their answer, and the robots rules. A page
counts once the database says so: its record is appended first, then one transaction marks the
address as done, adds the session and the page's links. Killed in between, the next opening cuts the
file back to what the database knows. So a resumed crawl neither loses nor doubles a page, and
because addresses are taken and links added in one order, it visits the same ones.

Memory does not grow with the crawl: bodies and addresses are on disk.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from aicrypto.crawl.pages import warc
from aicrypto.crawl.pages.fetching import Fetched

WAITING, DONE, REFUSED = 0, 1, 2
SCHEMA = """
CREATE TABLE IF NOT EXISTS queue(
    place INTEGER PRIMARY KEY, url TEXT UNIQUE NOT NULL, label TEXT NOT NULL,
    hops INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS queue_label ON queue(label);
CREATE INDEX IF NOT EXISTS queue_state ON queue(state, place);
CREATE TABLE IF NOT EXISTS record(
    number INTEGER PRIMARY KEY, place INTEGER UNIQUE NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, session TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS robots(
    site TEXT PRIMARY KEY, fetched_s REAL NOT NULL, statuses TEXT NOT NULL, body TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Entry:
    """An address in the queue: its place, and how many redirects led to it."""

    place: int
    url: str
    hops: int


@dataclass(frozen=True)
class Link:
    """An address to queue: its label, of which there may be a limited number, and its hops."""

    url: str
    label: str
    hops: int = 0


@dataclass(frozen=True)
class RobotsAnswer:
    """What a site said about /robots.txt: status of each hop, body of the last, and when."""

    fetched_s: float
    statuses: tuple[int | None, ...]
    body: str


class Archive:
    """The archive in a folder, for one crawl at a time; a context manager.

    Raises:
        OSError: if the folder cannot be written, or another process has it open.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._warc = (folder / "pages.warc").open("a+b")
        self._db = sqlite3.connect(folder / "index.sqlite", timeout=0)
        try:
            self._db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript("BEGIN EXCLUSIVE;" + SCHEMA + "COMMIT;")
            self._agree()
        except sqlite3.OperationalError as error:
            self.close()
            raise OSError(f"archive {str(folder)!r} cannot be used: {error}") from None

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of both files."""
        self._db.close()
        self._warc.close()

    def __len__(self) -> int:
        """How many answers are archived."""
        return int(self._one("SELECT count(*) FROM record"))

    def queue(self, links: Iterable[Link], max_per_label: int | None = None) -> None:
        """Adds addresses that are new, as many of a label as allowed."""
        with self._db:
            self._queue(links, max_per_label)

    def waiting(self, after: int, limit: int) -> list[Entry]:
        """The next addresses behind a place, oldest first."""
        found = self._db.execute(
            "SELECT place, url, hops FROM queue WHERE state=? AND place>? ORDER BY place LIMIT ?",
            (WAITING, after, limit),
        )
        return [Entry(*line) for line in found]

    def add(
        self,
        entry: Entry,
        fetched: Fetched,
        links: Iterable[Link] = (),
        max_per_label: int | None = None,
    ) -> None:
        """Archives an answer, with the links found in it: all of it or, if interrupted, nothing.

        Raises:
            OSError: if the disk is full; the archive is then as it was.
        """
        start, stop = self._append(fetched)
        with self._db:
            self._db.execute("UPDATE queue SET state=? WHERE place=?", (DONE, entry.place))
            self._db.execute(
                "INSERT INTO record(place, start, stop, session) VALUES (?, ?, ?, ?)",
                (entry.place, start, stop, json.dumps(fetched.session)),
            )
            self._queue(links, max_per_label)

    def refuse(self, entry: Entry, reason: str) -> None:
        """Notes that an address brought nothing, and why."""
        with self._db:
            self._db.execute(
                "UPDATE queue SET state=?, reason=? WHERE place=?", (REFUSED, reason, entry.place)
            )

    def turn_away(self, url: str, reason: str) -> None:
        """Notes an address that is never to be asked; it counts for no label."""
        with self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO queue(url, label, hops, state, reason)"
                " VALUES (?, '', 0, ?, ?)",
                (url, REFUSED, reason),
            )

    def refused(self) -> dict[str, str]:
        """Reason by address."""
        found = self._db.execute("SELECT url, reason FROM queue WHERE state=?", (REFUSED,))
        return dict(found.fetchall())

    def sessions(self) -> Iterator[dict[str, Any]]:
        """All session records in the order in which they were archived: the ledger's leaves."""
        for (session,) in self._db.execute("SELECT session FROM record ORDER BY number"):
            yield json.loads(session)

    def captures(self) -> Iterator[Fetched]:
        """All answers with their sessions, in that order, read one at a time."""
        places = self._db.execute("SELECT start, session FROM record ORDER BY number")
        for start, session in places:
            self._warc.seek(start)
            yield Fetched(warc.read(self._warc), json.loads(session))

    def robots(self, site: str) -> RobotsAnswer | None:
        """What the site last said, if it was asked."""
        found = self._db.execute(
            "SELECT fetched_s, statuses, body FROM robots WHERE site=?", (site,)
        ).fetchone()
        return RobotsAnswer(found[0], tuple(json.loads(found[1])), found[2]) if found else None

    def keep_robots(self, site: str, answer: RobotsAnswer) -> None:
        """Notes what the site says."""
        line = site, answer.fetched_s, json.dumps(answer.statuses), answer.body
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?)", line)

    def _agree(self) -> None:
        """Makes both files agree after an interruption, whichever of them knows more.

        A power cut can lose the end of the file after the database was told: its pages wait again.
        """
        size = self._warc.seek(0, 2)
        with self._db:
            self._db.execute(
                "UPDATE queue SET state=? WHERE place IN (SELECT place FROM record WHERE stop>?)",
                (WAITING, size),
            )
            self._db.execute("DELETE FROM record WHERE stop>?", (size,))
        self._warc.truncate(int(self._one("SELECT coalesce(max(stop), 0) FROM record")))

    def _append(self, fetched: Fetched) -> tuple[int, int]:
        """Where the answer's record stands in the file."""
        session = fetched.session
        date = datetime.fromtimestamp(session["ts"] / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        data = warc.record(fetched.response, date, session["session"]).data
        start = self._warc.seek(0, 2)
        try:
            self._warc.write(data)
            self._warc.flush()
        except OSError:
            self._warc.truncate(start)
            raise
        return start, start + len(data)

    def _queue(self, links: Iterable[Link], max_per_label: int | None) -> None:
        for link in links:
            if max_per_label is not None and self._count(link.label, max_per_label):
                continue
            self._db.execute(
                "INSERT OR IGNORE INTO queue(url, label, hops, state, reason)"
                " VALUES (?, ?, ?, ?, '')",
                (link.url, link.label, link.hops, WAITING),
            )

    def _count(self, label: str, limit: int) -> bool:
        """Whether a label has reached its limit."""
        some = "SELECT count(*) FROM (SELECT 1 FROM queue WHERE label=? LIMIT ?)"
        return int(self._one(some, (label, limit))) >= limit

    def _one(self, query: str, values: Sequence[object] = ()) -> Any:
        return self._db.execute(query, values).fetchone()[0]
