"""The journal of a chain: everything that ever happened to it, so that anyone can do it again.

An entry is a mint (wei from nowhere: the chain's genesis money), a warp of the clock, or a raw
signed transaction. Replaying the entries on a fresh chain must give the same state; that is all a
third party needs in order not to trust whoever ran the chain.

Bytes, integers little-endian:

    "AIEVMJ01" | chain id: 8 | genesis timestamp: 8 | entries: 4 | entry...
    entry = kind: 1 | length: 4 | content
    content = address: 20 | wei: 32  (kind 0)  or  seconds: 8  (kind 1)  or  raw bytes  (kind 2)
"""

from dataclasses import dataclass
from itertools import pairwise

MAGIC = b"AIEVMJ01"
HEADER_BYTES = len(MAGIC) + 8 + 8 + 4
ENTRY_HEADER_BYTES = 1 + 4
MINT, WARP, RAW = range(3)
MINT_BYTES, WARP_BYTES = 20 + 32, 8


@dataclass(frozen=True)
class Mint:
    """Wei put at an address out of nothing; its address is lower-case hex."""

    address: str
    wei: int


@dataclass(frozen=True)
class Warp:
    """The clock moved on."""

    seconds: int


Entry = Mint | Warp | bytes  # bytes: a raw signed transaction


@dataclass(frozen=True)
class Journal:
    """A chain's beginning and all that followed, in order."""

    chain_id: int
    timestamp: int
    entries: tuple[Entry, ...]

    @property
    def transactions(self) -> list[bytes]:
        """The raw transactions in order."""
        return [entry for entry in self.entries if isinstance(entry, bytes)]

    def to_bytes(self) -> bytes:
        """The one encoding of this journal."""
        sizes = (self.chain_id, 8), (self.timestamp, 8), (len(self.entries), 4)
        header = b"".join(value.to_bytes(size, "little") for value, size in sizes)
        return MAGIC + header + b"".join(map(_entry_to_bytes, self.entries))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Journal":
        """The journal that these bytes encode.

        Raises:
            ValueError: unless they are the encoding of a journal, up to the last byte.
        """
        if len(data) < HEADER_BYTES or not data.startswith(MAGIC):
            raise ValueError(f"journal starts with {data[:8]!r}, must be {MAGIC!r} and a header")
        chain_id, timestamp, n_entries = (
            int.from_bytes(data[start:end], "little") for start, end in pairwise((8, 16, 24, 28))
        )
        entries: list[Entry] = []
        start = HEADER_BYTES
        while start < len(data):
            entry, start = _entry_at(data, start, len(entries))
            entries.append(entry)
        if len(entries) != n_entries:
            raise ValueError(f"journal has {len(entries)} entries, its header says {n_entries}")
        return cls(chain_id, timestamp, tuple(entries))


def _entry_to_bytes(entry: Entry) -> bytes:
    if isinstance(entry, Mint):
        kind, content = MINT, bytes.fromhex(entry.address[2:]) + entry.wei.to_bytes(32, "little")
    elif isinstance(entry, Warp):
        kind, content = WARP, entry.seconds.to_bytes(WARP_BYTES, "little")
    else:
        kind, content = RAW, entry
    return bytes([kind]) + len(content).to_bytes(4, "little") + content


def _entry_at(data: bytes, start: int, index: int) -> tuple[Entry, int]:
    """The entry that starts there, and where it ends; `index` is for error messages."""
    header = start + ENTRY_HEADER_BYTES
    kind, length = data[start], int.from_bytes(data[start + 1 : header], "little")
    end = header + length
    if len(data) < end:
        raise ValueError(f"journal entry {index} ends at byte {end}, there are {len(data)}")
    content = data[header:end]
    if (kind, length) == (MINT, MINT_BYTES):
        return Mint("0x" + content[:20].hex(), int.from_bytes(content[20:], "little")), end
    if (kind, length) == (WARP, WARP_BYTES):
        return Warp(int.from_bytes(content, "little")), end
    if kind == RAW:
        return content, end
    raise ValueError(f"journal entry {index} has kind {kind} and length {length}, unknown")
