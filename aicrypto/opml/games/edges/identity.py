"""Edges and their names: how all honest parties of a quarrel come to share one side of it.

In the manner of Arbitrum's BoLD a claim about history is an *edge*: "from this history of height s
to that one of height e". Two edges are rivals if they agree on everything but the end root, so they
share a `mutual_id`. A rivalled edge is bisected at a height that its ends alone determine; hence
whoever is right about history makes byte for byte the same children, and honest parties who never
met move one set of edges together. That is why the honest cost does not grow with the number of
liars' edges by more than the answers to them.

A history root commits to the states 0..height as a Merkle tree that can be extended: complete
subtrees from large to small, like the ones of a binary counter. Hashes are keccak-256.

Source: npm @arbitrum/nitro-contracts 3.2.0, challengeV2: ChallengeEdgeLib, UintUtilsLib and
MerkleTreeAccumulatorLib.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.hashes import checked_digest, keccak256

ZERO = bytes(32)
MAX_LEVEL = 255  # one byte


class HeightDiffLtTwo(ValueError):
    """An edge of length one or less is not bisected."""


@dataclass(frozen=True)
class Edge:
    """A claim that history leads from one root to another.

    Attributes:
        origin: mutual id of the edge one level up that this refines (a block's hash on top).
        start, end: heights.
        start_root, end_root: history roots up to those heights.
        level: 0 for blocks, higher for finer steps.
    """

    origin: bytes
    start: int
    start_root: bytes
    end: int
    end_root: bytes
    level: int

    def __post_init__(self) -> None:
        for name in ("origin", "start_root", "end_root"):
            checked_digest(name, getattr(self, name))
        if not 0 <= self.start < self.end < 1 << 256:
            raise ValueError(f"heights are {self.start}, {self.end}: 0 <= start < end < 2^256")
        if not 0 <= self.level <= MAX_LEVEL:
            raise ValueError(f"level is {self.level}, must be in 0..{MAX_LEVEL}")

    @property
    def length(self) -> int:
        """Steps from start to end; 1 means that one step decides."""
        return self.end - self.start

    @property
    def mutual_id(self) -> bytes:
        """What an edge shares with its rivals: everything but the end root."""
        heights = self.start.to_bytes(32, "big"), self.end.to_bytes(32, "big")
        level = self.level.to_bytes(1, "big")
        return keccak256(level, self.origin, heights[0], self.start_root, heights[1])

    @property
    def edge_id(self) -> bytes:
        """The edge's own name."""
        return keccak256(self.mutual_id, self.end_root)


def bisection_height(start: int, end: int) -> int:
    """Height at which an edge is cut: the multiple of the largest power of two strictly inside.

    Raises:
        HeightDiffLtTwo: if there is nothing between the ends.

    >>> bisection_height(6, 13)
    8
    """
    if end - start < 2:
        raise HeightDiffLtTwo(f"heights are {start}, {end}: nothing between them")
    if end - start == 2:
        return start + 1
    top_bit = ((end - 1) ^ start).bit_length() - 1
    return (end - 1) >> top_bit << top_bit


def history_root(leaves: Sequence[bytes]) -> bytes:
    """Root of an extendable history of 32-byte states.

    Raises:
        ValueError: if there is no leaf, or one is not 32 bytes long.
    """
    if not leaves:
        raise ValueError("leaves is empty, a history has a first state")
    return prefix_roots(leaves)[-1]


def prefix_roots(leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """History roots of the first state, of the first two, and so on.

    Raises:
        ValueError: if a leaf is not 32 bytes long.
    """
    peaks: list[bytes | None] = []
    roots = []
    for number, leaf in enumerate(leaves):
        _append(peaks, keccak256(checked_digest(f"leaves[{number}]", leaf)))
        roots.append(_fold(peaks))
    return tuple(roots)


def _append(peaks: list[bytes | None], node: bytes) -> None:
    """Adds one to the binary counter of complete subtrees; `peaks[i]` has 2^i leaves."""
    for level, peak in enumerate(peaks):
        if peak is None:
            peaks[level] = node
            return
        peaks[level], node = None, keccak256(peak, node)
    peaks.append(node)


def _fold(peaks: Sequence[bytes | None]) -> bytes:
    """One root of all subtrees, the smallest first; a missing side counts as zero."""
    accumulated: bytes | None = None
    top = len(peaks) - 1
    for level, peak in enumerate(peaks):
        if accumulated is None:
            if peak is not None:
                accumulated = peak if level == top else keccak256(peak, ZERO)
        elif peak is not None:
            accumulated = keccak256(peak, accumulated)
        else:
            accumulated = keccak256(accumulated, ZERO)
    assert accumulated is not None
    return accumulated
