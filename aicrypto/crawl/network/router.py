"""A router: the regional hub to which nodes connect, and which meters what they relay.

It knows its nodes by the key they prove (IDENTIFY), forwards requests and answers unread, counts
payload bytes and times of every transfer, and signs a receipt only if it says what was counted.
Validators connect too and ask NODES, FETCH, SETTLE, COUNTERSIGNED. Where a node lives (`Place`) is
the router's knowledge, not the node's word: by default its network address.
"""

import asyncio
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import TYPE_CHECKING, Any

from aicrypto.crawl.metering.receipts import OK, Job, Receipt, compare, sign_receipt
from aicrypto.crawl.network.channel import MALFORMED, MAX_MESSAGE_BYTES, Channel, Json, Unanswered
from aicrypto.crawl.network.node import IDENTIFY_LABEL
from aicrypto.crawl.network.wallet import payload
from aicrypto.crawl.signing import is_signed, public_key

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection

GREETING_TIMEOUT_S = 15.0
CLOCK_SLACK_MS = 2_000  # by how much a node's clock may differ from ours
MAX_TRANSFERS = 4096  # remembered until their receipts are asked for


@dataclass(frozen=True)
class Place:
    """Where a node is: its address, its region, and the machine that it runs on as far as seen."""

    ip: str
    geo: str = "??"
    fingerprint: str = ""


@dataclass(frozen=True)
class Member:
    """A node that is connected now."""

    key: bytes
    browser_id: str
    place: Place
    claimed_bps: int
    since_s: float
    channel: Channel


@dataclass(frozen=True)
class Transfer:
    """What the router counted of one exchange; times in ms since 1970."""

    node: bytes
    bytes_up: int
    bytes_down: int
    body_sha256: bytes
    start_ms: int
    end_ms: int


