"""Zero-knowledge proofs of inference with a small hidden model: `protocol` tells how."""

from aicrypto.zkml.hidden.message import HiddenProof
from aicrypto.zkml.hidden.model import HiddenCommitment, HiddenModel, commit
from aicrypto.zkml.hidden.protocol import bits, prove, verify

__all__ = ["HiddenCommitment", "HiddenModel", "HiddenProof", "bits", "commit", "prove", "verify"]
