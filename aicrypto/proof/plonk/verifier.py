"""PLONK's verifier: challenges again, one sum of 18 points, one product of two pairings.

    e(Wxi + u·Wxiw, [tau]2) = e(xi·Wxi + u·xi·omega·Wxiw + F - E, G2)

F - E is what was committed to minus what was opened: the linearised identity, a, b, c, S1, S2 at xi
with powers of v, and z at xi·omega with u. Costs less than a tenth of a second, whatever the
circuit. Source: eprint 2019/953, section 8.3, as npm snarkjs 0.7.6 has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.kzg import BN254
from aicrypto.proof.groth16.points import publics_from_json
from aicrypto.proof.plonk.keys import Proof, VerifyingKey
from aicrypto.proof.plonk.rounds import (
    Challenges,
    alpha_of,
    beta_and_gamma,
    join_challenge,
    linearise,
    opening_challenge,
    xi_of,
)


def verify(key: VerifyingKey, publics: Sequence[int], proof: Proof) -> bool:
    """Whether the proof shows that these publics belong to a witness.

    False for a wrong number of publics, scalars outside 0..r-1 and points off the curve.
    """
    if not _well_formed(key, publics, proof):
        return False
    drawn = challenges_of(key, publics, proof)
    v = opening_challenge(drawn.xi, proof.evaluations)
    u = join_challenge(proof.opening, proof.opening_next)
    identity = linearise(key, publics, drawn, proof.evaluations)
    *at_xi, zw = proof.evaluations.as_list()
    powers = [pow(v, k, BN254_R) for k in range(1, 6)]
    opened = sum(power * value for power, value in zip(powers, at_xi, strict=True)) + u * zw
    *selectors, s1, s2, s3 = key.fixed
    summed = [*selectors, proof.z, s3, *proof.quotient, proof.z, *proof.wires, s1, s2]
    factors = [*identity.factors, u, *powers]
    g1, next_xi = bn254.G1, drawn.xi * key.omega
    points = [*summed, g1.generator, proof.opening, proof.opening_next]
    scalars = [*factors, identity.constant - opened, drawn.xi, u * next_xi]
    right = msm(g1, points, [scalar % BN254_R for scalar in scalars])
    left = msm(g1, [proof.opening, proof.opening_next], [1, u])
    return bn254.product_is_one([(left, key.tau_2), (g1.negate(right), bn254.G2.generator)])


def challenges_of(key: VerifyingKey, publics: Sequence[int], proof: Proof) -> Challenges:
    """beta, gamma, alpha and xi of a proof."""
    beta, gamma = beta_and_gamma(key, publics, proof.wires)
    alpha = alpha_of(beta, gamma, proof.z)
    return Challenges(beta, gamma, alpha, xi_of(alpha, proof.quotient))


def verify_json(vkey: Any, public: Any, proof: Any) -> bool:
    """The answer to snarkjs's three files: False also for files that are malformed."""
    try:
        key, read = VerifyingKey.from_json(vkey), Proof.from_json(proof)
        publics = publics_from_json(public)
    except ValueError:
        return False
    return verify(key, publics, read)


def _well_formed(key: VerifyingKey, publics: Sequence[int], proof: Proof) -> bool:
    return (
        len(publics) == key.n_public
        and all(map(BN254.is_scalar, (*publics, *proof.evaluations.as_list())))
        and all(map(BN254.is_g1, proof.points))
    )
