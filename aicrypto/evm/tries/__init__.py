"""Ethereum's state as a tree: what one hash says about every account and every slot.

`rlp` writes items as bytes, `paths` writes keys as nibbles, `trie` builds the tree of a map and
proves what it holds or lacks, `proof` checks that; `state` does both for accounts and slots
(EIP-1186), `header` for a block. `StorageProof.vy` checks the same on another chain.
"""

from aicrypto.evm.tries.header import Header, header_of
from aicrypto.evm.tries.paths import BadNode, nibbles_of, pack_path, unpack_path
from aicrypto.evm.tries.proof import ExtraNodes, HashMismatch, ProofTooShort, verify
from aicrypto.evm.tries.rlp import BadRlp, decode, encode, integer
from aicrypto.evm.tries.state import (
    AccountLeaf,
    AccountProof,
    BadAccount,
    BadValue,
    prove_account,
    solidity_slot,
    state_root,
    verify_account,
    vyper_slot,
)
from aicrypto.evm.tries.trie import EMPTY_ROOT, Trie

__all__ = [
    "EMPTY_ROOT",
    "AccountLeaf",
    "AccountProof",
    "BadAccount",
    "BadNode",
    "BadRlp",
    "BadValue",
    "ExtraNodes",
    "HashMismatch",
    "Header",
    "ProofTooShort",
    "Trie",
    "decode",
    "encode",
    "header_of",
    "integer",
    "nibbles_of",
    "pack_path",
    "prove_account",
    "solidity_slot",
    "state_root",
    "unpack_path",
    "verify",
    "verify_account",
    "vyper_slot",
]
