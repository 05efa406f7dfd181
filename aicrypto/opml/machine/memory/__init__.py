"""4 GiB of memory: to work on, to commit to, and to be shown two leaves of."""

from aicrypto.opml.machine.memory.pages import Memory
from aicrypto.opml.machine.memory.tree import (
    DEPTH,
    EMPTY_ROOTS,
    LEAF_BYTES,
    PROOF_BYTES,
    MemoryTree,
    Segment,
    fold,
    fold_proof,
    root_of_bytes,
)
from aicrypto.opml.machine.memory.witness import InsnProof, MemProof, ProvenMemory

__all__ = [
    "DEPTH",
    "EMPTY_ROOTS",
    "LEAF_BYTES",
    "PROOF_BYTES",
    "InsnProof",
    "MemProof",
    "Memory",
    "MemoryTree",
    "ProvenMemory",
    "Segment",
    "fold",
    "fold_proof",
    "root_of_bytes",
]
