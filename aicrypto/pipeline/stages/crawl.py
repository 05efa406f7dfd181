"""Stage 1, crawl: several nodes fetch a web site politely, and each signs what it fetched.

Every page is fetched by one node; one page in five also by a second one, whose copy must be the
same. Each node signs the Merkle root of its own records, so nobody can later add, drop or change a
page in its name.

Thin on purpose: the data-network room brings metered receipts signed by three parties, encrypted
sessions and reputation.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Evidence, Facts, Json, demand
from aicrypto.pipeline.stages.pages import Page, links_of, root_of, text_digest, topic_of
from aicrypto.pipeline.stages.site import TOPICS, documentation_site
from aicrypto.pipeline.state import State

NAME = "crawl"
AGENT = "aicrypto-course"
NODES = ("node-1", "node-2", "node-3", "node-4")
MAX_PAGES = 240
MAX_PER_TOPIC = 30
MAX_CHARS = 2_000_000
WITNESS_EVERY = 5
WAVE = 24  # pages fetched between two looks at the frontier
TIMEOUT_S = 30


@dataclass(frozen=True)
class Crawl:
    """All pages in the order in which they were found, and the second copies."""

    pages: tuple[Page, ...]
    witnesses: tuple[Page, ...]


class Frontier:
    """Addresses waiting: of one site, allowed by its robots.txt, few per topic, once each."""

    def __init__(self, site: str, robots: str, topics: frozenset[str]) -> None:
        self._origin = urlsplit(site)[:2]
        self._rules = Protego.parse(robots)
        self._topics = topics
        self._seen: set[str] = set()
        self._per_topic: Counter[str] = Counter()
        self._waiting: list[str] = []

    def allows(self, url: str) -> bool:
        """Whether the address is of this site and open to our agent."""
        return urlsplit(url)[:2] == self._origin and bool(self._rules.can_fetch(url, AGENT))

    def add(self, urls: list[str]) -> None:
        """Queues the new ones that are wanted."""
        for url in urls:
            topic = topic_of(url)
            wanted = not self._topics or topic in self._topics
            if url in self._seen or not wanted or not self.allows(url):
                continue
            self._seen.add(url)
            self._per_topic[topic] += 1
            if self._per_topic[topic] <= MAX_PER_TOPIC:
                self._waiting.append(url)

    def take(self, count: int) -> list[str]:
        """The next addresses, at most `count`, oldest first."""
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken


def run(state: State) -> State:
    """The state with a crawl of the site and its receipt.

    Raises:
        ValueError: if the site is no http(s) address.
        OSError: if it cannot be read.
    """
    site, topics = state.options.site, state.options.topics
    if site is not None:
        _check_address(site)
        return _publish(state, site, *asyncio.run(_crawl(site, [site], frozenset(topics), state)))
    topics = topics or TOPICS
    with documentation_site() as site:
        seeds = [f"{site}{topic}.html" for topic in topics]
        return _publish(state, site, *asyncio.run(_crawl(site, seeds, frozenset(topics), state)))


def _check_address(site: str) -> None:
    """ValueError unless the site is an address that a crawler can open."""
    try:
        parts = urlsplit(site)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"site {site!r} is no http:// or https:// address")


async def _crawl(
    site: str, seeds: list[str], topics: frozenset[str], state: State
) -> tuple[str, Crawl]:
    """The site's robots.txt and all pages, wave by wave; the order does not depend on timing."""
    rng, pages, witnesses = state.rng(NAME), list[Page](), list[Page]()
    headers = {"user-agent": AGENT}
    async with httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, headers=headers) as client:
        robots = await _robots(client, site)
        frontier = Frontier(site, robots, topics)
        frontier.add(seeds)
        while wave := frontier.take(min(WAVE, MAX_PAGES - len(pages))):
            shift = rng.randrange(len(NODES))
            jobs = [(url, NODES[(i + shift) % len(NODES)]) for i, url in enumerate(wave)]
            fetched = await _fetch_all(client, jobs)
            again = [(page.url, _another(page.node)) for page in fetched[::WITNESS_EVERY]]
            witnesses += await _fetch_all(client, again)
            pages += fetched
            state.progress(len(pages), MAX_PAGES)
            for page in fetched:
                frontier.add(links_of(page))
    if not pages:
        raise OSError(f"site {site!r}: no page could be read there, or robots.txt forbids it")
    return robots, Crawl(tuple(pages), tuple(witnesses))


