"""What Cannon's MIPS instructions compute: a number from rs, rt and a word of memory.

`value` covers everything that ends in a register or in memory; jumps, branches, hi and lo and
system calls are in `mips`. Instructions that compute nothing of their own (jr, movz, syscall, the
hi-lo family, sync) give rs here, as in the contract, where sync therefore copies rs to rd.

MIPS is big-endian: byte 0 of a word is its highest. The four unaligned accesses (lwl, lwr, swl,
swr) move the part of a word that lies on one side of an address.

Source: MIPS v1.0.1, npm @eth-optimism/contracts-bedrock 0.17.3. One real bug is kept: srav does not
mask its amount, and gives 0 from 32 on.
"""

from collections.abc import Callable

MASK = 0xFFFFFFFF
SPECIAL, SPECIAL_2, LUI = 0x00, 0x1C, 0x0F
ZERO_EXTENDED = {0x0C, 0x0D, 0x0E}  # andi ori xori
# Immediate opcodes and the functions that they share.
IMMEDIATE = {8: 0x20, 9: 0x21, 0xA: 0x2A, 0xB: 0x2B, 0xC: 0x24, 0xD: 0x25, 0xE: 0x26}
FIRST_ACCESS, FIRST_STORE, LOAD_LINKED = 0x20, 0x28, 0x30

Access = Callable[[int, int, int], int]  # of shift in bits, rt, word


class Revert(ValueError):
    """What the contract refuses.

    Attributes:
        reason: the contract's words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def extended(value: int, bits: int) -> int:
    """The low bits as a signed number, in 32 bits."""
    sign = 1 << (bits - 1)
    return (((value & (1 << bits) - 1) ^ sign) - sign) & MASK


def signed(value: int) -> int:
    """The number from -2^31 to 2^31-1 that 32 bits stand for."""
    return value - ((value & 0x80000000) << 1)


def leading_zeros(value: int) -> int:
    """How many of 32 bits are 0 before the first 1."""
    return 32 - value.bit_length()


def _shift_right_by_register(rs: int, rt: int) -> int:
    return signed(rt) >> rs if rs < 32 else 0


# Of rs, rt and the shift amount.
FUNCTIONS: dict[int, Callable[[int, int, int], int]] = {
    0x00: lambda rs, rt, sa: rt << sa,  # sll
    0x02: lambda rs, rt, sa: rt >> sa,  # srl
    0x03: lambda rs, rt, sa: signed(rt) >> sa,  # sra
    0x04: lambda rs, rt, sa: rt << (rs & 31),  # sllv
    0x06: lambda rs, rt, sa: rt >> (rs & 31),  # srlv
    0x07: lambda rs, rt, sa: _shift_right_by_register(rs, rt),  # srav
    0x20: lambda rs, rt, sa: rs + rt,  # add
    0x21: lambda rs, rt, sa: rs + rt,  # addu
    0x22: lambda rs, rt, sa: rs - rt,  # sub
    0x23: lambda rs, rt, sa: rs - rt,  # subu
    0x24: lambda rs, rt, sa: rs & rt,
    0x25: lambda rs, rt, sa: rs | rt,
    0x26: lambda rs, rt, sa: rs ^ rt,
    0x27: lambda rs, rt, sa: ~(rs | rt),  # nor
    0x2A: lambda rs, rt, sa: signed(rs) < signed(rt),  # slt
    0x2B: lambda rs, rt, sa: rs < rt,  # sltu
}
# jr jalr movz movn syscall sync, mfhi mthi mflo mtlo, mult multu div divu
FUNCTIONS |= dict.fromkeys(
    (*range(0x08, 0x0D), 0x0F, *range(0x10, 0x14), *range(0x18, 0x1C)), lambda rs, rt, sa: rs
)
FUNCTIONS_2: dict[int, Callable[[int, int], int]] = {
    0x02: lambda rs, rt: rs * rt,  # mul
    0x20: lambda rs, rt: leading_zeros(rs),  # clz
    0x21: lambda rs, rt: leading_zeros(rs ^ MASK),  # clo
}
# Of 8 times the byte's number in its word, rt and the word: what goes to rt, or into memory.
ACCESSES: dict[int, Access] = {
    0x20: lambda at, rt, word: extended(word >> (24 - at), 8),  # lb
    0x21: lambda at, rt, word: extended(word >> (16 - (at & 16)), 16),  # lh
    0x22: lambda at, rt, word: rt & ~(MASK << at) | word << at,  # lwl
    0x23: lambda at, rt, word: word,  # lw
    0x24: lambda at, rt, word: word >> (24 - at) & 0xFF,  # lbu
    0x25: lambda at, rt, word: word >> (16 - (at & 16)) & 0xFFFF,  # lhu
    0x26: lambda at, rt, word: rt & ~(MASK >> (24 - at)) | word >> (24 - at),  # lwr
    0x28: lambda at, rt, word: _put(word, rt, 24 - at, 0xFF),  # sb
    0x29: lambda at, rt, word: _put(word, rt, 16 - (at & 16), 0xFFFF),  # sh
    0x2A: lambda at, rt, word: word & ~(MASK >> at) | rt >> at,  # swl
    0x2B: lambda at, rt, word: rt,  # sw
    0x2E: lambda at, rt, word: word & ~(MASK << (24 - at)) | rt << (24 - at),  # swr
    0x30: lambda at, rt, word: word,  # ll
    0x38: lambda at, rt, word: rt,  # sc
}


def _put(word: int, rt: int, shift: int, mask: int) -> int:
    return word & ~(mask << shift) | (rt & mask) << shift


def value(insn: int, rs: int, rt: int, word: int) -> int:
    """What an instruction computes, in 32 bits; for accesses, rs is the address.

    Raises:
        Revert: for an instruction that does not exist.
    """
    opcode, function = insn >> 26, insn & 0x3F
    if opcode == LUI:
        return rt << 16 & MASK
    if opcode in ACCESSES:
        return ACCESSES[opcode]((rs & 3) * 8, rt, word) & MASK
    if opcode == SPECIAL_2 and function in FUNCTIONS_2:
        return FUNCTIONS_2[function](rs, rt) & MASK
    if opcode in IMMEDIATE:
        function = IMMEDIATE[opcode]
    elif opcode != SPECIAL or function not in FUNCTIONS:
        raise Revert("invalid instruction")
    return FUNCTIONS[function](rs, rt, insn >> 6 & 31) & MASK