class Router:
    """One router; `start` listens, `close` ends.

    Attributes:
        members: connected nodes by key.
        live_s: seconds that each node was connected before its present connection.
        changed: set whenever a node comes or goes.
        n_turned_away: connections that did not prove who they are.
    """

    def __init__(
        self,
        seed: bytes,
        *,
        places: Mapping[str, Place] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.seed = seed
        self.key = public_key(seed)
        self.members: dict[bytes, Member] = {}
        self.live_s: dict[bytes, float] = {}
        self.changed = asyncio.Event()
        self.n_turned_away = 0
        self._first_s: dict[bytes, float] = {}
        self._places = dict(places or {})
        self._clock = clock
        self._server: Server | None = None
        self._transfers: OrderedDict[str, Transfer] = OrderedDict()
        self._jobs: OrderedDict[bytes, Job] = OrderedDict()

    async def start(
        self, host: str = "127.0.0.1", port: int = 0, ssl: SSLContext | None = None
    ) -> str:
        """Listens; the address of this router, for nodes below /node and validators /validator."""
        from websockets.asyncio.server import serve

        self._server = await serve(
            self._greet, host, port, ssl=ssl, max_size=MAX_MESSAGE_BYTES, compression=None
        )
        bound = next(iter(self._server.sockets)).getsockname()[1]
        return f"{'wss' if ssl else 'ws'}://{host}:{bound}"

    async def close(self) -> None:
        """Ends all connections."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def wait_for(self, n_nodes: int) -> None:
        """Waits until at least so many nodes are connected."""
        while len(self.members) < n_nodes:
            await self.changed.wait()
            self.changed.clear()

    def live_seconds(self, node: bytes) -> float:
        """How long a node has been connected, all its connections together."""
        member = self.members.get(node)
        now = self._clock() - member.since_s if member else 0.0
        return self.live_s.get(node, 0.0) + now

    async def _greet(self, socket: "ServerConnection") -> None:
        path = socket.request.path if socket.request else ""
        if path == "/node":
            await self._serve_node(socket)
        elif path == "/validator":
            handlers = {
                "NODES": self._nodes,
                "FETCH": self._fetch,
                "SETTLE": self._settle,
                "COUNTERSIGNED": self._countersigned,
            }
            await Channel(socket, handlers).serve()
        else:
            await socket.close(1008, "no such door")

    async def _serve_node(self, socket: "ServerConnection") -> None:
        channel = Channel(socket)
        serving = asyncio.ensure_future(channel.serve())
        try:
            member = await self._identify(socket, channel)
        except (Unanswered, *MALFORMED) as reason:
            self.n_turned_away += 1
            await channel.close(f"not identified: {reason}")
            return
        self.members[member.key] = member
        self._first_s.setdefault(member.key, member.since_s)
        self.changed.set()
        try:
            await serving
        finally:
            self.changed.set()
            if self.members.get(member.key) is member:
                self.live_s[member.key] = self.live_seconds(member.key)
                del self.members[member.key]

    async def _identify(self, socket: "ServerConnection", channel: Channel) -> Member:
        who = await channel.ask("AUTH", {}, GREETING_TIMEOUT_S)
        challenge = secrets.token_bytes(32)
        proof = await channel.ask("IDENTIFY", {"challenge": challenge.hex()}, GREETING_TIMEOUT_S)
        key, signature = bytes.fromhex(proof["node"]), bytes.fromhex(proof["signature"])
        if not is_signed(key, IDENTIFY_LABEL + challenge, signature):
            raise ValueError("the challenge is not signed with the key claimed")
        address = socket.remote_address
        place = self._places.get(who["browser_id"], Place(address[0] if address else ""))
        return Member(key, who["browser_id"], place, int(proof["bps"]), self._clock(), channel)

    async def _nodes(self, data: Json) -> Json:
        nodes = [
            {
                "node": member.key.hex(),
                "browser_id": member.browser_id,
                "ip": member.place.ip,
                "geo": member.place.geo,
                "bps": member.claimed_bps,
                "live_s": self.live_seconds(member.key),
                "known_s": self._clock() - self._first_s[member.key],
            }
            for member in self.members.values()
        ]
        return {"router": self.key.hex(), "nodes": nodes}

    async def _fetch(self, data: Json) -> Json:
        """FETCH {node, request, timeout_s}: the node's answer, metered."""
        member, request = self._member(data), data["request"]
        transfer, start_ms = str(uuid.uuid4()), self._now_ms()
        timeout_s = float(data["timeout_s"])
        result = await member.channel.ask("HTTP_REQUEST", request, timeout_s, transfer)
        counted = Transfer(member.key, *payload(request, result), start_ms, self._now_ms())
        self._transfers[transfer] = counted
        while len(self._transfers) > MAX_TRANSFERS:
            self._transfers.popitem(last=False)
        return {"transfer": transfer, "result": result}

    async def _settle(self, data: Json) -> Json:
        """SETTLE {node, transfer, session, validator}: a receipt, signed if it is true."""
        member, counted = self._member(data), self._transfers.pop(data["transfer"])
        session, validator = bytes.fromhex(data["session"]), bytes.fromhex(data["validator"])
        self._expect(session, validator, counted)
        asked: Json = {"message": data["transfer"], "session": data["session"]}
        asked |= {"router": self.key.hex(), "validator": data["validator"]}
        written = await member.channel.ask("RECEIPT", asked, GREETING_TIMEOUT_S)
        receipt = bytes.fromhex(written["receipt"])
        signatures = {"node": written["signature"]}
        if self.agrees(receipt):
            signatures["router"] = sign_receipt(receipt, "router", self.seed).hex()
        return {"receipt": written["receipt"], "signatures": signatures}

    def agrees(self, data: bytes) -> bool:
        """Whether a receipt says what this router counted for its session."""
        try:
            receipt = Receipt.from_bytes(data)
        except ValueError:
            return False
        job = self._jobs.get(receipt.session)
        return job is not None and compare(receipt, job) == OK

    def _expect(self, session: bytes, validator: bytes, counted: Transfer) -> None:
        early, late = counted.start_ms - CLOCK_SLACK_MS, counted.end_ms + CLOCK_SLACK_MS
        self._jobs[session] = Job(
            session, counted.node, self.key, validator, early, late,
            counted.bytes_up, counted.bytes_down, counted.body_sha256,
        )  # fmt: skip
        while len(self._jobs) > MAX_TRANSFERS:
            self._jobs.popitem(last=False)

    async def _countersigned(self, data: Json) -> Any:
        asked = {"receipt": data["receipt"], "signatures": data["signatures"]}
        return await self._member(data).channel.ask("COUNTERSIGNED", asked, GREETING_TIMEOUT_S)

    def _member(self, data: Json) -> Member:
        key = bytes.fromhex(data["node"])
        if key not in self.members:
            raise ValueError(f"node {key.hex()[:16]} is not connected")
        return self.members[key]

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
