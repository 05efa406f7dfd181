"""PLONK on BN254: gates and copies instead of constraints, one setup for all circuits.

`arithmetise` turns an R1CS into gates, `preprocess` makes the keys, `prove` and `verify`; JSON as
snarkjs 0.7.6 writes it. Beside `groth16`, which proves the same circuits: a proof is three times
as long and slower to make, and needs no ceremony of its own.
"""

from aicrypto.proof.plonk.gates import Addition, Gate, Gates, arithmetise, permutation
from aicrypto.proof.plonk.keys import Evaluations, Proof, VerifyingKey
from aicrypto.proof.plonk.prover import N_BLINDING, ProvingKey, preprocess, prove
from aicrypto.proof.plonk.verifier import challenges_of, verify, verify_json

__all__ = [
    "N_BLINDING",
    "Addition",
    "Evaluations",
    "Gate",
    "Gates",
    "Proof",
    "ProvingKey",
    "VerifyingKey",
    "arithmetise",
    "challenges_of",
    "permutation",
    "preprocess",
    "prove",
    "verify",
    "verify_json",
]
