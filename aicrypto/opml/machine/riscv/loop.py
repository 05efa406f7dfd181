"""The RV32IM machine, compiled: the same steps as `interpreter`, a hundred million a second.

`engine` stands around it: registers in and out, pages of memory.

Nothing is decoded ahead and nothing kept between steps, so a program that writes over itself runs
as it should. `_outcome` works on numbers alone: it says what comes next, and which number goes to
which register. Only the loop touches arrays; a function that is compiled into it must not, or
numba counts references to them at every step.

Numbers are int64 throughout; registers are cut to 32 bits where they are written. What comes next
is an address, or a negative number for what interrupts the loop.

Tests run both machines side by side, and both beside another emulator.
"""

from typing import Any

import numpy as np
from jaxtyping import Int32, UInt8, UInt32, UInt64
from numba import int32, int64, types, uint8, uint32, uint64

from aicrypto.algebra.kernels.jit import called, compiled, inlined
from aicrypto.opml.machine.riscv import interpreter as by_the_book
from aicrypto.opml.machine.riscv import state
from aicrypto.opml.machine.riscv.interpreter import A0, A2, A7

# Places in `cpu`.
PC, EXITED, CODE, WANTED = range(4)
# What interrupts the loop: a trap with cause c is -1 - c.
MISALIGNED, ILLEGAL, BREAKPOINT, BAD_LOAD, BAD_STORE = -1, -3, -4, -5, -7
CALL = -100
NOWHERE = 32  # the register that results go to which nobody wants

MASK = 0xFFFFFFFF
FIVE_BITS, FUNCT3, IN_PAGE = 31, 7, 1023

# For readers: numba does not look at annotations.
Number = Any  # int64
Outcome = tuple[Number, Number, Number]  # what comes next, a number, the register it is for
Cpu = UInt64[np.ndarray, "4"]
Regs = UInt32[np.ndarray, "33"]
Table = Int32[np.ndarray, " pages"]
Words = UInt32[np.ndarray, " n"]
Dirty = UInt8[np.ndarray, " stored"]
SIGNATURE = int64(
    *(types.Array(kind, 1, "C") for kind in (uint64, uint32, int32, uint32, uint8)), int64
)


@inlined
def _signed(value: Number) -> Number:
    """The number that 32 bits stand for."""
    return np.int64(np.int32(value))


@inlined
def _target_register(insn: Number) -> Number:
    rd = insn >> 7 & FIVE_BITS
    return rd if rd else NOWHERE


@inlined
def _place(page: Number, address: Number) -> Number:
    """Where a word is; unsigned, so that numba asks no questions about negative indices."""
    return np.uint64(page << 10 | (address >> 2 & IN_PAGE))


@inlined
def _arithmetic(funct3: Number, a: Number, b: Number) -> Number:
    if funct3 == 0:
        return a + b
    if funct3 == 1:
        return a << (b & FIVE_BITS)
    if funct3 == 2:
        return np.int64(_signed(a) < _signed(b))
    if funct3 == 3:
        return np.int64(a < b)
    if funct3 == 4:
        return a ^ b
    if funct3 == 5:
        return a >> (b & FIVE_BITS)
    return a | b if funct3 == 6 else a & b


@called
def _quotient(a: Number, b: Number) -> Number:
    """Toward zero; b is not 0."""
    size = abs(a) // abs(b)
    return size if (a < 0) == (b < 0) else -size


@called
def _divided(funct3: Number, a: Number, b: Number) -> Number:
    if b == 0:
        return MASK if funct3 <= 5 else a
    if funct3 == 4:
        return _quotient(_signed(a), _signed(b))
    if funct3 == 5:
        return a // b
    if funct3 == 6:
        return _signed(a) - _quotient(_signed(a), _signed(b)) * _signed(b)
    return a % b


@inlined
def _multiplied(funct3: Number, a: Number, b: Number) -> Number:
    if funct3 == 0:
        return a * b
    if funct3 == 1:
        return _signed(a) * _signed(b) >> 32
    if funct3 == 2:
        return _signed(a) * b >> 32
    if funct3 == 3:
        return np.int64(np.uint64(a) * np.uint64(b) >> np.uint64(32))
    return _divided(funct3, a, b)


