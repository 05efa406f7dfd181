"""The crawl: from some addresses to all pages behind them, politely, and resumable at any point.

Addresses are taken in the order in which they were found. Several are fetched at once, but answers
are archived, and their links queued, in the order of the queue: which pages a crawl visits does not
depend on who answers first. Only sites that were named are asked, only what their robots.txt allows
to us, one request per host at a time with its pause. A failing server is asked again, each time
later; a redirect is an answer like any other, whose target is queued.

How a page is brought is the caller's: `fetch` is one hop, through a network of nodes or directly.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicrypto.crawl.pages.archive import Archive, Entry, Link, RobotsAnswer
from aicrypto.crawl.pages.cleaning import Unreadable, decode, links_of
from aicrypto.crawl.pages.fetching import Fetch, Fetched, Refused
from aicrypto.crawl.pages.politeness import Clock, Pauses, Turns, WallClock
from aicrypto.crawl.pages.robots import CACHE_S, MAX_REDIRECTS, Robots, rules_after
from aicrypto.crawl.pages.url import normalise, path_of, site_of
from aicrypto.crawl.pages.warc import Response

REDIRECTS = (301, 302, 303, 307, 308)
COME_BACK_LATER = (429, 502, 503, 504)  # never archived
MAX_RETRY_AFTER_S = 60
ATTEMPTS = 3
MAX_DELAY_S = 60.0  # a site that asks for a longer pause gets this one
WINDOW = 32  # addresses under way, finished or not


def topic_of(url: str) -> str:
    """A page's topic: first folder of its path, or first dotted part of its name.

    >>> topic_of("http://host/asyncio.locks.html"), topic_of("http://host/blog/today.html")
    ('asyncio', 'blog')
    """
    path = path_of(url).partition("?")[0]
    return path.strip("/").split("/")[0].split(".")[0]


@dataclass(frozen=True)
class Policy:
    """What a crawl may do.

    Attributes:
        sites: scheme and authority of the sites to ask; all others are never asked.
        agent: our product token in robots.txt.
        admits: whether an allowed address is wanted at all.
        label: an address's label, of which at most `max_per_label` are visited.
        max_pages: answers after which the crawl ends.
        parallel: requests at a time over all hosts; `pause_s` after each request to a host.
        backoff_s: how long a failing server is left alone, doubled with each attempt.
        seed: session ids follow from it and the address, so that a repeated crawl has the same.
    """

    sites: frozenset[str]
    agent: str = "aicrypto-course"
    admits: Callable[[str], bool] = lambda url: True
    label: Callable[[str], str] = topic_of
    max_per_label: int | None = None
    max_pages: int = 1_000_000
    parallel: int = 16
    pause_s: float = 0
    backoff_s: float = 1.0
    seed: int = 0

    def session_of(self, url: str, attempt: int = 0) -> str:
        """The id of the session that fetches an address, another one for every attempt."""
        again = f"#{attempt}" if attempt else ""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.seed}:{url}{again}"))


@dataclass(frozen=True)
class Missing:
    """An address that brought nothing, and why."""

    reason: str


async def crawl(
    seeds: Iterable[str],
    fetch: Fetch,
    archive: Archive,
    policy: Policy,
    clock: Clock | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """The number of answers in the archive once there is nothing left to ask.

    An archive with a part of the crawl in it is continued.

    Raises:
        ValueError: if a seed is no http(s) address.
        OSError: if the archive cannot be written.
    """
    run = _Crawl(fetch, archive, policy, clock or WallClock())
    await run.queue(Link(normalise(seed), policy.label(normalise(seed))) for seed in seeds)
    window: deque[tuple[Entry, asyncio.Task[Fetched | Missing]]] = deque()
    place, done = 0, len(archive)
    try:
        while True:
            room = min(WINDOW, policy.max_pages - done) - len(window)
            for entry in archive.waiting(place, max(0, room)):
                window.append((entry, asyncio.create_task(run.outcome(entry.url))))
                place = entry.place
            if not window:
                return done
            entry, task = window.popleft()
            await run.keep(entry, await task)
            done = len(archive)
            progress(done, policy.max_pages)
    finally:
        for _, task in window:
            task.cancel()


class _Crawl:
    """One crawl under way."""

    def __init__(self, fetch: Fetch, archive: Archive, policy: Policy, clock: Clock) -> None:
        self._fetch, self._archive, self._policy, self._clock = fetch, archive, policy, clock
        self._turns = Turns(Pauses(default=policy.pause_s), policy.parallel, clock)
        self._robots: dict[str, tuple[float, Robots]] = {}

    async def queue(self, links: Iterable[Link]) -> None:
        """Queues addresses that may be asked."""
        allowed = [link for link in links if await self._may_ask(link.url)]
        self._archive.queue(allowed, self._policy.max_per_label)

    async def keep(self, entry: Entry, outcome: Fetched | Missing) -> None:
        """Archives an answer with its links, or the reason why there is none."""
        if isinstance(outcome, Missing):
            self._archive.refuse(entry, outcome.reason)
            return
        found = [link for link in self._links(entry, outcome) if await self._may_ask(link.url)]
        self._archive.add(entry, outcome, found, self._policy.max_per_label)

    async def outcome(self, url: str) -> Fetched | Missing:
        """The answer at an address, asked for up to `ATTEMPTS` times."""
        site, why = site_of(url), "never asked"
        for attempt in range(ATTEMPTS):
            pause = self._policy.backoff_s * 2**attempt
            try:
                async with self._turns.at(site, self._delay_s(site)):
                    fetched = await self._fetch(url, self._policy.session_of(url, attempt))
                if fetched.response.status not in COME_BACK_LATER:
                    return fetched
                why = f"status {fetched.response.status}"
                pause = _retry_after_s(fetched.response) or pause
            except Refused as refusal:
                return Missing(f"{type(refusal).__name__}: {refusal}")
            except OSError as error:
                why = f"{type(error).__name__}: {error}"
            if attempt + 1 < ATTEMPTS:
                await self._clock.sleep(pause)
        return Missing(why)

    def _links(self, entry: Entry, fetched: Fetched) -> list[Link]:
        """Where an answer leads: a redirect's target, a page's links."""
        answer, label = fetched.response, self._policy.label
        if answer.status not in REDIRECTS:
            return [Link(url, label(url)) for url in _links_in(answer)]
        if entry.hops >= MAX_REDIRECTS:
            return []
        return [Link(url, label(url), entry.hops + 1) for url in _target(answer)]

    async def _may_ask(self, url: str) -> bool:
        """Whether an address is of a named site, wanted, and allowed to us; robots' no is noted."""
        site = site_of(url)
        if site not in self._policy.sites or not self._policy.admits(url):
            return False
        robots = await self._robots_of(site)
        allowed = robots.allows(self._policy.agent, url)
        if not allowed:
            self._archive.turn_away(url, "robots.txt")
        return allowed

    def _delay_s(self, site: str) -> float:
        known = self._robots.get(site)
        asked = known[1].delay_s(self._policy.agent) if known else None
        return min(asked or 0.0, MAX_DELAY_S)

    async def _robots_of(self, site: str) -> Robots:
        """The site's rules, not older than a day, also those of an earlier run."""
        now = self._clock.now_s()
        known = self._robots.get(site)
        if known and now - known[0] < CACHE_S:
            return known[1]
        answer = self._archive.robots(site)
        if answer is None or now - answer.fetched_s >= CACHE_S:
            answer = await self._ask_for_robots(site)
            self._archive.keep_robots(site, answer)
        rules = rules_after(answer.statuses, answer.body)
        self._robots[site] = answer.fetched_s, rules
        return rules

    async def _ask_for_robots(self, site: str) -> RobotsAnswer:
        """What the site says, after up to `MAX_REDIRECTS` redirects."""
        url, statuses = f"{site}/robots.txt", list[int | None]()
        body = ""
        while len(statuses) <= MAX_REDIRECTS:
            outcome = await self.outcome(url)
            if isinstance(outcome, Missing):
                statuses.append(None)
                break
            statuses.append(outcome.response.status)
            body = outcome.response.body.decode("utf-8", "replace")
            targets = _target(outcome.response)
            if outcome.response.status not in REDIRECTS or not targets:
                break
            url = targets[0]
        return RobotsAnswer(self._clock.now_s(), tuple(statuses), body)


def _target(answer: Response) -> list[str]:
    """Where a redirect leads, if to an http(s) address."""
    try:
        return [normalise(answer.header("location"), answer.url)]
    except ValueError:
        return []


def _links_in(answer: Response) -> tuple[str, ...]:
    """The links of an answer that is a page."""
    kind = answer.header("content-type")
    if answer.status != 200 or "html" not in kind:
        return ()
    try:
        return links_of(decode(answer.body, kind), answer.url)
    except Unreadable:
        return ()


def _retry_after_s(answer: Response) -> float | None:
    """The pause that a server asks for, in seconds; a date is not read."""
    value = answer.header("retry-after")
    return min(float(value), MAX_RETRY_AFTER_S) if value.isdigit() else None
