"""What reaches a node: jobs over the web, subscriptions by signature, subscriptions on the chain.

    {"containers": ["fetch", "rank"], "data": {...}, "requires_proof": false}
    {"signature": {nonce, expiry, v, r, s}, "subscription": {...}, "data": {...}}

The first form is answered off the chain, the second delivered on it. `graph` may take the place of
`containers`. A job's data is a JSON object; its containers read that as JSON without blanks, or the
bytes themselves where it is `{"hex": "0x..."}`.

Source of the forms: ritual-net/infernet-node@3611d2c, api.md, and its message.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aicrypto.evm.signing import Signature
from aicrypto.ritual.delegation import Delegation
from aicrypto.ritual.node.containers import Graph, line_of, order_of
from aicrypto.ritual.subscriptions import Subscription

BYTES_KEY = "hex"
FIELDS = (
    *("owner", "active_at", "period", "frequency", "redundancy", "containers", "lazy"),
    *("verifier", "payment_amount", "payment_token", "wallet"),
)
SIGNATURE = {"v": 8, "r": 256, "s": 256}  # bits
NUMBERS = {"active_at": 32, "period": 32, "frequency": 32, "redundancy": 16, "payment_amount": 256}
ADDRESSES = ("owner", "verifier", "payment_token", "wallet")
ADDRESS_BYTES, DIGEST_BYTES = 20, 32


@dataclass(frozen=True)
class OffchainJob:
    """A job whose result is fetched over the web."""

    id: str
    ip: str
    graph: Graph
    data: bytes
    needs_proof: bool = False


@dataclass(frozen=True)
class DelegatedJob:
    """A signed subscription, which the node brings on chain when it delivers; with its input."""

    id: str
    ip: str
    delegation: Delegation
    signature: Signature
    data: bytes


@dataclass(frozen=True)
class Created:
    """A subscription that the chain has."""

    number: int
    subscription: Subscription


Message = OffchainJob | DelegatedJob | Created


def read_message(document: Any, job_id: str, ip: str) -> OffchainJob | DelegatedJob:
    """The message that a JSON document says.

    Raises:
        ValueError: naming the field that is missing or wrong.
    """
    if not isinstance(document, dict):
        raise ValueError("document must be a JSON object")
    if "signature" in document:
        return _delegated(document, job_id, ip)
    needs_proof = document.get("requires_proof", False)
    if not isinstance(needs_proof, bool):
        raise ValueError(f"requires_proof is {needs_proof!r}, must be true or false")
    return OffchainJob(job_id, ip, _graph(document), _data(document), needs_proof)


def to_json(job: DelegatedJob) -> dict[str, Any]:
    """A signed subscription as a client posts it."""
    delegation, signature, sub = job.delegation, job.signature, job.delegation.subscription
    fields = dict(zip(FIELDS, sub.fields, strict=True))
    fields["containers"] = "0x" + sub.container_id.hex()
    numbers = {"v": signature.v, "r": signature.r, "s": signature.s}
    head = {"nonce": delegation.nonce, "expiry": delegation.expiry_s}
    data = {BYTES_KEY: "0x" + job.data.hex()}
    return {"signature": head | numbers, "subscription": fields, "data": data}


def _graph(document: Mapping[str, Any]) -> Graph:
    if "graph" not in document:
        return line_of(_names(document.get("containers"), "containers"))
    graph = document["graph"]
    if not isinstance(graph, dict):
        raise ValueError(f"graph is {graph!r}, must be an object of lists")
    read = {name: _names(sources, f"graph.{name}") for name, sources in graph.items()}
    order_of(read)
    return read


def _names(value: Any, field: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{field} is {value!r}, must be a list of names")
    if len(set(value)) < len(value):
        raise ValueError(f"{field} has a name twice")
    return value


def _data(document: Mapping[str, Any]) -> bytes:
    data = document.get("data")
    if not isinstance(data, dict):
        raise ValueError(f"data is {data!r}, must be an object")
    if set(data) == {BYTES_KEY}:
        return _bytes(data[BYTES_KEY], "data.hex")
    return json.dumps(data, sort_keys=True, separators=(",", ":")).encode()


def _delegated(document: Mapping[str, Any], job_id: str, ip: str) -> DelegatedJob:
    said, sub = document["signature"], document.get("subscription")
    if not isinstance(said, dict) or not isinstance(sub, dict):
        raise ValueError("signature and subscription must be objects")
    nonce, expiry_s = (_number(said, name, 32) for name in ("nonce", "expiry"))
    signature = Signature(*(_number(said, name, bits) for name, bits in SIGNATURE.items()))
    delegation = Delegation(nonce, expiry_s, _subscription(sub))
    return DelegatedJob(job_id, ip, delegation, signature, _data(document))


def _subscription(fields: Mapping[str, Any]) -> Subscription:
    read: dict[str, Any] = {name: _number(fields, name, bits) for name, bits in NUMBERS.items()}
    for name in ADDRESSES:
        read[name] = "0x" + _bytes(fields.get(name), name, ADDRESS_BYTES).hex()
    read["containers"] = _bytes(fields.get("containers"), "containers", DIGEST_BYTES)
    read["lazy"] = fields.get("lazy")
    if not isinstance(read["lazy"], bool):
        raise ValueError(f"lazy is {read['lazy']!r}, must be true or false")
    return Subscription(*(read[name] for name in FIELDS))


def _number(fields: Mapping[str, Any], name: str, bits: int) -> int:
    value = fields.get(name)
    if type(value) is not int or not 0 <= value < 2**bits:
        raise ValueError(f"{name} is {value!r}, must be in 0..2^{bits}-1")
    return value


def _bytes(value: Any, name: str, length: int | None = None) -> bytes:
    try:
        data = bytes.fromhex(value.removeprefix("0x"))
    except (AttributeError, ValueError):
        raise ValueError(f"{name} is {value!r}, must be hex digits") from None
    if length is not None and len(data) != length:
        raise ValueError(f"{name} has {len(data)} bytes, must have {length}")
    return data
