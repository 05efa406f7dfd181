"""Machines whose every step a contract can decide: RV32IM, and MIPS as production systems run it.

An `Image` says what is in memory at the start; `run` gives its `Trace`, which knows the state, its
hash and the witness of every step; `step` is the referee.
"""

from aicrypto.opml.machine import cannon
from aicrypto.opml.machine.image import (
    CODE,
    INPUT,
    MODEL,
    OUTPUT,
    BadImage,
    Image,
    framed,
    output_of,
)
from aicrypto.opml.machine.memory import (
    EMPTY_ROOTS,
    PROOF_BYTES,
    InsnProof,
    Memory,
    MemoryTree,
    MemProof,
    fold,
    fold_proof,
    root_of_bytes,
)
from aicrypto.opml.machine.riscv import BadState, Hart, State, Witness, step
from aicrypto.opml.machine.trace import Trace, run

__all__ = [
    "CODE",
    "EMPTY_ROOTS",
    "INPUT",
    "MODEL",
    "OUTPUT",
    "PROOF_BYTES",
    "BadImage",
    "BadState",
    "Hart",
    "Image",
    "InsnProof",
    "MemProof",
    "Memory",
    "MemoryTree",
    "State",
    "Trace",
    "Witness",
    "cannon",
    "fold",
    "fold_proof",
    "framed",
    "output_of",
    "root_of_bytes",
    "run",
    "step",
]
