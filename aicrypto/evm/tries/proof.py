"""What a trie holds under a key, shown to somebody who knows its root alone.

A proof is the nodes on the way from the root, each as bytes; whoever follows it hashes every one
and compares with what its parent says. The same walk shows that a key is absent: the way ends in an
empty child, in another key's leaf, or beside an extension. Every node given must be used, or one
proof could be written in many ways.

Prover and verifier take the same walk (`follow`): one looks nodes up by hash, the other reads the
next of the proof and demands that hash.

Source: EIP-1186; Ethereum Yellow Paper, appendix D.
"""

from collections.abc import Callable, Sequence

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.tries.paths import BadNode, nibbles_of, unpack_path
from aicrypto.evm.tries.rlp import Item, decode, encode

WIDTH = 16
HASH_BYTES = 32
EMPTY = b"\x80"  # the only node of the empty trie

Fetch = Callable[[bytes], bytes]
Turn = tuple[Item | None, bytes | None]  # a child and the path below it; or None and a value


class ProofTooShort(ValueError):
    """A node is missing at the end."""


class HashMismatch(ValueError):
    """A node is not the one that its parent, or the root, names."""


class ExtraNodes(ValueError):
    """The way ends before the proof does."""


def verify(root: bytes, key: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The value that the trie with this root holds under a key, None if it is proven absent.

    Cost: one hash a node. `key` is the trie's: hash a secure trie's yourself.

    Raises:
        ProofTooShort, HashMismatch, ExtraNodes: if the nodes are not those of the way.
        BadNode, BadRlp: if one of them is no node.
    """
    if not proof and root == keccak256(EMPTY):
        return None
    value, used = follow(root, nibbles_of(key), _reader(proof))
    if len(used) != len(proof):
        raise ExtraNodes(f"proof has {len(proof)} nodes, the way ends after {len(used)}")
    return value


def follow(root: bytes, path: bytes, fetch: Fetch) -> tuple[bytes | None, list[bytes]]:
    """The value at the end of a path, None if there is none, and the nodes fetched on the way.

    Args:
        root: hash of the first node.
        path: nibbles.
        fetch: the bytes of the node with a hash.

    Raises:
        BadNode, BadRlp: if one of them is no node; and whatever `fetch` raises.
    """
    used = [fetch(root)]
    if used == [EMPTY]:
        return None, used
    child, rest = _turn(decode(used[0]), path)
    while child is not None:
        node = child
        if isinstance(child, bytes):
            used.append(fetch(child))
            node = decode(used[-1])
        child, rest = _turn(node, rest or b"")
    return rest, used


def _reader(proof: Sequence[bytes]) -> Fetch:
    """Hands out a proof's nodes in order, each only to whom asks for its hash."""
    remaining = iter(proof)

    def fetch(digest: bytes) -> bytes:
        """The next node, if it has this hash."""
        data = next(remaining, None)
        if data is None:
            raise ProofTooShort(f"all {len(proof)} nodes are used, the next has 0x{digest.hex()}")
        if keccak256(data) != digest:
            raise HashMismatch(f"node is 0x{keccak256(data).hex()}, expected 0x{digest.hex()}")
        return data

    return fetch


def _turn(node: Item, path: bytes) -> Turn:
    """Where a node sends a path: on to a child, or to a value or to nothing."""
    if not isinstance(node, list) or len(node) not in (2, WIDTH + 1):
        raise BadNode(f"node is no list of 2 or {WIDTH + 1} items")
    if len(node) == 2:
        return _turn_short(node, path)
    for child in node[:WIDTH]:
        _check_reference(child)
    if not path:
        return None, _value(node[WIDTH]) or None
    child = node[path[0]]
    return (child, path[1:]) if child else (None, None)


def _turn_short(node: list[Item], path: bytes) -> Turn:
    """The same for a leaf or an extension."""
    piece, is_leaf = unpack_path(_value(node[0]))
    if is_leaf:
        value = _value(node[1])
        return None, value if piece == path else None
    _check_reference(node[1])
    if not piece or not node[1]:
        raise BadNode("extension has an empty path or an empty child")
    if not path.startswith(piece):
        return None, None
    return node[1], path[len(piece) :]


def _check_reference(child: Item) -> None:
    """BadNode unless it is nothing, a hash, or a node shorter than a hash."""
    is_long = isinstance(child, list) and len(encode(child)) >= HASH_BYTES
    if is_long or (isinstance(child, bytes) and len(child) not in (0, HASH_BYTES)):
        raise BadNode(f"child is neither empty, nor a hash, nor a node below {HASH_BYTES} bytes")


def _value(item: Item) -> bytes:
    if isinstance(item, list):
        raise BadNode("node has a list where bytes must be")
    return item
