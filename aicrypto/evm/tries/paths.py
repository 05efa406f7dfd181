"""Keys as paths: half bytes, and the flags with which a node writes a piece of a path.

A trie branches sixteen ways, so a key is read as nibbles, the high half of each byte first. A leaf
or extension holds a piece of a path, which may be odd: its first nibble says so, and says which of
the two nodes it is ("hex prefix").

    first nibble   0 extension, even   1 extension, odd   2 leaf, even   3 leaf, odd

Source: Ethereum Yellow Paper, appendix C.
"""

ODD, LEAF = 1, 2


class BadNode(ValueError):
    """A node of a form that no trie has."""


def nibbles_of(key: bytes) -> bytes:
    """The halves of each byte, one in a byte.

    >>> list(nibbles_of(b"do"))
    [6, 4, 6, 15]
    """
    return bytes.fromhex("".join(f"0{digit}" for digit in key.hex()))


def pack_path(path: bytes, is_leaf: bool) -> bytes:
    """A piece of a path, given in nibbles, as its node holds it.

    >>> pack_path(bytes([1, 2, 3]), False).hex(), pack_path(bytes([15, 1]), True).hex()
    ('1123', '20f1')
    """
    odd = len(path) % 2
    flag = LEAF * is_leaf + ODD * odd
    digits = [flag, *path] if odd else [flag, 0, *path]
    return bytes(16 * high + low for high, low in zip(digits[::2], digits[1::2], strict=True))


def unpack_path(packed: bytes) -> tuple[bytes, bool]:
    """The nibbles, and whether their node is a leaf.

    Raises:
        BadNode: if there is no flag, an unknown one, or padding that is not 0.
    """
    digits = nibbles_of(packed)
    if not digits or digits[0] > LEAF + ODD:
        raise BadNode(f"path is 0x{packed.hex()}, its flag must be in 0..3")
    if digits[0] & ODD:
        return digits[1:], digits[0] >= LEAF
    if digits[1]:
        raise BadNode(f"path is 0x{packed.hex()}, its second nibble must be 0")
    return digits[2:], digits[0] >= LEAF
