"""Proofs that a neural network computed what it is said to have computed (Modulus' Remainder).

`Network` is what is proved. It is made of integers; `importing` and `quantise` turn a trained model
into one. `prove` and `verify` know its weights; with `commit` the verifier knows 32 bytes instead.
These proofs are succinct, not zero-knowledge; those of `hidden`, for small networks, are.
"""

from aicrypto.zkml.circuit.witness import QuantRange, pad_batch
from aicrypto.zkml.model import CommittedModel, ModelCommitment, commit
from aicrypto.zkml.network import Execution, Layer, Network
from aicrypto.zkml.proof import Proof
from aicrypto.zkml.protocol import explain, prove, verify
from aicrypto.zkml.soundness import Parameters, WeakParameters

__all__ = [
    "CommittedModel",
    "Execution",
    "Layer",
    "ModelCommitment",
    "Network",
    "Parameters",
    "Proof",
    "QuantRange",
    "WeakParameters",
    "commit",
    "explain",
    "pad_batch",
    "prove",
    "verify",
]
