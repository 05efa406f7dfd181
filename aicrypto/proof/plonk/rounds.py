"""What PLONK's prover and verifier both compute: challenges, and the linearised identity.

Every challenge is a fresh Keccak-256 of what came before, modulo r (words of 32 bytes, big-endian):

    beta  = H(Qm Ql Qr Qo Qc S1 S2 S3, publics, A B C)        gamma = H(beta)
    alpha = H(beta, gamma, Z)      xi = H(alpha, T1 T2 T3)
    v     = H(xi, evaluations)     u  = H(Wxi, Wxiw)

The statement stands in beta: a transcript that forgets the publics lets a prover choose them last
("Frozen Heart", Trail of Bits 2022, found in several deployed provers).

After xi, the big identity is linear in what was not opened: a sum of commitments with known
factors. `linearise` gives those factors; the prover sums polynomials with them, the verifier
points. Sources: eprint 2019/953; the exact words are those of npm snarkjs 0.7.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.curves.precompiles import g1_to_words
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.hashes import keccak256
from aicrypto.proof.plonk.keys import Evaluations, VerifyingKey


@dataclass(frozen=True, slots=True)
class Challenges:
    """The challenges up to the openings."""

    beta: int
    gamma: int
    alpha: int
    xi: int


def challenge(*parts: Affine | int) -> int:
    """A hash of points and scalars, as a scalar."""
    words = (BN254_FR.to_bytes(p) if isinstance(p, int) else g1_to_words(p) for p in parts)
    return int.from_bytes(keccak256(*words), "big") % BN254_R


def beta_and_gamma(
    key: VerifyingKey, publics: Sequence[int], wires: Sequence[Affine]
) -> tuple[int, int]:
    """The challenges of the permutation."""
    beta = challenge(*key.fixed, *publics, *wires)
    return beta, challenge(beta)


def alpha_of(beta: int, gamma: int, z: Affine) -> int:
    """The challenge that joins the three identities."""
    return challenge(beta, gamma, z)


def xi_of(alpha: int, quotient: Sequence[Affine]) -> int:
    """The point where everything is opened."""
    return challenge(alpha, *quotient)


def opening_challenge(xi: int, evaluations: Evaluations) -> int:
    """v, which joins the openings at xi."""
    return challenge(xi, *evaluations.as_list())


def join_challenge(opening: Affine, opening_next: Affine) -> int:
    """u, which joins the two openings in one pairing check."""
    return challenge(opening, opening_next)


@dataclass(frozen=True, slots=True)
class Linearisation:
    """The identity at xi: sum of factor times polynomial, plus constant, is 0.

    Attributes:
        factors: of Qm, Ql, Qr, Qo, Qc, Z, S3, T1, T2, T3.
        constant: r0.
        first_lagrange: L_0(xi).
    """

    factors: tuple[int, ...]
    constant: int
    first_lagrange: int


def linearise(
    key: VerifyingKey, publics: Sequence[int], drawn: Challenges, at_xi: Evaluations
) -> Linearisation:
    """The factors and the constant of the identity."""
    a, b, c, s1, s2, zw = at_xi.as_list()
    beta, gamma, alpha, xi, r = drawn.beta, drawn.gamma, drawn.alpha, drawn.xi, BN254_R
    lagrange = lagrange_at(key, xi, max(1, len(publics)))
    public_part = -sum(value * l_i for value, l_i in zip(publics, lagrange, strict=False))
    bounded = alpha * alpha * lagrange[0]  # z(1) = 1
    copied = (a + beta * s1 + gamma) * (b + beta * s2 + gamma) % r * alpha % r * zw % r
    identity = (a + beta * xi + gamma) * (b + beta * key.k1 * xi + gamma) % r
    identity = identity * (c + beta * key.k2 * xi + gamma) % r * alpha
    power = pow(xi, key.n, r)
    vanishing = 1 - power
    selectors = (a * b, a, b, c, 1)
    quotient = (vanishing, vanishing * power, vanishing * power * power)
    factors = (*selectors, identity + bounded, -copied * beta, *quotient)
    constant = public_part - bounded - copied * (c + gamma)
    return Linearisation(tuple(factor % r for factor in factors), constant % r, lagrange[0])


def lagrange_at(key: VerifyingKey, x: int, count: int) -> list[int]:
    """L_0, ..., L_(count-1) at x: L_i(x) = omega^i·(x^n - 1) / (n·(x - omega^i)).

    x is a challenge: that it hits a root of unity has probability n/r, and then L is 0 or 1.
    """
    roots = [pow(key.omega, i, BN254_R) for i in range(count)]
    if x in roots:
        return [int(x == root) for root in roots]
    scaled = (pow(x, key.n, BN254_R) - 1) * pow(key.n, -1, BN254_R) % BN254_R
    inverses = BN254_FR.batch_inverse([(x - root) % BN254_R for root in roots])
    return [root * scaled * inv % BN254_R for root, inv in zip(roots, inverses, strict=True)]
