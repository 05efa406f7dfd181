"""Router, node and validator as programs of their own, on one machine or on many.

Each has a key file (made on first use), addresses from its options and, if wanted, TLS: the router
shows a certificate, the others trust an authority's file or the system's. A program ends cleanly on
SIGTERM or SIGINT. `python -m aicrypto.crawl --help` has the options.
"""

import asyncio
import json
import signal
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from aicrypto.crawl.ledger import Ledger
from aicrypto.crawl.network.channel import MAX_MESSAGE_BYTES, Channel
from aicrypto.crawl.network.files import ReceiptFile, load_places, load_receipts
from aicrypto.crawl.network.node import Behaviour, Node
from aicrypto.crawl.network.protocol import PING_EVERY_S, Identity
from aicrypto.crawl.network.router import Router
from aicrypto.crawl.network.validator import Terms, Validator
from aicrypto.crawl.network.web import HttpWeb
from aicrypto.crawl.pages import Archive, Limits, Policy, crawl, site_of
from aicrypto.crawl.signing import public_key

TELL_EVERY = 5  # pages
Say = Callable[[str], None]  # where a program's few words to its user go


@dataclass(frozen=True)
class Tls:
    """Certificate and key of a server, or the authorities that a client trusts; PEM files."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None

    def server(self) -> ssl.SSLContext | None:
        """What a router listens with; None without a certificate. OSError if it cannot be read."""
        if self.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client(self, url: str) -> ssl.SSLContext | None:
        """What to connect to this address with; None for ws://. OSError as `server`."""
        if not url.startswith("wss://"):
            return None
        return ssl.create_default_context(cafile=self.authorities)


def browser_id(seed: bytes) -> str:
    """The 36 characters by which a node with this secret is known; they do not tell the secret."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, public_key(seed).hex()))


async def run_router(
    seed: bytes,
    host: str,
    port: int,
    say: Say,
    *,
    tls: Tls | None = None,
    places: Path | None = None,
) -> None:
    """Serves until it is told to end; says its address first."""
    router = Router(seed, places=load_places(places))
    url = await router.start(host, port, (tls or Tls()).server())
    say(f"router {router.key.hex()} at {url}")
    await _told_to_end()
    await router.close()


async def run_node(
    seed: bytes,
    routers: Sequence[str],
    receipts: Path,
    say: Say,
    *,
    tls: Tls | None = None,
    limits: Limits | None = None,
    behaviour: Behaviour | None = None,
    tick_s: float = PING_EVERY_S,
) -> None:
    """Serves the network until told to end, then says what it has earned."""
    browser = browser_id(seed)
    identity = Identity(browser, None, "aicrypto")
    urls = [f"{router}/node" for router in routers]
    context = (tls or Tls()).client(urls[0])
    web = HttpWeb(limits)
    node = Node(seed, identity, urls, web, behaviour=behaviour, ssl=context, tick_s=tick_s)
    node.wallet.load(load_receipts(receipts))
    node.wallet.keep = book = ReceiptFile(receipts)
    say(f"node {node.key.hex()} as {browser}")
    running = asyncio.ensure_future(node.run())
    await _told_to_end()
    node.stop()
    await running
    book.close()
    wallet = node.wallet
    say(f"{wallet.n_receipts} receipts for {wallet.earned_bytes} bytes")


async def run_validator(
    seed: bytes,
    routers: Sequence[str],
    site: str,
    folder: Path,
    say: Say,
    *,
    tls: Tls | None = None,
    terms: Terms | None = None,
    max_pages: int = 1000,
) -> None:
    """Crawls a site into an archive in the folder, with receipts and a signed head beside it.

    An interrupted crawl in the folder is continued.
    """
    from aicrypto.crawl.rows import canonical  # loads torch, which nodes and routers do without

    folder.mkdir(parents=True, exist_ok=True)
    receipts = folder / "receipts.jsonl"
    earlier = load_receipts(receipts)
    with Archive(folder) as archive, closing(ReceiptFile(receipts)) as keep:
        async with connected(routers, tls or Tls()) as channels:
            validator = Validator(seed, channels, terms, on_receipt=keep)
            validator.load(earlier)
            policy = Policy(frozenset([site_of(site)]), max_pages=max_pages)
            n_pages = await crawl(
                [site], validator.fetch, archive, policy, progress=lambda n, _: _tell(n, say)
            )
            await validator.settled()
        ledger = Ledger(canonical("session", record) for record in archive.sessions())
    head = ledger.head(validator.now_ms(), seed)
    (folder / "head.json").write_text(
        json.dumps(
            {
                "size": head.size,
                "timestamp": head.timestamp_ms,
                "root": head.root.hex(),
                "validator": head.validator.hex(),
                "signature": head.signature.hex(),
            }
        )
    )
    say(f"{n_pages} pages, root {head.root.hex()}")
    for key, history in sorted(validator.histories.items()):
        fate = ", ".join(f"{verdict} {n}" for verdict, n in sorted(history.verdicts.items()))
        say(f"node {key.hex()}: {fate}; {validator.book.totals.get(key, 0)} bytes")


def _tell(n_pages: int, say: Say) -> None:
    """Progress, every few pages."""
    if n_pages % TELL_EVERY == 0:
        say(f"{n_pages} pages so far")


@asynccontextmanager
async def connected(routers: Sequence[str], tls: Tls) -> AsyncIterator[list[Channel]]:
    """Channels to all routers, open until the end of the block; OSError if one is not there."""
    from websockets.asyncio.client import connect

    async with AsyncExitStack() as stack:
        channels, serving = [], []
        for router in routers:
            context = tls.client(router)
            socket = await stack.enter_async_context(
                connect(f"{router}/validator", ssl=context, max_size=MAX_MESSAGE_BYTES, proxy=None)
            )
            channels.append(Channel(socket))
            serving.append(asyncio.ensure_future(channels[-1].serve()))
        yield channels
    await asyncio.gather(*serving)


async def _told_to_end() -> None:
    """Waits for SIGTERM or SIGINT."""
    ended, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: there KeyboardInterrupt ends the program
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