@inlined
def _compute(pc: Number, insn: Number, a: Number, b: Number) -> Outcome:
    funct3, funct7 = insn >> 12 & FUNCT3, insn >> 25
    following = (pc + 4) & MASK
    if funct7 == 0:
        value = _arithmetic(funct3, a, b)
    elif funct7 == 1:
        value = _multiplied(funct3, a, b)
    elif funct7 == 0x20 and funct3 == 0:
        value = a - b
    elif funct7 == 0x20 and funct3 == 5:
        value = _signed(a) >> (b & FIVE_BITS)
    else:
        return ILLEGAL, 0, NOWHERE
    return following, value, _target_register(insn)


@inlined
def _compute_immediate(pc: Number, insn: Number, a: Number) -> Outcome:
    funct3, funct7 = insn >> 12 & FUNCT3, insn >> 25
    b = (_signed(insn) >> 20) & MASK
    if funct3 == 5 and funct7 == 0x20:
        value = _signed(a) >> (b & FIVE_BITS)
    elif (funct3 == 1 or funct3 == 5) and funct7 != 0:
        return ILLEGAL, 0, NOWHERE
    else:
        value = _arithmetic(funct3, a, b)
    return (pc + 4) & MASK, value, _target_register(insn)


@inlined
def _taken(funct3: Number, a: Number, b: Number) -> Number:
    """Whether a branch is taken; -1 for a branch that does not exist."""
    if funct3 == 0:
        return np.int64(a == b)
    if funct3 == 1:
        return np.int64(a != b)
    if funct3 == 4:
        return np.int64(_signed(a) < _signed(b))
    if funct3 == 5:
        return np.int64(_signed(a) >= _signed(b))
    if funct3 == 6:
        return np.int64(a < b)
    return np.int64(a >= b) if funct3 == 7 else -1


@inlined
def _branch(pc: Number, insn: Number, a: Number, b: Number) -> Outcome:
    taken = _taken(insn >> 12 & FUNCT3, a, b)
    low = (insn >> 7 & 1) << 11 | insn >> 20 & 0x7E0 | insn >> 7 & 0x1E
    target = (pc + (_signed(insn) >> 31 << 12 | low)) & MASK
    if taken == 0:
        return (pc + 4) & MASK, 0, NOWHERE
    following = target if target & 3 == 0 else MISALIGNED
    return following if taken == 1 else ILLEGAL, 0, NOWHERE


@inlined
def _load(pc: Number, insn: Number, a: Number) -> Outcome:
    """The number is the address."""
    funct3 = insn >> 12 & FUNCT3
    address = (a + (_signed(insn) >> 20)) & MASK
    if funct3 & 3 == 3 or funct3 == 6:
        return ILLEGAL, 0, NOWHERE
    if address & ((1 << (funct3 & 3)) - 1):
        return BAD_LOAD, 0, NOWHERE
    return (pc + 4) & MASK, address, _target_register(insn)


@inlined
def _store(pc: Number, insn: Number, a: Number) -> Outcome:
    """The number is the address."""
    funct3 = insn >> 12 & FUNCT3
    address = (a + (_signed(insn) >> 25 << 5 | insn >> 7 & FIVE_BITS)) & MASK
    if funct3 > 2:
        return ILLEGAL, 0, NOWHERE
    if address & ((1 << funct3) - 1):
        return BAD_STORE, 0, NOWHERE
    return (pc + 4) & MASK, address, NOWHERE


@called
def _jump(pc: Number, insn: Number, a: Number) -> Outcome:
    if insn & 0x7F == 0x6F:
        low = insn & 0xFF000 | (insn >> 20 & 1) << 11 | insn >> 20 & 0x7FE
        target = (pc + (_signed(insn) >> 31 << 20 | low)) & MASK
    elif insn >> 12 & FUNCT3:
        return ILLEGAL, 0, NOWHERE
    else:
        target = (a + (_signed(insn) >> 20)) & (MASK - 1)
    if target & 3:
        return MISALIGNED, 0, NOWHERE
    return target, pc + 4, _target_register(insn)


