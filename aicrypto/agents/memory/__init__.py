"""An agent's memory: what it did under one hash, encrypted for its owner, handed over at a sale."""

from aicrypto.agents.memory.entries import Memory
from aicrypto.agents.memory.handover import (
    ACCESS,
    OWNERSHIP,
    Terms,
    TransferProof,
    Vault,
    context_of,
    reencrypt,
    sign_proof,
)
from aicrypto.agents.memory.sealing import (
    Locked,
    Sealed,
    lock,
    open_blob,
    open_key,
    public_key,
    unlock,
)

__all__ = [
    "ACCESS",
    "OWNERSHIP",
    "Locked",
    "Memory",
    "Sealed",
    "Terms",
    "TransferProof",
    "Vault",
    "context_of",
    "lock",
    "open_blob",
    "open_key",
    "public_key",
    "reencrypt",
    "sign_proof",
    "unlock",
]
