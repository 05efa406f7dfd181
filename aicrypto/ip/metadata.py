"""What a work is: its title, its makers, and the hash that ties the record to the bytes.

A data set, a model or a text becomes IP by putting its Merkle root or file hash into `media_hash`.
The protocol stores the record's hash and never looks at the content: a registration proves who said
what when, not that it is true.
Source: storyprotocol/documentation@60d4da2 (IPA metadata, "still under discussion" there).
"""

import json
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import sha256
from aicrypto.evm.accounts import address_of

WHOLE = 100  # contribution percents of all creators


@dataclass(frozen=True)
class Creator:
    """Who made a work, and which part of it in percent."""

    name: str
    address: str
    contribution_percent: int
    role: str = ""

    def to_json(self) -> dict[str, Any]:
        """The creator under the standard's names."""
        creator = {
            "name": self.name,
            "address": self.address,
            "contributionPercent": self.contribution_percent,
        }
        return creator | ({"role": self.role} if self.role else {})


@dataclass(frozen=True)
class Metadata:
    """A work's public record.

    Attributes:
        created_at: unix seconds.
        media_hash: SHA-256 or Merkle root of the content, 32 bytes.
        media_type: for instance "application/x-ndjson".
        negotiation: hash of the messages by which a licence came about, for derivatives.
    """

    title: str
    description: str
    created_at: int
    creators: tuple[Creator, ...]
    media_hash: bytes
    media_type: str = ""
    media_url: str = ""
    negotiation: bytes = b""

    def __post_init__(self) -> None:
        total = sum(creator.contribution_percent for creator in self.creators)
        if total != WHOLE:
            raise ValueError(f"creators contribute {total} %, must be {WHOLE} % together")
        if len(self.media_hash) != 32:
            raise ValueError(f"media_hash has {len(self.media_hash)} bytes, must have 32")
        for creator in self.creators:
            address_of(creator.address, "creator.address")

    def to_json(self) -> str:
        """The record in one canonical form: keys sorted, no spaces."""
        record: dict[str, Any] = {
            "title": self.title,
            "description": self.description,
            "createdAt": str(self.created_at),
            "creators": [creator.to_json() for creator in self.creators],
            "mediaUrl": self.media_url,
            "mediaHash": "0x" + self.media_hash.hex(),
            "mediaType": self.media_type,
        }
        if self.negotiation:
            record["negotiationHash"] = "0x" + self.negotiation.hex()
        return json.dumps(record, sort_keys=True, separators=(",", ":"))

    def hash(self) -> bytes:
        """SHA-256 of the record: what is stored with the work."""
        return sha256(self.to_json().encode())
