"""A whole network in one process: a router, a validator and a cast of nodes, honest and not.

Everything runs over real WebSockets on loopback. Only the places are made up (every node here has
the address 127.0.0.1), and every key follows from the seed and the player's name.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.incentives import AccountTrace
from aicrypto.crawl.network.channel import MAX_MESSAGE_BYTES, Channel
from aicrypto.crawl.network.node import Behaviour, Node
from aicrypto.crawl.network.protocol import Identity
from aicrypto.crawl.network.router import Place, Router
from aicrypto.crawl.network.validator import Terms, Validator
from aicrypto.crawl.network.web import HttpWeb, Web
from aicrypto.crawl.pages import Limits
from aicrypto.crawl.players.cheats import CHEATS

REGIONS = ("DE", "FR", "JP", "BR")
FARM = "farm"
FARM_BLOCK, FARM_JOINED_S = "10.200.7", 1_700_000_000
LINE_BPS = 10_000_000
CONNECT_TIMEOUT_S = 60.0
LOOPBACK = Limits(allow_loopback=True)


@dataclass(frozen=True)
class Part:
    """One player: its name, where it lives, and as what it plays ("honest", "farm" or a cheat)."""

    name: str
    plays: str
    place: Place
    referrer: str | None = None
    joined_s: int = 0

    @property
    def trace(self) -> AccountTrace:
        """What the network knows of its account."""
        place = self.place
        return AccountTrace(self.name, place.ip, place.fingerprint, self.referrer, self.joined_s)

    def behaviour(self) -> Behaviour:
        """A new behaviour; the accounts of a farm serve honestly, there are just many of them."""
        return CHEATS[self.plays]() if self.plays in CHEATS else Behaviour()


@dataclass
class Stage:
    """A running network.

    Attributes:
        url: the router's address.
        nodes: by player's name.
        receipts: accepted ones with all three signatures, in order.
    """

    parts: tuple[Part, ...]
    router: Router
    validator: Validator
    url: str
    nodes: dict[str, Node]
    receipts: list[tuple[bytes, dict[str, bytes]]] = field(default_factory=list)


def cast(n_honest: int, cheats: Sequence[str] = (), farm_size: int = 0) -> list[Part]:
    """Players in different neighbourhoods over four regions; a farm shares block and machine.

    Raises:
        ValueError: if there is no such cheat.

    >>> [part.name for part in cast(2, ["poisoner"], farm_size=2)]
    ['honest-1', 'honest-2', 'poisoner', 'farm-1', 'farm-2']
    """
    for cheat in cheats:
        if cheat not in CHEATS:
            raise ValueError(f"cheat is {cheat!r}, must be one of {', '.join(CHEATS)}")
    plays = ["honest"] * n_honest + list(cheats)
    alone = [
        Part(name, play, Place(f"10.0.{i}.1", REGIONS[i % len(REGIONS)], name), None, i * 86_400)
        for i, (name, play) in enumerate(zip(_names(plays), plays, strict=True))
    ]
    farm = [
        Part(
            f"{FARM}-{i + 1}",
            FARM,
            Place(f"{FARM_BLOCK}.{i + 1}", REGIONS[0], "one machine"),
            "honest-1",
            FARM_JOINED_S + 60 * i,
        )
        for i in range(farm_size)
    ]
    return alone + farm


def _names(plays: Sequence[str]) -> list[str]:
    """What each plays, numbered where several play the same, and always if honest."""
    numbered = [f"{play}-{plays[: i + 1].count(play)}" for i, play in enumerate(plays)]
    alone = [play != "honest" and plays.count(play) == 1 for play in plays]
    return [p if one else n for p, n, one in zip(plays, numbered, alone, strict=True)]


def seed_of(seed: int, name: str) -> bytes:
    """The secret of a player in the play with this seed."""
    return sha256(b"grass-player", seed.to_bytes(8, "big"), name.encode())


@asynccontextmanager
async def on_stage(
    parts: Sequence[Part],
    terms: Terms | None = None,
    *,
    seed: int = 0,
    web: Callable[[], Web] = lambda: HttpWeb(LOOPBACK),
    router: type[Router] = Router,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Stage]:
    """The network, connected and ready, its time from `clock`; it ends with the block.

    Raises:
        OSError: if it does not come together.
    """
    from websockets.asyncio.client import connect

    places = {browser_id(part.name): part.place for part in parts}
    hub = router(seed_of(seed, "router"), places=places, clock=clock)
    url = await hub.start()
    nodes = {part.name: _node(part, f"{url}/node", seed, web(), clock) for part in parts}
    running = [asyncio.ensure_future(node.run()) for node in nodes.values()]
    try:
        await asyncio.wait_for(hub.wait_for(len(parts)), CONNECT_TIMEOUT_S)
        async with connect(
            f"{url}/validator", max_size=MAX_MESSAGE_BYTES, proxy=None, compression=None
        ) as socket:
            channel = Channel(socket)
            serving = asyncio.ensure_future(channel.serve())
            receipts: list[tuple[bytes, dict[str, bytes]]] = []
            validator = Validator(
                seed_of(seed, "validator"),
                [channel],
                terms,
                on_receipt=lambda data, signatures: receipts.append((data, signatures)),
                clock=clock,
            )
            yield Stage(tuple(parts), hub, validator, url, nodes, receipts)
            await validator.settled()
        await serving
    finally:
        for node in nodes.values():
            node.stop()
        await asyncio.gather(*running, return_exceptions=True)
        await hub.close()


def browser_id(name: str) -> str:
    """The 36 characters by which a player's browser is known."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def _node(part: Part, url: str, seed: int, web: Web, clock: Callable[[], float]) -> Node:
    identity = Identity(browser_id(part.name), part.name, "aicrypto")
    own = seed_of(seed, part.name)
    plays = part.behaviour()
    return Node(own, identity, [url], web, behaviour=plays, line_bps=LINE_BPS, clock=clock)
