"""A paywall behind a real web server on this machine, and an agent that pays at it.

The server listens on loopback only, on a port that the system picks, as long as the `with` block
lasts. Work that fails is answered with 500, a body that is too long with 413; neither is paid for.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from aicrypto.agents.payments.exact import Json
from aicrypto.agents.payments.paywall import (
    INVALID,
    REQUIRED,
    Paywall,
    Reply,
    decode_header,
    pay,
)
from aicrypto.agents.refusals import Refusal, demand
from aicrypto.evm.accounts import address_of

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
            """Answers a request with its body; a length that is no number counts as none.

            Half a body is none that the payer asked work for: a longer one is not even read.
            """
            length = self.headers.get("Content-Length") or ""
            is_number = length.isdecimal() and len(length) <= MAX_DIGITS
            n_bytes = int(length) if is_number else 0
            if n_bytes > MAX_BODY_BYTES:
                self._reply(Reply(413, {}, f"more than {MAX_BODY_BYTES} bytes".encode()))
                return
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
    url: str,
    body: bytes,
    payer: str,
    private_key: bytes,
    now: int,
    nonce: bytes,
    budget: int,
    asset: str | None = None,
    network: str | None = None,
) -> Reply:
    """The server's last reply: asks, and where the answer is 402 pays and asks again.

    Say which `asset` on what `network` the budget counts: without (None) the seller chooses both.

    Raises:
        Refusal: `over_budget`, `network_mismatch`, `asset_mismatch`, `invalid_payload` for an offer
            that is not complete; nothing is signed then.
        httpx.HTTPError: if the server cannot be reached.
    """
    import httpx

    with httpx.Client(trust_env=False) as client:
        reply = client.post(url, content=body)
        if reply.status_code == 402:
            terms = budget, asset, network
            paid = _payment(reply.headers.get(REQUIRED, ""), terms, payer, private_key, now, nonce)
            reply = client.post(url, content=body, headers=paid)
        return Reply(reply.status_code, dict(reply.headers), reply.content)


def _payment(
    required: str,
    terms: tuple[int, str | None, str | None],
    payer: str,
    private_key: bytes,
    now: int,
    nonce: bytes,
) -> dict[str, str]:
    """The header that pays, if the offer is complete and within the buyer's terms."""
    offer = decode_header(required)
    try:
        _check_offer(offer["accepts"][0], *terms)
        return pay(offer, payer, private_key, now, nonce)
    except Refusal:
        raise
    except (AttributeError, LookupError, OverflowError, TypeError, ValueError):
        raise Refusal(INVALID) from None


def _check_offer(terms: Json, budget: int, asset: str | None, network: str | None) -> None:
    """Refuses an offer that is not what the buyer meant to pay."""
    demand(network in (None, terms["network"]), "network_mismatch")
    is_asset = asset is None or address_of(terms["asset"]) == address_of(asset)
    demand(is_asset, "asset_mismatch")
    demand(int(terms["amount"]) <= budget, "over_budget")


def _answer(paywall: Paywall, now: int, path: str, headers: dict[str, str], body: bytes) -> Reply:
    try:
        return paywall.answer(now, path, headers, body)
    except Exception:  # the seller's work may raise anything, and the server must go on
        return Reply(500, {}, b"the work failed")
