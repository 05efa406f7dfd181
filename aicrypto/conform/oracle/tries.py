"""Suites trie.*: roots of maps, proofs under a root, and answers of `eth_getProof`."""

from typing import Any

from aicrypto.conform.encoding import enhex, unhex, unhex_all
from aicrypto.evm import tries
from aicrypto.evm.tries import AccountLeaf, AccountProof, Trie

Case = dict[str, Any]


def root(case: Case) -> Case:
    """`trie.root`: the root after all puts and deletes."""
    trie = Trie(secure=case["secure"])
    for key, value in case["ops"]:
        trie.put(unhex(key), None if value is None else unhex(value))
    return {"root": enhex(trie.root)}


def proof(case: Case) -> Case:
    """`trie.proof`: what a proof shows under a root."""
    value = tries.verify(unhex(case["root"]), unhex(case["key"]), unhex_all(case["proof"]))
    return {"value": None if value is None else enhex(value)}


def eip1186(case: Case) -> Case:
    """`trie.eip1186`: the account and slots that an answer proves."""
    shown = [(int(item["slot"], 16), tuple(unhex_all(item["proof"]))) for item in case["storage"]]
    account = tuple(unhex_all(case["account_proof"]))
    given = AccountProof(case["address"], account, tuple(shown))
    leaf, values = tries.verify_account(unhex(case["state_root"]), given)
    return {"account": None if leaf is None else _account(leaf), "storage": values}


def _account(leaf: AccountLeaf) -> Case:
    return {
        "nonce": leaf.nonce,
        "balance": leaf.balance_wei,
        "storage_hash": enhex(leaf.storage_root),
        "code_hash": enhex(leaf.code_hash),
    }
