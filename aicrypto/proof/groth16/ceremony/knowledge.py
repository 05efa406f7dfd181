"""Knowing a factor: what every contribution to a ceremony publishes beside the new points.

    factor_1 = x·G, factor_2 = x·G2        e(factor_1, G2) = e(G, factor_2): one x in both groups
    R = k·G, c = H(history, factor_1, factor_2, R), s = k + c·x     checked as s·G = R + c·factor_1

The Schnorr proof is bound to the history, a digest of all that came before. Without it somebody who
cannot know x could contribute: from tau·G and tau·G2 everyone makes "a contribution of tau". 0 and
1 are refused: the first destroys the key, the second contributes nothing.

Used by both phases. Source: eprint 2017/1050, section 3; the proof of knowledge as in eprint
2022/1592.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg import BN254, ceremony
from aicrypto.proof.groth16.setup import BadContribution

LABEL = b"aicrypto.groth16.ceremony"
WEIGHT_BYTES = 16  # a wrong series passes with probability 2^-128
G, G2 = bn254.G1.generator, bn254.G2.generator
Pair = tuple[Affine, Affine]  # P and x·P, for some x


@dataclass(frozen=True, slots=True)
class Knowledge:
    """A factor x in both groups, and the proof that its contributor knows it."""

    factor_1: Affine
    factor_2: Affine
    nonce: Affine
    response: int

    def to_bytes(self) -> bytes:
        """304 bytes: for histories."""
        points = BN254.g1_to_bytes(self.factor_1), BN254.g2_to_bytes(self.factor_2)
        return b"".join((*points, BN254.g1_to_bytes(self.nonce), _word(self.response)))


def show(secret: int, history: bytes) -> Knowledge:
    """The record of a secret factor; the nonce is a hash of secret and history.

    Raises:
        BadContribution: if the secret is 0 or 1 modulo r. It is never printed.
    """
    x = secret % BN254_R
    if x < 2:
        raise BadContribution("secret is 0 or 1 modulo r")
    seed = hashlib.sha512(b"".join((LABEL, history, _word(x)))).digest()
    k = int.from_bytes(seed, "big") % BN254_R
    factor_1, factor_2 = bn254.G1.multiply(G, x), bn254.G2.multiply(G2, x)
    nonce = bn254.G1.multiply(G, k)
    response = (k + _challenge(history, factor_1, factor_2, nonce) * x) % BN254_R
    return Knowledge(factor_1, factor_2, nonce, response)


def is_well_formed(record: Knowledge) -> bool:
    """Whether points and response are what they should be; histories ask this first."""
    points = BN254.is_g1(record.factor_1) and BN254.is_g1(record.nonce)
    return points and BN254.is_g2(record.factor_2) and BN254.is_scalar(record.response)


def holds(record: Knowledge, history: bytes) -> bool:
    """Whether a well-formed record is of one factor other than 0 and 1, known to its author."""
    if record.factor_1 in (None, G):
        return False
    c = _challenge(history, record.factor_1, record.factor_2, record.nonce)
    claimed = bn254.G1.add(record.nonce, bn254.G1.multiply(record.factor_1, c))
    proven = bn254.G1.multiply(G, record.response) == claimed
    return proven and same_ratio((G, record.factor_1), (G2, record.factor_2))


def same_ratio(left: Pair, right: Pair) -> bool:
    """Whether left (in G1) and right (in G2) are P, x·P and Q, x·Q for one x."""
    return bn254.product_is_one([(left[0], right[1]), (bn254.G1.negate(left[1]), right[0])])


def digest(history: bytes, parts: Iterable[bytes]) -> bytes:
    """The history after something more was said."""
    return sha256(LABEL, history, *parts)


def weights(seed: bytes, count: int) -> list[int]:
    """Numbers below 2^128 that nobody chose, for one random combination."""
    blocks = (sha256(LABEL, seed, i.to_bytes(8, "big")) for i in range(count))
    return [int.from_bytes(block[:WEIGHT_BYTES], "big") for block in blocks]


def beacon_secret(beacon: bytes, log_rounds: int) -> int:
    """The factor that a public beacon stands for; ValueError as in the ceremony of KZG."""
    return ceremony.beacon_secret(BN254, beacon, log_rounds, LABEL)


def _challenge(history: bytes, factor_1: Affine, factor_2: Affine, nonce: Affine) -> int:
    points = BN254.g1_to_bytes(factor_1), BN254.g2_to_bytes(factor_2), BN254.g1_to_bytes(nonce)
    return int.from_bytes(sha256(LABEL, history, *points), "big") % BN254_R


def _word(value: int) -> bytes:
    return BN254_FR.to_bytes(value)
