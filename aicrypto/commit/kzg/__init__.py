"""KZG: polynomial commitments of one point, on BLS12-381 (Ethereum's blobs) and BN254 (SNARKs).

This room's front door is the scheme itself: `Setup`, `commit`, `open_at`, `verify` and their
versions for many. Beside it: `ceremony` makes setups, `deployed` loads those of real systems,
`eip4844` speaks Ethereum's bytes, `hyperkzg` commits to multilinear polynomials.
"""

from aicrypto.commit.kzg.scheme import (
    batch_challenge,
    commit,
    fold_challenge,
    open_at,
    open_fold,
    open_many,
    verify,
    verify_batch,
    verify_fold,
    verify_many,
)
from aicrypto.commit.kzg.setup import BLS12_381, BN254, PairingCurve, Setup, is_consistent

__all__ = [
    "BLS12_381",
    "BN254",
    "PairingCurve",
    "Setup",
    "batch_challenge",
    "commit",
    "fold_challenge",
    "is_consistent",
    "open_at",
    "open_fold",
    "open_many",
    "verify",
    "verify_batch",
    "verify_fold",
    "verify_many",
]
