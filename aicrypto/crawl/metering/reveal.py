"""Commit to a whole exchange, show a part of it: the page to everybody, the cookie to nobody.

The transcript is cut into chunks; each gets a salt of 16 bytes, and an RFC 6962 tree over
salt || chunk gives one root, which is published. Later the owner opens any chunks with their salts
and paths. Without its salt a hidden chunk cannot be guessed and tested. The salt's length is fixed,
or bytes could be moved between salt and chunk under one hash. This is our own, small form of what
TLSNotary's attestations do.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit import merkle
from aicrypto.crawl.ledger import IndexOutOfRange, Ledger

SALT_BYTES = 16


@dataclass(frozen=True)
class OpenedChunk:
    """One chunk that is shown: its position, salt, bytes and path to the root."""

    index: int
    salt: bytes
    data: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Opening:
    """Chunks of a transcript of `size` chunks."""

    size: int
    opened: tuple[OpenedChunk, ...]


def salt_of(salt_seed: bytes, index: int) -> bytes:
    """The salt of chunk `index`: the first 16 bytes of HMAC-SHA-256(seed, index)."""
    return hmac.digest(salt_seed, index.to_bytes(8, "big"), "sha256")[:SALT_BYTES]


def commit_transcript(transcript: bytes, salt_seed: bytes, chunk_bytes: int) -> bytes:
    """Root over the salted chunks; the last chunk may be shorter, ValueError unless they have >= 1.

    >>> commit_transcript(b"", bytes(32), 32) == merkle.EMPTY_ROOT
    True
    """
    return _tree(_chunks(transcript, chunk_bytes), salt_seed).root()


def open_transcript(
    transcript: bytes, salt_seed: bytes, chunk_bytes: int, indices: Sequence[int]
) -> Opening:
    """The opening of these chunks.

    Raises:
        IndexOutOfRange: for a chunk that the transcript does not have.
    """
    chunks = _chunks(transcript, chunk_bytes)
    tree = _tree(chunks, salt_seed)
    for index in indices:
        if not 0 <= index < len(chunks):
            raise IndexOutOfRange(f"index is {index}, must be in 0..{len(chunks) - 1}")
    opened = (
        OpenedChunk(i, salt_of(salt_seed, i), chunks[i], tuple(tree.prove_inclusion(i)))
        for i in indices
    )
    return Opening(len(chunks), tuple(opened))


def verify_opening(root: bytes, opening: Opening) -> bool:
    """Whether every chunk shown is part of the transcript behind the root.

    The size is only as good as whoever gives it: a root alone does not fix how many chunks follow.
    """
    return all(
        len(c.salt) == SALT_BYTES
        and merkle.verify_inclusion(c.salt + c.data, c.index, opening.size, c.path, root)
        for c in opening.opened
    )


def _chunks(transcript: bytes, chunk_bytes: int) -> list[bytes]:
    if chunk_bytes < 1:
        raise ValueError(f"chunk_bytes is {chunk_bytes}, must be positive")
    starts = range(0, len(transcript), chunk_bytes)
    return [transcript[start : start + chunk_bytes] for start in starts]


def _tree(chunks: Sequence[bytes], salt_seed: bytes) -> Ledger:
    return Ledger(salt_of(salt_seed, i) + chunk for i, chunk in enumerate(chunks))
