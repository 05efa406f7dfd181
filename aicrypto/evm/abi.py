"""Contract ABI: how calls, answers, events and failures of a contract are written as bytes.

A call is a 4-byte selector (the start of the Keccak-256 hash of the signature, such as
`settle(uint256,address[])`) followed by the encoded arguments. An event's first topic is the hash
of its signature, its indexed arguments are further topics. A failure is a call-like message as
well: `Error(string)` for reason strings, `Panic(uint256)` for arithmetic, or an error of the
contract's own. Encoding is eth-abi's. Source: Solidity documentation, "Contract ABI Specification".

Python values: `uint`/`int` are int, `address` is lower-case hex (in calls also an account, a
contract, or hex in any case), `bytesN` and `bytes` are bytes, arrays are sequences, structs tuples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.machine import Log

if TYPE_CHECKING:
    from eth_abi.codec import ABICodec

SELECTOR_BYTES = 4
ERROR_SELECTOR = bytes.fromhex("08c379a0")  # Error(string)
PANIC_SELECTOR = bytes.fromhex("4e487b71")  # Panic(uint256)
PANICS = {  # Solidity documentation, "Panic via assert and Error via require"
    0x00: "unspecified",
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x21: "invalid enum value",
    0x22: "bad storage encoding",
    0x31: "pop of an empty array",
    0x32: "index out of range",
    0x41: "too much memory",
    0x51: "call of an uninitialised function",
}


@dataclass(frozen=True)
class Parameter:
    """One argument: its name, its ABI type in full, and whether an event indexes it."""

    name: str
    kind: str
    indexed: bool = False

    @property
    def topic_kind(self) -> str:
        """Type of its topic: what may be longer than a word is indexed by its hash."""
        is_hashed = self.kind in ("string", "bytes") or self.kind.endswith(("]", ")"))
        return "bytes32" if is_hashed else self.kind


@dataclass(frozen=True)
class Function:
    """A function, a constructor or an error of a contract."""

    name: str
    inputs: tuple[Parameter, ...]
    outputs: tuple[Parameter, ...]
    is_static: bool

    @cached_property
    def signature(self) -> str:
        """Name and argument types, as the selector hashes them."""
        return f"{self.name}({','.join(_kinds(self.inputs))})"

    @cached_property
    def selector(self) -> bytes:
        """First 4 bytes of calldata."""
        return keccak256(self.signature.encode())[:SELECTOR_BYTES]

    def encode_arguments(self, arguments: Sequence[Any]) -> bytes:
        """The arguments without a selector, as a constructor takes them.

        Raises:
            ValueError: naming function, argument, value and type, if one does not fit.
        """
        if len(arguments) != len(self.inputs):
            raise ValueError(
                f"{self.signature} takes {len(self.inputs)} arguments, got {len(arguments)}"
            )
        values = [_plain(argument) for argument in arguments]
        for parameter, value in zip(self.inputs, values, strict=True):
            if not _codec().is_encodable(parameter.kind, value):
                raise ValueError(
                    f"{self.name}: {parameter.name} is {value!r}, must be {parameter.kind}"
                )
        return _codec().encode(_kinds(self.inputs), values)

    def encode_call(self, arguments: Sequence[Any]) -> bytes:
        """Calldata: selector and arguments; ValueError as in `encode_arguments`."""
        return self.selector + self.encode_arguments(arguments)

    def decode_output(self, output: bytes) -> Any:
        """The returned value: None, one value, or a tuple of several.

        Raises:
            ValueError: if the bytes do not have the declared types.
        """
        values = decode(_kinds(self.outputs), output)
        return values if len(values) > 1 else next(iter(values), None)


@dataclass(frozen=True)
class Event:
    """A decoded log. Indexed arguments of dynamic type are the 32-byte hash of their value."""

    address: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class EventType:
    """How an event of a contract is written."""

    name: str
    inputs: tuple[Parameter, ...]

    @cached_property
    def topic(self) -> bytes:
        """32-byte hash of the signature."""
        return keccak256(f"{self.name}({','.join(_kinds(self.inputs))})".encode())

    def decode(self, log: Log) -> Event:
        """The event that a log of this type stands for; ValueError if it is not well formed."""
        indexed = [p for p in self.inputs if p.indexed]
        plain = [p for p in self.inputs if not p.indexed]
        if len(log.topics) != 1 + len(indexed):
            raise ValueError(f"{self.name} has {len(indexed)} indexed arguments, not so {log}")
        topics = decode([p.topic_kind for p in indexed], b"".join(log.topics[1:]))
        values = dict(zip(indexed + plain, topics + decode(_kinds(plain), log.data), strict=True))
        return Event(log.address, self.name, {p.name: values[p] for p in self.inputs})


class Interface:
    """Functions, events and errors of one contract, from its JSON ABI.

    Attributes:
        functions: those of each name; Vyper's default arguments make several of one name.
    """

    def __init__(self, name: str, abi: Sequence[Mapping[str, Any]]) -> None:
        self.name = name
        self.constructor = Function(name, (), (), is_static=False)
        self.functions: dict[str, list[Function]] = {}
        self._events: dict[bytes, EventType] = {}
        self._errors: dict[bytes, Function] = {}
        for entry in abi:
            self._add(entry)

    def find(self, name: str) -> list[Function]:
        """Functions of that name, or the one of that signature.

        Raises:
            ValueError: if there is none, with the signatures there are.
        """
        if name in self.functions:
            return self.functions[name]
        by_signature = {f.signature: f for named in self.functions.values() for f in named}
        if name not in by_signature:
            there_are = ", ".join(by_signature)
            raise ValueError(f"{self.name} has no function {name!r}; there are: {there_are}")
        return [by_signature[name]]

    def decode_log(self, log: Log) -> Event | None:
        """The event in a log; None if this contract declares no such event."""
        event_type = self._events.get(log.topics[0]) if log.topics else None
        return event_type.decode(log) if event_type else None

    def reason(self, data: bytes) -> str:
        """What a revert says in words: its reason string, panic, own error, or bare bytes."""
        selector, rest = data[:SELECTOR_BYTES], data[SELECTOR_BYTES:]
        try:
            if selector == ERROR_SELECTOR:
                return str(decode(["string"], rest)[0])
            if selector == PANIC_SELECTOR:
                code = decode(["uint256"], rest)[0]
                return f"panic 0x{code:02x}: {PANICS.get(code, 'unknown')}"
            if error := self._errors.get(selector):
                values = decode(_kinds(error.inputs), rest)
                return f"{error.name}({', '.join(map(repr, values))})"
        except ValueError:
            pass  # a contract may revert with anything, also with something malformed
        return f"0x{data.hex()}" if data else "no reason given"

    def _add(self, entry: Mapping[str, Any]) -> None:
        kind, inputs = entry["type"], _parameters(entry.get("inputs", ()))
        if kind == "event":
            event = EventType(entry["name"], inputs)
            self._events[event.topic] = event
            return
        is_static = entry.get("stateMutability") in ("view", "pure")
        outputs = _parameters(entry.get("outputs", ()))
        function = Function(entry.get("name", self.name), inputs, outputs, is_static)
        if kind == "function":
            self.functions.setdefault(function.name, []).append(function)
        elif kind == "constructor":
            self.constructor = function
        elif kind == "error":
            self._errors[function.selector] = function


def decode(kinds: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Values of these ABI types in the bytes.

    Raises:
        ValueError: if the bytes are not an encoding of such values.
    """
    from eth_abi.exceptions import DecodingError

    try:
        return _codec().decode(kinds, data)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise ValueError(f"0x{data.hex()} does not encode {', '.join(kinds)}: {error}") from None


