"""Keys and proofs as arguments of contracts: integers, G2 with the imaginary part first.

That is EIP-197's order and the opposite of snarkjs's JSON; whoever mixes them up gets `False`, not
an error. `Groth16Verifier` takes `key_arguments` when it is made and `proof_arguments` per call:

    source = verifier_source(contract_text, key.n_public)
    chain.deploy(compile_source(source, ...), *key_arguments(key), sender=...)
    verifier.verifyProof(*proof_arguments(proof, publics))

Source: EIP-197; npm snarkjs 0.7.6, `zkey export soliditycalldata`.
"""

import re
from collections.abc import Sequence

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.proof.groth16.keys import Proof, VerifyingKey, require_strong

Words = tuple[int, int]
TwistWords = tuple[Words, Words]
N_PUBLIC = re.compile(r"^N_PUBLIC: constant\(uint256\) = \d+$", re.MULTILINE)
MAX_PUBLIC = 256  # the key must fit into the contract's code


def g1_words(point: Affine) -> Words:
    """x, y; zeros for infinity."""
    return (0, 0) if point is None else (int(point[0]), int(point[1]))


def g2_words(point: Affine) -> TwistWords:
    """(imaginary, real) part of x, then of y; zeros for infinity."""
    if point is None:
        return (0, 0), (0, 0)
    x, y = point
    return (int(x.im), int(x.re)), (int(y.im), int(y.re))


def verifier_source(contract: str, n_public: int) -> str:
    """The text of `Groth16Verifier`, written for this number of publics.

    Raises:
        ValueError: if n_public is not in 1..256, or the text has not one line that says N_PUBLIC.
    """
    if not 1 <= n_public <= MAX_PUBLIC:
        raise ValueError(f"n_public is {n_public}, must be in 1..{MAX_PUBLIC}")
    source, count = N_PUBLIC.subn(f"N_PUBLIC: constant(uint256) = {n_public}", contract)
    if count != 1:
        raise ValueError(f"contract has {count} lines that set N_PUBLIC, must have 1")
    return source


def key_arguments(
    key: VerifyingKey,
) -> tuple[Words, TwistWords, TwistWords, TwistWords, list[Words]]:
    """What the contract's constructor takes; WeakKey for a key under which lies have proofs."""
    require_strong(key)
    twists = g2_words(key.beta), g2_words(key.gamma), g2_words(key.delta)
    return g1_words(key.alpha), *twists, [g1_words(point) for point in key.ic]


def proof_arguments(
    proof: Proof, publics: Sequence[int]
) -> tuple[Words, TwistWords, Words, list[int]]:
    """What `verifyProof` takes: a, b, c, publics.

    Raises:
        BadLength: if there is no public input: the contract's array has at least one.
    """
    if not publics:
        raise BadLength("there are 0 publics, the contract takes at least 1")
    return g1_words(proof.a), g2_words(proof.b), g1_words(proof.c), list(publics)
