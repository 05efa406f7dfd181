"""Stage 1, crawl: several nodes fetch a web site politely, and each signs what it fetched.

Every page is fetched by one node, one in five also by a second one, whose copy must hold the same
words. Each node signs the Merkle root of its own pages, so nobody can later add, drop or change a
page in its name.

Thin on purpose: the data-network room brings metered receipts signed by three parties, encrypted
sessions and reputation.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urljoin, urlsplit

import httpx
from protego import Protego

from aicrypto.commit.hashes import sha256
from aicrypto.evm import recover_signer
from aicrypto.pipeline.receipts import Conclusion, Facts, Inputs, Json, Stage, demand, encode
from aicrypto.pipeline.stages.pages import (
    Page,
    is_plain,
    is_tame,
    links_of,
    root_of,
    text_digest,
    topic_of,
)
from aicrypto.pipeline.stages.site import TOPICS, documentation_site
from aicrypto.pipeline.state import State

NAME = "crawl"
AGENT = "aicrypto-course"
NODES = ("node-1", "node-2", "node-3", "node-4")
MAX_PAGES = 240
MAX_PER_TOPIC = 30
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
    return Page(url, node, answer.text) if is_page and is_tame(answer.text) else None


def _publish(state: State, site: str, robots: str, crawl: Crawl) -> State:
    accounts = {name: state.chain.account(name) for name in NODES}
    statement = {
        "site": site,
        "robots": robots,
        "pages": [asdict(page) for page in crawl.pages],
        "witnesses": [
            {"url": page.url, "node": page.node, "text": text_digest(page)}
            for page in crawl.witnesses
        ],
    }
    signatures = {
        name: account.sign(_statement(statement, name)).hex() for name, account in accounts.items()
    }
    nodes = {name: account.address for name, account in accounts.items()}
    evidence = {**statement, "nodes": nodes, "signatures": signatures}
    return state.publish(STAGE, crawl, evidence)


def conclude(evidence: Json, facts: Facts, inputs: Inputs) -> Conclusion:
    """Pages are the site's and allowed, their nodes signed them, second copies agree."""
    pages = [Page(**page) for page in evidence["pages"]]
    _check_pages(pages, Frontier(evidence["site"], evidence["robots"], frozenset()))
    _check_witnesses(evidence["witnesses"], {page.url: page for page in pages})
    demand(set(evidence["nodes"]) == set(NODES), "another set of nodes")
    for name, address in evidence["nodes"].items():
        signature = bytes.fromhex(evidence["signatures"][name])
        signer = recover_signer(_statement(evidence, name), signature)
        demand(signer == address, f"{name} did not sign these pages")
    claim = (
        f"{len(NODES)} nodes fetched {len(pages)} pages of {evidence['site']}; robots.txt obeyed"
    )
    counts = Counter(page.node for page in pages)
    return Conclusion(
        claim,
        {
            "root": root_of(pages).hex(),
            "nodes": evidence["nodes"],
            "pages_by_node": {name: counts[name] for name in NODES},
        },
    )


def _check_pages(pages: Sequence[Page], frontier: Frontier) -> None:
    demand(bool(pages), "there is no page")
    demand(len({page.url for page in pages}) == len(pages), "a page is listed twice")
    for page in pages:
        demand(page.node in NODES, f"{page.node!r} is none of the nodes")
        demand(is_plain(page.url) and frontier.allows(page.url), f"{page.url!r} is out of bounds")
        demand(is_tame(page.body), f"{page.url} is too long or nested too deep")


def _check_witnesses(witnesses: Sequence[Json], pages: Mapping[str, Page]) -> None:
    urls = {witness["url"] for witness in witnesses}
    demand(len(urls) * WITNESS_EVERY * 2 >= len(pages), "too few pages were fetched twice")
    for witness in witnesses:
        page = pages[witness["url"]]
        demand(witness["node"] in NODES, f"{witness['node']!r} is none of the nodes")
        demand(witness["node"] != page.node, f"{page.url} was witnessed by its own node")
        demand(witness["text"] == text_digest(page), f"two copies of {page.url} differ")


def _statement(evidence: Json, node: str) -> bytes:
    """What a node signs: where it fetched, by which rules, its own pages and second looks."""
    own = [Page(**page) for page in evidence["pages"] if page["node"] == node]
    return b"aicrypto.crawl.v1" + encode(
        {
            "site": evidence["site"],
            "robots_sha256": sha256(evidence["robots"].encode()).hex(),
            "pages": root_of(own).hex(),
            "witnesses": [seen for seen in evidence["witnesses"] if seen["node"] == node],
        }
    )


STAGE = Stage(
    NAME,
    assumes="nodes are who they say and sign what they fetched; a tenth was fetched twice",
    run=run,
    conclude=conclude,
)
