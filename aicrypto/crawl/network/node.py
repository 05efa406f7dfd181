"""A node: a program in somebody's home that fetches pages for the network and keeps its receipts.

It connects outwards to a router (homes accept no connections), answers the extension's messages
(`protocol`), and adds three of our own: IDENTIFY proves which key it has, RECEIPT asks it to write
and sign the receipt of one delivery, COUNTERSIGNED brings the receipt back with all three
signatures. The node signs only what it delivered itself, once, and keeps what it needs to be paid
when the validator is down.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from ssl import SSLContext
from typing import TYPE_CHECKING

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.metering.receipts import Receipt, sign_receipt
from aicrypto.crawl.network.channel import MAX_MESSAGE_BYTES, Json
from aicrypto.crawl.network.protocol import (
    PING_EVERY_S,
    Identity,
    Outcome,
    Protocol,
    WebAnswer,
    WebRequest,
    answer,
)
from aicrypto.crawl.network.wallet import Delivery, Wallet
from aicrypto.crawl.network.web import Web
from aicrypto.crawl.signing import public_key, sign

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

IDENTIFY_LABEL = b"grass-node-v1"


class Behaviour:
    """What an honest node does; a cheat overrides one of the three."""

    def page(self, request: WebRequest, outcome: Outcome) -> Outcome:
        """The page to hand on: the one that came."""
        return outcome

    def receipt(self, draft: Receipt, wallet: Wallet) -> tuple[bytes, bytes]:
        """Receipt and signature: the true one, signed."""
        data = draft.to_bytes()
        return data, sign_receipt(data, "node", wallet.seed)

    def claimed_bps(self, measured_bps: int) -> int:
        """The bandwidth to claim: what the line carries."""
        return measured_bps


class Node:
    """One node; `run` connects and serves until `stop`.

    Attributes:
        wallet: its books.
        n_answered: pages handed on.
    """

    def __init__(
        self,
        seed: bytes,
        identity: Identity,
        urls: Sequence[str],
        web: Web,
        *,
        behaviour: Behaviour | None = None,
        ssl: SSLContext | None = None,
        line_bps: int = 100_000_000,
        tick_s: float = PING_EVERY_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.wallet = Wallet(seed)
        self.n_answered = 0
        self._behaviour = behaviour or Behaviour()
        self._web = web
        self._ssl = ssl
        self._line_bps = line_bps
        self._tick_s = tick_s
        self._clock = clock
        self._stopped = asyncio.Event()
        own = {
            "IDENTIFY": self._identify,
            "RECEIPT": self._receipt,
            "COUNTERSIGNED": self._countersigned,
        }
        self._protocol = Protocol(identity, _uuids(), urls, own)

    @property
    def key(self) -> bytes:
        """The node's public key."""
        return public_key(self.wallet.seed)

    async def run(self) -> None:
        """Connects, serves, connects again after losses; returns after `stop`."""
        from websockets.exceptions import WebSocketException

        url = self._protocol.connect()
        while url and not self._stopped.is_set():
            try:
                url = await self._visit(url)
            except (OSError, WebSocketException):
                self._protocol.closed(clean=False)
                url = None
            if url is None and not await self._pause():
                url = self._protocol.connect()
        await self._web.close()

    def stop(self) -> None:
        """Ends `run` soon."""
        self._stopped.set()

    async def _visit(self, url: str) -> str | None:
        """Serves one connection to its end; the address to go to at once, if there is one."""
        from websockets.asyncio.client import connect

        async with connect(url, ssl=self._ssl, max_size=MAX_MESSAGE_BYTES, proxy=None) as socket:
            self._protocol.opened(self._clock())
            reading = asyncio.ensure_future(self._read(socket))
            ticking = asyncio.ensure_future(self._tick(socket))
            await asyncio.wait({reading, ticking}, return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, ticking):
                task.cancel()
            ended = await asyncio.gather(reading, ticking, return_exceptions=True)
        elsewhere = ended[1]
        if isinstance(elsewhere, str):
            return elsewhere
        self._protocol.closed(clean=socket.close_code == 1000)
        return None

    async def _tick(self, socket: "ClientConnection") -> str | None:
        """Pings until stopped (None) or until the silence is too long (the next address)."""
        while not await self._pause():
            due = self._protocol.tick(self._clock())
            if not isinstance(due, dict):
                return due
            await self._say(socket, due)
        return None

    async def _read(self, socket: "ClientConnection") -> None:
        """Takes messages; each is answered beside the others."""
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for text in socket:
                task = asyncio.ensure_future(self._answer(socket, str(text)))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        finally:
            for task in tasks:
                task.cancel()

    async def _answer(self, socket: "ClientConnection", text: str) -> None:
        said = self._protocol.received(self._clock(), text)
        if isinstance(said, WebRequest):
            said = await self._fetch(said)
        if said is not None:
            await self._say(socket, said)

    async def _fetch(self, request: WebRequest) -> Json:
        start_ms = self._now_ms()
        outcome = self._behaviour.page(request, await self._web.fetch(request))
        body = outcome.body if isinstance(outcome, WebAnswer) else b""
        up = len(request.url.encode()) + len(request.body)
        delivery = Delivery(up, len(body), sha256(body), start_ms, self._now_ms())
        self.wallet.remember(str(request.envelope.get("id")), delivery)
        self.n_answered += 1
        return answer(request, outcome)

    async def _say(self, socket: "ClientConnection", message: Json) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            await socket.send(json.dumps(message))
        except ConnectionClosed:
            return  # `_read` sees the end

    def _identify(self, data: Json) -> Json:
        challenge = bytes.fromhex(data["challenge"])
        signature = sign(self.wallet.seed, IDENTIFY_LABEL + challenge)
        claim = self._behaviour.claimed_bps(self._line_bps)
        return {"node": self.key.hex(), "signature": signature.hex(), "bps": claim}

    def _receipt(self, data: Json) -> Json:
        parties = (bytes.fromhex(data[name]) for name in ("session", "router", "validator"))
        draft = self.wallet.draft(data["message"], *parties)
        receipt, signature = self._behaviour.receipt(draft, self.wallet)
        return {"receipt": receipt.hex(), "signature": signature.hex()}

    def _countersigned(self, data: Json) -> Json:
        signatures = {party: bytes.fromhex(s) for party, s in data["signatures"].items()}
        self.wallet.file(bytes.fromhex(data["receipt"]), signatures)
        return {}

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    async def _pause(self) -> bool:
        """Waits one tick; whether the node was stopped meanwhile."""
        try:
            await asyncio.wait_for(self._stopped.wait(), self._tick_s)
        except TimeoutError:
            return False
        return True


def _uuids() -> Iterator[str]:
    while True:
        yield str(uuid.uuid4())
