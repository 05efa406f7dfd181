"""Hashes, Merkle trees and Pedersen: what one digest, one root, one commitment cost."""

import hashlib
from collections.abc import Callable, Iterator

from aicrypto.algebra.curves import ristretto255
from aicrypto.bench import Record, best_seconds
from aicrypto.commit import hashes, merkle, pedersen, poseidon

N_MESSAGES = 2000
MESSAGE = bytes(range(64))


def hashing() -> Iterator[Record]:
    """`commit.sha256.us`, `commit.keccak256.us`: µs per 64-byte message, the call included."""
    bare = _per_message_us(lambda: hashlib.sha256(MESSAGE).digest())
    sha = _per_message_us(lambda: hashes.sha256(MESSAGE))
    yield Record("commit.sha256.us", sha, "µs", "hashlib alone", bare)
    keccak = _per_message_us(lambda: hashes.keccak256(MESSAGE))
    sha3 = _per_message_us(lambda: hashlib.sha3_256(MESSAGE).digest())
    yield Record("commit.keccak256.us", keccak, "µs", "hashlib SHA3-256", sha3)


def merkle_tree() -> Iterator[Record]:
    """`commit.merkle.root_4096.ms`: an RFC 6962 root of 4,096 entries, beside bare hashing."""
    leaves = [i.to_bytes(32, "big") for i in range(4096)]
    seconds = best_seconds(lambda: merkle.root(leaves))
    bare = best_seconds(lambda: [hashlib.sha256(MESSAGE).digest() for _ in range(2 * 4096 - 1)])
    peer = "8,191 calls of hashlib"
    yield Record("commit.merkle.root_4096.ms", 1e3 * seconds, "ms", peer, 1e3 * bare)


def poseidon_pair() -> Iterator[Record]:
    """`commit.poseidon_2.ms`: Poseidon of two field elements, beside a hash made for processors."""
    seconds = best_seconds(lambda: poseidon.poseidon([1, 2]))
    keccak = best_seconds(lambda: hashes.keccak256(MESSAGE))
    yield Record("commit.poseidon_2.ms", 1e3 * seconds, "ms", "Keccak-256, 64 bytes", 1e3 * keccak)


def pedersen_vector() -> Iterator[Record]:
    """`commit.pedersen_64.ms`: 64 messages under one commitment, beside one product for each."""
    points = pedersen.generators(b"bench", 64)
    messages = [int.from_bytes(hashes.sha256(bytes([i]))) for i in range(64)]
    seconds = best_seconds(lambda: pedersen.commit(messages, messages[0], points))
    apart = best_seconds(
        lambda: [ristretto255.multiply(p, m) for p, m in zip(points, messages, strict=True)]
    )
    yield Record("commit.pedersen_64.ms", 1e3 * seconds, "ms", "64 products apart", 1e3 * apart)


def _per_message_us(hash_once: Callable[[], bytes]) -> float:
    return 1e6 / N_MESSAGES * best_seconds(lambda: [hash_once() for _ in range(N_MESSAGES)])
