"""PLONK keys and proofs as arguments of the contract `PlonkVerifier`: integers, in snarkjs's order.

    source = verifier_source(contract_text, key.n_public)          from `groth16.calldata`
    chain.deploy(compile_source(source, ...), *key_arguments(key), sender=...)
    verifier.verifyProof(*proof_arguments(proof, publics))

Source: npm snarkjs 0.7.6, `zkey export soliditycalldata`; EIP-197 for the point of G2.
"""

from collections.abc import Sequence

from aicrypto.algebra.plain import BadLength
from aicrypto.proof.groth16.calldata import Words, g1_words, g2_words
from aicrypto.proof.plonk.keys import Proof, VerifyingKey
from aicrypto.proof.plonk.prover import K1, K2


def key_arguments(key: VerifyingKey) -> tuple[int, int, list[Words], list[int]]:
    """What the constructor takes: power, omega, the eight points, [tau]2.

    Raises:
        ValueError: if k1 and k2 are not 2 and 3, which the contract has as constants.
    """
    if (key.k1, key.k2) != (K1, K2):
        raise ValueError(f"k1 and k2 are {key.k1} and {key.k2}, must be {K1} and {K2}")
    tau = [word for pair in g2_words(key.tau_2) for word in pair]
    return key.power, key.omega, [g1_words(point) for point in key.fixed], tau


def proof_arguments(proof: Proof, publics: Sequence[int]) -> tuple[list[int], list[int]]:
    """What `verifyProof` takes: nine points and six values in 24 words, and the publics.

    Raises:
        BadLength: if there is no public input: the contract's array has at least one.
    """
    if not publics:
        raise BadLength("there are 0 publics, the contract takes at least 1")
    points = [word for point in proof.points for word in g1_words(point)]
    return points + proof.evaluations.as_list(), list(publics)
