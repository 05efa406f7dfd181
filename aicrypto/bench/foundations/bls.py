"""BLS signatures beside py_ecc, the readable implementation that Ethereum's specification uses."""

from collections.abc import Iterator
from functools import reduce
from typing import Any

from py_ecc import optimized_bls12_381
from py_ecc.bls import ciphersuites, g2_primitives

from aicrypto.bench import Record, best_seconds
from aicrypto.commit import bls
from aicrypto.commit.bls import threshold

PEER: Any = ciphersuites.G2ProofOfPossession
SECRET = bls.keygen(bytes(32))
KEY = bls.sk_to_pk(SECRET)
MESSAGE = b"32 bytes are what is signed here"
N_FRESH = 8  # as many messages as `best_seconds` runs: nothing is remembered but the key


def signing() -> Iterator[Record]:
    """`bls.sign.s`: seconds for one signature, hashing to the curve included."""
    scalar = int.from_bytes(SECRET, "big")
    seconds = best_seconds(lambda: bls.sign(SECRET, MESSAGE))
    theirs = best_seconds(lambda: PEER.Sign(scalar, MESSAGE), repeats=3)
    yield Record("bls.sign.s", seconds, "s", "py_ecc", theirs)


def verification() -> Iterator[Record]:
    """`bls.verify.s`: seconds for a new message under a key that was seen before."""
    messages = [MESSAGE + bytes([i]) for i in range(N_FRESH)]
    fresh = iter([(message, bls.sign(SECRET, message)) for message in messages])
    seconds = best_seconds(lambda: bls.verify(KEY, *next(fresh)), repeats=N_FRESH - 1)
    signature = bls.sign(SECRET, MESSAGE)
    theirs = best_seconds(lambda: PEER.Verify(KEY, MESSAGE, signature), repeats=3)
    yield Record("bls.verify.s", seconds, "s", "py_ecc", theirs)


def threshold_combination() -> Iterator[Record]:
    """`bls.threshold_combine_3.ms`: three partial signatures decoded, checked and interpolated."""
    dealing = threshold.deal([11, 22, 33], [1, 2, 3])
    partials = [threshold.partial_sign(share, MESSAGE) for share in dealing.shares]
    seconds = best_seconds(lambda: threshold.combine(dealing.ids, partials))
    weights = threshold.lagrange(dealing.ids)
    curve: Any = optimized_bls12_381
    codec: Any = g2_primitives

    def theirs() -> bytes:
        points = map(curve.multiply, map(codec.signature_to_G2, partials), weights)
        return bytes(codec.G2_to_signature(reduce(curve.add, points)))

    peer = "py_ecc (no subgroup check)"
    peer_ms = 1e3 * best_seconds(theirs, repeats=3)
    yield Record("bls.threshold_combine_3.ms", 1e3 * seconds, "ms", peer, peer_ms)