def _another(node: str) -> str:
    """The node that checks on this one."""
    return NODES[(NODES.index(node) + 1) % len(NODES)]


async def _robots(client: httpx.AsyncClient, site: str) -> str:
    """The site's rules; empty (all allowed) if it has none, as RFC 9309 section 2.3.1.3 says.

    Raises:
        OSError: if the site does not answer at all, or with a server error.
    """
    try:
        answer = await client.get(urljoin(site, "/robots.txt"), follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"site {site!r} cannot be read: {error or type(error).__name__}") from None
    if answer.status_code >= 500:
        raise OSError(f"site {site!r} answers robots.txt with {answer.status_code}: not crawled")
    return answer.text if answer.is_success else ""


async def _fetch_all(client: httpx.AsyncClient, jobs: list[tuple[str, str]]) -> list[Page]:
    """The pages that could be read, in the order of the jobs; a node fetches one page at a time."""
    turns = {node: asyncio.Lock() for node in NODES}
    fetches = [_fetch(client, url, node, turns[node]) for url, node in jobs]
    return [page for page in await asyncio.gather(*fetches) if page is not None]


async def _fetch(client: httpx.AsyncClient, url: str, node: str, turn: asyncio.Lock) -> Page | None:
    """The page, if there is one at that address and it is not too long."""
    async with turn:
        try:
            answer = await client.get(url)
        except httpx.HTTPError:
            return None
    is_page = answer.is_success and "html" in answer.headers.get("content-type", "")
    return Page(url, node, answer.text) if is_page and len(answer.text) < MAX_CHARS else None


def _publish(state: State, site: str, robots: str, crawl: Crawl) -> State:
    pages = [asdict(page) for page in crawl.pages]
    nodes = {name: state.chain.account(name) for name in NODES}
    signatures = {name: nodes[name].sign(_statement(crawl.pages, name)).hex() for name in NODES}
    evidence = {
        "site": site,
        "robots": robots,
        "pages": pages,
        "witnesses": [
            {"url": page.url, "node": page.node, "text": text_digest(page)}
            for page in crawl.witnesses
        ],
        "signatures": signatures,
    }
    facts = {
        "root": root_of(crawl.pages).hex(),
        "nodes": {name: account.address for name, account in nodes.items()},
        "pages_by_node": _pages_by_node(crawl.pages),
        "n_pages": len(pages),
    }
    return state.publish(
        NAME,
        crawl,
        claim=f"{len(NODES)} nodes fetched {len(pages)} pages of {site}; robots.txt was obeyed",
        facts=facts,
        evidence=evidence,
        assumes="nodes sign only what they fetched; one page in five was fetched twice",
    )


def check(evidence: Json, facts: Facts, inputs: Evidence) -> None:
    """Pages are the site's and allowed; each node signed its records; second copies agree."""
    claimed = facts[NAME]
    pages = [Page(**page) for page in evidence["pages"]]
    frontier = Frontier(evidence["site"], evidence["robots"], frozenset())
    demand(all(frontier.allows(page.url) for page in pages), "a page is outside the site's rules")
    demand(root_of(pages).hex() == claimed["root"], "the records do not have the published root")
    demand(len(pages) == claimed["n_pages"], "another number of pages")
    demand(_pages_by_node(pages) == claimed["pages_by_node"], "another count of pages by node")
    demand(set(claimed["nodes"]) == set(NODES), "another set of nodes")
    for name, address in claimed["nodes"].items():
        signature = bytes.fromhex(evidence["signatures"][name])
        signer = recover_signer(_statement(pages, name), signature)
        demand(signer == address, f"{name} did not sign these records")
    first = {page.url: page for page in pages}
    demand(len(first) == len(pages), "a page is listed twice")
    enough = 2 * WITNESS_EVERY * len(evidence["witnesses"]) >= len(pages)
    demand(enough, "too few pages were fetched twice")
    for witness in evidence["witnesses"]:
        page = first[witness["url"]]
        demand(text_digest(page) == witness["text"], f"two copies of {page.url} differ")
        demand(
            page.node != witness["node"], f"{page.url} was witnessed by the node that fetched it"
        )


def _statement(pages: Iterable[Page], node: str) -> bytes:
    """What a node signs: the root of its own records."""
    return b"aicrypto.crawl.v1" + root_of(page for page in pages if page.node == node)


def _pages_by_node(pages: Iterable[Page]) -> dict[str, int]:
    counts = Counter(page.node for page in pages)
    return {name: counts[name] for name in NODES}
