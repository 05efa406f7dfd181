"""Words of the deployed format: counts, strings, types and values, written and read.

Everything is big-endian: u32 for what kind of thing follows, u64 for counts, strings as their
length and UTF-8, scalars as 32 bytes. `Reader` walks over bytes once and refuses what runs out
(`Truncated`) or is left over (`TrailingBytes`), so that nothing has two encodings.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, solidity/src (formats).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.sql.types import INTEGER_BYTES, TIMESTAMP_BYTES, ColumnType, Value, decimal, timestamp

U32_BYTES, U64_BYTES, SCALAR_BYTES, POINT_BYTES = 4, 8, 32, 64
WORD_BITS = 256
# Numbers of the types; 1 (uint8) and 6 (int128) exist in the library but not on chain.
TYPE_NUMBERS = {
    **{"boolean": 0, "tinyint": 2, "smallint": 3, "int": 4, "bigint": 5},
    **{"varchar": 7, "decimal75": 8, "timestamp": 9, "scalar": 10, "varbinary": 11},
}
TYPE_KINDS = {number: kind for kind, number in TYPE_NUMBERS.items()}

Item = TypeVar("Item")


class Truncated(ValueError):
    """The bytes end before what they announce."""


class TrailingBytes(ValueError):
    """Bytes are left after everything was read."""


class UnsupportedDataTypeVariant(ValueError):
    """A number stands for no column type."""


class InvalidBoolean(ValueError):
    """A boolean is neither 0 nor 1."""


def u32(number: int) -> bytes:
    """The number in 4 bytes."""
    return number.to_bytes(U32_BYTES, "big")


def u64(number: int) -> bytes:
    """The number in 8 bytes."""
    return number.to_bytes(U64_BYTES, "big")


def blob(data: bytes) -> bytes:
    """Length and bytes."""
    return u64(len(data)) + data


def text(string: str) -> bytes:
    """Length and UTF-8."""
    return blob(string.encode())


def listed(items: list[bytes]) -> bytes:
    """Count and items."""
    return u64(len(items)) + b"".join(items)


def type_bytes(type_: ColumnType) -> bytes:
    """The type's number, for decimals digits and places, for timestamps unit and time zone."""
    number = u32(TYPE_NUMBERS[type_.kind])
    if type_.kind == "decimal75":
        return (
            number + type_.digits.to_bytes(1, "big") + type_.places.to_bytes(1, "big", signed=True)
        )
    if type_.kind == "timestamp":
        return number + u32(type_.unit) + type_.offset_s.to_bytes(U32_BYTES, "big", signed=True)
    return number


def value_bytes(type_: ColumnType, value: Value, signed: bool = False) -> bytes:
    """A value of the type; decimals as scalars, or where `signed` in 256-bit two's complement."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bytes):
        return blob(value)
    if type_.kind == "boolean":
        return bytes([value])
    if type_.kind == "decimal75" and signed:
        return (value % (1 << WORD_BITS)).to_bytes(SCALAR_BYTES, "big")
    if type_.kind in ("decimal75", "scalar"):
        return FR.to_bytes(value % FR.modulus)
    return value.to_bytes(INTEGER_BYTES.get(type_.kind, TIMESTAMP_BYTES), "big", signed=True)


class Reader:
    """A position in bytes that only moves forward.

    Every `take` may raise Truncated; `finish` raises TrailingBytes.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, n_bytes: int) -> bytes:
        """The next bytes."""
        end = self.position + n_bytes
        if end > len(self.data):
            raise Truncated(f"data has {len(self.data)} bytes, needed are {end}")
        self.position, start = end, self.position
        return self.data[start:end]

    def number(self, n_bytes: int, signed: bool = False) -> int:
        """The next bytes as an integer."""
        return int.from_bytes(self.take(n_bytes), "big", signed=signed)

    def u32(self) -> int:
        """A number of 4 bytes."""
        return self.number(U32_BYTES)

    def u64(self) -> int:
        """A number of 8 bytes."""
        return self.number(U64_BYTES)

    def scalar(self) -> int:
        """A canonical scalar of 32 bytes; NonCanonical if it is r or more."""
        return FR.from_bytes(self.take(SCALAR_BYTES))

    def flag(self) -> bool:
        """A byte 0 or 1; InvalidBoolean for any other."""
        byte = self.number(1)
        if byte > 1:
            raise InvalidBoolean(f"a boolean is {byte}, must be 0 or 1")
        return bool(byte)

    def blob(self) -> bytes:
        """Length and bytes."""
        return self.take(self.u64())

    def text(self) -> str:
        """Length and UTF-8; ValueError if it is none."""
        return self.blob().decode()

    def many(self, read: Callable[[], Item]) -> list[Item]:
        """A count and as many items; an absurd count fails at the first item that is missing."""
        return [read() for _ in range(self.u64())]

    def type(self) -> ColumnType:
        """A column type; UnsupportedDataTypeVariant if its number stands for none."""
        number = self.u32()
        if number not in TYPE_KINDS:
            raise UnsupportedDataTypeVariant(f"type is {number}, which stands for no column type")
        kind = TYPE_KINDS[number]
        if kind == "decimal75":
            return decimal(self.number(1), self.number(1, signed=True))
        if kind == "timestamp":
            return timestamp(self.u32(), self.number(U32_BYTES, signed=True))
        return ColumnType(kind)

    def value(self, type_: ColumnType, signed: bool = False) -> Value:
        """A value of the type; decimals and scalars signed, from scalars or two's complement."""
        match type_.kind:
            case "boolean":
                return self.flag()
            case "varchar":
                return self.text()
            case "varbinary":
                return self.blob()
            case "decimal75" if signed:
                return self.number(SCALAR_BYTES, signed=True)
            case "decimal75" | "scalar":
                return FR.signed(self.scalar())
        return self.number(INTEGER_BYTES.get(type_.kind, TIMESTAMP_BYTES), signed=True)

    def finish(self) -> None:
        """Passes if everything was read."""
        if self.position != len(self.data):
            raise TrailingBytes(f"{len(self.data) - self.position} bytes are left over")
