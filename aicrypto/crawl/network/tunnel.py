"""Sealed sessions on the network: a far end as an HTTP server, and a validator that uses it.

`serve_far_end` answers POSTs of sealed requests; `fetch_sealed` sends one through a single node.
`relay` explains what is sealed and how.
"""

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.metering.records import BadMac, BadRecord, NoContentType
from aicrypto.crawl.network.channel import MALFORMED
from aicrypto.crawl.network.delivery import Delivered, fetched
from aicrypto.crawl.network.protocol import WebAnswer, WebRedirect, WebRequest
from aicrypto.crawl.network.relay import FarEnd, OpenedAnswer, open_answer, seal_request
from aicrypto.crawl.network.validator import Validator
from aicrypto.crawl.network.web import as_outcome
from aicrypto.crawl.pages import Fetched, Limits, Response, receive

MAX_SEALED_BYTES = 1 << 20  # of a request
MAX_LENGTH_DIGITS = 19  # of a content-length: below 2^63


@dataclass(frozen=True)
class SealedPage:
    """A page, and the transcript in which it came, to commit to and open in parts."""

    fetched: Fetched
    transcript: bytes


class WebOrigin:
    """The real web as a far end sees it, through httpx; every request has a client of its own."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()

    def __call__(self, request: WebRequest) -> WebAnswer | WebRedirect:
        """The answer to a request; OSError or ValueError if there is none or it is refused."""
        return asyncio.run(self._ask(request))

    async def _ask(self, request: WebRequest) -> WebAnswer | WebRedirect:
        import httpx

        async with httpx.AsyncClient(trust_env=False) as client:
            asked = (request.method, request.headers, request.body)
            return as_outcome(await receive(client, request.url, self._limits, *asked))


class _Handler(BaseHTTPRequestHandler):
    """Hands the bodies of POSTs to a far end."""

    def __init__(self, far_end: FarEnd, *arguments: Any) -> None:
        self._far_end = far_end
        super().__init__(*arguments)

    def do_POST(self) -> None:  # the name that the standard library calls
        """Answers a sealed request with a sealed page: 400 if it does not open, 502 without one.

        413 for a length that is none, or too large.
        """
        length = _length(self.headers.get("content-length") or "0")
        if not 0 < length <= MAX_SEALED_BYTES:
            self.send_error(413)
            return
        try:
            sealed = self._far_end.answer(self.rfile.read(length))
        except MALFORMED:
            self.send_error(400)
        except OSError:
            self.send_error(502)
        else:
            self._send(sealed)

    def _send(self, sealed: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream")
        self.send_header("content-length", str(len(sealed)))
        self.end_headers()
        self.wfile.write(sealed)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _length(text: str) -> int:
    """The number of bytes that a header promises; 0, which is refused, if it is no number."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_LENGTH_DIGITS
    return int(text) if is_number else 0


@contextmanager
def serve_far_end(far_end: FarEnd, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The address of a running far end, which stops at the end of the block."""
    with ThreadingHTTPServer((host, port), partial(_Handler, far_end)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{host}:{server.server_port}/relay"
        finally:
            server.shutdown()


async def fetch_sealed(
    validator: Validator,
    far_end: tuple[str, bytes],
    url: str,
    session_id: str,
    fresh_seed: bytes,
) -> SealedPage:
    """The page through one node that cannot read it; `far_end` is its address and public key.

    A node that altered the answer is noted under "BadMac" and not paid.

    Raises:
        OSError: if there is no node, or nothing came that opens, or the receipt for it is false.
    """
    address, key = far_end
    chosen = await validator.choose(1)
    if not chosen:
        raise OSError(f"{url}: no node to ask")
    sealed = seal_request("GET", url, {}, key, fresh_seed)
    request = {"method": "POST", "url": address, "headers": {}}
    request["body"] = base64.b64encode(sealed.sealed).decode()
    copy = await validator.ask(chosen[0], address, request)
    if copy.result is None or copy.result["status"] != 200:
        raise OSError(f"{url}: the far end did not answer")
    try:
        answer = open_answer(sealed, base64.b64decode(copy.result["body"]))
    except (BadMac, BadRecord, NoContentType) as error:
        validator.history(copy.node.key).verdicts[type(error).__name__] += 1
        raise OSError(f"{url}: {error}") from None
    validator.note([copy], copy)
    verdict = await validator.settle(copy, session_id)
    if verdict != "ok":
        raise OSError(f"{url}: the node's receipt is refused, {verdict}")
    return SealedPage(_as_fetched(copy, answer, url, session_id, validator.key), answer.transcript)


def _as_fetched(
    copy: Delivered, answer: OpenedAnswer, url: str, session_id: str, validator: bytes
) -> Fetched:
    """Response and session record of the page inside; the receipt is for what the node carried."""
    inside = {"url": url, "method": "GET", "status": answer.status}
    inside |= {"req_bytes": len(url.encode()), "resp_bytes": len(answer.body)}
    inside["body_sha256"] = sha256(answer.body).hex()
    record = {**fetched(copy, session_id, validator).session, **inside}
    response = Response(url, answer.status, answer.reason, answer.headers, answer.body)
    return Fetched(response, record)
