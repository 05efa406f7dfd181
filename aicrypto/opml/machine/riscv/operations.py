"""What the instructions of RV32IM compute: functions of two 32-bit numbers.

All values are unsigned, 0..2^32-1; `signed` reads one as two's complement. Every function returns
something whose lowest 32 bits are the result; whoever writes a register cuts the rest off.

Source: RISC-V unprivileged specification, RV32I 2.1 and M 2.0. Division never traps: by zero it
gives all ones and leaves the dividend as remainder; -2^31 / -1 gives -2^31, remainder 0.
"""

from collections.abc import Callable

MASK = 0xFFFFFFFF
SIGN = 0x80000000

Operation = Callable[[int, int], int]


def signed(value: int) -> int:
    """The number from -2^31 to 2^31-1 that 32 bits stand for."""
    return value - ((value & SIGN) << 1)


def extended(value: int, bits: int) -> int:
    """The 32 bits that continue the top bit of a shorter number.

    >>> hex(extended(0x80, 8))
    '0xffffff80'
    """
    sign = 1 << (bits - 1)
    return ((value ^ sign) - sign) & MASK


def divide(a: int, b: int) -> int:
    """DIV: quotient toward zero."""
    if b == 0:
        return MASK
    dividend, divisor = signed(a), signed(b)
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def remainder(a: int, b: int) -> int:
    """REM: what `divide` leaves, with the dividend's sign."""
    if b == 0:
        return a
    rest = abs(signed(a)) % abs(signed(b))
    return -rest if a & SIGN else rest


# By funct3. Shifts look at the lowest five bits of the second number.
ARITHMETIC: tuple[Operation, ...] = (
    lambda a, b: a + b,  # ADD
    lambda a, b: a << (b & 31),  # SLL
    lambda a, b: signed(a) < signed(b),  # SLT
    lambda a, b: a < b,  # SLTU
    lambda a, b: a ^ b,  # XOR
    lambda a, b: a >> (b & 31),  # SRL
    lambda a, b: a | b,  # OR
    lambda a, b: a & b,  # AND
)
ALTERNATIVE: dict[int, Operation] = {
    0: lambda a, b: a - b,  # SUB
    5: lambda a, b: signed(a) >> (b & 31),  # SRA
}
MULTIPLICATION: tuple[Operation, ...] = (
    lambda a, b: a * b,  # MUL
    lambda a, b: signed(a) * signed(b) >> 32,  # MULH
    lambda a, b: signed(a) * b >> 32,  # MULHSU
    lambda a, b: a * b >> 32,  # MULHU
    divide,  # DIV
    lambda a, b: a // b if b else MASK,  # DIVU
    remainder,  # REM
    lambda a, b: a % b if b else a,  # REMU
)
CONDITIONS: dict[int, Callable[[int, int], bool]] = {
    0: lambda a, b: a == b,  # BEQ
    1: lambda a, b: a != b,  # BNE
    4: lambda a, b: signed(a) < signed(b),  # BLT
    5: lambda a, b: signed(a) >= signed(b),  # BGE
    6: lambda a, b: a < b,  # BLTU
    7: lambda a, b: a >= b,  # BGEU
}
