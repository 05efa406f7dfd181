"""Whose turn it is: one request at a time per host, a pause after each, so many in all.

A crawler with a thousand nodes could drown a small site in a second. The rule that prevents it
looks at hosts, not at nodes: the next request to a host starts when the one before it has *ended*
and the host's pause is over. A slow server is thereby asked more rarely, without anybody measuring
it. Waiting requests keep their order within a host; a host that pauses does not hold up others.

`schedule` states the rule on numbers (the suite `grass.politeness`); `Turns` keeps it in a running
crawl. Times are milliseconds in `schedule`, seconds in `Turns`, as asyncio has them.
"""

import asyncio
import heapq
import math
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Request:
    """A request that may start at `arrive_ms` and will last `takes_ms`."""

    host: str
    arrive_ms: int
    takes_ms: int


@dataclass(frozen=True)
class Pauses:
    """Pause after a request, in the unit of whoever asks, by host; `default` for all others."""

    by_host: Mapping[str, float] = field(default_factory=dict)
    default: float = 0

    def after(self, host: str) -> float:
        """The host's pause."""
        return self.by_host.get(host, self.default)


class Clock(Protocol):
    """Time as a crawl sees it; tests bring one that jumps."""

    def now_s(self) -> float:
        """Seconds since 1970."""

    async def sleep(self, seconds: float) -> None:
        """Comes back after that time."""


class WallClock:
    """The machine's own time."""

    def now_s(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Comes back after that time."""
        await asyncio.sleep(seconds)


def schedule(requests: Sequence[Request], pauses: Pauses, parallel: int) -> list[int]:
    """When each request starts, in milliseconds.

    At every instant the list is gone through in order: the first waiting request of each host
    starts if it has arrived, the host's pause is over, and fewer than `parallel` are running.

    Raises:
        ValueError: if `parallel` is below 1: nothing would ever start.

    >>> schedule([Request("a", 0, 10), Request("a", 0, 10)], Pauses(default=100), 2)
    [0, 110]
    """
    if parallel < 1:
        raise ValueError(f"parallel is {parallel}, must be at least 1")
    start = [-1] * len(requests)
    ready: dict[str, float] = {}  # host -> when its pause is over
    running: list[int] = []  # ends of requests under way
    instants = sorted({request.arrive_ms for request in requests})
    while instants:
        now = heapq.heappop(instants)
        running = [end for end in running if end > now]
        room = parallel - len(running)
        for at in _startable(requests, start, ready, now)[:room]:
            request = requests[at]
            start[at], end = now, now + request.takes_ms
            running.append(end)
            ready[request.host] = end + pauses.after(request.host)
            heapq.heappush(instants, end)
            heapq.heappush(instants, math.ceil(ready[request.host]))
    return start


def _startable(
    requests: Sequence[Request], start: Sequence[int], ready: Mapping[str, float], now: int
) -> list[int]:
    """Places of the first waiting request of each host that may start now, in order."""
    first: dict[str, int] = {}
    for at, request in enumerate(requests):
        if start[at] < 0:
            first.setdefault(request.host, at)
    return [
        at
        for host, at in first.items()
        if requests[at].arrive_ms <= now and ready.get(host, now) <= now
    ]


class Turns:
    """Turns of a running crawl: `async with turns.at(host):` holds one."""

    def __init__(self, pauses: Pauses, parallel: int, clock: Clock) -> None:
        self._pauses, self._clock = pauses, clock
        self._slots = asyncio.Semaphore(parallel)
        self._queues: dict[str, asyncio.Lock] = {}
        self._ready_s: dict[str, float] = {}

    @asynccontextmanager
    async def at(self, host: str, pause_s: float = 0) -> AsyncIterator[None]:
        """A turn at a host, with the longer of its own pause and `pause_s` after it."""
        async with self._queues.setdefault(host, asyncio.Lock()):
            await self._wait_for(host)
            async with self._slots:
                try:
                    yield
                finally:
                    pause = max(pause_s, self._pauses.after(host))
                    self._ready_s[host] = self._clock.now_s() + pause

    async def _wait_for(self, host: str) -> None:
        left = self._ready_s.get(host, 0.0) - self._clock.now_s()
        if left > 0:
            await self._clock.sleep(left)
