"""What a machine starts from: bytes at addresses, an entry, registers. A task is such an image.

Because everybody can compute the image's start state, its hash says which program, which model and
which input a dispute is about. Where things lie by convention: code at 0x1000, scratch from
0x00100000, the stack below 0x00200000, INPUT and OUTPUT (a length, then bytes) at 0x31000000 and
0x32000000, MODEL at 0x33000000.

`Image.from_elf` takes what a compiler made. Source: System V ABI, ELF-32, program headers.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from aicrypto.opml.machine.memory import MemoryTree, Segment
from aicrypto.opml.machine.riscv import State
from aicrypto.opml.machine.riscv.state import MAX_U32, N_REGISTERS

CODE = 0x1000
SCRATCH, STACK = 0x00100000, 0x00200000
INPUT, OUTPUT, MODEL = 0x31000000, 0x32000000, 0x33000000
LENGTH_BYTES = 4

ELF_MAGIC, ELF_32_BIT = b"\x7fELF", 1
BYTE_ORDERS = {1: "<", 2: ">"}  # EI_DATA
ELF_HEADER, PROGRAM_HEADER = "16sHHIIIIIHHHHHH", "8I"
EXECUTABLE, LOADED = 2, 1  # e_type, p_type
MIPS, RISCV = 8, 243  # e_machine


class BadImage(ValueError):
    """An image that no machine can start from."""


@dataclass(frozen=True)
class Image:
    """Contents of memory at the start, the first instruction's address, registers that are not 0.

    Segments may overlap: later ones stay.

    Raises:
        BadImage: if a segment, the entry or a register does not fit the machine; x0 is 0.
    """

    segments: Sequence[Segment]
    entry: int = CODE
    regs: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.entry <= MAX_U32:
            raise BadImage(f"entry is {self.entry}, must be in 0..2^32-1")
        for number, value in self.regs.items():
            if not (0 < number < N_REGISTERS and 0 <= value <= MAX_U32):
                raise BadImage(f"register {number} is {value}: numbers 1..31, values 0..2^32-1")
        _ = self.tree

    @cached_property
    def tree(self) -> MemoryTree:
        """Memory at the start."""
        try:
            return MemoryTree.of(self.segments)
        except ValueError as error:
            raise BadImage(f"segment: {error}") from None

    @cached_property
    def start(self) -> State:
        """The state before the first step; its hash names the task."""
        regs = tuple(self.regs.get(number, 0) for number in range(N_REGISTERS))
        return State(self.tree.root, self.entry, regs=regs)

    @classmethod
    def from_elf(cls, data: bytes, *more: Segment) -> "Image":
        """The image that an executable file for RISC-V or big-endian MIPS describes.

        `more` are segments beside those of the file, for instance model and input.

        Raises:
            BadImage: naming what is wrong with the file.
        """
        try:
            return cls((*_elf_segments(data), *more), _elf_header(data)[4])
        except struct.error:
            raise BadImage(f"file of {len(data)} bytes ends in the middle of a header") from None


def framed(data: bytes) -> bytes:
    """Bytes as INPUT and OUTPUT hold them: after their length in four bytes, little-endian."""
    return len(data).to_bytes(LENGTH_BYTES, "little") + data


def output_of(tree: MemoryTree) -> bytes:
    """What a program left in OUTPUT.

    Raises:
        ValueError: if the length there leads beyond memory.
    """
    n_bytes = int.from_bytes(tree.read(OUTPUT, LENGTH_BYTES), "little")
    return tree.read(OUTPUT + LENGTH_BYTES, n_bytes)


def _byte_order(data: bytes) -> str:
    if data[:4] != ELF_MAGIC or len(data) < 6:
        raise BadImage(f"file starts with {data[:4]!r}, no ELF file")
    if data[4] != ELF_32_BIT or data[5] not in BYTE_ORDERS:
        raise BadImage(f"ELF class and byte order are {data[4]}, {data[5]}: no 32-bit file")
    return BYTE_ORDERS[data[5]]


def _elf_header(data: bytes) -> tuple[int, ...]:
    order = _byte_order(data)
    fields: tuple[int, ...] = struct.unpack_from(order + ELF_HEADER, data)
    kind, machine = fields[1], fields[2]
    if (kind, machine, order) not in ((EXECUTABLE, RISCV, "<"), (EXECUTABLE, MIPS, ">")):
        raise BadImage(f"ELF type {kind}, machine {machine}: no executable for our machines")
    return fields


def _elf_segments(data: bytes) -> list[Segment]:
    fields = _elf_header(data)
    at, size, count = fields[5], fields[9], fields[10]
    segments = []
    for number in range(count):
        header = struct.unpack_from(_byte_order(data) + PROGRAM_HEADER, data, at + number * size)
        kind, offset, address, _, n_bytes, n_memory, *_ = header
        if kind != LOADED:
            continue
        if offset + n_bytes > len(data) or n_bytes > n_memory:
            raise BadImage(f"segment {number} wants {n_bytes} bytes at {offset} of {len(data)}")
        segments.append((address, data[offset : offset + n_bytes]))
    return segments
