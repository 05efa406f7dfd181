"""The state of the Cannon machine: 226 bytes, and a hash whose first byte says how it stands.

Beside what every processor has (pc, registers, hi and lo of products) stand the things that make
this one fit for a dispute: the address after next, because a branch takes effect one instruction
late; the heap's end, which is all the operating system there is; and the key and offset of the
pre-image being read, the machine's only input.

Source: MIPS v1.0.1, npm @eth-optimism/contracts-bedrock 0.17.3: `State`, `outputState`.
"""

import struct
from dataclasses import astuple, dataclass, fields
from typing import Any

from aicrypto.commit.hashes import DIGEST_BYTES, keccak256

N_REGISTERS = 32
LAYOUT = struct.Struct(">32s32s6IBBQ32I")
HEAP_START = 0x20000000
VALID, INVALID, PANIC, UNFINISHED = range(4)


@dataclass(frozen=True)
class CannonState:
    """Everything about the machine at one moment, in the order of its bytes."""

    mem_root: bytes
    preimage_key: bytes = bytes(DIGEST_BYTES)
    preimage_offset: int = 0
    pc: int = 0
    next_pc: int = 4
    lo: int = 0
    hi: int = 0
    heap: int = HEAP_START
    exit_code: int = 0
    exited: int = 0
    step: int = 0
    regs: tuple[int, ...] = (0,) * N_REGISTERS

    def to_bytes(self) -> bytes:
        """The 226 bytes that are hashed, big-endian."""
        *numbers, regs = astuple(self)
        return LAYOUT.pack(*numbers, *regs)

    @classmethod
    def from_bytes(cls, data: bytes) -> "CannonState":
        """The state that 226 bytes stand for.

        Raises:
            ValueError: for another length.
        """
        if len(data) != LAYOUT.size:
            raise ValueError(f"state has {len(data)} bytes, must have {LAYOUT.size}")
        numbers: tuple[Any, ...] = LAYOUT.unpack(data)
        named = dict(zip(NAMES, numbers, strict=False))
        return cls(**named, regs=numbers[-N_REGISTERS:])

    @property
    def status(self) -> int:
        """0 exited well, 1 exited with code 1, 2 with any other, 3 still running.

        A byte beyond 0 and 1 in `exited` stops the machine, but is no end to the contract.
        """
        return min(self.exit_code, PANIC) if self.exited == 1 else UNFINISHED

    @property
    def hash(self) -> bytes:
        """keccak256 of the 226 bytes, its first byte replaced by the status."""
        return bytes((self.status,)) + keccak256(self.to_bytes())[1:]


NAMES = tuple(field.name for field in fields(CannonState))[:-1]  # of all but the registers
