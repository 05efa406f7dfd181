"""The node's side of the wire, as the Grass extension 4.0.1 speaks it: messages in, messages out.

JSON text over a WebSocket. The server sends {id, action, data}, the node answers {id,
origin_action, result}; actions are AUTH (who are you?), HTTP_REQUEST (fetch this) and PONG. Every
message is a sign of life; a timer of 20 seconds sends PING or, after 29 silent seconds, connects
anew. This module holds no socket and no clock: it is told what arrives and when (seconds since
1970), and says what to send, so transcripts of the real extension can be replayed through it.

Two faults of the original are not copied: it looks actions up in an object with inherited keys
("constructor" gets an echo), and it requests any address, also of the user's own network. `extra`
adds actions of our own (receipts), which the original leaves unanswered.

Source: SunsetMkt/getgrass.io-extension@256fe76 (4.0.1) and @dc9856e (4.0.3), behaviour only.
"""

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto.crawl.network.channel import MALFORMED, parse

Json = dict[str, Any]
# Part of the transcript format; this library connects where it is told to, never to these.
GRASS_URLS = ("wss://proxy.wynd.network:4650", "wss://proxy.wynd.network:4444")
PING_EVERY_S = 20
DEAD_AFTER_S = 29
BROWSER_ID_CHARS = 36
PING_VERSION = "1.0.0"
# A page may not set these on a request, so the extension sets them by a browser rule.
RULE_HEADERS = frozenset(
    (
        *("origin", "referer", "cookie", "date", "dnt", "trailer", "upgrade"),
        *("access-control-request-headers", "access-control-request-method"),
        "access-control-allow-origin",
    )
)


@dataclass(frozen=True)
class Identity:
    """What a node says of itself; `dead_after_s` belongs to the extension's version."""

    browser_id: str
    user_id: str | None
    user_agent: str
    version: str = "4.0.1"
    permissions: bool = True
    dead_after_s: float = DEAD_AFTER_S


@dataclass(frozen=True)
class WebRequest:
    """A request that the server wants made; `envelope` is the head of its answer."""

    envelope: Json
    method: str
    url: str
    headers: Json
    body: bytes

    @property
    def rule_headers(self) -> list[str]:
        """Names of headers that only a browser rule can set, as the server wrote them."""
        return [name for name in self.headers if name.lower() in RULE_HEADERS]

    @property
    def url_filter(self) -> str | None:
        """Which addresses the rule is for; None if no rule is needed."""
        return self.url.removesuffix("/") if self.rule_headers else None


@dataclass(frozen=True)
class WebAnswer:
    """What a web server answered: `body` decoded, `url` the final address if known."""

    status: int
    status_text: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    set_cookie: Sequence[str] = ()
    url: str | None = None


@dataclass(frozen=True)
class WebRedirect:
    """A redirect, which the node reports and does not follow."""

    status: int
    headers: Sequence[tuple[str, str]]
    set_cookie: Sequence[str] = ()


Outcome = WebAnswer | WebRedirect | None  # None: the network failed
Handler = Callable[[Json], Any]


