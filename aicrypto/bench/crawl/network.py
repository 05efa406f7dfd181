"""The network's price: pages through nodes against the same crawler with plain httpx.

Both sides crawl one generated site on loopback with the same crawler and politeness (one request at
a time per host, no pause, which is the network's worst case: nothing hides its latency). A network
of one process per role cannot be had on two cores, so all roles share this one.
"""

import asyncio
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from aicrypto.bench import Record
from aicrypto.crawl.pages import Fetch

N_PAGES = 150
PAGE_BYTES = 15_000  # the median page of Python's documentation server
SERVER_S = 0.040  # what that server takes for a page: 24 pages a second


class Site(ThreadingHTTPServer):
    """A site of `N_PAGES` pages of the same length, each after `delay_s` seconds."""

    daemon_threads = True

    def __init__(self, delay_s: float) -> None:
        super().__init__(("127.0.0.1", 0), partial(_Handler, delay_s))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or every kept connection waits 40 ms for an acknowledgement

    def __init__(self, delay_s: float, *arguments: object) -> None:
        self._delay_s = delay_s
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Any page, with links to all."""
        time.sleep(self._delay_s)
        links = "".join(f'<a href="/{i}.html">{i}</a> ' for i in range(N_PAGES))
        body = f"<html><body>{self.path} {links}</body></html>".ljust(PAGE_BYTES).encode()
        self.send_response(404 if self.path == "/robots.txt" else 200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served(delay_s: float) -> Iterator[str]:
    """The address of a running site."""
    with Site(delay_s) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def overhead() -> Iterator[Record]:
    """Seconds of a crawl through the network, by the same crawl without it."""
    with served(SERVER_S) as site:
        ours, theirs = _best(partial(_through_network, 1), site, 2), _best(_plainly, site, 2)
    yield Record("crawl.overhead", ours / theirs, "×", "httpx, site of 24 pages/s", 1.0)
    with served(0) as site:
        ours, theirs = _best(partial(_through_network, 1), site, 3), _best(_plainly, site, 3)
    yield Record("crawl.overhead_idle_site", ours / theirs, "×", "httpx, site without delay", 1.0)
    yield Record(
        "crawl.pages_per_s", N_PAGES / ours, "1/s", "httpx, site without delay", N_PAGES / theirs
    )


def receipts() -> Iterator[Record]:
    """Receipts checked per second, three signatures each, and entries added to the ledger."""
    from aicrypto.bench import best_seconds
    from aicrypto.crawl.ledger import Ledger
    from aicrypto.crawl.metering import Book, Job, Receipt, sign_receipt
    from aicrypto.crawl.metering.receipts import FIRST_PREV
    from aicrypto.crawl.signing import public_key

    seeds = {party: bytes([i]) * 32 for i, party in enumerate(("node", "router", "validator"))}
    node, router, validator = (public_key(seed) for seed in seeds.values())
    parties = (bytes(16), node, router, validator)
    receipt = Receipt(*parties, 1, 0, 1, 10, 10, bytes(32), FIRST_PREV)
    data = receipt.to_bytes()
    signatures = {party: sign_receipt(data, party, seed) for party, seed in seeds.items()}
    job = Job(*parties, 0, 1, 10, 10, bytes(32))

    def check() -> None:
        """The same receipt 200 times, each time for a fresh book."""
        for _ in range(200):
            book = Book(10**12)
            book.add_job(job)
            if book.accept(data, signatures) != "ok":
                raise RuntimeError("an honest receipt was refused")

    yield Record("crawl.receipts_per_s", 200 / best_seconds(check), "1/s")
    entries = [i.to_bytes(200, "big") for i in range(20_000)]
    seconds = best_seconds(lambda: Ledger(entries), repeats=3)
    yield Record("crawl.ledger_appends_per_s", len(entries) / seconds, "1/s")


def _best(crawl_once: Callable[[str], Awaitable[float]], site: str, repeats: int) -> float:
    return min(asyncio.run(_run(crawl_once, site)) for _ in range(repeats))


async def _run(crawl_once: Callable[[str], Awaitable[float]], site: str) -> float:
    return await crawl_once(site)


async def _through_network(copies: int, site: str) -> float:
    from aicrypto.crawl.network import Terms
    from aicrypto.crawl.players import cast, on_stage

    async with on_stage(cast(8), Terms(copies=copies, min_votes=copies // 2 + 1)) as stage:
        return await _crawl(site, stage.validator.fetch)


async def _plainly(site: str) -> float:
    import httpx

    from aicrypto.crawl.pages import Limits, WallClock, direct

    async with httpx.AsyncClient(trust_env=False) as client:
        return await _crawl(site, direct(client, Limits(allow_loopback=True), WallClock()))


async def _crawl(site: str, fetch: Fetch) -> float:
    """Seconds of the crawl into a fresh archive."""
    from aicrypto.crawl.pages import Archive, Policy, crawl

    with tempfile.TemporaryDirectory() as folder, Archive(Path(folder)) as archive:
        start = time.perf_counter()
        n_pages = await crawl([f"{site}/"], fetch, archive, Policy(frozenset([site])))
        seconds = time.perf_counter() - start
    if n_pages != N_PAGES + 1:
        raise RuntimeError(f"{n_pages} pages came, {N_PAGES + 1} are there")
    return seconds
