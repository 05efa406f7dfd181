"""The tree of table commitments: one root per block over all tables.

    leaf = length || NAMESPACE.NAME || scheme || commitment      leaf hash = K(K(leaf))
    node = K(min(a, b) || max(a, b))

Hashed twice, a leaf can never pass for a node, nor a node's 64 bytes for a leaf. The layout is that
of OpenZeppelin's standard tree, leaves sorted by hash.

Source: spaceandtimefdn/sxt-node@475f2ad, attestation_tree. That the node builds in just this order
is not verified; paths published on the main network verify.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit import openzeppelin
from aicrypto.commit.hashes import keccak256

HYPER_KZG, DYNAMIC_DORY = 0, 1
TENSOR = 2  # the fast back end of this library: no deployed tree has such leaves
MAX_NAME_BYTES = 255


def leaf_bytes(table: str, scheme: int, commitment: bytes) -> bytes:
    """What a leaf says: a table's name, how it is committed to, and the commitment.

    Raises:
        ValueError: if the name has more than 255 bytes.
    """
    name = table.encode()
    if len(name) > MAX_NAME_BYTES:
        raise ValueError(f"table has {len(name)} bytes, must have at most {MAX_NAME_BYTES}")
    return bytes([len(name)]) + name + bytes([scheme]) + commitment


def leaf_hash(leaf: bytes) -> bytes:
    """The leaf's digest."""
    return keccak256(keccak256(leaf))


@dataclass(frozen=True)
class CommitmentTree:
    """The tree over some leaves."""

    nodes: openzeppelin.Tree

    @property
    def root(self) -> bytes:
        """32 bytes."""
        return self.nodes.root

    def prove(self, index: int) -> list[bytes]:
        """The path of leaf `index`, from leaf to root; IndexError if there is no such leaf."""
        return openzeppelin.prove(self.nodes, index)


def build(leaves: Sequence[bytes]) -> CommitmentTree:
    """The tree over leaves given as bytes; ValueError if there is none."""
    return CommitmentTree(openzeppelin.build([leaf_hash(leaf) for leaf in leaves]))


def verify(leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf is under the root."""
    return openzeppelin.verify(leaf_hash(leaf), path, root)