class Protocol:
    """One node's connection state.

    Attributes:
        state: "closed", "connecting" or "open".
        retries: unclean ends so far; they choose the address.
    """

    def __init__(
        self,
        identity: Identity,
        ping_ids: Iterator[str],
        urls: Sequence[str] = GRASS_URLS,
        extra: Mapping[str, Handler] | None = None,
    ) -> None:
        self.identity = identity
        self.state = "closed"
        self.retries = 0
        self._ping_ids = ping_ids
        self._urls = urls
        self._extra = dict(extra or {})
        self._heard_s = 0.0

    def connect(self) -> str | None:
        """The address to open a socket to; None without browser id or permission."""
        if not (self.identity.browser_id and self.identity.permissions):
            return None
        self.state = "connecting"
        return self._urls[self.retries % len(self._urls)]

    def opened(self, now_s: float) -> None:
        """The socket is open."""
        self.state, self._heard_s = "open", now_s

    def closed(self, clean: bool) -> None:
        """The socket is closed; an unclean end turns to the next address."""
        self.state = "closed"
        self.retries += not clean

    def tick(self, now_s: float) -> Json | str | None:
        """What the timer brings: a PING message, an address to connect to anew, or nothing."""
        if self.state == "connecting":
            return None
        if self.state == "closed" or now_s - self._heard_s > self.identity.dead_after_s:
            return self.connect()
        return {"id": next(self._ping_ids), "version": PING_VERSION, "action": "PING", "data": {}}

    def received(self, now_s: float, text: str) -> Json | WebRequest | None:
        """The answer to a message, a request to be made first, or nothing to say.

        Text that is no JSON object, unknown actions and malformed data get no answer.
        """
        self._heard_s = now_s
        message = parse(text)
        action = message.get("action")
        if not isinstance(action, str):
            return None
        envelope = {"id": message["id"]} if "id" in message else {}
        envelope["origin_action"] = action
        data = message.get("data")
        match action:
            case "AUTH":
                return self._authenticate(envelope, now_s)
            case "PONG":
                return envelope
            case "HTTP_REQUEST":
                return _parse_request(envelope, data)
        return self._own_action(action, envelope, data)

    def _authenticate(self, envelope: Json, now_s: float) -> Json:
        who = self.identity
        if len(who.browser_id) != BROWSER_ID_CHARS:
            return envelope
        result = {
            "browser_id": who.browser_id,
            "user_id": who.user_id,
            "user_agent": who.user_agent,
            "timestamp": int(now_s),
            "device_type": "extension",
            "version": who.version,
        }
        return {**envelope, "result": result}

    def _own_action(self, action: str, envelope: Json, data: Any) -> Json | None:
        if action not in self._extra or not isinstance(data, dict):
            return None
        try:
            return {**envelope, "result": self._extra[action](data)}
        except MALFORMED:
            return None


def answer(request: WebRequest, outcome: Outcome) -> Json:
    """The message that reports what the web did.

    Header names of a response are lower-cased and repeated ones joined; a redirect keeps its names,
    the last of repeated ones. A network failure is a 400, which cannot be told from a server's.
    """
    result: Json = {"url": request.url, "status": 400, "status_text": "Bad Request"}
    result |= {"headers": {}, "body": ""}
    if isinstance(outcome, WebRedirect):
        result |= {"status": outcome.status, "status_text": "Redirect"}
        result["headers"] = dict(outcome.headers)
    if isinstance(outcome, WebAnswer):
        result |= {"status": outcome.status, "status_text": outcome.status_text}
        result["url"] = request.url if outcome.url is None else outcome.url
        result["headers"] = _joined(outcome.headers)
        result["body"] = base64.b64encode(outcome.body).decode()
    if outcome is not None and outcome.set_cookie:
        result["headers"]["Set-Cookie"] = list(outcome.set_cookie)
    return {**request.envelope, "result": result}


def _joined(headers: Sequence[tuple[str, str]]) -> Json:
    """Lower-case names, repeated values joined; the body is decoded, so its encoding is dropped."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    joined.pop("content-encoding", None)
    return joined


def _parse_request(envelope: Json, data: Any) -> WebRequest | None:
    """The request in a message's data, None if it is malformed."""
    if not isinstance(data, dict) or not isinstance(data.get("headers"), dict):
        return None
    method, url, body = data.get("method"), data.get("url"), data.get("body") or ""
    if not (isinstance(method, str) and isinstance(url, str) and isinstance(body, str)):
        return None
    try:
        return WebRequest(envelope, method, url, data["headers"], _decode(body))
    except binascii.Error:
        return None


def _decode(text: str) -> bytes:
    """The bytes of a base64 text, with or without its padding, as browsers read it."""
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
