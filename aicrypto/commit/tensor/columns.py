"""Columns under one root: a matrix is hashed column by column, then a few columns are shown.

Row r of a matrix with n columns of field elements is a codeword; column j holds place j of every
codeword. The leaves of a Merkle tree are the columns, so that one path shows what every codeword
says at place j. n is a power of two and

    leaf j = SHA-256(0x00 || real parts of column j || imaginary parts)    node as in RFC 6962.

Many columns share one proof: on each level, from the leaves up and from left to right, it has the
siblings of known nodes that are not known themselves. Which these are follows from the positions
alone, and so does the proof's length: nothing in it is there to be believed.

Codewords are (2, rows, n) as in `m61x2`, a column is 8 bytes a coordinate, a level of the tree its
digests joined together. Source: protocol zkml-1 of this project, section 6.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61
from aicrypto.algebra.plain import COORDINATE_BYTES, ELEMENT_BYTES, NonCanonical
from aicrypto.commit import merkle
from aicrypto.commit.hashes import DIGEST_BYTES, are_digests

Codewords = Int64[Tensor, "2 rows n"]
Words = Int64[np.ndarray, "columns coordinates_and_prefix"]
Places = Int64[np.ndarray, " k"]

DIGEST = np.dtype((np.void, DIGEST_BYTES))

# Columns are gathered this many at a time: a block of 128 rows (1 MiB) stays in the cache.
BLOCK_COLUMNS = 512
# Compiled loops hash so many nodes side by side; fewer are hashed one by one.
MIN_LANES = 64
# n is a power of two, and addresses that far apart share a place in the cache; this breaks it.
PADDING_COLUMNS = 8


def leaves(codewords: Codewords) -> bytes:
    """The lowest level of the tree: the digest of every column.

    Cost: one pass of SHA-256 over all bytes, and one copy that turns rows into columns.
    """
    whole = kernels.whole_for(codewords)
    if whole is not None:
        digests: bytes = whole.hash_columns(codewords)
        return digests
    return b"".join(digest for block in _blocks(codewords) for digest in _digests(block))


def tree(level: bytes) -> list[bytes]:
    """All levels of the tree over a power of two of leaves; the last one is the root."""
    levels = [level]
    while len(levels[-1]) > DIGEST_BYTES:
        levels.append(_next_level(levels[-1]))
    return levels


def read(codewords: Codewords, positions: Sequence[int]) -> bytes:
    """The columns at the positions, joined together."""
    if codewords.is_cpu:
        by_columns = codewords.numpy().transpose(2, 0, 1)
        shown: bytes = by_columns[np.array(positions)].astype("<i8", copy=False).tobytes()
        return shown
    return m61.to_bytes(codewords.permute(2, 0, 1)[list(positions)])


def prove(levels: Sequence[bytes], positions: Sequence[int]) -> bytes:
    """The siblings that lead from the leaves at the positions to the root."""
    n = len(levels[0]) // DIGEST_BYTES
    shown = list[bytes]()
    for level, places in zip(levels, _missing(positions, n), strict=False):
        shown.append(np.frombuffer(level, DIGEST)[places].tobytes())
    return b"".join(shown)


def authentic(
    root: bytes, n_rows: int, n: int, positions: Sequence[int], opening: bytes
) -> Int64[Tensor, "2 k rows"] | None:
    """The columns in an opening (columns, then siblings), or None if the root does not hold them.

    Positions are distinct, ascending and in 0..n-1. Refused as well: every other length than the
    one that follows from the positions, and coordinates of p or more.
    """
    width = n_rows * ELEMENT_BYTES
    n_siblings = count_missing(positions, n)
    split = width * len(positions)
    if not are_digests([root]) or len(opening) != split + DIGEST_BYTES * n_siblings:
        return None
    columns = [opening[start : start + width] for start in range(0, split, width)]
    known = dict(zip(positions, map(merkle.leaf_hash, columns), strict=True))
    if root_of(known, n, opening[split:]) != root:
        return None
    try:
        coordinates = m61.from_bytes(opening[:split])
    except NonCanonical:
        return None
    return coordinates.reshape(len(positions), 2, n_rows).transpose(0, 1)


def root_of(known: Mapping[int, bytes], n: int, siblings: bytes) -> bytes:
    """The root above known leaves of n and as many siblings as `missing_siblings` asks for.

    A level at a time: known nodes and siblings fall into pairs, whose digests are the next level.
    """
    places = np.array(sorted(known), np.int64)
    level = np.frombuffer(b"".join(known[place] for place in places.tolist()), np.uint8)
    level, taken = level.reshape(-1, DIGEST_BYTES), 0
    given = np.frombuffer(siblings, np.uint8).reshape(-1, DIGEST_BYTES)
    while n > 1:
        starts = np.append(True, places[1:] >> 1 != places[:-1] >> 1)  # of the pairs
        pairs = np.empty((int(starts.sum()), 2, DIGEST_BYTES), np.uint8)
        number, side = starts.cumsum() - 1, places & 1
        alone = np.bincount(number) == 1
        pairs[number, side] = level
        sides = 1 - side[starts][alone]
        pairs[alone, sides] = given[taken : taken + len(sides)]
        taken += len(sides)
        places, n = places[starts] >> 1, n // 2
        level = np.frombuffer(_next_level(pairs.tobytes()), np.uint8).reshape(-1, DIGEST_BYTES)
    return level.tobytes()


def missing_siblings(positions: Iterable[int], n: int) -> list[list[int]]:
    """For each level below the root, the places of the digests that a proof must bring.

    >>> missing_siblings([2, 3, 6], 8)
    [[7], [0, 2], []]
    """
    missing: list[list[int]] = []
    known = sorted(set(positions))
    while n > 1:
        present = set(known)
        missing.append([place ^ 1 for place in known if place ^ 1 not in present])
        known = list(dict.fromkeys([place // 2 for place in known]))  # still ascending
        n //= 2
    return missing


def count_missing(positions: Sequence[int], n: int) -> int:
    """How many digests `missing_siblings` names for distinct, ascending positions."""
    return sum(map(len, _missing(positions, n)))


def _missing(positions: Sequence[int], n: int) -> Sequence[Sequence[int] | Places]:
    """`missing_siblings` of distinct, ascending positions."""
    whole = kernels.whole_for()
    if whole is None:
        return missing_siblings(positions, n)
    places: list[Places] = whole.missing_siblings(positions, n.bit_length() - 1)
    return places


def _blocks(codewords: Codewords) -> Iterator[Words]:
    """Columns laid out for hashing, a block of them at a time: a word with the prefix, the column.

    The same buffers serve all blocks. Rows are copied before they are turned into columns.
    """
    rows = codewords.cpu().numpy().reshape(-1, codewords.shape[-1])
    n_coordinates, n = rows.shape
    width = min(n, BLOCK_COLUMNS)
    staged = np.empty((n_coordinates, width + PADDING_COLUMNS), "<i8")[:, :width]
    block = np.empty((width, 1 + n_coordinates), "<i8")
    block[:, 0] = np.frombuffer(merkle.LEAF_PREFIX.rjust(COORDINATE_BYTES, b"\0"), "<i8")
    for start in range(0, n, width):
        staged[:] = rows[:, start : start + width]
        block[:, 1:] = staged.T
        yield block


def _digests(block: Words) -> list[bytes]:
    """The leaves of a block; a leaf's bytes begin inside its first word, where the prefix does."""
    sha256, data = hashlib.sha256, block.data.cast("B")
    stride, skipped = block.shape[1] * COORDINATE_BYTES, COORDINATE_BYTES - len(merkle.LEAF_PREFIX)
    return [
        sha256(data[start + skipped : start + stride]).digest()
        for start in range(0, data.nbytes, stride)
    ]


def _next_level(level: bytes) -> bytes:
    """The digest of every two neighbours."""
    whole = kernels.whole_for() if len(level) >= MIN_LANES * 2 * DIGEST_BYTES else None
    if whole is not None:
        digests: bytes = whole.hash_pairs(level)
        return digests
    pairs = range(0, len(level), 2 * DIGEST_BYTES)
    sha256, prefix = hashlib.sha256, merkle.NODE_PREFIX
    return b"".join(
        [sha256(prefix + level[start : start + 2 * DIGEST_BYTES]).digest() for start in pairs]
    )
