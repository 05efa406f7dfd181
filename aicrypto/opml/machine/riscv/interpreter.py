"""The RV32IM machine, to be read: one function per kind of instruction.

Each function does what its instruction does and returns the address of the next one. A trap (a
misaligned access, an illegal word, a breakpoint) is a defined outcome, not an error: the machine
stops with `exited` 2 and the cause as `code`, the step counts, and nothing else changes. So every
state has exactly one successor, which is what a referee needs.

The machine does not know whether its memory is all there (`Memory`) or consists of a root and two
proven leaves (`ProvenMemory`): players and referee run the same code.

System calls: number in x17, arguments from x10; 93 exits with x10, 64 (write) pretends to have
written everything, any other answers -38 ("no such call").
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aicrypto.opml.machine.riscv.decoding import (
    AUIPC,
    BRANCH,
    ECALL,
    FENCE,
    JAL,
    JALR,
    LOAD,
    LUI,
    OP,
    OP_IMM,
    STORE,
    SYSTEM,
    Instruction,
    decode,
)
from aicrypto.opml.machine.riscv.operations import MASK, extended
from aicrypto.opml.machine.riscv.state import (
    EXITED,
    MAX_U64,
    N_REGISTERS,
    RUNNING,
    TRAPPED,
    State,
)

# Causes of traps. Source: RISC-V privileged specification, mcause.
TARGET_MISALIGNED, ILLEGAL, BREAKPOINT, LOAD_MISALIGNED, STORE_MISALIGNED = 0, 2, 3, 4, 6

A0, A2, A7 = 10, 12, 17  # registers of system calls
SYS_EXIT, SYS_WRITE = 93, 64
NO_SUCH_CALL = -38 & MASK
UNSIGNED_LOAD = 4  # bit of funct3
WORD_BYTES = 4


class AnyMemory(Protocol):
    """Words by address: what a machine needs of memory."""

    def fetch(self, address: int) -> int:
        """The instruction at an address."""

    def load(self, address: int) -> int:
        """The word that holds an address."""

    def store(self, address: int, word: int) -> None:
        """Replace the word that holds an address."""


@dataclass(slots=True)
class Hart:
    """One RISC-V machine ("hardware thread"): registers beside a memory."""

    memory: AnyMemory
    pc: int
    regs: list[int] = field(default_factory=lambda: [0] * N_REGISTERS)
    step: int = 0
    exited: int = RUNNING
    code: int = 0

    @classmethod
    def of(cls, state: State, memory: AnyMemory) -> "Hart":
        """A machine in a state; nobody checks here that the memory has its root."""
        return cls(memory, state.pc, [*state.regs], state.step, state.exited, state.code)

    def trap(self, cause: int) -> int:
        """Stop where we are."""
        self.exited, self.code = TRAPPED, cause
        return self.pc

    def accessed(self) -> int | None:
        """The address that the next step loads or stores; None if it touches no data."""
        if self.exited or self.pc & 3:
            return None
        i = decode(self.memory.fetch(self.pc))
        if i is None or i.opcode not in (LOAD, STORE):
            return None
        address = (self.regs[i.rs1] + i.imm) & MASK
        return None if address & (i.size - 1) else address

    def state(self, mem_root: bytes) -> State:
        """The state, for a memory of that root."""
        return State(mem_root, self.pc, self.step, self.exited, self.code, tuple(self.regs))


def advance(hart: Hart) -> None:
    """One step. A machine that has exited does not move."""
    if hart.exited:
        return
    if hart.pc & 3:
        hart.trap(TARGET_MISALIGNED)
    else:
        instruction = decode(hart.memory.fetch(hart.pc))
        if instruction is None:
            hart.trap(ILLEGAL)
        else:
            hart.pc = EXECUTE[instruction.opcode](hart, instruction)
    hart.step = (hart.step + 1) & MAX_U64


def run(hart: Hart, n_steps: int) -> int:
    """Steps done of `n_steps`: fewer if the machine exits. About a million a second."""
    done = 0
    while done < n_steps and not hart.exited:
        advance(hart)
        done += 1
    return done


def _following(hart: Hart) -> int:
    return (hart.pc + WORD_BYTES) & MASK


def _set(hart: Hart, number: int, value: int) -> None:
    if number:  # x0 stays 0
        hart.regs[number] = value & MASK


def _compute(hart: Hart, i: Instruction) -> int:
    assert i.operation is not None
    _set(hart, i.rd, i.operation(hart.regs[i.rs1], hart.regs[i.rs2]))
    return _following(hart)


def _compute_immediate(hart: Hart, i: Instruction) -> int:
    assert i.operation is not None
    _set(hart, i.rd, i.operation(hart.regs[i.rs1], i.imm))
    return _following(hart)


def _load_upper(hart: Hart, i: Instruction) -> int:
    _set(hart, i.rd, i.imm)
    return _following(hart)


def _add_upper(hart: Hart, i: Instruction) -> int:
    _set(hart, i.rd, hart.pc + i.imm)
    return _following(hart)


def _jump(hart: Hart, i: Instruction) -> int:
    target = (hart.pc + i.imm) & MASK
    return _link(hart, i.rd, target)


def _jump_register(hart: Hart, i: Instruction) -> int:
    target = (hart.regs[i.rs1] + i.imm) & MASK & ~1
    return _link(hart, i.rd, target)


def _link(hart: Hart, rd: int, target: int) -> int:
    """A jump whose target is misaligned traps and links nothing."""
    if target & 3:
        return hart.trap(TARGET_MISALIGNED)
    _set(hart, rd, hart.pc + WORD_BYTES)
    return target


def _branch(hart: Hart, i: Instruction) -> int:
    assert i.operation is not None
    if not i.operation(hart.regs[i.rs1], hart.regs[i.rs2]):
        return _following(hart)
    target = (hart.pc + i.imm) & MASK
    return hart.trap(TARGET_MISALIGNED) if target & 3 else target


def _load(hart: Hart, i: Instruction) -> int:
    address = (hart.regs[i.rs1] + i.imm) & MASK
    if address & (i.size - 1):
        return hart.trap(LOAD_MISALIGNED)
    bits = 8 * i.size
    value = hart.memory.load(address) >> 8 * (address & 3) & (1 << bits) - 1
    _set(hart, i.rd, value if i.funct3 & UNSIGNED_LOAD else extended(value, bits))
    return _following(hart)


def _store(hart: Hart, i: Instruction) -> int:
    address = (hart.regs[i.rs1] + i.imm) & MASK
    if address & (i.size - 1):
        return hart.trap(STORE_MISALIGNED)
    shift = 8 * (address & 3)
    mask = (1 << 8 * i.size) - 1
    word = hart.memory.load(address) & ~(mask << shift)
    hart.memory.store(address, word | (hart.regs[i.rs2] & mask) << shift)
    return _following(hart)


def _fence(hart: Hart, _: Instruction) -> int:
    return _following(hart)


def _system(hart: Hart, i: Instruction) -> int:
    if i.word != ECALL:
        return hart.trap(BREAKPOINT)
    if hart.regs[A7] == SYS_EXIT:
        hart.exited, hart.code = EXITED, hart.regs[A0]
    else:
        hart.regs[A0] = hart.regs[A2] if hart.regs[A7] == SYS_WRITE else NO_SUCH_CALL
    return _following(hart)


EXECUTE: dict[int, Callable[[Hart, Instruction], int]] = {
    LUI: _load_upper,
    AUIPC: _add_upper,
    JAL: _jump,
    JALR: _jump_register,
    BRANCH: _branch,
    LOAD: _load,
    STORE: _store,
    OP_IMM: _compute_immediate,
    OP: _compute,
    FENCE: _fence,
    SYSTEM: _system,
}
