"""A validator: asks for pages, checks what comes, writes the receipts' fate into its book.

It fetches every page through several nodes, takes the body on which most neighbourhoods agree, and
then has each node that delivered it write a receipt: paid is only what equals the validator's own
count. It remembers how every node served; that is what routing and rewards go by. `fetch` is all
that a crawler needs of the network.
"""

import asyncio
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from aicrypto.crawl.incentives import Candidate, Service, Standing, standing
from aicrypto.crawl.metering import Book, Copy, Job, Receipt, compare, decide, sign_receipt
from aicrypto.crawl.network.channel import MALFORMED, Channel, Json, Unanswered
from aicrypto.crawl.network.dealing import Dealer
from aicrypto.crawl.network.delivery import (
    Delivered,
    Listed,
    derived_session,
    fetched,
    is_page,
    listed,
)
from aicrypto.crawl.network.router import CLOCK_SLACK_MS
from aicrypto.crawl.network.wallet import SignedReceipt, payload
from aicrypto.crawl.pages import Fetched
from aicrypto.crawl.signing import public_key

# The real weights are unpublished; these are the course's.
WEIGHTS = {"completeness": 0.3, "consistency": 0.4, "timeliness": 0.2, "availability": 0.1}
REFRESH_EVERY_S, REFRESH_EVERY = 1.0, 32  # seconds, or pages, between two looks at the lists
FORGET_EVERY = 1024  # receipts between two clearings of the book
FORGET_AFTER_MS = 600_000
SETTLE_TIMEOUT_S = 30.0

OnReceipt = Callable[[bytes, dict[str, bytes]], None]


@dataclass(frozen=True)
class Terms:
    """How a validator works.

    Attributes:
        copies: nodes that fetch each page.
        min_votes: neighbourhoods that must have answered.
        newcomer_points: reputation of a node until it has served `newcomer_sessions` times.
        max_bps: a rate in bits per second that no line here can exceed.
    """

    copies: int = 3
    min_votes: int = 2
    timeout_s: float = 30.0
    target_ms: int = 2_000
    window_s: int = 86_400
    min_reputation: int = 25
    newcomer_points: int = 50
    newcomer_sessions: int = 3
    max_bps: int = 10**12
    weights: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))


@dataclass
class History:
    """How one node has served: its last sessions, and the fate of all its receipts."""

    services: deque[Service] = field(default_factory=lambda: deque(maxlen=500))
    verdicts: Counter[str] = field(default_factory=Counter)


