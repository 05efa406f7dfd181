"""Accounts and slots of a chain as tries, and proofs of them for whoever knows the state root.

    state trie     keccak(address)  -> RLP [nonce, balance, storage root, code hash]
    storage trie   keccak(slot, 32 bytes) -> RLP(value); 0 is never stored, so absence proves 0

A proof of a slot is thus two in a row: that the account is under the state root, and that the slot
is under the account's storage root. The second root must come from the first proof, not from
whoever brings the proofs.

Where compilers put a mapping's entry (measured): Solidity hashes key and slot, Vyper slot and key.
Source: EIP-1186; Ethereum Yellow Paper, section 4.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm.machine import EMPTY_CODE_HASH, State
from aicrypto.evm.tries.proof import HASH_BYTES, verify
from aicrypto.evm.tries.rlp import BadRlp, Item, decode, encode, integer
from aicrypto.evm.tries.trie import EMPTY_ROOT, Trie

WORD_BYTES = 32
ADDRESS_BYTES = 20


class BadAccount(ValueError):
    """What the state trie holds is no account."""


class BadValue(ValueError):
    """What a storage trie holds is no number above 0."""


@dataclass(frozen=True)
class AccountLeaf:
    """What the state trie holds of an account."""

    nonce: int
    balance_wei: int
    storage_root: bytes
    code_hash: bytes

    def to_bytes(self) -> bytes:
        """RLP of the four."""
        numbers: list[Item] = [integer(self.nonce), integer(self.balance_wei)]
        return encode([*numbers, self.storage_root, self.code_hash])

    @classmethod
    def from_bytes(cls, data: bytes) -> "AccountLeaf":
        """The account that `to_bytes` wrote.

        Raises:
            BadAccount: if these are not four strings in their only form.
        """
        try:
            item = decode(data)
        except BadRlp as error:
            raise BadAccount(f"account is not RLP: {error}") from None
        match item:
            case [bytes(nonce), bytes(balance), bytes(storage_root), bytes(code_hash)]:
                numbers = nonce, balance
            case _:
                raise BadAccount("account is no list of four strings")
        if any(number[:1] == b"\0" for number in numbers):
            raise BadAccount(f"nonce 0x{nonce.hex()} or balance 0x{balance.hex()} starts with 0")
        if {len(storage_root), len(code_hash)} != {HASH_BYTES}:
            raise BadAccount(f"storage root or code hash has not {HASH_BYTES} bytes")
        first, second = (int.from_bytes(number, "big") for number in numbers)
        return cls(first, second, storage_root, code_hash)


@dataclass(frozen=True)
class AccountProof:
    """What `eth_getProof` answers, without the values that it says beside: they follow.

    Attributes:
        address: lower-case hex.
        account: nodes of the state trie.
        storage: for each slot its nodes of the storage trie.
    """

    address: str
    account: tuple[bytes, ...]
    storage: tuple[tuple[int, tuple[bytes, ...]], ...]


def state_root(state: State) -> bytes:
    """The root of a chain's state. Cost: a hash for every account, slot and node."""
    return _state_trie(state).root


def prove_account(state: State, address: str, slots: Sequence[int]) -> AccountProof:
    """The proof of an account, present or not, and of slots of it."""
    storage = _storage_trie(state, address)
    shown = tuple((slot, tuple(storage.prove(slot_key(slot)))) for slot in slots)
    account = _state_trie(state).prove(_address_bytes(address))
    return AccountProof(address, tuple(account), shown)


def verify_account(root: bytes, proof: AccountProof) -> tuple[AccountLeaf | None, list[int | None]]:
    """The account under a state root, None if there is none, and what its slots hold, None for 0.

    Raises:
        ProofTooShort, HashMismatch, ExtraNodes, BadNode, BadRlp: if nodes are not the trie's.
        BadAccount, BadValue: if a value is none.
    """
    leaf = verify(root, keccak256(_address_bytes(proof.address)), proof.account)
    account = None if leaf is None else AccountLeaf.from_bytes(leaf)
    storage_root = EMPTY_ROOT if account is None else account.storage_root
    values = [
        verify(storage_root, keccak256(slot_key(slot)), nodes) for slot, nodes in proof.storage
    ]
    return account, [None if value is None else number_in(value) for value in values]


def number_in(leaf: bytes) -> int:
    """The number that a storage trie holds as this value; BadValue if it is none, or 0."""
    try:
        data = decode(leaf)
    except BadRlp as error:
        raise BadValue(f"value is not RLP: {error}") from None
    if not isinstance(data, bytes) or not 0 < len(data) <= WORD_BYTES or data[0] == 0:
        raise BadValue(f"value is 0x{leaf.hex()}, no number in 1..2^256-1")
    return int.from_bytes(data, "big")


def slot_key(slot: int) -> bytes:
    """A slot's number as the storage trie's key, 32 bytes; ValueError beyond."""
    if not 0 <= slot < 2 ** (8 * WORD_BYTES):
        raise ValueError(f"slot is {slot}, must be in 0..2^256-1")
    return slot.to_bytes(WORD_BYTES, "big")


def solidity_slot(slot: int, key: bytes) -> int:
    """Where Solidity keeps the entry of a mapping at `slot`.

    Raises:
        ValueError: if the key has over 32 bytes, or the slot's number does.
    """
    return int.from_bytes(keccak256(_word(key), slot_key(slot)), "big")


def vyper_slot(slot: int, key: bytes) -> int:
    """Where Vyper keeps the entry of a HashMap at `slot`; errors as in `solidity_slot`."""
    return int.from_bytes(keccak256(slot_key(slot), _word(key)), "big")


def _word(key: bytes) -> bytes:
    if len(key) > WORD_BYTES:  # longer ones are hashed, by rules that depend on their type
        raise ValueError(f"key has {len(key)} bytes, must have at most {WORD_BYTES}")
    return key.rjust(WORD_BYTES, b"\0")


def _state_trie(state: State) -> Trie:
    trie = Trie(secure=True)
    for address, account in state.accounts.items():
        code_hash = keccak256(account.code) if account.code else EMPTY_CODE_HASH
        root = _storage_trie(state, address).root
        leaf = AccountLeaf(account.nonce, account.balance_wei, root, code_hash)
        trie.put(_address_bytes(address), leaf.to_bytes())
    return trie


def _storage_trie(state: State, address: str) -> Trie:
    slots = ((s, v) for (where, s), v in state.storage.items() if where == address)
    return Trie(((slot_key(s), encode(integer(v))) for s, v in slots), secure=True)


def _address_bytes(address: str) -> bytes:
    data = bytes.fromhex(address.removeprefix("0x"))
    if len(data) != ADDRESS_BYTES:
        raise ValueError(f"address is {address}, must have {ADDRESS_BYTES} bytes")
    return data
