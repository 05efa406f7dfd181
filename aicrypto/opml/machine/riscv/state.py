"""The state of the RV32IM machine as players and contract speak of it, and its hash.

Memory stands in it by its root, so that a state is 192 bytes: root, meta, 32 registers. The hash of
these bytes is what a dispute is about. Three fields of meta deserve a word: `step` makes states of
a loop differ and binds the length of a run; `exited` and `code` bind how it ended. `exited` is 0
while the machine runs, 1 after the program's own exit, 2 after a trap; a state that has exited
stays as it is for ever.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import DIGEST_BYTES, keccak256

N_REGISTERS = 32
REGISTERS_A_WORD = 8
MAX_U32 = 2**32 - 1
MAX_U64 = 2**64 - 1

RUNNING, EXITED, TRAPPED = range(3)
# Places of meta's fields in a 256-bit number: pc stands at 0, in 32 bits.
STEP_AT, EXITED_AT, CODE_AT = 32, 96, 104
STATE_BYTES = 192


class BadState(ValueError):
    """A state that no machine can be in: a register too large, x0 not 0, a code while running."""


@dataclass(frozen=True)
class State:
    """Everything about the machine at one moment.

    Attributes:
        mem_root: root of the memory tree.
        pc: address of the next instruction.
        step: steps done since the start, modulo 2^64.
        exited: 0 running, 1 exited, 2 trapped.
        code: exit code or cause of the trap.
        regs: x0 to x31.
    """

    mem_root: bytes
    pc: int
    step: int = 0
    exited: int = RUNNING
    code: int = 0
    regs: tuple[int, ...] = (0,) * N_REGISTERS

    @property
    def meta(self) -> int:
        """pc, step, exited and code in one 256-bit number."""
        return self.pc | self.step << STEP_AT | self.exited << EXITED_AT | self.code << CODE_AT

    def words(self) -> tuple[bytes, int, list[int]]:
        """Root, meta and four words of eight registers, x0 in the highest bits of the first.

        Raises:
            OverflowError: if a register is no 32-bit number; `check` says so politely.
        """
        packed = b"".join(register.to_bytes(4, "big") for register in self.regs)
        words = [
            int.from_bytes(packed[i : i + 4 * REGISTERS_A_WORD], "big")
            for i in range(0, len(packed), 4 * REGISTERS_A_WORD)
        ]
        return self.mem_root, self.meta, words

    def to_bytes(self) -> bytes:
        """The 192 bytes that are hashed."""
        root, meta, words = self.words()
        return root + b"".join(word.to_bytes(32, "big") for word in (meta, *words))

    @classmethod
    def from_bytes(cls, data: bytes) -> "State":
        """The state that 192 bytes stand for.

        Raises:
            ValueError: for another length or bits beyond meta's fields; BadState as in `check`.
        """
        if len(data) != STATE_BYTES:
            raise ValueError(f"state has {len(data)} bytes, must have {STATE_BYTES}")
        meta = int.from_bytes(data[DIGEST_BYTES : 2 * DIGEST_BYTES], "big")
        packed = data[2 * DIGEST_BYTES :]
        regs = tuple(int.from_bytes(packed[4 * i : 4 * i + 4], "big") for i in range(N_REGISTERS))
        exited = meta >> EXITED_AT & 0xFF
        step = meta >> STEP_AT & MAX_U64
        state = cls(data[:DIGEST_BYTES], meta & MAX_U32, step, exited, meta >> CODE_AT, regs)
        state.check()
        return state

    @property
    def hash(self) -> bytes:
        """keccak256 of the 192 bytes."""
        return keccak256(self.to_bytes())

    def check(self) -> None:
        """Returns nothing.

        Raises:
            BadState: naming the field, unless the state is well formed.
        """
        if len(self.mem_root) != DIGEST_BYTES or len(self.regs) != N_REGISTERS:
            raise BadState(f"state has a root of {len(self.mem_root)} bytes, {len(self.regs)} regs")
        if not 0 <= self.step <= MAX_U64:
            raise BadState(f"step is {self.step}, must be in 0..2^64-1")
        for name, value in {"pc": self.pc, "code": self.code}.items():
            if not 0 <= value <= MAX_U32:
                raise BadState(f"{name} is {value}, must be in 0..2^32-1")
        self._check_registers()
        self._check_end()

    def _check_registers(self) -> None:
        for number, register in enumerate(self.regs):
            if not 0 <= register <= (MAX_U32 if number else 0):
                bound = "in 0..2^32-1" if number else "0"
                raise BadState(f"x{number} is {register}, must be {bound}")

    def _check_end(self) -> None:
        if self.exited not in (RUNNING, EXITED, TRAPPED):
            raise BadState(f"exited is {self.exited}, must be 0, 1 or 2")
        if self.exited == RUNNING and self.code:
            raise BadState(f"code is {self.code} while the machine runs, must be 0")
