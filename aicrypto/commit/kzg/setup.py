"""Powers of a secret: the public parameters of KZG, on either pairing-friendly curve.

    G, tau·G, tau²·G, ..., tau^(n-1)·G in G1        G2, tau·G2, tau²·G2, ... in G2

Committing to a polynomial evaluates it at tau, a number nobody may know: whoever does opens any
commitment to anything. So setups come out of ceremonies (`ceremony`), and a setup from outside is
not a matter of trust in its form: `is_consistent` checks that its points are powers of *some* tau.
That nobody knows it, no check can show.

Ethereum's blobs use 4,096 powers on BLS12-381, Space and Time's Proof of SQL and most SNARKs use
BN254. Source: Kate, Zaverucha, Goldberg, ASIACRYPT 2010.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeGuard

from aicrypto.algebra.curves import bls12_381, bn254, precompiles
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.msm import msm, multiples
from aicrypto.algebra.curves.weierstrass import Affine, Curve
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BLS12_381_FR, BN254_FQ, BN254_FR, PrimeField
from aicrypto.commit.hashes import sha256

WEIGHT_BYTES = 16  # a bad setup passes with probability 2^-128
WORD_BYTES = 8


@dataclass(frozen=True, slots=True)
class PairingCurve:
    """Two groups with a pairing, and how their points are written as bytes.

    Attributes:
        scalars: the field of integers modulo the groups' order.
        g1, g2: the groups; `in_g1`, `in_g2` say whether a point of the curve belongs to them.
        product_is_one: whether a product of pairings e(P, Q) is 1.
        g1_from_bytes: refuses, with ValueError, what `g1_to_bytes` cannot have written.
    """

    name: str
    scalars: PrimeField
    g1: Curve
    g2: Curve
    in_g1: Callable[[Affine], bool]
    in_g2: Callable[[Affine], bool]
    product_is_one: Callable[[Iterable[tuple[Affine, Affine]]], bool]
    g1_to_bytes: Callable[[Affine], bytes]
    g2_to_bytes: Callable[[Affine], bytes]
    g1_from_bytes: Callable[[bytes, str], Affine]

    def is_g1(self, value: object) -> TypeGuard[Affine]:
        """Whether this is a point of G1 with coordinates in 0..q-1: what verifiers ask first."""
        return _is_canonical(value, self.g1.q, int) and self.in_g1(value)

    def is_g2(self, value: object) -> TypeGuard[Affine]:
        """The same question for G2."""
        return _is_canonical(value, self.g2.q, Gaussian) and self.in_g2(value)

    def is_scalar(self, value: object) -> TypeGuard[int]:
        """Whether this is an integer in 0..r-1."""
        return isinstance(value, int) and 0 <= value < self.scalars.modulus


def _is_canonical(
    value: object, q: int, coordinate: type[int] | type[Gaussian]
) -> TypeGuard[Affine]:
    """Whether this is infinity, or a pair of such coordinates that nothing could reduce."""
    if value is None:
        return True
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return all(isinstance(c, coordinate) and _is_reduced(c, q) for c in value)


def _is_reduced(coordinate: int | Gaussian, q: int) -> bool:
    parts: list[object] = [coordinate]
    if isinstance(coordinate, Gaussian):
        parts = [coordinate.re, coordinate.im]
    return all(isinstance(part, int) and 0 <= part < q for part in parts)


def _bn254_from_words(data: bytes, argument: str) -> Affine:
    """The point that 64 bytes x, y stand for; no subgroup to check, the cofactor is 1."""
    if len(data) != precompiles.POINT_BYTES:
        raise BadLength(f"{argument} has {len(data)} bytes, must be {precompiles.POINT_BYTES}")
    x, y = (BN254_FQ.from_bytes(data[i : i + precompiles.WORD]) for i in (0, precompiles.WORD))
    return bn254.G1.require_on_curve((x, y) if any(data) else None, argument)


BLS12_381 = PairingCurve(
    name="BLS12-381",
    scalars=BLS12_381_FR,
    g1=bls12_381.G1,
    g2=bls12_381.G2,
    in_g1=bls12_381.in_g1,
    in_g2=bls12_381.in_g2,
    product_is_one=bls12_381.product_is_one,
    g1_to_bytes=bls12_381.g1_to_bytes,
    g2_to_bytes=bls12_381.g2_to_bytes,
    g1_from_bytes=bls12_381.g1_from_bytes,
)
BN254 = PairingCurve(
    name="BN254",
    scalars=BN254_FR,
    g1=bn254.G1,
    g2=bn254.G2,
    in_g1=bn254.in_g1,
    in_g2=bn254.in_g2,
    product_is_one=bn254.product_is_one,
    g1_to_bytes=precompiles.g1_to_words,
    g2_to_bytes=precompiles.g2_to_words,
    g1_from_bytes=_bn254_from_words,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """Powers of one secret: g1[i] = tau^i·G, g2[i] = tau^i·G2.

    Points made here are right by construction; ask `is_consistent` about points from elsewhere.

    Raises:
        BadLength: if there are fewer than two powers in a group.
    """

    curve: PairingCurve
    g1: tuple[Affine, ...]
    g2: tuple[Affine, ...]

    def __post_init__(self) -> None:
        if min(len(self.g1), len(self.g2)) < 2:
            raise BadLength(
                f"there are {len(self.g1)} powers in G1 and {len(self.g2)} in G2, "
                "each must be at least 2"
            )

    @classmethod
    def from_secret(cls, curve: PairingCurve, tau: int, n_g1: int, n_g2: int = 2) -> Setup:
        """The setup of a known secret: for lessons and tests, because who calls this can forge.

        Raises:
            NonCanonical: if tau is not in 0..r-1.
        """
        curve.scalars.element(tau, "tau")
        powers = [pow(tau, i, curve.scalars.modulus) for i in range(max(n_g1, n_g2))]
        g1 = multiples(curve.g1, curve.g1.generator, powers[:n_g1])
        g2 = multiples(curve.g2, curve.g2.generator, powers[:n_g2])
        return cls(curve, tuple(g1), tuple(g2))

    def multiplied(self, secret: int) -> Setup:
        """The setup of tau·secret: power i times secret^i, one multiplication a point."""
        curve, r = self.curve, self.curve.scalars.modulus
        g1 = (curve.g1.multiply(p, pow(secret, i, r)) for i, p in enumerate(self.g1))
        g2 = (curve.g2.multiply(p, pow(secret, i, r)) for i, p in enumerate(self.g2))
        return Setup(curve, tuple(g1), tuple(g2))


def is_consistent(setup: Setup) -> bool:
    """Whether the points are the powers of one tau other than 0, from the standard generators.

    One random combination replaces a pairing for every point: with weights a, b that are fixed
    only after the points (they are a hash of them),

        e(Σ a_i·g1[i+1], G2) = e(Σ a_i·g1[i], tau·G2),   e(G, Σ b_i·g2[i+1]) = e(tau·G, Σ b_i·g2[i])

    and both in one product. Costs a membership test for every point, which is most of the time.
    """
    curve, g1, g2 = setup.curve, setup.g1, setup.g2
    if not (all(map(curve.is_g1, g1)) and all(map(curve.is_g2, g2))):
        return False
    if (g1[0], g2[0]) != (curve.g1.generator, curve.g2.generator) or g1[1] is None:
        return False
    seed = sha256(*map(curve.g1_to_bytes, g1), *map(curve.g2_to_bytes, g2))
    a, b = _weights(seed, b"G1", len(g1) - 1), _weights(seed, b"G2", len(g2) - 1)
    return curve.product_is_one(
        [
            (msm(curve.g1, g1[1:], a), g2[0]),
            (curve.g1.negate(msm(curve.g1, g1[:-1], a)), g2[1]),
            (curve.g1.negate(g1[0]), msm(curve.g2, g2[1:], b)),
            (g1[1], msm(curve.g2, g2[:-1], b)),
        ]
    )


def _weights(seed: bytes, label: bytes, count: int) -> list[int]:
    """Integers below 2^128 that nobody chose."""
    blocks = (sha256(seed, label, i.to_bytes(WORD_BYTES, "big")) for i in range(count))
    return [int.from_bytes(block[:WEIGHT_BYTES], "big") for block in blocks]
