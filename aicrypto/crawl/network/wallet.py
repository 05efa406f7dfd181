"""A node's own books: what it delivered, and the receipts that it holds for it.

Also the one rule by which everybody on the way counts payload bytes (`payload`): address and
request body up, page body down. JSON, base64 and headers are not paid, since a node could pad them.
"""

import base64
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.crawl.metering.receipts import FIRST_PREV, PARTIES, Receipt
from aicrypto.crawl.network.channel import Json
from aicrypto.crawl.signing import is_signed, public_key

SignedReceipt = tuple[bytes, dict[str, bytes]]  # its bytes, and signatures by party
MAX_RECEIPTS = 100_000  # kept in memory
MAX_DELIVERIES = 1024  # remembered until their receipts are asked for


@dataclass(frozen=True)
class Delivery:
    """What a node fetched: payload bytes, hash of the body, times in ms since 1970."""

    bytes_up: int
    bytes_down: int
    body_sha256: bytes
    t_start: int
    t_end: int


@dataclass
class Wallet:
    """A node's own books.

    Attributes:
        deliveries: by message id, until receipted.
        receipts: the last accepted ones with all three signatures, in order.
        n_receipts, earned_bytes: of all of them, payload bytes.
        links: number and hash of the last accepted receipt, by validator: each keeps a chain.
        keep: called with every receipt that is filed, to store it.
    """

    seed: bytes
    deliveries: OrderedDict[str, Delivery] = field(default_factory=OrderedDict)
    receipts: deque[SignedReceipt] = field(default_factory=lambda: deque(maxlen=MAX_RECEIPTS))
    n_receipts: int = 0
    earned_bytes: int = 0
    links: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    keep: Callable[[bytes, dict[str, bytes]], None] = lambda data, signatures: None

    def remember(self, message_id: str, delivery: Delivery) -> None:
        """Keep a delivery for its receipt; the oldest beyond MAX_DELIVERIES are forgotten."""
        self.deliveries[message_id] = delivery
        while len(self.deliveries) > MAX_DELIVERIES:
            self.deliveries.popitem(last=False)

    def draft(self, message_id: str, session: bytes, router: bytes, validator: bytes) -> Receipt:
        """The receipt of one delivery, which is forgotten; KeyError if there was none."""
        done = self.deliveries.pop(message_id)
        seq, prev = self.links.get(validator, (0, FIRST_PREV))
        parties = (session, public_key(self.seed), router, validator)
        times, counts = (done.t_start, done.t_end), (done.bytes_up, done.bytes_down)
        return Receipt(*parties, seq + 1, *times, *counts, done.body_sha256, prev)

    def file(self, data: bytes, signatures: dict[str, bytes]) -> None:
        """Take an accepted receipt.

        Raises:
            ValueError: unless all three parties signed it and it is the next of its chain.
        """
        receipt = Receipt.from_bytes(data)
        seq, prev = self.links.get(receipt.validator, (0, FIRST_PREV))
        if (receipt.seq, receipt.prev) != (seq + 1, prev):
            raise ValueError(f"receipt {receipt.seq} does not follow receipt {seq}")
        for party, letter in PARTIES.items():
            if not is_signed(getattr(receipt, party), data + letter, signatures[party]):
                raise ValueError(f"the {party} has not signed this receipt")
        self.load([(data, signatures)])
        self.keep(data, signatures)

    def load(self, receipts: Iterable[SignedReceipt]) -> None:
        """Take over receipts that were filed before, in order."""
        for data, signatures in receipts:
            receipt = Receipt.from_bytes(data)
            self.receipts.append((data, signatures))
            self.n_receipts += 1
            self.earned_bytes += receipt.payload_bytes
            self.links[receipt.validator] = (receipt.seq, sha256(data))


def payload(request: Json, result: Any) -> tuple[int, int, bytes]:
    """Bytes up, bytes down and body hash of an exchange, as everybody on the way counts them.

    Raises:
        ValueError: if a body is not base64.
        TypeError, KeyError: if the messages have another form.
    """
    up = len(request["url"].encode()) + len(_body(request.get("body", "")))
    body = _body(result["body"])
    return up, len(body), sha256(body)


def _body(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
