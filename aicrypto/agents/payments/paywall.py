"""x402 over HTTP: a door that names its price, and the two headers that open it.

    GET /work                          -> 402, PAYMENT-REQUIRED: what it costs
    GET /work, PAYMENT-SIGNATURE: ...  -> 200, PAYMENT-RESPONSE: the receipt, and the work

Headers are base64 of JSON. The seller verifies before it works, and settles after: work that fails
is not paid for. Malformed payments are answered with 400, refused ones with 402 and the reason.

The seller must also compare what the payer `accepted` with what it has offered, as no facilitator
does: otherwise the payer names his own price. `Paywall(..., compares=False)` is such a seller, for
lessons.
Source: coinbase/x402@dd927a26, x402 v2 over HTTP.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.payments.authorization import Authorization, Domain
from aicrypto.agents.payments.exact import Facilitator, Json, payer_of
from aicrypto.agents.refusals import Refusal, demand
from aicrypto.commit.untrusted import parse_json

VERSION = 2
REQUIRED, SIGNATURE, RESPONSE = "PAYMENT-REQUIRED", "PAYMENT-SIGNATURE", "PAYMENT-RESPONSE"
INVALID = "invalid_payload"
MISMATCH = "accepted_mismatch"  # our own name: the payer accepted another offer


@dataclass(frozen=True)
class Reply:
    """What a server answers."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def encode_header(document: Json) -> str:
    """The header's text: base64 of the document's JSON."""
    return base64.b64encode(json.dumps(document, separators=(",", ":")).encode()).decode()


def decode_header(value: str) -> Json:
    """The document in a header.

    Raises:
        Refusal: `invalid_payload`, unless it is base64 of a JSON object.
    """
    try:
        document = parse_json(base64.b64decode(value, validate=True))
    except ValueError:
        raise Refusal(INVALID) from None
    if not isinstance(document, dict):
        raise Refusal(INVALID)
    return document


def required(requirements: Json, url: str, error: str) -> Reply:
    """The answer to a request without payment, or with one that does not do."""
    document = {
        "x402Version": VERSION,
        "error": error,
        "resource": {"url": url},
        "accepts": [requirements],
    }
    return Reply(402, {REQUIRED: encode_header(document)})


@dataclass
class Paywall:
    """A seller's door.

    Attributes:
        requirements: the offer, as x402 writes it.
        facilitator: who verifies and settles.
        work: what is sold: a function of the request's body.
        compares: whether the seller looks at what the payer accepted.
        receipts: of all payments settled here.
    """

    requirements: Json
    facilitator: Facilitator
    work: Callable[[bytes], bytes]
    compares: bool = True
    receipts: list[Json] = field(default_factory=list)

    def answer(self, now: int, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """The reply to one request, at that time; header names in any case."""
        given = {name.upper(): value for name, value in headers.items()}
        if SIGNATURE not in given:
            return required(self.requirements, url, f"{SIGNATURE} header is required")
        try:
            payload = decode_header(given[SIGNATURE])
            terms = self._checked_terms(now, payload)
        except Refusal as refusal:
            if refusal.name == INVALID:
                return Reply(400, {}, INVALID.encode())
            return required(self.requirements, url, refusal.name)
        result = self.work(body)
        try:
            self.facilitator.settle(now, payload, terms)
        except Refusal as refusal:
            return required(self.requirements, url, refusal.name)
        receipt = {"success": True, "network": terms["network"], "payer": payer_of(payload)}
        self.receipts.append(receipt)
        return Reply(200, {RESPONSE: encode_header(receipt)}, result)

    def _checked_terms(self, now: int, payload: Json) -> Json:
        """What the payment is measured by: our offer, or in the weak variant the payer's own."""
        try:
            accepted = dict(payload["accepted"])
            terms = self.requirements if self.compares else accepted
            demand(accepted == terms, MISMATCH)
            self.facilitator.verify(now, payload, terms)
        except Refusal:
            raise
        except (ValueError, KeyError, TypeError, AttributeError):  # whatever strangers send
            raise Refusal(INVALID) from None
        return terms


def pay(offer: Json, payer: str, private_key: bytes, now: int, nonce: bytes) -> dict[str, str]:
    """The header that pays the first thing that a 402's offer accepts.

    Raises:
        KeyError: if the offer is not complete.
    """
    accepted: Json = offer["accepts"][0]
    chain_id = int(accepted["network"].split(":")[1])
    extra: dict[str, Any] = accepted["extra"]
    domain = Domain(extra["name"], extra["version"], chain_id, accepted["asset"])
    until = now + accepted["maxTimeoutSeconds"]
    amount = int(accepted["amount"])
    paid = Authorization(payer, accepted["payTo"].lower(), amount, now - 1, until, nonce)
    signature = "0x" + domain.sign(paid, private_key).hex()
    body = {"signature": signature, "authorization": paid.to_json()}
    document = {"x402Version": VERSION, "resource": offer.get("resource"), "accepted": accepted}
    return {SIGNATURE: encode_header({**document, "payload": body})}
