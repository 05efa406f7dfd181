"""The Cannon machine: one step of MIPS32 as the contract of production fault proofs takes it.

A branch or jump takes effect one instruction late: the instruction after it, in its "delay slot",
still runs. So the state has two addresses, pc and next_pc; a jump sets only the second. A jump in
a delay slot would need a third, and is refused.

Unlike the RISC-V machine, this one has outcomes that are no states: the contract reverts, and
whoever claimed such a step cannot prove it.

Source: MIPS v1.0.1, npm @eth-optimism/contracts-bedrock 0.17.3: `step`, `handleBranch`,
`handleJump`, `handleHiLo`, `handleRd`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aicrypto.opml.machine.cannon import syscalls
from aicrypto.opml.machine.cannon.instructions import (
    FIRST_ACCESS,
    FIRST_STORE,
    LOAD_LINKED,
    MASK,
    SPECIAL,
    SPECIAL_2,
    ZERO_EXTENDED,
    Revert,
    extended,
    signed,
    value,
)
from aicrypto.opml.machine.cannon.state import CannonState
from aicrypto.opml.machine.riscv.interpreter import AnyMemory

J, JAL, BRANCH_BY_SIGN, BEQ, BNE, BLEZ, BGTZ = 2, 3, 1, 4, 5, 6, 7  # opcodes
LWL, LWR, STORE_CONDITIONAL = 0x22, 0x26, 0x38
JR, JALR, MOVZ, MOVN, SYSCALL = 0x08, 0x09, 0x0A, 0x0B, 0x0C  # functions
MFHI, MTHI, MFLO, MTLO, MULT, MULTU, DIV, DIVU = *range(0x10, 0x14), *range(0x18, 0x1C)
RETURN_ADDRESS = 31
MAX_U64 = 2**64 - 1


@dataclass(slots=True)
class Mips:
    """One machine: the fields of `CannonState`, but memory in place of its root."""

    memory: AnyMemory
    preimage_key: bytes
    preimage_offset: int
    pc: int
    next_pc: int
    lo: int
    hi: int
    heap: int
    exit_code: int
    exited: int
    step: int
    regs: list[int]
    preimages: Mapping[bytes, bytes] = field(default_factory=dict)

    @classmethod
    def of(
        cls, state: CannonState, memory: AnyMemory, preimages: Mapping[bytes, bytes] | None = None
    ) -> "Mips":
        """A machine in a state, with the pre-images that it may ask for, by key."""
        fields = {name: getattr(state, name) for name in FIELDS}
        return cls(memory, **fields, regs=[*state.regs], preimages=preimages or {})

    def state(self, mem_root: bytes) -> CannonState:
        """The state, for a memory of that root."""
        fields = {name: getattr(self, name) for name in FIELDS}
        return CannonState(mem_root, **fields, regs=tuple(self.regs))

    def read(self, address: int) -> int:
        """The big-endian word that holds an address."""
        return _turned(self.memory.load(address & ~3))

    def write(self, address: int, word: int) -> None:
        """Replace the word that holds an address."""
        self.memory.store(address & ~3, _turned(word))

    def accessed(self) -> int | None:
        """The address of the word that the next step wants proven beside the instruction."""
        if self.exited or self.pc & 3:
            return None
        insn = _turned(self.memory.fetch(self.pc))
        if insn >> 26 >= FIRST_ACCESS:
            return (self.regs[insn >> 21 & 31] + extended(insn, 16)) & MASK & ~3
        is_syscall = insn >> 26 == SPECIAL and insn & 0x3F == SYSCALL
        return syscalls.accessed(self) if is_syscall else None

    def continue_(self) -> None:
        """On to the instruction after this one."""
        self.pc, self.next_pc = self.next_pc, (self.next_pc + 4) & MASK

    def set_register(self, number: int, word: int) -> None:
        """Write a register; register 0 stays 0."""
        if number:
            self.regs[number] = word


FIELDS = tuple(name for name in Mips.__slots__ if name not in ("memory", "regs", "preimages"))


def advance(mips: Mips) -> None:
    """One step; a machine that has exited does not move.

    Raises:
        Revert: with the contract's reason, where it takes no step.
    """
    if mips.exited:
        return
    mips.step = (mips.step + 1) & MAX_U64
    if mips.pc & 3:
        raise Revert("unaligned")
    insn = _turned(mips.memory.fetch(mips.pc))
    opcode = insn >> 26
    if opcode in (J, JAL):
        target = mips.next_pc & 0xF0000000 | (insn & 0x3FFFFFF) << 2
        _jump(mips, target, RETURN_ADDRESS if opcode == JAL else 0)
    elif opcode == BRANCH_BY_SIGN or BEQ <= opcode <= BGTZ:
        _branch(mips, insn)
    else:
        _compute(mips, insn)


def run(mips: Mips, n_steps: int) -> int:
    """Steps done of `n_steps`: fewer if the machine exits. Revert as in `advance`."""
    done = 0
    while done < n_steps and not mips.exited:
        advance(mips)
        done += 1
    return done


def _turned(word: int) -> int:
    """A word read in the other byte order."""
    return int.from_bytes(word.to_bytes(4, "little"), "big")


def _jump(mips: Mips, target: int, link: int) -> None:
    if mips.next_pc != (mips.pc + 4) & MASK:
        raise Revert("jump in delay slot")
    after = (mips.pc + 8) & MASK
    mips.pc, mips.next_pc = mips.next_pc, target
    mips.set_register(link, after)


def _branch(mips: Mips, insn: int) -> None:
    if mips.next_pc != (mips.pc + 4) & MASK:
        raise Revert("branch in delay slot")
    target = (mips.pc + 4 + (extended(insn, 16) << 2)) & MASK
    taken = _is_taken(insn >> 26, mips.regs[insn >> 21 & 31], mips.regs, insn >> 16 & 31)
    following = target if taken else (mips.next_pc + 4) & MASK
    mips.pc, mips.next_pc = mips.next_pc, following


def _is_taken(opcode: int, rs: int, regs: list[int], rt_field: int) -> bool:
    """For opcode 1 the rt field says which branch; others than bltz and bgez are never taken."""
    if opcode in (BEQ, BNE):
        return (rs == regs[rt_field]) == (opcode == BEQ)
    if opcode == BRANCH_BY_SIGN:
        return rt_field <= 1 and (signed(rs) < 0) == (rt_field == 0)
    return (signed(rs) <= 0) == (opcode == BLEZ)


def _second_operand(mips: Mips, insn: int) -> int:
    opcode = insn >> 26
    if opcode in (SPECIAL, SPECIAL_2, LWL, LWR) or opcode >= FIRST_STORE:
        return mips.regs[insn >> 16 & 31]
    return insn & 0xFFFF if opcode in ZERO_EXTENDED else extended(insn, 16)


def _compute(mips: Mips, insn: int) -> None:
    opcode, rs, rt = insn >> 26, mips.regs[insn >> 21 & 31], _second_operand(mips, insn)
    rd = (insn >> 11 if opcode in (SPECIAL, SPECIAL_2) else insn >> 16) & 31
    word = 0
    if opcode >= FIRST_ACCESS:
        rs = (rs + extended(insn, 16)) & MASK
        word = mips.read(rs)  # before we know whether there is such an instruction
    result = value(insn, rs, rt, word)
    if opcode == SPECIAL and (insn & 0x3F) in SPECIALLY:
        _special(mips, insn & 0x3F, rs, rt, rd)
        return
    if opcode >= FIRST_STORE and opcode != LOAD_LINKED:
        mips.write(rs, result)
        result = 1
        rd = rd if opcode == STORE_CONDITIONAL else 0
    mips.set_register(rd, result)
    mips.continue_()


def _special(mips: Mips, function: int, rs: int, rt: int, rd: int) -> None:
    """Functions that do more than write a register."""
    if function in (JR, JALR):
        _jump(mips, rs, rd if function == JALR else 0)
    elif function == SYSCALL:
        if syscalls.serve(mips):
            mips.continue_()
    elif function in (MOVZ, MOVN):
        if (rt == 0) == (function == MOVZ):
            mips.set_register(rd, rs)
        mips.continue_()
    else:
        mips.set_register(rd, _high_and_low(mips, function, rs, rt))
        mips.continue_()


SPECIALLY = {JR, JALR, MOVZ, MOVN, SYSCALL, MFHI, MTHI, MFLO, MTLO, MULT, MULTU, DIV, DIVU}


def _high_and_low(mips: Mips, function: int, rs: int, rt: int) -> int:
    """What goes to rd: hi or lo, and 0 from those that write them."""
    if function in (MFHI, MFLO):
        return mips.hi if function == MFHI else mips.lo
    if function == MTHI:
        mips.hi = rs
    elif function == MTLO:
        mips.lo = rs
    elif function in (MULT, MULTU):
        product = signed(rs) * signed(rt) if function == MULT else rs * rt
        mips.hi, mips.lo = product >> 32 & MASK, product & MASK
    else:
        _divide(mips, function, rs, rt)
    return 0


def _divide(mips: Mips, function: int, rs: int, rt: int) -> None:
    """Lo is the quotient toward zero, hi the remainder, with the dividend's sign."""
    if rt == 0:
        raise Revert("MIPS: division by zero")
    a, b = (signed(rs), signed(rt)) if function == DIV else (rs, rt)
    quotient, rest = divmod(abs(a), abs(b))
    mips.lo = (quotient if (a < 0) == (b < 0) else -quotient) & MASK
    mips.hi = (-rest if a < 0 else rest) & MASK
