"""SHA-256 and Keccak-256: the two hash functions that the rest of the library stands on.

SHA-256 is the hash of certificate logs, of RFC 6962 trees and of our transcript. Keccak-256 is the
hash of Ethereum: addresses, storage keys, function selectors, on-chain Merkle trees. It is *not*
SHA3-256: Ethereum froze the submission to the SHA-3 contest, whose padding byte is 0x01, before the
standard changed it to 0x06.

Both take bytes of any length and return 32 bytes. Finding two inputs with one digest (a collision)
is assumed infeasible: about 2^128 evaluations.
"""

import hashlib
from collections.abc import Iterable

DIGEST_BYTES = 32


def sha256(*parts: bytes) -> bytes:
    """32-byte SHA-256 digest of the parts joined together.

    Source: FIPS 180-4.

    >>> sha256(b"ab", b"c").hex()[:16]
    'ba7816bf8f01cfea'
    """
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.digest()


def keccak256(*parts: bytes) -> bytes:
    """32-byte Keccak-256 digest of the parts joined together, as Ethereum uses it.

    Source: Keccak submission 3.0, rate 1088, padding 0x01; implementation: pycryptodome.

    >>> keccak256(b"").hex()[:16]
    'c5d2460186f7233c'
    """
    from Crypto.Hash import keccak  # a C extension: loaded by those who need Ethereum's hash

    state = keccak.new(digest_bits=8 * DIGEST_BYTES)
    for part in parts:
        state.update(part)
    return state.digest()


def checked_digest(name: str, value: bytes) -> bytes:
    """`value`, if it is a digest.

    Raises:
        ValueError: naming the argument, when it is not 32 bytes long.
    """
    if len(value) != DIGEST_BYTES:
        raise ValueError(f"{name} has {len(value)} bytes, a digest has {DIGEST_BYTES}")
    return value


def are_digests(values: Iterable[bytes]) -> bool:
    """Whether every value is 32 bytes long: the first question of every verifier here."""
    return all(isinstance(value, bytes) and len(value) == DIGEST_BYTES for value in values)
