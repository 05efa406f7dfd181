"""The job store: what became of every job that came over the web, and how often containers failed.

A job belongs to the address that posted it; only from there it is listed and read, as in the
deployed node. States are `running`, `success` and `failed`. Of jobs that are done only the newest
are kept, so that strangers cannot fill the memory.

Source: ritual-net/infernet-node@2374862, store.py.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from aicrypto.ritual.node.containers import Result

MAX_KEPT = 10_000


class Status(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"


@dataclass(frozen=True)
class Entry:
    """A job, and what its containers gave so far; the last result is the job's own."""

    id: str
    ip: str
    status: Status
    results: tuple[Result, ...] = ()


@dataclass
class Store:
    """All jobs by owner and id, oldest first.

    Attributes:
        outcomes: how often each container succeeded or failed.
    """

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    outcomes: Counter[tuple[str, Status]] = field(default_factory=Counter)

    def put(self, job_id: str, ip: str, status: Status) -> None:
        """Note where a job stands; used for jobs that run elsewhere, and at each beginning."""
        known = self.entries.get((ip, job_id), Entry(job_id, ip, status))
        self.entries[ip, job_id] = replace(known, status=status)
        if len(self.entries) > MAX_KEPT:
            self._forget()

    def finish(self, job_id: str, ip: str, results: Sequence[Result]) -> Entry:
        """The job with its results; it has failed if the last of them is an error."""
        is_good = bool(results) and results[-1].output is not None
        status = Status.SUCCESS if is_good else Status.FAILED
        self.entries[ip, job_id] = Entry(job_id, ip, status, tuple(results))
        for one in results:
            good = one.output is not None
            self.outcomes[one.container, Status.SUCCESS if good else Status.FAILED] += 1
        return self.entries[ip, job_id]

    def _forget(self) -> None:
        """Drop the older half of the jobs that are done."""
        done = [key for key, one in self.entries.items() if one.status is not Status.RUNNING]
        for key in done[: len(done) // 2 + 1]:
            del self.entries[key]

    def get(self, job_id: str, ip: str) -> Entry | None:
        """A job of that address's; None if it has no such job."""
        return self.entries.get((ip, job_id))

    def ids(self, ip: str, pending: bool | None = None) -> list[str]:
        """Ids of an address's jobs: all, or those that run (True), or that are done (False)."""
        own = [entry for entry in list(self.entries.values()) if entry.ip == ip]
        return [
            entry.id
            for entry in own
            if pending is None or pending == (entry.status is Status.RUNNING)
        ]

    @property
    def n_running(self) -> int:
        """How many jobs are under way."""
        return sum(entry.status is Status.RUNNING for entry in list(self.entries.values()))
