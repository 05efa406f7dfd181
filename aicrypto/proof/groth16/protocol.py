"""Groth16: prove that a witness is known, verify by one product of four pairings.

    A = [alpha + a(tau) + r·delta]1
    B = [beta  + b(tau) + s·delta]2
    C = [(sum over private wires of w_i·k_i + h(tau)·Z(tau))/delta + s·A + r·B - r·s·delta]1

    accept if e(A, B) = e(alpha, beta) · e(IC_0 + sum pub_i·IC_(i+1), gamma) · e(C, delta)

r and s are drawn for each proof: they make A and B uniform and C determined by them, so a proof
tells nothing about the witness. Three points whatever the circuit; the prover pays four
multi-scalar multiplications, short ones where the witness is bits and bytes.

A proof is not an identifier: anyone can turn it into another for the same publics (`forgery`). What
must happen once needs a number of its own among the publics.

Source: Groth, On the size of pairing-based non-interactive arguments (eprint 2016/260).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.commit.hashes import sha256
from aicrypto.commit.kzg import BN254
from aicrypto.proof.groth16.keys import Proof, ProvingKey, VerifyingKey
from aicrypto.proof.groth16.points import publics_from_json
from aicrypto.proof.groth16.qap import on_odd_coset, quotient, values_on_domain
from aicrypto.proof.r1cs.system import Unsatisfied, require_canonical

BATCH_LABEL = b"aicrypto.groth16.batch"
WEIGHT_BYTES = 16  # a bad batch passes with probability 2^-128


def prove(key: ProvingKey, witness: Sequence[int], r: int, s: int) -> Proof:
    """The proof that a witness is known; draw r and s uniformly for every proof.

    r = s = 0 gives a proof that tells equal witnesses apart from unequal ones: never in earnest.

    Raises:
        Unsatisfied: naming the constraint, if the witness does not solve the system, has another
            length or does not start with 1.
        NonCanonical: naming r or s, if it is not in 0..r-1.
    """
    BN254_FR.element(r, "r")
    BN254_FR.element(s, "s")
    _require_witness(key, witness)
    g1, vk = bn254.G1, key.verifying
    values = values_on_domain(key.matrices, key.domain, witness, key.names)
    scalars = [BN254_FR.signed(value) for value in witness]  # -1 is short, r - 1 is not
    n_clear = vk.n_public + 1
    a = msm(g1, [*key.a, vk.alpha, key.delta_1], [*scalars, 1, r])
    b_1 = msm(g1, [*key.b_1, key.beta_1, key.delta_1], [*scalars, 1, s])
    b_2 = msm(bn254.G2, [*key.b_2, vk.beta, vk.delta], [*scalars, 1, s])
    private = msm(g1, key.private, scalars[n_clear:])
    h = on_odd_coset(values) if key.on_coset else quotient(values)
    known = msm(g1, key.quotient, h)
    blinded = msm(g1, [a, b_1, key.delta_1], [s, r, -r * s % BN254_R])
    return Proof(a, b_2, g1.sum([private, known, blinded]))


def _require_witness(key: ProvingKey, witness: Sequence[int]) -> None:
    if len(witness) != key.n_wires:
        raise Unsatisfied(f"witness has {len(witness)} values, the key has {key.n_wires} wires")
    require_canonical(witness, BN254_R)


def publics_of(key: ProvingKey, witness: Sequence[int]) -> tuple[int, ...]:
    """The public part of a witness, outputs first."""
    return tuple(witness[1 : key.verifying.n_public + 1])


def verify(key: VerifyingKey, publics: Sequence[int], proof: Proof) -> bool:
    """Whether the proof shows that these publics belong to a witness.

    False for a wrong number of publics, publics outside 0..r-1 (x + r would be x's second name),
    and points outside their groups. Whether the *key* is one to trust is asked of `keys`.
    """
    if not _well_formed(key, publics, proof):
        return False
    return bn254.product_is_one(
        [
            (bn254.G1.negate(proof.a), proof.b),
            (key.alpha, key.beta),
            (_public_point(key, publics), key.gamma),
            (proof.c, key.delta),
        ]
    )


def verify_batch(key: VerifyingKey, statements: Sequence[tuple[Sequence[int], Proof]]) -> bool:
    """Whether all proofs hold under one key: n + 3 pairings instead of 4n; true of none.

    Equation i is raised to a power that is a hash of the whole batch: multiplied plainly, two wrong
    proofs could make up for each other.
    """
    if not all(_well_formed(key, publics, proof) for publics, proof in statements):
        return False
    weights = _batch_weights(key, statements)
    g1 = bn254.G1
    pairs = [
        (g1.multiply(proof.a, -weight), proof.b)
        for weight, (_, proof) in zip(weights, statements, strict=True)
    ]
    points = [_public_point(key, publics) for publics, _ in statements]
    return bn254.product_is_one(
        [
            *pairs,
            (g1.multiply(key.alpha, sum(weights)), key.beta),
            (msm(g1, points, weights), key.gamma),
            (msm(g1, [proof.c for _, proof in statements], weights), key.delta),
        ]
    )


def verify_json(vkey: Any, public: Any, proof: Any) -> bool:
    """The answer to snarkjs's three files: False also for files that are not what they should be.

    Deployed verifiers answer the equation under any key; load keys by `VerifyingKey.from_json`,
    which refuses those under which everything has a proof.
    """
    try:
        key, read = VerifyingKey.from_json(vkey, even_weak=True), Proof.from_json(proof)
        publics = publics_from_json(public)
    except ValueError:
        return False
    return verify(key, publics, read)


def _well_formed(key: VerifyingKey, publics: Sequence[int], proof: Proof) -> bool:
    """Whether counts fit, and all scalars and points are what they should be."""
    return (
        len(publics) == key.n_public
        and all(map(BN254.is_scalar, publics))
        and BN254.is_g1(proof.a)
        and BN254.is_g1(proof.c)
        and BN254.is_g2(proof.b)
    )


def _public_point(key: VerifyingKey, publics: Sequence[int]) -> Affine:
    """IC_0 + sum pub_i·IC_(i+1); residues near r are short negative numbers."""
    return msm(bn254.G1, key.ic, [1, *map(BN254_FR.signed, publics)])


def _batch_weights(
    key: VerifyingKey, statements: Sequence[tuple[Sequence[int], Proof]]
) -> list[int]:
    """A weight a proof, fixed by the key and everything in the batch."""
    parts = [BATCH_LABEL, BN254.g1_to_bytes(key.alpha), *map(BN254.g1_to_bytes, key.ic)]
    parts += map(BN254.g2_to_bytes, (key.beta, key.gamma, key.delta))
    for publics, proof in statements:
        parts += [*map(BN254_FR.to_bytes, publics), BN254.g1_to_bytes(proof.a)]
        parts += [BN254.g2_to_bytes(proof.b), BN254.g1_to_bytes(proof.c)]
    seed = sha256(*parts)
    blocks = (sha256(seed, i.to_bytes(8, "big")) for i in range(len(statements)))
    return [1 + int.from_bytes(block[:WEIGHT_BYTES], "big") for block in blocks]
