"""Groth16 on BN254: three points that prove a circuit, accepted by snarkjs and by Ethereum.

`setup` makes keys from a trapdoor, `ceremony` without one; `prove`, `verify`, `verify_batch`; keys,
proofs and publics in snarkjs's JSON, proving keys from its .zkey; `calldata` for a contract.
"""

from aicrypto.proof.groth16.forgery import forge, forge_unfinished, negate_both, rerandomise
from aicrypto.proof.groth16.keys import Proof, ProvingKey, VerifyingKey, WeakKey, weaknesses
from aicrypto.proof.groth16.points import (
    g1_to_json,
    g2_to_json,
    publics_from_json,
    publics_to_json,
)
from aicrypto.proof.groth16.protocol import prove, publics_of, verify, verify_batch, verify_json
from aicrypto.proof.groth16.qap import Division, divide, symbolic
from aicrypto.proof.groth16.setup import (
    BadContribution,
    BadTrapdoor,
    Trapdoor,
    setup,
    verifying_key,
)
from aicrypto.proof.groth16.zkey import prove_file, read_zkey

__all__ = [
    "BadContribution",
    "BadTrapdoor",
    "Division",
    "Proof",
    "ProvingKey",
    "Trapdoor",
    "VerifyingKey",
    "WeakKey",
    "divide",
    "forge",
    "forge_unfinished",
    "g1_to_json",
    "g2_to_json",
    "negate_both",
    "prove",
    "prove_file",
    "publics_from_json",
    "publics_of",
    "publics_to_json",
    "read_zkey",
    "rerandomise",
    "setup",
    "symbolic",
    "verify",
    "verify_batch",
    "verify_json",
    "verifying_key",
    "weaknesses",
]
