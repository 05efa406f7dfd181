"""Fingerprints sealed in a Merkle tree: one published root, and pairs revealed one at a time.

Before the weights are released the owner publishes the root and the number of fingerprints. Later a
prover reveals one pair with its path to the root: it cannot have been made up after the answer was
seen. A pair is hidden by 32 bytes of salt, without which short responses could be guessed from the
tree.

    leaf = SHA-256(0x00 || SHA-256(key) || SHA-256(response) || salt), then RFC 6962
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit import merkle
from aicrypto.commit.hashes import checked_digest, sha256

SALT_BYTES = 32


@dataclass(frozen=True)
class Pair:
    """One fingerprint as text, with its salt."""

    key: str
    response: str
    salt: bytes

    def sealed(self) -> bytes:
        """What the leaf hashes: 96 bytes; ValueError if the salt has not 32."""
        checked_digest("salt", self.salt)
        return sha256(self.key.encode()) + sha256(self.response.encode()) + self.salt


@dataclass(frozen=True)
class Reveal:
    """A pair, its place, and the siblings on its path, lowest first."""

    index: int
    pair: Pair
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Sealed:
    """An owner's sealed fingerprints; only `root` and `count` are published."""

    pairs: tuple[Pair, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.pairs)

    @property
    def root(self) -> bytes:
        """Merkle root over all."""
        return merkle.root([pair.sealed() for pair in self.pairs])

    def reveal(self, index: int) -> Reveal:
        """One pair with its path; IndexError outside the list."""
        proof = merkle.prove_inclusion([pair.sealed() for pair in self.pairs], index)
        return Reveal(index, self.pairs[index], tuple(proof))


def seal(pairs: Sequence[tuple[str, str]], secret: bytes) -> Sealed:
    """The pairs of key and response with salts derived from a secret of the owner.

    Raises:
        ValueError: if there are none, two keys are equal, or the secret is shorter than 16 bytes.
    """
    if not pairs or len({key for key, _ in pairs}) < len(pairs):
        raise ValueError(f"pairs has {len(pairs)} entries, must have one or more, all different")
    if len(secret) < 16:
        raise ValueError(f"secret has {len(secret)} bytes, must have at least 16")
    salts = (sha256(secret, i.to_bytes(8, "big")) for i in range(len(pairs)))
    return Sealed(tuple(Pair(*pair, salt) for pair, salt in zip(pairs, salts, strict=True)))


def verify_reveal(root: bytes, count: int, reveal: Reveal) -> bool:
    """Whether this pair was sealed at this place among `count` under this root."""
    if not isinstance(reveal.pair.salt, bytes) or len(reveal.pair.salt) != SALT_BYTES:
        return False
    try:
        leaf = reveal.pair.sealed()
    except UnicodeEncodeError:  # half a surrogate pair: no text at all
        return False
    return merkle.verify_inclusion(leaf, reveal.index, count, reveal.proof, root)
