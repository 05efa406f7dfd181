"""Asking a stranger's server for a page: one request, and what may come back is bounded.

A page address is a stranger's wish. It can point into the home network of the node that follows it
(server-side request forgery), at a file without end, or at a body that unpacks to a thousand times
its size. So the host is resolved first, every address it has must be public, and the connection
goes to the very address that was checked, because a second look-up may answer differently. Bytes
are counted before and after unpacking, and time is counted over the whole answer.

`receive` is one hop; whoever crawls decides about redirects and retries. Bodies are raw bytes
without content-encoding.
"""

import asyncio
import ipaddress
import socket
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.pages.politeness import Clock
from aicrypto.crawl.pages.warc import Response

if TYPE_CHECKING:
    import httpx

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
ENCODINGS = "gzip, deflate"
ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
DIRECT = "direct"  # stands for node, router and validator where there are none

Resolve = Callable[[str], list[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotFetched(OSError):
    """There is no answer; another attempt may bring one."""


class Refused(NotFetched):
    """We do not want the answer; another attempt would be refused as well."""


class PrivateAddress(Refused):
    """The host is not on the public internet."""


class TooLarge(Refused):
    """The body is longer than allowed, packed or unpacked."""


class TooSlow(NotFetched):
    """The answer did not end in time."""


class WrongEncoding(Refused):
    """The body is not what its content-encoding says."""


@dataclass(frozen=True)
class Limits:
    """What an answer may cost.

    Attributes:
        agent: how we introduce ourselves; its product token is what robots.txt speaks to.
        max_bytes: of a body, packed and unpacked.
        total_s: seconds from asking to the last byte.
        allow_loopback: whether 127.0.0.0/8 and ::1 may be asked, for sites of one's own.
    """

    agent: str = "aicrypto-course"
    max_bytes: int = 5_000_000
    total_s: float = 30
    allow_loopback: bool = False


@dataclass(frozen=True)
class Fetched:
    """An answer, and the session record that goes into the ledger (`rows.SESSION_FIELDS`)."""

    response: Response
    session: dict[str, Any]


class Fetch(Protocol):
    """Brings one page, without following redirects; the session id becomes the record's.

    Raises:
        NotFetched: if there is no answer; any other OSError counts as that.
    """

    def __call__(self, url: str, session: str) -> Awaitable[Fetched]:
        """The answer at a normalised address."""


def check_address(url: str, allow_loopback: bool, resolve: Resolve | None = None) -> str:
    """The IP address to connect to for a normalised URL.

    Args:
        url: an http(s) address.
        allow_loopback: whether this machine itself may be asked.
        resolve: host name to IP addresses; the system's resolver if None.

    Raises:
        PrivateAddress: if any address of the host is not public.
        NotFetched: if the host has none.
    """
    host = urlsplit(url).hostname or ""
    addresses = (resolve or _resolve)(host)
    for text in addresses:
        if not _may_ask(ipaddress.ip_address(text), allow_loopback):
            raise PrivateAddress(f"{url}: {text} is not a public address")
    if not addresses:
        raise NotFetched(f"{url}: host has no address")
    return addresses[0]


async def receive(
    client: "httpx.AsyncClient",
    url: str,
    limits: Limits,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> Response:
    """The answer at a normalised address, one hop; host and accept-encoding are not the caller's.

    Raises:
        NotFetched: or what of it applies.
    """
    import httpx

    address = await asyncio.to_thread(check_address, url, limits.allow_loopback)
    request = client.build_request(
        method,
        _pinned(url, address),
        headers=_headers(url, limits.agent, headers or {}),
        content=content,
        timeout=limits.total_s,
        extensions={"sni_hostname": urlsplit(url).hostname or ""},
    )
    try:
        async with asyncio.timeout(limits.total_s):
            answer, body = await _answer(client, request, limits.max_bytes)
    except TimeoutError:
        raise TooSlow(f"{url}: no end after {limits.total_s} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise NotFetched(f"{url}: {type(error).__name__} {error}") from None
    kept = ((k, v) for k, v in answer.headers.multi_items() if k != "content-encoding")
    return Response(url, answer.status_code, answer.reason_phrase, tuple(kept), body)


def direct(client: "httpx.AsyncClient", limits: Limits, clock: Clock) -> Fetch:
    """A fetch without a network of nodes: this machine asks, and nobody countersigns."""

    async def fetch(url: str, session: str) -> Fetched:
        response = await receive(client, url, limits)
        return Fetched(
            response,
            {
                **{"v": 1, "session": session, "url": url, "method": "GET"},
                **{"node": DIRECT, "router": DIRECT, "validator": DIRECT},
                "status": response.status,
                "ts": int(clock.now_s() * 1000),
                "req_bytes": len(url) + len(limits.agent),
                "resp_bytes": len(response.body),
                "body_sha256": sha256(response.body).hex(),
            },
        )

    return fetch


def _resolve(host: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotFetched(f"host {host!r} is unknown: {error}") from None
    return [str(entry[4][0]).partition("%")[0] for entry in found]


def _may_ask(address: Address, allow_loopback: bool) -> bool:
    """Whether an address is public, or this machine's own where that is allowed."""
    address = _carried(address)
    if address.is_loopback:
        return allow_loopback
    return address.is_global and not address.is_multicast


def _carried(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only carries it; otherwise the address itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address


def _pinned(url: str, address: str) -> str:
    """The URL with the checked address for its host; name and certificate are still the host's."""
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=host + port).geturl()


def _headers(url: str, agent: str, given: Mapping[str, str]) -> dict[str, str]:
    """What the request says, lower-case names; the caller's user agent is taken if there is one."""
    theirs = {name.lower(): value for name, value in given.items()}
    ours = {"host": urlsplit(url).netloc, "accept-encoding": ENCODINGS}
    return {"user-agent": agent} | theirs | ours


async def _answer(
    client: "httpx.AsyncClient", request: "httpx.Request", max_bytes: int
) -> tuple["httpx.Response", bytes]:
    """The answer's head and its unpacked body; the connection is done with in any case."""
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        return answer, await _body(answer, max_bytes)
    finally:
        await answer.aclose()


async def _body(answer: "httpx.Response", max_bytes: int) -> bytes:
    """The unpacked body; refused as soon as it is too long."""
    parts, length = [], 0
    async for part in answer.aiter_raw():
        length += len(part)
        if length > max_bytes:
            raise TooLarge(f"{answer.url}: body exceeds {max_bytes} bytes")
        parts.append(part)
    return unpack(b"".join(parts), answer.headers.get("content-encoding", ""), max_bytes)


def unpack(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """The body without its content-encoding.

    Raises:
        WrongEncoding: if the encoding is unknown or the body is not in it.
        TooLarge: if it unpacks to more than `max_bytes`.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name not in ("gzip", "x-gzip", "deflate"):
        raise WrongEncoding(f"content-encoding is {encoding!r:.40}, must be {ENCODINGS}")
    unpacker = zlib.decompressobj(ZLIB_OR_GZIP)
    try:
        plain = unpacker.decompress(body, max_bytes + 1)
    except zlib.error as error:
        raise WrongEncoding(f"body is no {name}: {error}") from None
    if len(plain) > max_bytes:
        raise TooLarge(f"body unpacks to more than {max_bytes} bytes")
    if not unpacker.eof:
        raise WrongEncoding(f"body ends within its {name}")
    return plain