def _parameters(entries: Sequence[Mapping[str, Any]]) -> tuple[Parameter, ...]:
    """The arguments; one without a name is called by its position."""
    return tuple(
        Parameter(entry.get("name") or f"argument_{i}", _kind(entry), entry.get("indexed", False))
        for i, entry in enumerate(entries)
    )


def _kinds(parameters: Sequence[Parameter]) -> list[str]:
    return [parameter.kind for parameter in parameters]


def _kind(entry: Mapping[str, Any]) -> str:
    """The type in full: a struct is written as the types of its members in brackets."""
    kind: str = entry["type"]
    if not kind.startswith("tuple"):
        return kind
    members = ",".join(_kind(member) for member in entry["components"])
    return f"({members}){kind.removeprefix('tuple')}"


def _plain(value: Any) -> Any:
    """The value with accounts and contracts replaced by their addresses."""
    if isinstance(value, list | tuple):
        return tuple(_plain(item) for item in value)
    return getattr(value, "address", value)


@cache
def _codec() -> "ABICodec":
    """eth-abi's codec, but `bytesN` takes exactly N bytes; eth-abi would pad a root cut short."""
    from eth_abi.codec import ABICodec
    from eth_abi.encoding import BytesEncoder
    from eth_abi.registry import BaseEquals, registry

    class ExactBytesEncoder(BytesEncoder):
        """Encoder of `bytesN` for values of N bytes."""

        def validate_value(self, value: Any) -> None:
            """Raise eth-abi's EncodingError for anything else."""
            super().validate_value(value)
            if 8 * len(value) != self.value_bit_size:
                self.invalidate_value(value, msg=f"has {len(value)} bytes")

    exact = registry.copy()
    exact.unregister_encoder("bytes<M>")
    exact.register_encoder(BaseEquals("bytes", with_sub=True), ExactBytesEncoder, "bytes<M>")
    return ABICodec(exact)
