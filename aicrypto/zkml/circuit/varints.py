"""Unsigned LEB128: small numbers in one byte, larger ones in more; one encoding for each.

Seven bits a byte, low first; the top bit says that another byte follows. A last byte of zero would
be padding, a second encoding of the same number, and is refused. Numbers are field elements below
p = 2^61 - 1, so nine bytes always suffice.

Source: DWARF 5, section 7.6; protocol zkml-1 of this project, section 9.
"""

import numpy as np
from jaxtyping import Int64

from aicrypto.algebra import kernels
from aicrypto.algebra.plain import BadLength, NonCanonical, P

MAX_BYTES = 9
SHIFTS = 7 * np.arange(MAX_BYTES)

Numbers = Int64[np.ndarray, " n"]


def encode(numbers: Numbers) -> bytes:
    """The numbers one after another.

    >>> encode(np.array([5, 300])).hex()
    '05ac02'

    Raises:
        NonCanonical: if a number is outside 0..p-1.
    """
    _refuse_outside(numbers)
    whole = kernels.whole_for()
    if whole is not None:
        encoded: bytes = whole.varints(numbers)
        return encoded
    lengths = np.ones(len(numbers), np.int64)
    for shift in SHIFTS[1 : -(-int(numbers.max(initial=0)).bit_length() // 7)]:
        lengths += numbers >> shift != 0
    starts = lengths.cumsum() - lengths
    out = np.zeros(int(lengths.sum()), np.uint8)
    for place, shift in enumerate(SHIFTS[: lengths.max(initial=0)]):
        chosen = np.flatnonzero(lengths > place)
        more = (lengths[chosen] > place + 1) << 7
        out[starts[chosen] + place] = numbers[chosen] >> shift & 0x7F | more
    return out.tobytes()


def decode(data: bytes, count: int) -> tuple[Numbers, int]:
    """The first `count` >= 1 numbers, and how many bytes they take; what follows is not looked at.

    Raises:
        BadLength: if data ends before.
        NonCanonical: if a number is padded, or p or more.
    """
    octets = np.frombuffer(data[: MAX_BYTES * count + 1], np.uint8).astype(np.int64)
    ends = np.flatnonzero(octets < 0x80)[:count] + 1
    if len(ends) < count and len(octets) <= MAX_BYTES * count:
        raise BadLength(f"data ends after {len(ends)} numbers, must have {count}")
    starts = np.concatenate(([0], ends[:-1]))[: len(ends)]
    lengths = ends - starts
    too_long = len(ends) < count or (lengths > MAX_BYTES).any()
    if too_long or ((lengths > 1) & (octets[ends - 1] == 0)).any():
        raise NonCanonical(f"a number has padding, or more than {MAX_BYTES} bytes")
    n_bytes = int(ends[-1])
    place = np.arange(n_bytes) - np.repeat(starts, lengths)
    numbers = np.add.reduceat((octets[:n_bytes] & 0x7F) << 7 * place, starts)
    _refuse_outside(numbers)
    return numbers, n_bytes


def _refuse_outside(numbers: Numbers) -> None:
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= P):
        wrong = numbers[(numbers < 0) | (numbers >= P)]
        raise NonCanonical(f"a number is {wrong[0]}, must be in 0..{P - 1}")
