"""How it was before: ranks times a sigmoid of trust, and registration by proof of work.

Talks of 2024 still tell it so: 32 subnets, rho and kappa of a sigmoid, a puzzle to get a uid. Today
incentive is the normalised rank of clipped weights, and a uid costs a burn. The first consensus is
told from general knowledge, not checked against code of its time.

Fractions are floats in 0..1. Source: the specification of this course's subnet room, section 3
(older Yuma, unverified) and section 7 (seal).
"""

import numpy as np
from jaxtyping import Float

from aicrypto.commit.hashes import keccak256, sha256

RHO, KAPPA = 10.0, 0.5
NONCE_BYTES = 8
WORK_BITS = 256

Vector = Float[np.ndarray, " n"]


def first_yuma(
    stake: Float[np.ndarray, " v"],
    weights: Float[np.ndarray, "v n"],
    rho: float = RHO,
    kappa: float = KAPPA,
) -> tuple[Vector, Vector, Vector]:
    """Trust, consensus and incentive by the first rules.

    Trust in a miner is the stake of those who give it anything; a sigmoid turns trust above kappa
    into consensus; incentive is rank times consensus. A cabal need not outvote anybody: a trace of
    weight from each honest validator lifts its server to full trust, and nothing is clipped.

    Raises:
        ValueError: if nobody has stake, or somebody less than none.
    """
    if stake.min(initial=0) < 0 or not stake.sum() > 0:
        raise ValueError(f"stake adds up to {stake.sum()}, must be above 0, none of it below")
    share = stake / stake.sum()
    rows = weights / np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    trust = share @ (rows > 0)
    consensus = 1 / (1 + np.exp(-rho * (trust - kappa)))
    earned = (share @ rows) * consensus
    total = earned.sum()
    return trust, consensus, earned / total if total else earned


def seal(nonce: int, block_hash: bytes, hotkey: bytes) -> bytes:
    """What a registration by proof of work had to find: hashes of nonce, block and hotkey."""
    inner = keccak256(block_hash, hotkey)
    return keccak256(sha256(nonce.to_bytes(NONCE_BYTES, "little"), inner))


def is_sealed(nonce: int, block_hash: bytes, hotkey: bytes, difficulty: int) -> bool:
    """Whether the seal, as a number, times the difficulty stays below 2^256."""
    number = int.from_bytes(seal(nonce, block_hash, hotkey), "little")
    return number * difficulty < 1 << WORK_BITS
