"""BLS signatures on BLS12-381: single, added up, and shared among a group.

    from aicrypto.commit import bls
    sk = bls.keygen(secrets.token_bytes(32))
    bls.verify(bls.sk_to_pk(sk), b"message", bls.sign(sk, b"message"))

Signing for a group lives in `bls.threshold`, hashing to the curve in `bls.hash_to_curve`.
"""

from aicrypto.commit.bls import hash_to_curve, threshold
from aicrypto.commit.bls.signature import (
    ETHEREUM,
    SHORT_SIGNATURES,
    Suite,
    aggregate,
    aggregate_verify,
    batch_verify,
    fast_aggregate_verify,
    keygen,
    pop_prove,
    pop_verify,
    sign,
    sk_to_pk,
    verify,
)

__all__ = [
    "ETHEREUM",
    "SHORT_SIGNATURES",
    "Suite",
    "aggregate",
    "aggregate_verify",
    "batch_verify",
    "fast_aggregate_verify",
    "hash_to_curve",
    "keygen",
    "pop_prove",
    "pop_verify",
    "sign",
    "sk_to_pk",
    "threshold",
    "verify",
]
