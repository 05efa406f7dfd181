"""What a word of memory says as an instruction, for people who step through a program.

`assemble` of the text gives the word back, except for the bits that the machine ignores.
"""

from aicrypto.opml.code import encoding
from aicrypto.opml.code.encoding import ABI_NAMES
from aicrypto.opml.machine.riscv.decoding import (
    BRANCH,
    ECALL,
    FENCE,
    JAL,
    JALR,
    LOAD,
    OP,
    OP_IMM,
    STORE,
    SYSTEM,
    Instruction,
    decode,
)
from aicrypto.opml.machine.riscv.operations import signed

NAMES = {
    BRANCH: {number: name for name, number in encoding.BRANCHES.items()},
    LOAD: {number: name for name, number in encoding.LOADS.items()},
    STORE: {number: name for name, number in encoding.STORES.items()},
}
REGISTER_NAMES = {kind: name for name, kind in encoding.ARITHMETIC.items()}
SHIFT_NAMES = {kind: name for name, kind in encoding.SHIFTS.items()}
IMMEDIATE_NAMES = {number: name for name, number in encoding.IMMEDIATE.items()}
UPPER_NAMES = {opcode: name for name, opcode in encoding.UPPER.items()}


def disassemble(word: int) -> str:
    """The instruction as text; a word that is none as `.word`.

    >>> disassemble(0x00A00293)
    'addi t0, zero, 10'
    """
    i = decode(word)
    if i is None:
        return f".word 0x{word:08x}"
    rd, rs1, rs2 = (ABI_NAMES[number] for number in (i.rd, i.rs1, i.rs2))
    if i.opcode == OP:
        return f"{REGISTER_NAMES[i.funct3, word >> 25]} {rd}, {rs1}, {rs2}"
    if i.opcode == OP_IMM:
        return f"{_immediate(i)[0]} {rd}, {rs1}, {_immediate(i)[1]}"
    if i.opcode == BRANCH:
        return f"{NAMES[BRANCH][i.funct3]} {rs1}, {rs2}, {signed(i.imm)}"
    if i.opcode in (LOAD, STORE):
        moved = rd if i.opcode == LOAD else rs2
        return f"{NAMES[i.opcode][i.funct3]} {moved}, {signed(i.imm)}({rs1})"
    return _other(i, rd, rs1)


def _immediate(i: Instruction) -> tuple[str, int]:
    if i.funct3 in IMMEDIATE_NAMES:
        return IMMEDIATE_NAMES[i.funct3], signed(i.imm)
    return SHIFT_NAMES[i.funct3, i.word >> 25], i.imm & 31


def _other(i: Instruction, rd: str, rs1: str) -> str:
    if i.opcode in UPPER_NAMES:
        return f"{UPPER_NAMES[i.opcode]} {rd}, 0x{i.imm >> 12:x}"
    if i.opcode == JAL:
        return f"jal {rd}, {signed(i.imm)}"
    if i.opcode == JALR:
        return f"jalr {rd}, {signed(i.imm)}({rs1})"
    if i.opcode == FENCE:
        return "fence.i" if i.funct3 else "fence"
    assert i.opcode == SYSTEM
    return "ecall" if i.word == ECALL else "ebreak"
