"""A machine's memory of 2^32 bytes as one Merkle tree: 2^27 leaves of 32 raw bytes, depth 27.

Nearly all of it is empty, and an empty subtree of height d has the known root Z_d, so only what was
written is stored: pages of 4096 bytes (128 leaves, height 7) below a binary tree of nodes. A tree
never changes. `with_pages` makes a new one, which shares every untouched subtree with the old one
and computes hashes when they are first asked for: a thousand snapshots of a run cost little more
than the pages that differ, and hashing costs nothing until somebody asks for a root.

A leaf's proof is 896 bytes: the leaf, then its 27 siblings from the bottom up. Bit d of the leaf's
number says on which side the sibling of level d stands. The depth is part of the statement: a
proof of another length would let an inner node pass as a leaf.

Source: production fault-proof machines (Cannon) use the same tree; numbers in tests.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aicrypto.commit.hashes import keccak256
from aicrypto.opml.machine.memory.hashing import NODE_LANES, hash_levels

ADDRESS_BITS = 32
MEMORY_BYTES = 1 << ADDRESS_BITS
LEAF_BITS = 5
LEAF_BYTES = 1 << LEAF_BITS
DEPTH = ADDRESS_BITS - LEAF_BITS
PROOF_BYTES = (1 + DEPTH) * LEAF_BYTES
PAGE_BITS = 12
PAGE_BYTES = 1 << PAGE_BITS
PAGE_HEIGHT = PAGE_BITS - LEAF_BITS
TOP_HEIGHT = ADDRESS_BITS - PAGE_BITS  # of the tree whose leaves are pages
N_PAGES = 1 << TOP_HEIGHT
EMPTY_PAGE = bytes(PAGE_BYTES)

Segment = tuple[int, bytes]  # address and the bytes there
Numbered = list[tuple[int, bytes]]  # page number and the page


def _empty_roots() -> tuple[bytes, ...]:
    roots = [bytes(LEAF_BYTES)]
    for _ in range(DEPTH):
        roots.append(keccak256(roots[-1], roots[-1]))
    return tuple(roots)


EMPTY_ROOTS = _empty_roots()  # Z_0 .. Z_27
EMPTY_LANES = np.frombuffer(bytearray(b"".join(EMPTY_ROOTS)), np.uint64)


def fold(leaf: bytes, index: int, siblings: Sequence[bytes]) -> bytes:
    """The root above a leaf (or node): bit d of `index` set puts siblings[d] on the left.

    >>> fold(EMPTY_ROOTS[0], 5, EMPTY_ROOTS[:27]) == EMPTY_ROOTS[27]
    True
    """
    node = leaf
    for sibling in siblings:
        node = keccak256(sibling, node) if index & 1 else keccak256(node, sibling)
        index >>= 1
    return node


def fold_proof(proof: bytes, address: int) -> bytes:
    """The memory root that a proof of 896 bytes gives the leaf holding `address`.

    Raises:
        ValueError: for any other length; 26 siblings would prove a node, not a leaf.
    """
    if len(proof) != PROOF_BYTES:
        raise ValueError(f"proof has {len(proof)} bytes, must have {PROOF_BYTES}")
    leaf, *siblings = (proof[i : i + LEAF_BYTES] for i in range(0, PROOF_BYTES, LEAF_BYTES))
    return fold(leaf, address >> LEAF_BITS, siblings)


def root_of_bytes(data: bytes, depth: int) -> bytes:
    """Root of a tree of 2^depth leaves that holds the data, zeros after it.

    Depth 20 is a slot of 32 MiB: the commitment to a tensor.

    Raises:
        ValueError: if the data does not fit, or the depth is not 0..27.
    """
    if not 0 <= depth <= DEPTH:
        raise ValueError(f"depth is {depth}, must be in 0..{DEPTH}")
    if len(data) > LEAF_BYTES << depth:
        raise ValueError(f"data has {len(data)} bytes, depth {depth} holds {LEAF_BYTES << depth}")
    height = max(0, (len(data) - 1).bit_length() - LEAF_BITS)
    root = _levels(data.ljust(LEAF_BYTES << height, b"\0"))[-LEAF_BYTES:]
    for level in range(height, depth):
        root = keccak256(root, EMPTY_ROOTS[level])
    return root


def _levels(data: bytes) -> bytes:
    """The leaves of a complete tree and all nodes above, level by level, the root last."""
    leaves = np.frombuffer(bytearray(data), np.uint64)
    nodes = np.empty(len(leaves) - NODE_LANES, np.uint64)
    hash_levels(leaves, EMPTY_LANES, nodes)
    return data + nodes.tobytes()


@dataclass(frozen=True)
class Page:
    """A page of memory, which never changes."""

    data: bytes

    @cached_property
    def nodes(self) -> bytes:
        """128 leaves, 64 nodes above them, ..., the page's root."""
        return _levels(self.data)

    @property
    def root(self) -> bytes:
        """The last of the nodes."""
        return self.nodes[-LEAF_BYTES:]

    def node(self, level: int, index: int) -> bytes:
        """A node by its level (0: leaves) and its number there."""
        at = LEAF_BYTES * ((2 << PAGE_HEIGHT) - (2 << PAGE_HEIGHT - level) + index)
        return self.nodes[at : at + LEAF_BYTES]


