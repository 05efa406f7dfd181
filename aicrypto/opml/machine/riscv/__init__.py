"""RV32IM: 48 instructions of an open standard, each with exactly one outcome."""

from aicrypto.opml.machine.riscv.interpreter import Hart, advance
from aicrypto.opml.machine.riscv.referee import Witness, step
from aicrypto.opml.machine.riscv.state import BadState, State

__all__ = ["BadState", "Hart", "State", "Witness", "advance", "step"]
