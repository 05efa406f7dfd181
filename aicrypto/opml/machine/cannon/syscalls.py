"""The few system calls that a program under Cannon may make, and how it gets its input.

Number in r2, arguments in r4, r5, r6; the answer goes to r2, an error number to r7. There are no
files: descriptor 5 reads the pre-image whose key was written to descriptor 6, four bytes at most a
time, after eight bytes of length. A key is a hash, so the input that a program can read is fixed
before it runs: two players cannot feed it different data.

Source: MIPS v1.0.1 and PreimageOracle, npm @eth-optimism/contracts-bedrock 0.17.3, `handleSyscall`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aicrypto.commit.hashes import DIGEST_BYTES, keccak256
from aicrypto.opml.machine.cannon.instructions import MASK, Revert

if TYPE_CHECKING:
    from aicrypto.opml.machine.cannon.mips import Mips

V0, A0, A1, A2, A3 = 2, 4, 5, 6, 7
READ, WRITE, BRK, FCNTL, MMAP, CLONE, EXIT_GROUP = 4003, 4004, 4045, 4055, 4090, 4120, 4246
STDIN, STDOUT, STDERR, HINT_READ, HINT_WRITE, PREIMAGE_READ, PREIMAGE_WRITE = range(7)
GET_FLAGS = 3  # the only command of fcntl
BAD_DESCRIPTOR, INVALID = 0x09, 0x16  # error numbers
FAILED = MASK
BREAK = 0x40000000
PAGE = 4096
KECCAK_KEY = 2  # first byte of a key whose pre-image hashes to the rest
LENGTH_BYTES = 8
PART_BYTES = 32  # that the oracle hands out at once

Answer = tuple[int, int]  # r2, r7


def keyed(preimages: Iterable[bytes]) -> dict[bytes, bytes]:
    """Pre-images by their keys: keccak256, with 2 in place of the first byte."""
    return {bytes((KECCAK_KEY,)) + keccak256(data)[1:]: data for data in preimages}


def serve(mips: "Mips") -> bool:
    """Do what was asked; False if the machine has exited with it.

    Raises:
        Revert: if a pre-image is read that there is not.
    """
    number = mips.regs[V0]
    if number == EXIT_GROUP:
        mips.exited, mips.exit_code = 1, mips.regs[A0] & 0xFF
        return False
    mips.regs[V0], mips.regs[A3] = _answer(mips, number)
    return True


def accessed(mips: "Mips") -> int | None:
    """The address of the word that a call reads or changes."""
    call = mips.regs[V0], mips.regs[A0]
    if not mips.exited and call in ((READ, PREIMAGE_READ), (WRITE, PREIMAGE_WRITE)):
        return mips.regs[A1] & ~3
    return None


def _answer(mips: "Mips", number: int) -> Answer:
    if number == MMAP:
        return _map_memory(mips), 0
    if number == READ:
        return _read(mips)
    if number == WRITE:
        return _write(mips)
    if number == FCNTL:
        return _flags(mips.regs[A0], mips.regs[A1])
    return {BRK: BREAK, CLONE: 1}.get(number, 0), 0


def _map_memory(mips: "Mips") -> int:
    """Memory is all there; the heap's end only says what was given out."""
    if mips.regs[A0]:
        return mips.regs[A0]
    start = mips.heap
    size = -(-mips.regs[A1] // PAGE) * PAGE
    mips.heap = (mips.heap + size) & MASK
    return start


def _read(mips: "Mips") -> Answer:
    descriptor = mips.regs[A0]
    if descriptor == PREIMAGE_READ:
        return _read_preimage(mips), 0
    if descriptor in (STDIN, HINT_READ):
        return (0 if descriptor == STDIN else mips.regs[A2]), 0
    return FAILED, BAD_DESCRIPTOR


def _write(mips: "Mips") -> Answer:
    descriptor = mips.regs[A0]
    if descriptor == PREIMAGE_WRITE:
        return _write_key(mips), 0
    if descriptor in (STDOUT, STDERR, HINT_WRITE):
        return mips.regs[A2], 0
    return FAILED, BAD_DESCRIPTOR


def _flags(descriptor: int, command: int) -> Answer:
    if command != GET_FLAGS:
        return FAILED, INVALID
    if descriptor in (STDIN, PREIMAGE_READ, HINT_READ):
        return 0, 0  # for reading
    if descriptor in (STDOUT, STDERR, PREIMAGE_WRITE, HINT_WRITE):
        return 1, 0  # for writing
    return FAILED, BAD_DESCRIPTOR


def _write_key(mips: "Mips") -> int:
    """Shift bytes of a word into the key from the right; how many."""
    address = mips.regs[A1]
    space = 4 - (address & 3)
    n = min(space, mips.regs[A2])
    word = mips.read(address).to_bytes(4, "big")
    start = 4 - space
    mips.preimage_key = (mips.preimage_key + word[start : start + n])[-DIGEST_BYTES:]
    mips.preimage_offset = 0
    return n


def _read_preimage(mips: "Mips") -> int:
    """Replace bytes of a word by the next ones of length and pre-image; how many."""
    address, offset = mips.regs[A1], mips.preimage_offset
    word = bytearray(mips.read(address).to_bytes(4, "big"))
    data = mips.preimages.get(mips.preimage_key)
    if data is None or offset >= LENGTH_BYTES + len(data):
        raise Revert("pre-image must exist")
    part = (len(data).to_bytes(LENGTH_BYTES, "big") + data)[offset : offset + PART_BYTES]
    start = address & 3
    part = part[: min(4 - start, mips.regs[A2])]
    word[start : start + len(part)] = part
    mips.write(address, int.from_bytes(word, "big"))
    mips.preimage_offset = (offset + len(part)) & MASK
    return len(part)
