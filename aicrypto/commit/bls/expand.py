"""Messages into field elements: the first half of hashing to a curve.

SHA-256 gives 32 bytes; a coordinate of BLS12-381 needs 48, and 64 so that the residue modulo p is
uniform: its distance from uniform is 2^-134, where 48 bytes would favour small values visibly.
`expand_message` stretches a digest to any length, block by block, each block chained to the last.

Every use of a hash carries a *tag*, its domain separation: a signature and a proof of possession
hash the same bytes to unrelated points because their tags differ. Nothing here depends on secrets
to be safe, and all of it is public and deterministic.

Source: RFC 9380 sections 5.2 (hash_to_field), 5.3.1 and 5.3.3 (expand_message_xmd, long tags).
"""

from collections.abc import Sequence

from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BLS12_381_P
from aicrypto.commit.hashes import DIGEST_BYTES, sha256

SHA256_BLOCK_BYTES = 64
MAX_BLOCKS = 255  # a block's number is one byte
MAX_OUTPUT_BYTES = MAX_BLOCKS * DIGEST_BYTES
MAX_TAG_BYTES = 255
LONG_TAG_PREFIX = b"H2C-OVERSIZE-DST-"
ELEMENT_BYTES = 64  # 381 bits, and 128 more against bias, rounded up


def expand_message(message: bytes, tag: bytes, length: int) -> bytes:
    """`length` bytes that look random to whoever does not know the message (expand_message_xmd).

    Asking for another length gives other bytes from the first one on.

    >>> expand_message(b"", b"QUUX-V01-CS02-with-expander-SHA256-128", 32).hex()[:16]
    '68a985b87eb6b469'

    Raises:
        BadLength: if the length is not in 0..8160.
    """
    if not 0 <= length <= MAX_OUTPUT_BYTES:
        raise BadLength(f"length is {length}, must be in 0..{MAX_OUTPUT_BYTES}")
    if len(tag) > MAX_TAG_BYTES:
        tag = sha256(LONG_TAG_PREFIX, tag)
    suffix = tag + bytes([len(tag)])
    first = sha256(bytes(SHA256_BLOCK_BYTES), message, length.to_bytes(2, "big"), b"\0", suffix)
    output, block = b"", bytes(DIGEST_BYTES)
    for number in range(1, -(-length // DIGEST_BYTES) + 1):
        chained = bytes(x ^ y for x, y in zip(first, block, strict=True))
        block = sha256(chained, bytes([number]), suffix)
        output += block
    return output[:length]


def hash_to_field(message: bytes, tag: bytes, degree: int, count: int) -> list[Sequence[int]]:
    """`count` elements with `degree` coordinates each: 1 for F_p, 2 for F_{p²}, real part first.

    Raises:
        ValueError: if the degree is not 1 or 2.
        BadLength: if the count is negative, or above 127 coordinates are asked for.
    """
    if degree not in (1, 2):
        raise ValueError(f"degree is {degree}, must be 1 or 2")
    data = expand_message(message, tag, count * degree * ELEMENT_BYTES)
    chunks = [data[i : i + ELEMENT_BYTES] for i in range(0, len(data), ELEMENT_BYTES)]
    coordinates = [int.from_bytes(chunk, "big") % BLS12_381_P for chunk in chunks]
    return [coordinates[i : i + degree] for i in range(0, len(coordinates), degree)]
