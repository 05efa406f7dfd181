"""Hashes and Merkle trees: what one digest and one root cost."""

import hashlib
from collections.abc import Callable, Iterator

from aicrypto.bench import Record, best_seconds
from aicrypto.commit import hashes, merkle

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


def _per_message_us(hash_once: Callable[[], bytes]) -> float:
    return 1e6 / N_MESSAGES * best_seconds(lambda: [hash_once() for _ in range(N_MESSAGES)])
