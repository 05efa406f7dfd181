"""The vectors' way of writing bytes: lower-case hex after 0x."""

from collections.abc import Iterable


def unhex(text: str) -> bytes:
    """The bytes that a 0x-hex string stands for."""
    return bytes.fromhex(text.removeprefix("0x"))


def unhex_all(texts: Iterable[str]) -> list[bytes]:
    """`unhex` of every string."""
    return [unhex(text) for text in texts]


def enhex(data: bytes) -> str:
    """The 0x-hex string of the bytes."""
    return "0x" + data.hex()


def enhex_all(values: Iterable[bytes]) -> list[str]:
    """`enhex` of every value."""
    return [enhex(value) for value in values]
