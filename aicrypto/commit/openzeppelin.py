"""Merkle trees as OpenZeppelin's contracts check them: cheap membership on Ethereum.

Air drops and allow lists hold one root on chain; whoever is in the list shows a path. A node hashes
its children in *sorted* order, so a path carries no left/right bits: the contract is shorter, and
the tree proves that a value is in the set, not where.

    leaf = K(K(abi.encode(types, values)))      node = K(min(a, b) || max(a, b))      K = Keccak-256

The double hash keeps leaves apart from nodes: 64 bytes of two children are hashed once, an entry
twice. "Simple" trees take 32-byte leaves as they are and leave that care to the caller.

Layout of n leaves: an array of 2n - 1 digests, root first, children of node i at 2i + 1 and 2i + 2,
leaf j at 2n - 2 - j. Source: npm @openzeppelin/merkle-tree 1.0.8 (format), OpenZeppelin contracts
`MerkleProof.sol`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aicrypto.commit.hashes import are_digests, checked_digest, keccak256


def standard_leaf(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Leaf digest of one row of ABI values, for instance `["address", "uint256"]`.

    Raises:
        ValueError: if a value does not fit its ABI type, or the counts differ.
    """
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError

    if len(types) != len(values):
        raise ValueError(f"values has {len(values)} entries, types has {len(types)}")
    try:
        return keccak256(keccak256(encode(types, values)))
    except (EncodingError, TypeError) as error:
        raise ValueError(
            f"values {list(values)!r} do not fit types {list(types)!r}: {error}"
        ) from None


def node_hash(a: bytes, b: bytes) -> bytes:
    """Digest of two children, whichever comes first."""
    return keccak256(min(a, b), max(a, b))


@dataclass(frozen=True)
class Tree:
    """All digests of a tree, root first, and where each value's leaf stands in that array."""

    nodes: tuple[bytes, ...]
    positions: tuple[int, ...]

    @property
    def root(self) -> bytes:
        """The 32-byte root."""
        return self.nodes[0]


@dataclass(frozen=True)
class MultiProof:
    """One proof for several values.

    Attributes:
        order: indices of the values, in the order in which the verifier wants their leaves.
        proof: digests that the verifier cannot compute.
        flags: for each hash, whether its second input was computed (True) or comes from `proof`.
    """

    order: tuple[int, ...]
    proof: tuple[bytes, ...]
    flags: tuple[bool, ...]


def build(leaves: Sequence[bytes], sort_leaves: bool = True) -> Tree:
    """The tree over leaf digests; sorted leaves make the root independent of their order.

    Raises:
        ValueError: if there is no leaf, or one is not 32 bytes long.
    """
    if not leaves:
        raise ValueError("leaves is empty, a tree needs at least one")
    for j, leaf in enumerate(leaves):
        checked_digest(f"leaves[{j}]", leaf)
    order = (
        sorted(range(len(leaves)), key=leaves.__getitem__)
        if sort_leaves
        else list(range(len(leaves)))
    )
    last = 2 * len(leaves) - 2
    nodes, positions = [b""] * (last + 1), [0] * len(leaves)
    for j, index in enumerate(order):
        nodes[last - j], positions[index] = leaves[index], last - j
    for i in reversed(range(len(leaves) - 1)):
        nodes[i] = node_hash(nodes[2 * i + 1], nodes[2 * i + 2])
    return Tree(tuple(nodes), tuple(positions))


def prove(tree: Tree, index: int) -> list[bytes]:
    """Siblings of value `index` up to the root.

    Raises:
        IndexError: if there is no such value.
    """
    position, path = _position(tree, index), []
    while position > 0:
        path.append(tree.nodes[_sibling(position)])
        position = _parent(position)
    return path


def verify(leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf digest is in the tree with this root."""
    if not are_digests([leaf, *proof, root]):
        return False
    for sibling in proof:
        leaf = node_hash(leaf, sibling)
    return leaf == root


def prove_many(tree: Tree, indices: Sequence[int]) -> MultiProof:
    """One proof for several values, each digest sent or computed once.

    Raises:
        IndexError: if there is no such value.
        ValueError: if an index is repeated.
    """
    if len(set(indices)) != len(indices):
        raise ValueError(f"indices {list(indices)} repeat a value")
    order = sorted(indices, key=lambda index: _position(tree, index), reverse=True)
    queue, proof, flags = [tree.positions[index] for index in order], [], []
    while queue and queue[0] > 0:
        position = queue.pop(0)
        flags.append(bool(queue) and queue[0] == _sibling(position))
        if flags[-1]:
            queue.pop(0)
        else:
            proof.append(tree.nodes[_sibling(position)])
        queue.append(_parent(position))
    return MultiProof(tuple(order), tuple(proof if indices else [tree.root]), tuple(flags))


def verify_many(
    leaves: Sequence[bytes], proof: Sequence[bytes], flags: Sequence[bool], root: bytes
) -> bool:
    """Whether all leaf digests, supplied in `MultiProof.order`, are in the tree with this root.

    Counts are checked first: a contract that let a flag read beyond its queue accepted forged sets
    (CVE-2023-34459).
    """
    if not are_digests([*leaves, *proof, root]) or not _counts_fit(leaves, proof, flags):
        return False
    queue, rest = list(leaves), list(proof)
    for flag in flags:
        source = queue if flag else rest
        if len(queue) < 1 + flag or not source:
            return False
        a = queue.pop(0)
        queue.append(node_hash(a, source.pop(0)))
    return [*queue, *rest] == [root]


def _counts_fit(leaves: Sequence[bytes], proof: Sequence[bytes], flags: Sequence[bool]) -> bool:
    """Whether every hash has two inputs and one digest is left at the end."""
    verdicts = all(isinstance(flag, bool) for flag in flags)
    return verdicts and len(leaves) + len(proof) == len(flags) + 1


def _parent(position: int) -> int:
    return (position - 1) // 2


def _sibling(position: int) -> int:
    return position + 1 if position % 2 == 1 else position - 1


def _position(tree: Tree, index: int) -> int:
    """Array position of value `index`; IndexError if there is none."""
    if not 0 <= index < len(tree.positions):
        raise IndexError(f"index is {index}, must be in 0..{len(tree.positions) - 1}")
    return tree.positions[index]
