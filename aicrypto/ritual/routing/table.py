"""The routing table: every way to get a job done, and why one was taken and the others not.

A job says what is to be done in which room, how much hangs on it, what it may cost, and how long it
can wait. The cheapest way that fits is taken; every row says why it was not, so that a buyer can
see what patience or money would change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.ritual.routing.ways import Economy, Effort, Quote, Way, quote

ETHER = 10**18
DAY_S, HOUR_S = 86_400, 3_600
TAKEN = "taken"
IMPOSSIBLE = {
    Way.PROOF: "nobody can prove this work",
    Way.OPTIMISTIC: "no referee can settle a quarrel about it",
    Way.SAMPLING: "done again it gives other bytes",
    Way.COMMITTEE: "done again it gives other bytes",
}


class NoRoute(ValueError):
    """A job that no way fits; the table says why."""


@dataclass(frozen=True)
class Job:
    """One job description, for all rooms.

    Attributes:
        room: who can do it: a name such as "sql".
        data: the input, as that room reads it.
        value_wei: what a false answer would bring whoever gives it.
        budget_wei: what it may cost.
        deadline_s: how long it can wait.
    """

    room: str
    data: bytes
    value_wei: int
    budget_wei: int
    deadline_s: float


@dataclass(frozen=True)
class Row:
    """One way for a job: its quote, if it is possible, and what became of it."""

    way: Way
    quote: Quote | None
    reason: str

    @property
    def is_taken(self) -> bool:
        """Whether this is the way."""
        return self.reason == TAKEN


def routing_table(job: Job, efforts: Mapping[str, Effort], economy: Economy) -> list[Row]:
    """All ways for a job, the taken one first, then by price; no row is taken if none fits.

    Raises:
        ValueError: if there is no such room.
    """
    if job.room not in efforts:
        raise ValueError(f"room is {job.room!r}, must be one of {sorted(efforts)}")
    offers = {way: quote(way, efforts[job.room], economy, job.value_wei) for way in Way}
    fitting = [one for one in offers.values() if one is not None and not _flaw(one, job)]
    best = min(fitting, key=lambda one: one.total_wei, default=None)
    rows = [Row(way, offer, _reason(way, offer, best, job)) for way, offer in offers.items()]
    return sorted(rows, key=_place)


def taken(rows: Sequence[Row]) -> Quote:
    """The quote of the way that was taken.

    Raises:
        NoRoute: with every way's reason, if none was.
    """
    for row in rows:
        if row.is_taken and row.quote is not None:
            return row.quote
    raise NoRoute("; ".join(f"{row.way}: {row.reason}" for row in rows))


def _place(row: Row) -> tuple[bool, bool, int]:
    return not row.is_taken, row.quote is None, row.quote.total_wei if row.quote else 0


def _flaw(offer: Quote, job: Job) -> str:
    if offer.latency_s > job.deadline_s:
        return f"takes {_span(offer.latency_s)}, the job waits {_span(job.deadline_s)}"
    if offer.price_wei > job.budget_wei:
        return f"costs {_ether(offer.price_wei)}, the job pays {_ether(job.budget_wei)}"
    return ""


def _reason(way: Way, offer: Quote | None, best: Quote | None, job: Job) -> str:
    if offer is None:
        return IMPOSSIBLE[way]
    flaw = _flaw(offer, job)
    if flaw or best is None:
        return flaw
    if offer is best:
        return TAKEN
    return f"costs {_ether(offer.total_wei)} with its risk, {best.way} {_ether(best.total_wei)}"


def _ether(wei: int) -> str:
    return f"{wei / ETHER:.2g} ETH"


def _span(seconds: float) -> str:
    if seconds >= DAY_S:
        return f"{seconds / DAY_S:.3g} days"
    return f"{seconds / HOUR_S:.3g} hours" if seconds >= HOUR_S else f"{seconds:.3g} s"
