"""From an instruction's name and numbers to its 32 bits: the other direction of `decoding`.

Source: RISC-V unprivileged specification, RV32I 2.1, M 2.0: formats R, I, S, B, U, J.
"""

from collections.abc import Mapping

from aicrypto.opml.machine.riscv.decoding import (
    AUIPC,
    BRANCH,
    EBREAK,
    ECALL,
    FENCE,
    JAL,
    JALR,
    LOAD,
    LUI,
    OP,
    OP_IMM,
    STORE,
)

ABI_NAMES = (
    *("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1"),
    *(f"a{i}" for i in range(8)),
    *(f"s{i}" for i in range(2, 12)),
    *("t3", "t4", "t5", "t6"),
)
REGISTERS: Mapping[str, int] = {
    **{f"x{number}": number for number in range(32)},
    **{name: number for number, name in enumerate(ABI_NAMES)},
    "fp": 8,
}


def _numbered(names: str) -> dict[str, int]:
    """Names by funct3; a dot leaves a number out."""
    return {name: number for number, name in enumerate(names.split()) if name != "."}


# Name to funct3, and funct7 where there is one.
ARITHMETIC = {
    **{name: (f, 0x00) for name, f in _numbered("add sll slt sltu xor srl or and").items()},
    **{name: (f, 0x01) for name, f in _numbered("mul mulh mulhsu mulhu div divu rem remu").items()},
    "sub": (0, 0x20),
    "sra": (5, 0x20),
}
IMMEDIATE = _numbered("addi . slti sltiu xori . ori andi")
SHIFTS = {"slli": (1, 0x00), "srli": (5, 0x00), "srai": (5, 0x20)}
BRANCHES = _numbered("beq bne . . blt bge bltu bgeu")
LOADS = _numbered("lb lh lw . lbu lhu")
STORES = _numbered("sb sh sw")
UPPER = {"lui": LUI, "auipc": AUIPC}
WHOLE = {"ecall": ECALL, "ebreak": EBREAK, "fence": FENCE | 0x0FF00000, "fence.i": FENCE | 1 << 12}


def encode_r(name: str, rd: int, rs1: int, rs2: int) -> int:
    """Register with register."""
    funct3, funct7 = ARITHMETIC[name]
    return funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | OP


def encode_i(name: str, rd: int, rs1: int, imm: int) -> int:
    """Register with immediate, shifts, loads and jalr.

    Raises:
        ValueError: if the immediate does not fit.
    """
    if name in SHIFTS:
        funct3, funct7 = SHIFTS[name]
        imm, opcode = funct7 << 5 | _checked(imm, 0, 31), OP_IMM
    elif name in IMMEDIATE:
        funct3, opcode = IMMEDIATE[name], OP_IMM
    else:
        funct3, opcode = (LOADS[name], LOAD) if name in LOADS else (0, JALR)
    return _signed_field(imm, 12) << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode


def encode_s(name: str, rs2: int, rs1: int, imm: int) -> int:
    """Stores; ValueError if the immediate does not fit."""
    field = _signed_field(imm, 12)
    upper, lower = field >> 5, field & 0x1F
    return upper << 25 | rs2 << 20 | rs1 << 15 | STORES[name] << 12 | lower << 7 | STORE


def encode_b(name: str, rs1: int, rs2: int, offset: int) -> int:
    """Branches; ValueError if the offset is odd or does not fit."""
    field = _signed_field(_even(offset), 13)
    upper = (field >> 12 << 6 | field >> 5 & 0x3F) << 25
    lower = (field & 0x1E | field >> 11 & 1) << 7
    return upper | rs2 << 20 | rs1 << 15 | BRANCHES[name] << 12 | lower | BRANCH


def encode_u(name: str, rd: int, upper: int) -> int:
    """Lui and auipc, of the upper 20 bits; ValueError if there are more."""
    return _checked(upper, 0, 2**20 - 1) << 12 | rd << 7 | UPPER[name]


def encode_j(rd: int, offset: int) -> int:
    """jal; ValueError if the offset is odd or does not fit."""
    field = _signed_field(_even(offset), 21)
    upper = (field >> 20) << 19 | (field >> 1 & 0x3FF) << 9 | (field >> 11 & 1) << 8
    return (upper | field >> 12 & 0xFF) << 12 | rd << 7 | JAL


def _signed_field(value: int, bits: int) -> int:
    bound = 1 << (bits - 1)
    # Shifts bring their funct7 along: 0x400 and above stand for themselves below 2^11.
    return _checked(value, -bound, bound - 1) & ((1 << bits) - 1)


def _checked(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise ValueError(f"{value} does not fit, must be in {low}..{high}")
    return value


def _even(offset: int) -> int:
    if offset & 1:
        raise ValueError(f"offset {offset} is odd")
    return offset
