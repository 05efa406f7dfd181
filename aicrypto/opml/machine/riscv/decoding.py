"""From 32 bits to an instruction: which fields, which immediate, which operation; or illegal.

RISC-V keeps registers at the same bits in all formats (rd 11..7, rs1 19..15, rs2 24..20) and the
sign of every immediate in bit 31; the rest of the immediate's bits are scattered by format.

Source: RISC-V unprivileged specification, RV32I 2.1, M 2.0; two SYSTEM instructions only.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from aicrypto.opml.machine.riscv.operations import (
    ALTERNATIVE,
    ARITHMETIC,
    CONDITIONS,
    MULTIPLICATION,
    extended,
)

# Opcodes: bits 6..0.
LUI, AUIPC, JAL, JALR, BRANCH = 0x37, 0x17, 0x6F, 0x67, 0x63
LOAD, STORE, OP_IMM, OP, FENCE, SYSTEM = 0x03, 0x23, 0x13, 0x33, 0x0F, 0x73
ECALL, EBREAK = 0x00000073, 0x00100073  # whole words

SHIFT_LEFT, SHIFT_RIGHT = 1, 5  # funct3
ALTERNATIVE_FUNCT7, MULTIPLY_FUNCT7 = 0x20, 0x01
LOAD_KINDS = {0, 1, 2, 4, 5}  # funct3: LB LH LW LBU LHU
STORE_KINDS = {0, 1, 2}
CACHE_SIZE = 1 << 16  # instructions kept; programs have fewer


class Instruction(NamedTuple):
    """One instruction, taken apart.

    Attributes:
        imm: the immediate, sign-extended, as 0..2^32-1.
        operation: what it computes from two numbers; None for those that compute nothing.
    """

    word: int
    opcode: int
    funct3: int
    rd: int
    rs1: int
    rs2: int
    imm: int
    operation: Callable[[int, int], int] | None

    @property
    def size(self) -> int:
        """Bytes that a load or store moves."""
        return 1 << (self.funct3 & 3)


def _imm_i(word: int) -> int:
    return extended(word >> 20, 12)


def _imm_s(word: int) -> int:
    return extended(word >> 25 << 5 | word >> 7 & 0x1F, 12)


def _imm_b(word: int) -> int:
    low = word >> 25 << 5 & 0x7E0 | word >> 7 & 0x1E
    return extended(word >> 31 << 12 | (word >> 7 & 1) << 11 | low, 13)


def _imm_u(word: int) -> int:
    return word & 0xFFFFF000


def _imm_j(word: int) -> int:
    low = (word >> 20 & 1) << 11 | word >> 20 & 0x7FE
    return extended(word >> 31 << 20 | word & 0xFF000 | low, 21)


IMMEDIATES = {
    **dict.fromkeys((OP_IMM, LOAD, JALR), _imm_i),
    **dict.fromkeys((LUI, AUIPC), _imm_u),
    STORE: _imm_s,
    BRANCH: _imm_b,
    JAL: _imm_j,
}


@lru_cache(CACHE_SIZE)
def decode(word: int) -> Instruction | None:
    """The instruction that a word stands for, None if it is illegal."""
    opcode, funct3, funct7 = word & 0x7F, word >> 12 & 7, word >> 25
    if not _is_legal(word, opcode, funct3, funct7):
        return None
    immediate = IMMEDIATES.get(opcode, lambda _: 0)(word)
    registers = word >> 7 & 31, word >> 15 & 31, word >> 20 & 31
    operation = _operation(opcode, funct3, funct7)
    return Instruction(word, opcode, funct3, *registers, immediate, operation)


def _is_legal(word: int, opcode: int, funct3: int, funct7: int) -> bool:
    legal: dict[int, Callable[[], bool]] = {
        LUI: lambda: True,
        AUIPC: lambda: True,
        JAL: lambda: True,
        JALR: lambda: funct3 == 0,
        BRANCH: lambda: funct3 in CONDITIONS,
        LOAD: lambda: funct3 in LOAD_KINDS,
        STORE: lambda: funct3 in STORE_KINDS,
        OP_IMM: lambda: _operation(opcode, funct3, funct7) is not None,
        OP: lambda: _operation(opcode, funct3, funct7) is not None,
        FENCE: lambda: funct3 <= 1,
        SYSTEM: lambda: word in (ECALL, EBREAK),
    }
    return opcode in legal and legal[opcode]()


def _operation(opcode: int, funct3: int, funct7: int) -> Callable[[int, int], int] | None:
    """What arithmetic instructions and branches compute; None if there is nothing of the kind.

    Of immediate instructions only shifts have a funct7, in what is the immediate's upper part
    otherwise; a shift by the immediate looks at its lowest five bits anyway.
    """
    if opcode == BRANCH:
        return CONDITIONS.get(funct3)
    if opcode == OP_IMM:
        has_funct7 = funct3 in (SHIFT_LEFT, SHIFT_RIGHT)
        return _arithmetic(funct3, funct7 if has_funct7 else 0)
    if opcode != OP:
        return None
    return MULTIPLICATION[funct3] if funct7 == MULTIPLY_FUNCT7 else _arithmetic(funct3, funct7)


def _arithmetic(funct3: int, funct7: int) -> Callable[[int, int], int] | None:
    if funct7 == ALTERNATIVE_FUNCT7:
        return ALTERNATIVE.get(funct3)
    return ARITHMETIC[funct3] if funct7 == 0 else None
