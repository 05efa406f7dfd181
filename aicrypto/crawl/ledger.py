"""The ledger of the data network: a list that may only grow, and people who watch that it does.

Every session record is one entry of a Merkle tree by RFC 6962 (`aicrypto.commit.merkle` explains
the tree and verifies its proofs). `Ledger` keeps the hashes of all complete subtrees, so an append,
a root or a proof costs about log2(n) hashes, for today's tree and for any earlier size of it.

A validator signs *heads* (size, time, root). Nothing stops it from signing two histories, so
`Monitor`s keep the heads they have seen and ask for a consistency proof between each and the next:
a rewritten entry or a fork is then a pair of signatures that convicts its signer.
"""

from collections.abc import Iterable, Sequence

from aicrypto.commit import merkle
from aicrypto.crawl.signing import TreeHead


class IndexOutOfRange(IndexError):
    """An entry or a size that the ledger does not have."""


class Ledger:
    """An append-only list of byte strings with its Merkle tree; memory 64 bytes an entry."""

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]  # level k: roots of complete subtrees of 2^k entries
        for entry in entries:
            self.append(entry)

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, entry: bytes) -> int:
        """The position of the new entry, counted from 0; about 2 hashes on average."""
        digest, level = merkle.leaf_hash(entry), 0
        self._levels[0].append(digest)
        while len(self._levels[level]) % 2 == 0:
            left, right = self._levels[level][-2:]
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(merkle.node_hash(left, right))
        return len(self) - 1

    def leaf(self, index: int) -> bytes:
        """Leaf hash of an entry; IndexOutOfRange if there is none."""
        self._check("index", index, len(self) - 1)
        return self._levels[0][index]

    def root(self, size: int | None = None) -> bytes:
        """Root over the first `size` entries, by default all; IndexOutOfRange if there are fewer.

        >>> Ledger([b"a", b"b", b"c"]).root(2) == merkle.root([b"a", b"b"])
        True
        """
        return self._subtree(0, self._size(size))

    def prove_inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """Sibling hashes from entry `index` to the root of the first `size` entries, lowest first.

        Raises:
            IndexOutOfRange: if there is no such entry among them.
        """
        size = self._size(size)
        self._check("index", index, size - 1)
        path, start = [], 0
        while size > 1:
            split = _split(size)
            if index < split:
                path.append(self._subtree(start + split, start + size))
                size = split
            else:
                path.append(self._subtree(start, start + split))
                start, index, size = start + split, index - split, size - split
        return path[::-1]

    def prove_consistency(self, first: int, second: int | None = None) -> list[bytes]:
        """Hashes that show the first `first` entries to begin the list of `second` entries.

        Empty for `first` = 0 or `first` = `second`: there is nothing to show then.

        Raises:
            IndexOutOfRange: if `first` is larger than `second`, or `second` than the ledger.
        """
        second = self._size(second)
        self._check("first", first, second)
        if first in (0, second):
            return []
        path, start, complete = [], 0, True
        size = second
        while first != size:
            split = _split(size)
            if first <= split:
                path.append(self._subtree(start + split, start + size))
                size = split
            else:
                path.append(self._subtree(start, start + split))
                start, first, size, complete = start + split, first - split, size - split, False
        return [*([] if complete else [self._subtree(start, start + size)]), *path[::-1]]

    def head(self, timestamp_ms: int, seed: bytes) -> TreeHead:
        """Today's head, signed; ValueError if time or seed do not fit."""
        return TreeHead.signed(len(self), timestamp_ms, self.root(), seed)

    def _subtree(self, start: int, end: int) -> bytes:
        """Root over entries start..end-1, where `start` is a multiple of the power of two above."""
        size = end - start
        if size == 0:
            return merkle.EMPTY_ROOT
        level = size.bit_length() - 1
        if size == 1 << level:
            return self._levels[level][start >> level]
        split = start + (1 << level)
        return merkle.node_hash(self._levels[level][start >> level], self._subtree(split, end))

    def _size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        self._check("size", size, len(self))
        return size

    @staticmethod
    def _check(name: str, value: int, largest: int) -> None:
        if not 0 <= value <= largest:
            raise IndexOutOfRange(f"{name} is {value}, must be in 0..{largest}")


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes] | None
) -> bool:
    """Whether the list of `second` entries begins with the list of `first`, which may be empty."""
    if not isinstance(path, Sequence):  # whoever is checked brings it
        return False
    if first == 0:
        return second >= 0 and not path and first_root == merkle.EMPTY_ROOT
    return merkle.verify_consistency(first, second, first_root, second_root, path)


class Monitor:
    """One who remembers a validator's last head and takes only heads that continue it.

    Attributes:
        head: the last head that was in order; None before the first.
        evidence: pairs of signed heads that contradict each other.
    """

    def __init__(self, validator: bytes) -> None:
        self.validator = validator
        self.head: TreeHead | None = None
        self.evidence: list[tuple[TreeHead, TreeHead]] = []

    def observe(self, head: TreeHead, path: Sequence[bytes] | None = ()) -> str:
        """What a new head is: "ok", "BadSignature", "Old", "Shrunk", "Fork" or "Rewritten".

        `path` is the consistency proof from the last head that was in order. Only "ok" is
        remembered; the last three leave a pair of signatures in `evidence`. "Old" is a smaller
        head signed earlier, which anybody can replay. The pair of "Rewritten" convicts only a
        signer who cannot show a better path: anybody can bring a wrong one.
        """
        if head.validator != self.validator or not head.is_signed():
            return "BadSignature"
        verdict = self._compare(head, path)
        if verdict == "ok":
            self.head = head
        elif self.head is not None and verdict != "Old":
            self.evidence.append((self.head, head))
        return verdict

    def _compare(self, head: TreeHead, path: Sequence[bytes] | None) -> str:
        last = self.head
        if last is None:
            return "ok"
        if head.size < last.size:
            return "Old" if head.timestamp_ms < last.timestamp_ms else "Shrunk"
        if head.size == last.size:
            return "ok" if head.root == last.root else "Fork"
        grown = verify_consistency(last.size, head.size, last.root, head.root, path)
        return "ok" if grown else "Rewritten"


def _split(size: int) -> int:
    """Largest power of two below `size` (size >= 2)."""
    return 1 << (size - 1).bit_length() - 1
