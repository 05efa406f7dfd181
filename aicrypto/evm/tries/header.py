"""A block's header: the twenty fields whose hash names the block, the state root among them.

Whoever trusts a block's hash is shown the header's bytes, hashes them, and then knows the state
root (item 3), the number (8) and the time (11): when that state was, which no storage proof says.

Our chain keeps no blocks; `header_of` writes the header that its present state would have, with
empty transactions. Source: Ethereum execution specifications, Cancun.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.chain import Chain
from aicrypto.evm.tries.proof import HASH_BYTES
from aicrypto.evm.tries.rlp import BadRlp, Item, decode, encode, integer
from aicrypto.evm.tries.state import state_root
from aicrypto.evm.tries.trie import EMPTY_ROOT

STATE_ROOT, NUMBER, TIMESTAMP = 3, 8, 11
MIN_FIELDS = 15  # before London; later forks add some at the end
BLOOM_BYTES, ADDRESS_BYTES, NONCE_BYTES = 256, 20, 8
GAS_LIMIT = 30_000_000
NO_OMMERS = keccak256(encode([]))


@dataclass(frozen=True)
class Header:
    """What a proof of state needs of a header, and the bytes that were hashed."""

    data: bytes
    state_root: bytes
    number: int
    timestamp: int

    @property
    def hash(self) -> bytes:
        """The block's hash."""
        return keccak256(self.data)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Header":
        """The header in RLP.

        Raises:
            BadRlp: if it is no list of at least 15 items, or one of the three has another form.
        """
        items = decode(data)
        if not isinstance(items, list) or len(items) < MIN_FIELDS:
            raise BadRlp(f"header is no list of at least {MIN_FIELDS} items")
        match items[STATE_ROOT], items[NUMBER], items[TIMESTAMP]:
            case bytes(root), bytes(number), bytes(timestamp) if len(root) == HASH_BYTES:
                if b"\0" in (number[:1], timestamp[:1]) or max(len(number), len(timestamp)) > 8:
                    raise BadRlp("header has a number or time of another form")
                second, third = (int.from_bytes(n, "big") for n in (number, timestamp))
                return cls(data, root, second, third)
        raise BadRlp("header has no state root, number or time")


def header_of(chain: Chain, parent_hash: bytes = bytes(HASH_BYTES)) -> Header:
    """The header of a block with the chain's present state."""
    zero, one_word = b"", bytes(HASH_BYTES)
    fields: list[Item] = [
        *(parent_hash, NO_OMMERS, bytes(ADDRESS_BYTES)),
        *(state_root(chain.state), EMPTY_ROOT, EMPTY_ROOT),  # state, transactions, receipts
        *(bytes(BLOOM_BYTES), zero),  # logs, difficulty
        *(integer(chain.block.number), integer(GAS_LIMIT), zero, integer(chain.timestamp)),
        *(zero, one_word, bytes(NONCE_BYTES), zero),  # extra data, randomness, nonce, base fee
        *(EMPTY_ROOT, zero, zero, one_word),  # withdrawals, blob gas used and left, beacon root
    ]
    return Header.from_bytes(encode(fields))
