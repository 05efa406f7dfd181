"""Merkle trees of RFC 6962: one 32-byte root for a list that may only grow.

Certificate Transparency, Go's module mirror and our crawl ledger use this tree. Two short proofs
come with it: *inclusion* (this entry stands at this position) and *consistency* (the longer list
begins with the shorter one: the log keeper has rewritten nothing). Both take about log2(n) hashes.

    leaf = SHA-256(0x00 || data)    node = SHA-256(0x01 || left || right)    empty: SHA-256("")

A root does not say how many entries it stands for: whoever publishes one publishes size and root
together, and verifiers must take both from there. The two prefixes are the defence against the
oldest Merkle attack: without them the 64 bytes left || right of an inner node are themselves a
valid "entry". A tree of n leaves splits at the largest power of two below n; no leaf is ever copied
to fill a level (Bitcoin's CVE-2012-2459).

Sources: RFC 6962 section 2.1 (definitions), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification).
"""

from collections.abc import Sequence

from aicrypto.commit.hashes import are_digests, sha256

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = sha256()


def leaf_hash(data: bytes) -> bytes:
    """Digest of one entry, marked as a leaf."""
    return sha256(LEAF_PREFIX, data)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Digest of two subtrees, marked as a node."""
    return sha256(NODE_PREFIX, left, right)


def root(leaves: Sequence[bytes]) -> bytes:
    """Root of the tree over entries of any length; 2n - 1 hashes for n entries.

    >>> root([b"a", b"b"]) == node_hash(leaf_hash(b"a"), leaf_hash(b"b"))
    True
    """
    return root_of_hashes([leaf_hash(leaf) for leaf in leaves])


def root_of_hashes(hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes that are already known.

    Equal to splitting at the largest power of two below n: pairing neighbours level by level and
    carrying an odd last one up unchanged builds the same tree.
    """
    level = list(hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [node_hash(left, right) for left, right in pairs] + level[len(level) & ~1 :]
    return level[0]


def prove_inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Sibling hashes from entry `index` up to the root, lowest first.

    Raises:
        IndexError: if the index is outside the list.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"index is {index}, must be in 0..{len(leaves) - 1}")
    return _inclusion_path([leaf_hash(leaf) for leaf in leaves], index)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `leaf` is entry `index` of the list of `size` entries with this root.

    `leaf` is the entry's data, not its hash. The length of an honest proof follows from (index,
    size) alone; any other length is refused.
    """
    return isinstance(leaf, bytes) and verify_inclusion_of_hash(
        leaf_hash(leaf), index, size, proof, root
    )


def verify_inclusion_of_hash(
    digest: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """`verify_inclusion` for one who holds the entry's leaf hash instead of its data.

    Only what the prefixes keep apart is shown: the digest must come from `leaf_hash`, or an inner
    node passes for an entry.
    """
    if not (are_digests([digest, *proof, root]) and 0 <= index < size):
        return False
    last = size - 1
    for sibling in proof:
        if last == 0:  # already at the root: the proof is too long
            return False
        sibling_is_left, index, last = _climb(index, last)
        digest = node_hash(sibling, digest) if sibling_is_left else node_hash(digest, sibling)
    return last == 0 and digest == root


def prove_consistency(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """Hashes that show the first `first` entries to be a prefix of the whole list.

    Raises:
        IndexError: if `first` is outside 1..n.
    """
    if not 1 <= first <= len(leaves):
        raise IndexError(f"first is {first}, must be in 1..{len(leaves)}")
    return _consistency_path([leaf_hash(leaf) for leaf in leaves], first, complete=True)


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the list of `second` entries begins with the list of `first` entries."""
    if not (are_digests([*proof, first_root, second_root]) and 1 <= first <= second):
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    return bool(path) and _both_roots(first, second, path) == (first_root, second_root)


def _both_roots(first: int, second: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """The roots of both lists that the path leads to; None if its length is wrong."""
    node, last = first - 1, second - 1
    while node % 2 == 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        sibling_is_left, node, last = _climb(node, last)
        if sibling_is_left:  # a subtree that both lists hold
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    return (old, new) if last == 0 else None


def _climb(index: int, last: int) -> tuple[bool, int, int]:
    """One step of RFC 9162's walk: is the sibling on the left, and the two positions one level up.

    `index` is the node that carries the entry, `last` the last node of its level. A node that is
    last on its level without a sibling rises unchanged until it is a right child.
    """
    sibling_is_left = index % 2 == 1 or index == last
    if sibling_is_left:
        while index % 2 == 0 and index != 0:
            index, last = index >> 1, last >> 1
    return sibling_is_left, index >> 1, last >> 1


def _split(n: int) -> int:
    """Largest power of two below n (n >= 2)."""
    return 1 << (n - 1).bit_length() - 1


def _inclusion_path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """PATH(index, hashes) of RFC 6962 section 2.1.1."""
    if len(hashes) == 1:
        return []
    k = _split(len(hashes))
    if index < k:
        return [*_inclusion_path(hashes[:k], index), root_of_hashes(hashes[k:])]
    return [*_inclusion_path(hashes[k:], index - k), root_of_hashes(hashes[:k])]


def _consistency_path(hashes: Sequence[bytes], first: int, complete: bool) -> list[bytes]:
    """SUBPROOF(first, hashes, complete) of RFC 6962 section 2.1.2."""
    if first == len(hashes):
        return [] if complete else [root_of_hashes(hashes)]
    k = _split(len(hashes))
    if first <= k:
        return [*_consistency_path(hashes[:k], first, complete), root_of_hashes(hashes[k:])]
    return [*_consistency_path(hashes[k:], first - k, False), root_of_hashes(hashes[:k])]