class Validator:
    """One validator.

    Attributes:
        book: jobs, accepted receipts and totals.
        histories: by node key.
    """

    def __init__(
        self,
        seed: bytes,
        channels: Sequence[Channel],
        terms: Terms | None = None,
        *,
        on_receipt: OnReceipt | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.seed = seed
        self.key = public_key(seed)
        self.terms = terms or Terms()
        self.book = Book(self.terms.max_bps)
        self.histories: dict[bytes, History] = {}
        self.nodes: dict[bytes, Listed] = {}
        self._channels = list(channels)
        self._clock = clock
        self._on_receipt = on_receipt
        self._dealer = Dealer(self.terms.min_reputation)
        self._last_receipts: dict[bytes, SignedReceipt] = {}
        self._turns: dict[bytes, asyncio.Lock] = {}
        self._settling: set[asyncio.Task[str]] = set()
        self._candidates: list[Candidate] = []
        self._n_pages = self._n_settled = 0
        self._refreshed_s = 0.0

    def load(self, receipts: Sequence[SignedReceipt]) -> None:
        """Take over receipts that were accepted before, in order."""
        self.book.load(data for data, _ in receipts)
        self._last_receipts |= {Receipt.from_bytes(data).node: (data, s) for data, s in receipts}

    async def refresh(self) -> None:
        """Asks all routers for their nodes, and weighs how they have served.

        Raises:
            Unanswered: if a router does not answer, or its answer is no list of nodes.
        """
        nodes: dict[bytes, Listed] = {}
        for channel in self._channels:
            answer = await channel.ask("NODES", {}, self.terms.timeout_s)
            try:
                nodes |= {node.key: node for node in listed(answer, channel)}
            except MALFORMED as error:
                raise Unanswered(f"NODES: {type(error).__name__}: {error}") from None
        self.nodes, self._refreshed_s = nodes, self._clock()
        ranked = sorted(nodes.values(), key=lambda node: node.browser_id)
        self._candidates = [Candidate(n.key.hex(), n.geo, self.points(n), True) for n in ranked]

    async def fetch(self, url: str, session: str) -> Fetched:
        """The page on which its copies agree, redirects not followed; `session` is a UUID.

        The record names the first node whose copy is right and whose receipt is accepted: no page
        without a receipt. The other copies are settled in the meantime, under derived sessions.

        Raises:
            OSError: if too few copies came, they do not agree, or no node writes a true receipt.
        """
        chosen = await self.choose(self.terms.copies)
        copies = await asyncio.gather(*(self.ask(node, url) for node in chosen))
        ballots = [Copy(c.node.key.hex(), c.node.ip, c.vote) for c in copies]
        verdict = decide(ballots, self.terms.min_votes)
        if verdict.status != "ok":
            raise OSError(f"{url}: {len(copies)} copies, verdict {verdict.status}")
        agreed = [copy for copy in copies if copy.vote == verdict.accepted]
        self.note(copies, agreed[0])
        first = await self._first_true(agreed, session)
        if first is None:
            raise OSError(f"{url}: {len(agreed)} copies, and no receipt that is true")
        return fetched(agreed[first], session, self.key)

    async def ask(self, node: Listed, url: str, request: Json | None = None) -> Delivered:
        """What one node gives for a request, by default a plain GET."""
        request = request or {"method": "GET", "url": url, "headers": {}}
        asked = {"node": node.key.hex(), "request": request, "timeout_s": self.terms.timeout_s}
        start_ms, given = self.now_ms(), None
        with suppress(Unanswered):
            given = await node.channel.ask("FETCH", asked, 2 * self.terms.timeout_s)
        told: Json = given if isinstance(given, dict) else {}  # a router may say anything
        result = told.get("result")
        usable = is_page(request, result)
        transfer = told.get("transfer", "")
        now_ms = self.now_ms()
        return Delivered(node, request, transfer, result if usable else None, start_ms, now_ms)

    async def settle(self, copy: Delivered, session: str) -> str:
        """The verdict on a delivery's receipt, under this session."""
        key = uuid.UUID(session).bytes
        async with self._turns.setdefault(copy.node.key, asyncio.Lock()):  # a chain has one end
            self.book.jobs[key] = self._job(copy, key)
            try:
                verdict = await self._exchange(copy, self.book.jobs[key])
            except (Unanswered, *MALFORMED):
                verdict = "NoReceipt"
        self.history(copy.node.key).verdicts[verdict] += 1
        self._n_settled += 1
        if self._n_settled % FORGET_EVERY == 0:
            self.book.forget(self.now_ms() - FORGET_AFTER_MS)
        return verdict

    def settle_later(self, copy: Delivered, session: str) -> None:
        """Begin to settle a delivery; `settled` waits for the end."""
        task = asyncio.ensure_future(self.settle(copy, session))
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def settled(self) -> None:
        """Waits until every receipt has met its fate."""
        while self._settling:
            await asyncio.gather(*self._settling)

    def history(self, node: bytes) -> History:
        """A node's history, empty if it is new."""
        return self.histories.setdefault(node, History())

    def standing(self, node: Listed) -> Standing:
        """How well a node has served."""
        window_s = min(self.terms.window_s, max(node.known_s, node.live_s, 1e-9))
        services = list(self.history(node.key).services)
        terms = self.terms
        return standing(terms.weights, services, terms.target_ms, node.live_s, window_s)

    def points(self, node: Listed) -> int:
        """A node's reputation in whole points."""
        if len(self.history(node.key).services) < self.terms.newcomer_sessions:
            return self.terms.newcomer_points
        return self.standing(node).points

    async def _first_true(self, agreed: Sequence[Delivered], session: str) -> int | None:
        """Which of the right copies is the first with a true receipt; later ones follow later."""
        unused = self._unused(session)
        current = next(unused)
        for i, copy in enumerate(agreed):
            if await self.settle(copy, current) == "ok":
                for other in agreed[i + 1 :]:
                    self.settle_later(other, next(unused))
                return i
        return None

    def _unused(self, session: str) -> Iterator[str]:
        """The session and those derived from it, without those that were paid for already.

        A page that was paid for but not archived, because the validator died in between, is
        fetched again under its old session.
        """
        for n in count():
            derived = derived_session(session, n)
            if uuid.UUID(derived).bytes not in self.book.accepted:
                yield derived

    async def _exchange(self, copy: Delivered, job: Job) -> str:
        """The receipt's verdict; an accepted one goes back to its node with all signatures."""
        asked = {"node": job.node.hex(), "transfer": copy.transfer}
        asked |= {"session": job.session.hex(), "validator": self.key.hex()}
        given = await copy.node.channel.ask("SETTLE", asked, SETTLE_TIMEOUT_S)
        data = bytes.fromhex(given["receipt"])
        signatures = {party: bytes.fromhex(s) for party, s in given["signatures"].items()}
        signatures["validator"] = sign_receipt(data, "validator", self.seed)
        verdict = self.book.accept(data, signatures)
        if verdict == "BadSignature:router":  # the router refused: say what is wrong, if we see it
            difference = compare(Receipt.from_bytes(data), job)
            return verdict if difference == "ok" else difference
        if verdict == "ok":
            self._last_receipts[job.node] = data, signatures
            if self._on_receipt is not None:
                self._on_receipt(data, signatures)
        if verdict in ("ok", "BrokenChain"):
            await self._give_back(copy.node)
        return verdict

    async def _give_back(self, node: Listed) -> None:
        """Sends a node its last receipt with all signatures, again if it may have missed it."""
        if node.key in self._last_receipts:
            data, signatures = self._last_receipts[node.key]
            done: Json = {"node": node.key.hex(), "receipt": data.hex()}
            done["signatures"] = {party: s.hex() for party, s in signatures.items()}
            with suppress(Unanswered):  # it is accepted all the same
                await node.channel.ask("COUNTERSIGNED", done, SETTLE_TIMEOUT_S)

    def _job(self, copy: Delivered, session: bytes) -> Job:
        early, late = copy.start_ms - CLOCK_SLACK_MS, copy.end_ms + CLOCK_SLACK_MS
        parties = (copy.node.key, copy.node.router, self.key)
        return Job(session, *parties, early, late, *payload(copy.request, copy.result))

    def note(self, copies: Sequence[Delivered], accepted: Delivered) -> None:
        """Remember how the nodes served whose copies were compared with the accepted one."""
        for copy in copies:
            agreed, latency_ms = copy.vote == accepted.vote, copy.end_ms - copy.start_ms
            service = Service(accepted.n_bytes, copy.n_bytes, agreed, latency_ms)
            self.history(copy.node.key).services.append(service)

    async def choose(self, copies: int) -> list[Listed]:
        """Nodes for one page, by a list that is not too old."""
        old = self._clock() - self._refreshed_s > REFRESH_EVERY_S
        if old or self._n_pages % REFRESH_EVERY == 0:
            await self.refresh()
        self._n_pages += 1
        ips = {node.key.hex(): node.ip for node in self.nodes.values()}
        chosen = self._dealer.choose(self._candidates, ips, copies)
        return [self.nodes[bytes.fromhex(key)] for key in chosen]

    def now_ms(self) -> int:
        """The clock, in ms since 1970."""
        return int(self._clock() * 1000)