@called
def _system(pc: Number, insn: Number) -> Outcome:
    if insn & 0x7F == 0x0F:
        return (pc + 4) & MASK if insn >> 12 & FUNCT3 <= 1 else ILLEGAL, 0, NOWHERE
    if insn == 0x73:
        return CALL, 0, NOWHERE
    return BREAKPOINT if insn == 0x00100073 else ILLEGAL, 0, NOWHERE


@called
def _rare(pc: Number, insn: Number, a: Number) -> Outcome:
    """What programs do less often."""
    opcode, following = insn & 0x7F, (pc + 4) & MASK
    if opcode == 0x6F or opcode == 0x67:
        return _jump(pc, insn, a)
    if opcode == 0x37:
        return following, insn & 0xFFFFF000, _target_register(insn)
    if opcode == 0x17:
        return following, pc + (insn & 0xFFFFF000), _target_register(insn)
    return _system(pc, insn)


@inlined
def _outcome(pc: Number, insn: Number, a: Number, b: Number) -> Outcome:
    """What an instruction comes to."""
    opcode = insn & 0x7F
    if opcode == 0x13:
        return _compute_immediate(pc, insn, a)
    if opcode == 0x33:
        return _compute(pc, insn, a, b)
    if opcode == 0x03:
        return _load(pc, insn, a)
    if opcode == 0x63:
        return _branch(pc, insn, a, b)
    if opcode == 0x23:
        return _store(pc, insn, a)
    return _rare(pc, insn, a)


@inlined
def _loaded(insn: Number, address: Number, word: Number) -> Number:
    """What a load makes of the word at its address."""
    bits = 8 << (insn >> 12 & 3)
    value = word >> 8 * (address & 3) & ((1 << bits) - 1)
    sign = 0 if insn & 0x4000 else 1 << (bits - 1)
    return (value ^ sign) - sign


@inlined
def _stored(insn: Number, address: Number, word: Number, b: Number) -> Number:
    """What a store makes of the word at its address."""
    shift, mask = 8 * (address & 3), (1 << (8 << (insn >> 12 & 3))) - 1
    return np.uint32(word & ~(mask << shift) | (b & mask) << shift)


@called
def _interrupted(cpu: Cpu, regs: Regs, reason: Number, pc: Number) -> Number:
    """The next address after a system call, or the reason why there is none."""
    if reason != CALL:
        cpu[EXITED], cpu[CODE] = state.TRAPPED, -1 - reason
    elif regs[A7] == by_the_book.SYS_EXIT:
        cpu[EXITED], cpu[CODE] = state.EXITED, regs[A0]
    else:
        regs[A0] = (
            regs[A2] if regs[A7] == by_the_book.SYS_WRITE else np.uint32(by_the_book.NO_SUCH_CALL)
        )
        return (pc + 4) & MASK
    return reason


@compiled(SIGNATURE)
def run_loop(cpu: Cpu, regs: Regs, table: Table, words: Words, dirty: Dirty, n_steps: int) -> int:
    """Steps done; fewer than asked where the machine stops, or stores to a page not there yet.

    The step that stops the machine is not counted, and pc not moved.
    """
    pc, done = np.int64(cpu[PC]), 0
    while done < n_steps:
        insn = np.int64(words[_place(np.int64(table[np.uint64(pc >> 12)]), pc)])
        a = np.int64(regs[np.uint64(insn >> 15 & FIVE_BITS)])
        b = np.int64(regs[np.uint64(insn >> 20 & FIVE_BITS)])
        following, value, register = _outcome(pc, insn, a, b)
        if following < 0:
            following = _interrupted(cpu, regs, following, pc)
            if following < 0:
                break
        elif insn & 0x7F == 0x03:
            word = words[_place(np.int64(table[np.uint64(value >> 12)]), value)]
            value = _loaded(insn, value, np.int64(word))
        elif insn & 0x7F == 0x23:
            page = np.int64(table[np.uint64(value >> 12)])
            cpu[WANTED] = value
            if page == 0:
                break
            dirty[np.uint64(page)] = 1
            place = _place(page, value)
            words[place] = _stored(insn, value, np.int64(words[place]), b)
        regs[np.uint64(register)] = np.uint32(value)
        pc = following
        done += 1
    cpu[PC] = pc
    return done
