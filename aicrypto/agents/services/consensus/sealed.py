"""Signed messages between operators: JSON, with an Ed25519 signature over what it says.

Operators know one another by public keys. Whatever travels is sealed, so that it may be passed on:
a vote counts because of who signed it, whoever brought it. A message that is damaged, too long, of
a stranger or wrongly signed is not a message (`None`), and never an exception.

The signature is over a label, so that it can mean nothing elsewhere, and the canonical JSON of
sender, kind and body. A message has one text only: blanks would make a vote so long that whoever
passes it on in a proof is not heard any more.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aicrypto.commit.untrusted import parse_json
from aicrypto.crawl.signing import is_signed, sign

LABEL = b"aicrypto/consensus/1"
MAX_BYTES = 2**20
REMEMBERED, REMEMBERED_LETTERS = 1024, 2**16  # messages, and the longest of them
Json = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message whose signature is right: `sealed` is how it came, to be passed on."""

    sender: str
    kind: str
    body: Json
    sealed: str


def seal(seed: bytes, sender: str, kind: str, body: Json) -> str:
    """The signed message of whoever has the seed."""
    return _text(sender, kind, body, sign(seed, _signed_bytes(sender, kind, body)))


def unseal(text: object, keys: Mapping[str, bytes]) -> Message | None:
    """The message, if it is one of theirs; `keys` are public keys by name."""
    if not isinstance(text, str) or len(text) > MAX_BYTES:
        return None
    try:
        found = parse_json(text)
        sender, kind, body = found["sender"], found["kind"], found["body"]
        signature, key = bytes.fromhex(found["signature"]), keys[sender]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(kind, str) or not isinstance(body, dict):
        return None
    if _text(sender, kind, body, signature) != text:
        return None
    if not is_signed(key, _signed_bytes(sender, kind, body), signature):
        return None
    return Message(sender, kind, body, text)


def remembering(keys: Mapping[str, bytes]) -> Callable[[object], Message | None]:
    """`unseal` for these keys, which has the latest short messages at hand.

    Whoever floods us with long ones fills no memory: 1,024 of 2^16 letters are 64 MiB.
    """
    at_hand = lru_cache(REMEMBERED)(lambda text: unseal(text, keys))

    def opened(text: object) -> Message | None:
        is_short = isinstance(text, str) and len(text) <= REMEMBERED_LETTERS
        return at_hand(text) if is_short else unseal(text, keys)

    return opened


def _text(sender: str, kind: str, body: Json, signature: bytes) -> str:
    message = {"sender": sender, "kind": kind, "body": body, "signature": signature.hex()}
    return json.dumps(message, sort_keys=True, separators=(",", ":"))


def _signed_bytes(sender: str, kind: str, body: Json) -> bytes:
    return LABEL + json.dumps([sender, kind, body], sort_keys=True).encode()
