"""Records of sessions and rows: one canonical text, so that two people hash the same bytes.

A session record says who fetched what for whom and how many bytes flowed; a row says what became
of a page. Both go into Merkle trees, so a record must have exactly one spelling: RFC 8785 (keys
sorted, no blanks, short escapes, UTF-8) over a closed list of fields. Integers are below 2^53, the
largest that every JSON reader keeps; there are no floats, because they have many spellings.

Whoever signs, stores or pays calls `canonical`; what it refuses is never hashed.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal

from aicrypto.commit import merkle

VERSION = 1
MAX_INTEGER = 2**53  # RFC 8785 section 3.2.2.3: beyond it readers disagree
SESSION_FIELDS = {
    "v": int,
    "session": str,
    "node": str,
    "router": str,
    "validator": str,
    "url": str,
    "method": str,
    "status": int,
    "ts": int,
    "req_bytes": int,
    "resp_bytes": int,
    "body_sha256": str,
}
ROW_FIELDS = {
    "v": int,
    "session": str,
    "url": str,
    "title": str,
    "text": str,
    "lang": str,
    "label": str,
    "text_sha256": str,
}
FIELDS = {"session": SESSION_FIELDS, "row": ROW_FIELDS}

Kind = Literal["session", "row"]


class BadRecord(ValueError):
    """A record that has no canonical form; `name` says which rule it breaks, and where."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


def canonical(kind: Kind, record: Mapping[str, Any]) -> bytes:
    """The one spelling of a record: what its leaf in a ledger holds.

    Raises:
        BadRecord: named MissingField:k, UnknownField:k, BadType:k, BadRange:k or BadVersion, the
            first that applies.
    """
    check(kind, record)
    text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def leaf_hash(kind: Kind, record: Mapping[str, Any]) -> bytes:
    """The record's RFC 6962 leaf; `canonical`'s errors."""
    return merkle.leaf_hash(canonical(kind, record))


def check(kind: Kind, record: Mapping[str, Any]) -> None:
    """Refuses what has no canonical form; `canonical`'s errors."""
    fields = FIELDS[kind]
    for name in fields:
        if name not in record:
            raise BadRecord(f"MissingField:{name}", f"a {kind} has {', '.join(fields)}")
    for name in sorted(set(record) - set(fields)):
        raise BadRecord(f"UnknownField:{name}", f"a {kind} has no such field")
    for name, type_ in fields.items():
        _check_field(name, record[name], type_)
    if record["v"] != VERSION:
        raise BadRecord("BadVersion", f"v is {record['v']}, must be {VERSION}")


def _check_field(name: str, value: object, type_: type) -> None:
    if type(value) is not type_ or (isinstance(value, str) and not _is_text(value)):
        raise BadRecord(f"BadType:{name}", f"{name} is {value!r:.40}, must be {type_.__name__}")
    if isinstance(value, int) and not 0 <= value < MAX_INTEGER:
        raise BadRecord(f"BadRange:{name}", f"{name} is {value}, must be in 0..2^53-1")


def _is_text(value: str) -> bool:
    """Whether a string has UTF-8 bytes; half a surrogate pair has none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
