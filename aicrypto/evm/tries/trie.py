"""The Merkle-Patricia trie of a map: one root that depends on what it holds, and on nothing else.

    leaf        [path, value]       the rest of a key, and what is there
    extension   [path, child]       a stretch that all keys below share
    branch      [16 children, value]   one child for each next nibble, and a value if a key ends

A child is held as the hash of its RLP, or as it is where that is shorter than a hash. The root is
a hash always; that of the empty trie is keccak(0x80). Deleting a key leaves the trie that would
stand there had the key never been put in, so a trie is built from the map as it is now.

Where keys are chosen by strangers, they are hashed first ("secure"), lest somebody make deep trees.
Source: Ethereum Yellow Paper, appendix D.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.tries.paths import nibbles_of, pack_path
from aicrypto.evm.tries.proof import EMPTY, HASH_BYTES, WIDTH, follow
from aicrypto.evm.tries.rlp import Item, encode

EMPTY_ROOT = keccak256(EMPTY)  # 0x56e81f17...

Entry = tuple[bytes, bytes]  # path in nibbles, value


class Trie:
    """A map from byte strings to byte strings that are not empty.

    Attributes:
        secure: whether paths are hashes of keys.
    """

    def __init__(self, items: Iterable[tuple[bytes, bytes]] = (), secure: bool = False) -> None:
        self.secure = secure
        self._entries: dict[bytes, bytes] = {}
        for key, value in items:
            self.put(key, value)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Set what is held under a key; nothing, or an empty value, deletes the key."""
        self.__dict__.pop("_built", None)
        if value:
            self._entries[self._path(key)] = value
        else:
            self._entries.pop(self._path(key), None)

    def get(self, key: bytes) -> bytes | None:
        """What is held under a key, None if nothing is."""
        return self._entries.get(self._path(key))

    @property
    def root(self) -> bytes:
        """The 32 bytes that stand for the whole map."""
        return self._built[0]

    def prove(self, key: bytes) -> list[bytes]:
        """The nodes on the way to a key, or to where it would be: proof of its value or absence."""
        root, nodes = self._built
        return follow(root, self._path(key), nodes.__getitem__)[1] if nodes else []

    def _path(self, key: bytes) -> bytes:
        return nibbles_of(keccak256(key) if self.secure else key)

    @cached_property
    def _built(self) -> tuple[bytes, dict[bytes, bytes]]:
        """The root, and every node that is held by its hash."""
        if not self._entries:
            return EMPTY_ROOT, {}
        nodes: dict[bytes, bytes] = {}
        top = encode(_node(sorted(self._entries.items()), 0, nodes))
        nodes[keccak256(top)] = top
        return keccak256(top), nodes


def _node(entries: Sequence[Entry], depth: int, nodes: dict[bytes, bytes]) -> Item:
    """The node over sorted entries whose paths agree in their first `depth` nibbles."""
    first, last = entries[0][0], entries[-1][0]
    if len(entries) == 1:
        return [pack_path(first[depth:], is_leaf=True), entries[0][1]]
    shared = _n_shared(first, last)
    if shared > depth:
        child = _reference(_node(entries, shared, nodes), nodes)
        return [pack_path(first[depth:shared], is_leaf=False), child]
    return _branch(entries, depth, nodes)


def _branch(entries: Sequence[Entry], depth: int, nodes: dict[bytes, bytes]) -> Item:
    items: list[Item] = [b""] * (WIDTH + 1)
    start = 0
    if len(entries[0][0]) == depth:  # the shortest path comes first
        items[WIDTH] = entries[0][1]
        start = 1
    while start < len(entries):
        nibble = entries[start][0][depth]
        end = start
        while end < len(entries) and entries[end][0][depth] == nibble:
            end += 1
        items[nibble] = _reference(_node(entries[start:end], depth + 1, nodes), nodes)
        start = end
    return items


def _reference(node: Item, nodes: dict[bytes, bytes]) -> Item:
    """How a parent holds a node: as it is if short, otherwise by its hash."""
    data = encode(node)
    if len(data) < HASH_BYTES:
        return node
    digest = keccak256(data)
    nodes[digest] = data
    return digest


def _n_shared(a: bytes, b: bytes) -> int:
    for place, (left, right) in enumerate(zip(a, b, strict=False)):
        if left != right:
            return place
    return min(len(a), len(b))