@dataclass(frozen=True)
class Node:
    """An inner node; a child that is None is an empty subtree."""

    left: "Subtree"
    right: "Subtree"
    height: int  # above the leaves of 32 bytes

    @cached_property
    def root(self) -> bytes:
        """Hash of both children's roots."""
        return keccak256(*(_root(child, self.height - 1) for child in (self.left, self.right)))


Subtree = Node | Page | None


def _root(subtree: Subtree, height: int) -> bytes:
    return EMPTY_ROOTS[height] if subtree is None else subtree.root


def _replaced(old: Subtree, height: int, pages: Numbered) -> Subtree:
    """The subtree of 2^height pages with some of them replaced, given by number within it."""
    if not pages:
        return old
    if height == 0:
        return Page(pages[-1][1])
    half = 1 << (height - 1)
    left, right = (old.left, old.right) if isinstance(old, Node) else (None, None)
    left = _replaced(left, height - 1, [page for page in pages if page[0] < half])
    upper = [(number - half, data) for number, data in pages if number >= half]
    return Node(left, _replaced(right, height - 1, upper), height + PAGE_HEIGHT)


@dataclass(frozen=True)
class MemoryTree:
    """All of memory at one moment."""

    top: Subtree = None

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "MemoryTree":
        """Memory with these bytes at these addresses; where they overlap, later ones stay.

        Raises:
            ValueError: if a segment does not lie within 2^32 bytes.
        """
        tree = cls()
        for address, data in segments:
            tree = tree.with_bytes(address, data)
        return tree

    @property
    def root(self) -> bytes:
        """The memory root; the first call hashes what is new, later ones nothing."""
        return _root(self.top, DEPTH)

    def with_pages(self, pages: Numbered) -> "MemoryTree":
        """The tree with pages replaced, given as number and 4096 bytes."""
        return MemoryTree(_replaced(self.top, TOP_HEIGHT, pages))

    def with_bytes(self, address: int, data: bytes) -> "MemoryTree":
        """The tree with bytes replaced.

        Raises:
            ValueError: if they do not lie within 2^32 bytes.
        """
        check_range(address, len(data))
        if not data:
            return self
        first, last = address >> PAGE_BITS, (address + len(data) - 1) >> PAGE_BITS
        before = address & (PAGE_BYTES - 1)
        after = (last + 1 << PAGE_BITS) - address - len(data)
        padded = b"".join(
            (
                self.page(first)[:before],
                data,
                self.page(last)[PAGE_BYTES - after :],
            )
        )
        pages = [
            (number, padded[at : at + PAGE_BYTES])
            for number, at in zip(
                range(first, last + 1), range(0, len(padded), PAGE_BYTES), strict=True
            )
        ]
        return self.with_pages(pages)

    def page(self, number: int) -> bytes:
        """The 4096 bytes of a page."""
        found = self.subtree(PAGE_HEIGHT, number)
        return found.data if isinstance(found, Page) else EMPTY_PAGE

    def pages(self) -> list[tuple[int, Page]]:
        """All pages that are stored, with their numbers, in order."""
        found: list[tuple[int, Page]] = []
        todo: list[tuple[int, Subtree]] = [(0, self.top)]
        while todo:
            number, subtree = todo.pop()
            if isinstance(subtree, Page):
                found.append((number, subtree))
            elif subtree is not None:
                todo += [(2 * number + 1, subtree.right), (2 * number, subtree.left)]
        return found

    def read(self, address: int, n_bytes: int) -> bytes:
        """Bytes of memory.

        Raises:
            ValueError: if they do not lie within 2^32 bytes.
        """
        check_range(address, n_bytes)
        first, last = address >> PAGE_BITS, (address + n_bytes - 1) >> PAGE_BITS
        data = b"".join(self.page(number) for number in range(first, last + 1))
        start = address - (first << PAGE_BITS)
        return data[start : start + n_bytes]

    def subtree(self, level: int, index: int) -> Subtree:
        """The stored node of a level >= 7, or None where nothing is stored below it."""
        subtree = self.top
        for bit in reversed(range(DEPTH - level)):
            if not isinstance(subtree, Node):
                return None
            subtree = subtree.right if index >> bit & 1 else subtree.left
        return subtree

    def node(self, level: int, index: int) -> bytes:
        """A node by level (0: leaves, 27: the root) and number there.

        Raises:
            IndexError: if there is no such node.
        """
        if not (0 <= level <= DEPTH and 0 <= index < 1 << (DEPTH - level)):
            raise IndexError(f"node {index} of level {level}: levels 0..{DEPTH}")
        if level >= PAGE_HEIGHT:
            return _root(self.subtree(level, index), level)
        bits = PAGE_HEIGHT - level
        page = self.subtree(PAGE_HEIGHT, index >> bits)
        if not isinstance(page, Page):
            return EMPTY_ROOTS[level]
        return page.node(level, index & ((1 << bits) - 1))

    def proof(self, address: int) -> bytes:
        """896 bytes: the leaf that holds the address, then its 27 siblings, the lowest first."""
        check_range(address, 1)
        leaf = address >> LEAF_BITS
        siblings = [self.node(level, (leaf >> level) ^ 1) for level in range(DEPTH)]
        return b"".join((self.node(0, leaf), *siblings))


def check_range(address: int, n_bytes: int) -> None:
    """ValueError unless the bytes lie within memory."""
    if n_bytes < 0 or not 0 <= address <= MEMORY_BYTES - n_bytes:
        raise ValueError(
            f"{n_bytes} bytes at address {address:#x} do not lie within 2^{ADDRESS_BITS} bytes"
        )
