"""What is possible without a witness: forging with the toxic waste, or under an unfinished key, and
turning one valid proof into another.

The first two are why setups are ceremonies and why loaders look at keys. The third is a property of
Groth16, not a flaw of an implementation: proofs are re-randomisable, so a contract that remembers
hashes of proofs to stop a second use stops nobody (eprint 2017/540 builds one that is not).

    with the trapdoor    any a, b: C = [(a·b - alpha·beta - sum pub_i·k_i)/delta]1, pub_0 = 1
    where delta = gamma  A = alpha, B = beta, C = -(IC_0 + sum pub_i·IC_(i+1))
    from a valid proof   (A/k, k·B + k·t·delta, C + t·A)

Used by the lesson and by tests, which demand that the first is undetectable. Sources: eprint
2016/260; iden3/snarkjs#620 (unfinished keys in deployed contracts).
"""

from collections.abc import Sequence

from aicrypto.algebra.curves import bn254
from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FR, BN254_R
from aicrypto.proof.groth16.keys import Proof, VerifyingKey
from aicrypto.proof.groth16.setup import Trapdoor, exponents
from aicrypto.proof.r1cs.system import R1cs


def forge(system: R1cs, trapdoor: Trapdoor, publics: Sequence[int], a: int, b: int) -> Proof:
    """A proof of any publics, true or false, from any two numbers: A = a·G, B = b·G2.

    Its distribution is that of honest proofs: no verifier can tell.

    Raises:
        BadTrapdoor: as `setup`.
        ValueError: if there are not n_public publics, or one is not canonical.
    """
    if len(publics) != system.n_public:
        raise BadLength(f"there are {len(publics)} publics, the system has {system.n_public}")
    k = exponents(system, trapdoor).k
    wanted = [1, *BN254_FR.elements(publics, "publics")]
    public_part = sum(value * k_i for value, k_i in zip(wanted, k, strict=False))
    rest = a * b - trapdoor.alpha * trapdoor.beta - public_part
    c = rest * pow(trapdoor.delta, -1, BN254_R) % BN254_R
    g1, g2 = bn254.G1, bn254.G2
    return Proof(
        g1.multiply(g1.generator, a % BN254_R),
        g2.multiply(g2.generator, b % BN254_R),
        g1.multiply(g1.generator, c),
    )


def forge_unfinished(key: VerifyingKey, publics: Sequence[int]) -> Proof:
    """A proof of any publics under a key whose delta equals its gamma; no secret needed.

    Under any other key the same points prove nothing.

    Raises:
        ValueError: if there are not n_public publics, or one is not canonical.
    """
    if len(publics) != key.n_public:
        raise BadLength(f"there are {len(publics)} publics, the key has {key.n_public}")
    wanted = [1, *BN254_FR.elements(publics, "publics")]
    return Proof(key.alpha, key.beta, bn254.G1.negate(msm(bn254.G1, key.ic, wanted)))


def negate_both(proof: Proof) -> Proof:
    """(-A, -B, C): the cheapest second proof of one statement."""
    return Proof(bn254.G1.negate(proof.a), bn254.G2.negate(proof.b), proof.c)


def rerandomise(key: VerifyingKey, proof: Proof, k: int, t: int) -> Proof:
    """Another proof of the same statement, for k != 0: with k and t uniform, a fresh one.

    Raises:
        ZeroInverse: if k is 0.
        NonCanonical: if k or t is not in 0..r-1.
    """
    inverse, scaled = BN254_FR.inverse(k), k * BN254_FR.element(t, "t") % BN254_R
    return Proof(
        bn254.G1.multiply(proof.a, inverse),
        msm(bn254.G2, [proof.b, key.delta], [k, scaled]),
        msm(bn254.G1, [proof.c, proof.a], [1, t]),
    )
