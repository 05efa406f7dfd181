"""A paywall behind a real web server on this machine, and an agent that pays at it.

The server listens on loopback only, on a port that the system picks, as long as the `with` block
lasts. Work that fails is answered with 500 and not paid for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from aicrypto.agents.payments.paywall import REQUIRED, Paywall, Reply, decode_header, pay
from aicrypto.agents.refusals import Refusal

MAX_BODY_BYTES = 1 << 20
MAX_DIGITS = 20  # of a length
PATIENCE_S = 5.0  # with somebody who says no more: others wait behind him
POLL_S = 0.01  # how soon the server notices that it is to stop


@contextmanager
def serve(paywall: Paywall, clock: Callable[[], int]) -> Iterator[str]:
    """URL at which the paywall answers; `clock` says the time in seconds."""

    class Handler(BaseHTTPRequestHandler):
        """Hands every request to the paywall."""

        timeout = PATIENCE_S

        def do_GET(self) -> None:
            """Answers a request without body."""
            self._reply(_answer(paywall, clock(), self.path, dict(self.headers), b""))

        def do_POST(self) -> None:
            """Answers a request with its body; a length that is no number counts as none."""
            length = self.headers.get("Content-Length") or ""
            is_number = length.isdecimal() and len(length) <= MAX_DIGITS
            n_bytes = min(int(length), MAX_BODY_BYTES) if is_number else 0
            body = self.rfile.read(n_bytes)
            self._reply(_answer(paywall, clock(), self.path, dict(self.headers), body))

        def _reply(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(POLL_S,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def buy(
    url: str, body: bytes, payer: str, private_key: bytes, now: int, nonce: bytes, budget: int
) -> Reply:
    """The server's last reply: asks, and where the answer is 402 pays and asks again.

    Raises:
        Refusal: `over_budget` if the price is higher; nothing is signed then.
        httpx.HTTPError: if the server cannot be reached.
    """
    import httpx

    with httpx.Client(trust_env=False) as client:
        reply = client.post(url, content=body)
        if reply.status_code == 402:
            offer = decode_header(reply.headers[REQUIRED])
            if int(offer["accepts"][0]["amount"]) > budget:
                raise Refusal("over_budget")
            reply = client.post(
                url, content=body, headers=pay(offer, payer, private_key, now, nonce)
            )
        return Reply(reply.status_code, dict(reply.headers), reply.content)


def _answer(paywall: Paywall, now: int, path: str, headers: dict[str, str], body: bytes) -> Reply:
    try:
        return paywall.answer(now, path, headers, body)
    except Exception:  # the seller's work may raise anything, and the server must go on
        return Reply(500, {}, b"the work failed")
