"""Sessions that the node carries and cannot read: validator and far end share the only keys.

The far end plays the web server's side of TLS, at the router's other end: it holds a static X25519
key, opens a sealed request, fetches the page and seals the answer. The validator sends a fresh key
with every request, so both derive the same four secrets and nobody between them does. What the node
sees is one POST to the far end's address, with two lengths and two times.

Because the answer is authenticated, one copy is enough: a node can drop it, not alter it. The
validator keeps the transcript and commits to it (`metering.reveal`), to show parts of it later.
The key schedule is this course's own; record format and ciphers are those of TLS 1.3.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.untrusted import parse_json
from aicrypto.crawl.metering.records import BadRecord, open_stream, seal_stream
from aicrypto.crawl.network.protocol import WebAnswer, WebRedirect, WebRequest

CIPHER = "chacha20-poly1305"
KEY_BYTES, IV_BYTES = 32, 12
INFO = b"grass-relay-v1"
LENGTH = struct.Struct(">I")
Origin = Callable[[WebRequest], WebAnswer | WebRedirect]  # the real web, as the far end sees it


@dataclass(frozen=True)
class Secrets:
    """Traffic keys of one exchange, one pair for each direction."""

    request_key: bytes
    request_iv: bytes
    answer_key: bytes
    answer_iv: bytes


@dataclass(frozen=True)
class SealedRequest:
    """A request on its way.

    Attributes:
        sealed: what the node carries: our fresh public key, then records.
        plain: the request itself, first part of the transcript.
    """

    sealed: bytes
    plain: bytes
    secrets: Secrets


@dataclass(frozen=True)
class OpenedAnswer:
    """What came back: the page, and the whole transcript for commitments."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    transcript: bytes


def far_end_key(seed: bytes) -> bytes:
    """The X25519 public key of a far end's 32-byte seed; ValueError for other lengths."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def seal_request(
    method: str, url: str, headers: dict[str, str], far_end: bytes, fresh_seed: bytes
) -> SealedRequest:
    """A request sealed for the far end with this public key.

    `fresh_seed` must be 32 random bytes used once: two requests with one seed share their keys.
    """
    head = {"method": method, "url": url, "headers": headers}
    plain = json.dumps(head, sort_keys=True).encode()
    secrets = _derive(fresh_seed, far_end, far_end_key(fresh_seed) + far_end)
    sealed = seal_stream(CIPHER, secrets.request_key, secrets.request_iv, plain)
    return SealedRequest(far_end_key(fresh_seed) + sealed, plain, secrets)


def open_answer(request: SealedRequest, sealed: bytes) -> OpenedAnswer:
    """The answer to a request.

    Raises:
        BadMac, BadRecord: if it is not what the far end sealed for this request, from beginning to
            end.
    """
    secrets = request.secrets
    plain = open_stream(CIPHER, secrets.answer_key, secrets.answer_iv, sealed)
    head, body = _unframe(plain)
    try:
        headers = tuple((name, value) for name, value in head["headers"])
        return OpenedAnswer(head["status"], head["reason"], headers, body, request.plain + plain)
    except (ValueError, KeyError, TypeError) as error:
        raise BadRecord(f"the answer's head is malformed: {error!r:.100}") from None


class FarEnd:
    """The web server's side of sealed sessions."""

    def __init__(self, seed: bytes, origin: Origin) -> None:
        self.key = far_end_key(seed)
        self._seed = seed
        self._origin = origin

    def answer(self, sealed: bytes) -> bytes:
        """The sealed answer to a sealed request.

        Raises:
            BadMac, BadRecord, ValueError: if the request does not open.
        """
        theirs, records = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
        secrets = _derive(self._seed, theirs, theirs + self.key)
        plain = open_stream(CIPHER, secrets.request_key, secrets.request_iv, records)
        asked = parse_json(plain)
        request = WebRequest({}, asked["method"], asked["url"], asked["headers"], b"")
        framed = _frame(self._origin(request))
        return seal_stream(CIPHER, secrets.answer_key, secrets.answer_iv, framed)


def _derive(seed: bytes, theirs: bytes, context: bytes) -> Secrets:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    shared = X25519PrivateKey.from_private_bytes(seed).exchange(
        X25519PublicKey.from_public_bytes(theirs)
    )
    widths = (KEY_BYTES, IV_BYTES, KEY_BYTES, IV_BYTES)
    stream = HKDF(SHA256(), sum(widths), salt=None, info=INFO + context).derive(shared)
    parts = []
    for width in widths:
        parts.append(stream[:width])
        stream = stream[width:]
    return Secrets(*parts)


def _frame(outcome: WebAnswer | WebRedirect) -> bytes:
    """Head and body with their lengths: a cut at a record's end must not go unseen."""
    body = outcome.body if isinstance(outcome, WebAnswer) else b""
    reason = outcome.status_text if isinstance(outcome, WebAnswer) else "Redirect"
    head = {"status": outcome.status, "reason": reason, "headers": list(outcome.headers)}
    text = json.dumps(head, sort_keys=True).encode()
    return LENGTH.pack(len(text)) + text + LENGTH.pack(len(body)) + body


def _unframe(plain: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        [n_head] = LENGTH.unpack_from(plain)
        [n_body] = LENGTH.unpack_from(plain, LENGTH.size + n_head)
        head = parse_json(plain[LENGTH.size : LENGTH.size + n_head])
    except (struct.error, ValueError) as error:
        raise BadRecord(f"the answer is cut off: {error}") from None
    body = plain[2 * LENGTH.size + n_head :]
    if len(body) != n_body:
        raise BadRecord(f"the body has {len(body)} bytes, {n_body} were announced")
    return head, body
