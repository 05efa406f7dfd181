"""EIP-712: signing a structure that a wallet can show, instead of bytes that it can't.

A typed document has types (each a list of named, typed fields), the primary type, a domain (which
application, contract and chain the signature is for) and the message. What is signed is
keccak(0x1901 || hash of the domain || hash of the message), so a signature for one contract or
chain is worthless at another. A structure's hash starts with the hash of its type's text, where
the types that it refers to follow in alphabetical order.

Who uses it: ERC-3009 payments (x402), ERC-8004 wallets, delegated orders of the compute market.
Values are those of a JSON document: integers (or their decimal or 0x text), 0x-hex for bytes and
addresses; bytes may also be bytes. A value of another kind is refused, not converted: no wallet
would show what is signed then.
Source: EIP-712.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.accounts import address_of

DOMAIN = "EIP712Domain"
DOMAIN_TYPES = {  # in the order in which the hash lists those that a domain has
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}
ARRAY = re.compile(r"(.+)\[(\d*)\]")
ATOM = re.compile(r"(u?int|bytes)(\d+)")

Types = Mapping[str, Sequence[Mapping[str, str]]]


@dataclass(frozen=True)
class TypedData:
    """A document to be signed.

    Attributes:
        types: fields of each type, as `{"name": ..., "type": ...}` in order.
        primary_type: type of the message.
        domain: whom the signature is meant for.
        message: the values.
    """

    types: Types
    primary_type: str
    domain: Mapping[str, Any]
    message: Mapping[str, Any]

    @property
    def domain_separator(self) -> bytes:
        """32-byte hash of the domain: of the fields that EIP712Domain lists, and of no others."""
        listed = [{"name": n, "type": t} for n, t in DOMAIN_TYPES.items() if n in self.domain]
        return struct_hash({DOMAIN: listed, **self.types}, DOMAIN, self.domain)

    @property
    def struct_hash(self) -> bytes:
        """32-byte hash of the message."""
        return struct_hash(self.types, self.primary_type, self.message)

    @property
    def digest(self) -> bytes:
        """The 32 bytes that are signed."""
        return keccak256(b"\x19\x01", self.domain_separator, self.struct_hash)


def encode_type(types: Types, primary: str) -> str:
    """A type in words, followed by those it refers to in alphabetical order.

    >>> encode_type({"Pay": [{"name": "to", "type": "address"}]}, "Pay")
    'Pay(address to)'

    Raises:
        ValueError: if there is no such type.
    """
    if primary not in types:
        raise ValueError(f"primary type is {primary!r}, must be one of {sorted(types)}")
    others = sorted(_referred(types, primary, set()) - {primary})
    return "".join(f"{name}({_fields(types, name)})" for name in [primary, *others])


def struct_hash(types: Types, name: str, values: Mapping[str, Any]) -> bytes:
    """32-byte hash of a structure of that type.

    Raises:
        ValueError: naming the field, if it is missing or does not fit its type.
    """
    parts = [keccak256(encode_type(types, name).encode())]
    for field in types[name]:
        if field["name"] not in values:
            raise ValueError(f"{name}.{field['name']} is missing")
        try:
            parts.append(_encode(types, field["type"], values[field["name"]]))
        except ValueError as error:
            raise ValueError(f"{name}.{field['name']}: {error}") from None
    return keccak256(*parts)


def _fields(types: Types, name: str) -> str:
    return ",".join(f"{field['type']} {field['name']}" for field in types[name])


def _referred(types: Types, name: str, known: set[str]) -> set[str]:
    known.add(name)
    for field in types[name]:
        base = field["type"].split("[")[0]
        if base in types and base not in known:
            _referred(types, base, known)
    return known


def _encode(types: Types, kind: str, value: Any) -> bytes:
    """The 32 bytes that stand for one value."""
    if array := ARRAY.fullmatch(kind):
        return _encode_array(types, array[1], array[2], value)
    if kind in types:
        return bytes(32) if value is None else struct_hash(types, kind, value)
    if kind == "string":
        return keccak256(_require(kind, value, str).encode())
    if kind == "bytes":
        return keccak256(_bytes(kind, value))
    return _encode_atom(kind, value)


def _encode_array(types: Types, kind: str, length: str, values: Sequence[Any]) -> bytes:
    if length and int(length) != len(values):
        raise ValueError(f"array of type {kind}[{length}] has {len(values)} elements")
    return keccak256(*(_encode(types, kind, value) for value in values))


def _encode_atom(kind: str, value: Any) -> bytes:
    if kind == "address":
        return bytes(12) + bytes.fromhex(address_of(value)[2:])
    if kind == "bool":
        return int(_require(kind, value, bool)).to_bytes(32, "big")
    if not (atom := ATOM.fullmatch({"int": "int256", "uint": "uint256"}.get(kind, kind))):
        raise ValueError(f"type is {kind!r}, which is neither a structure nor built in")
    size = int(atom[2])
    if atom[1] == "bytes":
        return _fixed_bytes(kind, size, _bytes(kind, value))
    return _encode_integer(kind, size, atom[1] == "int", value)


def _fixed_bytes(kind: str, size: int, data: bytes) -> bytes:
    if len(data) != size or not 1 <= size <= 32:  # a shorter one would stand for two values
        raise ValueError(f"{kind} has {len(data)} bytes, must have {size}")
    return data.ljust(32, b"\0")


def _encode_integer(kind: str, bits: int, is_signed: bool, value: Any) -> bytes:
    number = int(value, 0) if isinstance(value, str) else _require(kind, value, int)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if is_signed else (0, 2**bits)
    if not low <= number < high or bits > 256:
        raise ValueError(f"{kind} is {number}, must be in {low}..{high - 1}")
    return number.to_bytes(32, "big", signed=is_signed)


def _bytes(kind: str, value: Any) -> bytes:
    if isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return bytes(_require(kind, value, bytes, bytearray))


def _require(kind: str, value: Any, *classes: type) -> Any:
    if not isinstance(value, classes):
        raise ValueError(f"{kind} is {value!r}, must be {classes[0].__name__}")
    return value
