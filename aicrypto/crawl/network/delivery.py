"""What one node gave for one request, and what a crawler is told of it."""

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.network.channel import Channel, Json
from aicrypto.crawl.network.wallet import payload
from aicrypto.crawl.pages import Fetched, Response

VOTED = ("location", "content-type")  # headers that decide what becomes of a body
MIN_STATUS, MAX_STATUS = 100, 999  # three digits in a status line

# What a router says of a node, and as what we take it.
LISTED: dict[str, Callable[[Any], Any]] = {
    **{"browser_id": str, "ip": str, "geo": str},
    **{"bps": int, "live_s": float, "known_s": float},
}


@dataclass(frozen=True)
class Listed:
    """A node as a router lists it."""

    key: bytes
    browser_id: str
    ip: str
    geo: str
    bps: int
    live_s: float
    known_s: float
    router: bytes
    channel: Channel


@dataclass(frozen=True)
class Delivered:
    """What one node gave, None as `result` if it gave nothing that can be used."""

    node: Listed
    request: Json
    transfer: str
    result: Json | None
    start_ms: int
    end_ms: int

    @property
    def n_bytes(self) -> int:
        """Payload bytes that came down."""
        return payload(self.request, self.result)[1] if self.result else 0

    @property
    def vote(self) -> bytes | None:
        """What the copies must agree on: status, destination, kind and body; failures do not vote.

        Other headers, such as dates, differ between honest copies.
        """
        if self.result is None:
            return None
        named = [(k.lower(), v) for k, v in self.result["headers"].items() if isinstance(v, str)]
        voted = [[v for k, v in named if k == name] for name in VOTED]  # all: the first is read
        parts = (self.result["status"], voted, self.result["body"])
        return sha256(repr(parts).encode())


def listed(answer: Json, channel: Channel) -> list[Listed]:
    """The nodes in a router's answer; one of `channel.MALFORMED` if it is none."""
    router = bytes.fromhex(answer["router"])
    return [
        Listed(
            bytes.fromhex(node["node"]),
            **{name: kind(node[name]) for name, kind in LISTED.items()},
            router=router,
            channel=channel,
        )
        for node in answer["nodes"]
    ]


def derived_session(session_id: str, number: int) -> str:
    """The session of a page's delivery `number`: a UUID that follows from the first one's, 0."""
    if number == 0:
        return session_id
    digest = sha256(b"grass-copy", uuid.UUID(session_id).bytes, number.to_bytes(4, "big"))
    return str(uuid.UUID(bytes=digest[:16], version=4))


def fetched(copy: Delivered, session_id: str, validator: bytes) -> Fetched:
    """The copy as a crawler wants it: response and session record."""
    result = copy.result or {}
    url, body = copy.request["url"], base64.b64decode(result["body"])
    headers = tuple((k, v) for k, v in result["headers"].items() if isinstance(v, str))
    up, down, digest = payload(copy.request, result)
    record = {
        "v": 1,
        "session": session_id,
        "node": copy.node.key.hex(),
        "router": copy.node.router.hex(),
        "validator": validator.hex(),
        "url": url,
        "method": copy.request["method"],
        "status": result["status"],
        "ts": copy.end_ms,
        "req_bytes": up,
        "resp_bytes": down,
        "body_sha256": digest.hex(),
    }
    return Fetched(Response(url, result["status"], result["status_text"], headers, body), record)


def is_page(request: Json, result: Any) -> bool:
    """Whether an answer has the form of one, and is not the 400 by which nodes report failures.

    It has not if its status line or a header could not be archived: a line end would break out.
    """
    try:
        _, n_bytes, _ = payload(request, result)
        failed = result["status"] == 400 and not result["headers"] and not n_bytes
        return _is_archivable(result) and not failed
    except (ValueError, KeyError, TypeError):
        return False


def _is_archivable(result: Json) -> bool:
    status, reason, headers = result["status"], result["status_text"], result["headers"]
    if type(status) is not int or not isinstance(reason, str) or not isinstance(headers, dict):
        return False
    values = (value for value in headers.values() if isinstance(value, str))
    lines = "".join((reason, *headers, *values))
    return MIN_STATUS <= status <= MAX_STATUS and set(lines).isdisjoint("\r\n")
