"""Where a row comes from: row, session, ledger, signature, one check after the other.

    row --id, url--> session record --inclusion proof--> ledger root --signature--> validator
     '--SHA-256--> text       '--length, SHA-256--> archived body

Whoever holds a row and this chain needs nobody's permission and no data set to check it: about
log2(n) hashes and one signature. What it does *not* show is that the text was extracted from the
body: an editor can change a text and hash it again. `extracted` closes that gap where the body is
at hand, by cleaning it once more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.pages.cleaning import Unreadable, clean, decode
from aicrypto.crawl.rows.record import BadRecord, Kind, canonical, check
from aicrypto.crawl.signing import TreeHead


@dataclass(frozen=True)
class Provenance:
    """A row and what shows its origin.

    Attributes:
        row, session: the two records.
        index, path: the session's place in the ledger, and its inclusion proof, lowest hash first.
        head: the validator's signed word on the ledger.
        body: the archived body, where it is at hand.
    """

    row: Mapping[str, Any]
    session: Mapping[str, Any]
    index: int
    path: tuple[bytes, ...]
    head: TreeHead
    body: bytes | None = None


def failed_check(chain: Provenance, trusted_validator: bytes) -> str | None:
    """The first check that fails, by its name in `CHECKS`; None if all hold."""
    checks = CHECKS.items()
    return next((name for name, holds in checks if not holds(chain, trusted_validator)), None)


def verify_provenance(chain: Provenance, trusted_validator: bytes) -> bool:
    """Whether a row comes from where it says, on the word of this validator; never raises."""
    try:
        return failed_check(chain, trusted_validator) is None
    except (TypeError, AttributeError, ValueError):  # parts of the wrong type
        return False


def extracted(chain: Provenance, content_type: str = "") -> bool:
    """Whether the archived body, cleaned once more, gives the row's title and text."""
    if chain.body is None:
        return False
    try:
        again = clean(decode(chain.body, content_type), str(chain.row["url"]))
    except (Unreadable, KeyError):
        return False
    return (again.title, again.text) == (chain.row.get("title"), chain.row.get("text"))


def _has_shape(kind: Kind, record: Mapping[str, Any]) -> bool:
    try:
        check(kind, record)
    except BadRecord:
        return False
    return True


def _is_linked(chain: Provenance, _: bytes) -> bool:
    row, session = chain.row, chain.session
    return bool(row["session"] == session["session"] and row["url"] == session["url"])


def _text_holds(chain: Provenance, _: bytes) -> bool:
    return bool(sha256(chain.row["text"].encode()).hex() == chain.row["text_sha256"])


def _length_holds(chain: Provenance, _: bytes) -> bool:
    return chain.body is None or len(chain.body) == chain.session["resp_bytes"]


def _body_holds(chain: Provenance, _: bytes) -> bool:
    return chain.body is None or sha256(chain.body).hex() == chain.session["body_sha256"]


def _is_included(chain: Provenance, _: bytes) -> bool:
    leaf, head = canonical("session", chain.session), chain.head
    return merkle.verify_inclusion(leaf, chain.index, head.size, chain.path, head.root)


CHECKS: dict[str, Callable[[Provenance, bytes], bool]] = {
    "RowShape": lambda chain, _: _has_shape("row", chain.row),
    "SessionShape": lambda chain, _: _has_shape("session", chain.session),
    "RowSessionLink": _is_linked,
    "TextHash": _text_holds,
    "BodyLength": _length_holds,
    "BodyHash": _body_holds,
    "Inclusion": _is_included,
    "UntrustedValidator": lambda chain, trusted: chain.head.validator == trusted,
    "HeadSignature": lambda chain, _: chain.head.is_signed(),
}
