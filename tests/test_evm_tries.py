"""Tries: foreign proofs first, then a map and its tree agree on every key, then nothing forged."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import rlp as foreign_rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import unhex, unhex_all
from aicrypto.evm import Chain, Contract, Reverted, tries
from aicrypto.evm.tries import (
    EMPTY_ROOT,
    AccountLeaf,
    BadNode,
    BadRlp,
    ExtraNodes,
    HashMismatch,
    Header,
    ProofTooShort,
    Trie,
    proof,
)

VECTORS = Path(__file__).parent / "vectors"
REFUSALS = (BadNode, BadRlp, ExtraNodes, HashMismatch, ProofTooShort)
ITEMS = st.recursive(
    st.binary(max_size=80), lambda inner: st.lists(inner, max_size=20), max_leaves=40
)
MAPS = st.dictionaries(st.binary(max_size=6), st.binary(min_size=1, max_size=40), max_size=30)
WIDE_MAPS = st.dictionaries(  # without nodes inside nodes
    st.binary(max_size=3), st.binary(min_size=32, max_size=40), max_size=12
)
MAX_NODE, MAX_NODES, MAX_KEY, MAX_VALUE = 576, 12, 32, 128


def cases(suite: str) -> list[dict[str, Any]]:
    return json.loads((VECTORS / f"{suite}.json").read_text())["cases"]


@pytest.fixture(scope="module")
def contract() -> Contract:
    chain = Chain()
    return chain.deploy("StorageProof", sender=chain.account("anybody"))


# RLP


@given(ITEMS)
def test_rlp_equals_the_ethereum_foundations(item: Any) -> None:
    data = tries.encode(item)
    assert data == foreign_rlp.encode(item)
    assert tries.decode(data) == item


@given(st.binary(max_size=60))
def test_rlp_is_read_in_one_form_only(data: bytes) -> None:
    try:
        item = tries.decode(data)
    except BadRlp:
        return
    assert tries.encode(item) == data


@pytest.mark.parametrize(
    "data",
    ["", "8100", "b800", "b90000", "b8", "f800", "c1", "c20080ff", "8180ff", "bf" + 8 * "ff"],
)
def test_rlp_refuses_other_forms(data: str) -> None:
    with pytest.raises(BadRlp):
        tries.decode(bytes.fromhex(data))


def test_rlp_refuses_what_would_exhaust_the_stack() -> None:
    with pytest.raises(BadRlp, match="nested"):
        tries.decode(b"".join(_lists(100)) + b"\x80")
    with pytest.raises(ValueError, match="value is -1"):
        tries.integer(-1)


def _lists(depth: int) -> list[bytes]:
    """Headers of lists in one another, the innermost holding one byte."""
    headers, n_bytes = [], 1
    for _ in range(depth):
        header = _header(n_bytes)
        headers.insert(0, header)
        n_bytes += len(header)
    return headers


def _header(n_bytes: int) -> bytes:
    if n_bytes < 56:
        return bytes([0xC0 + n_bytes])
    length = tries.integer(n_bytes)
    return bytes([0xF7 + len(length)]) + length


# Trees


@given(MAPS, st.booleans())
def test_a_trie_proves_what_it_holds_and_what_it_lacks(
    entries: dict[bytes, bytes], secure: bool
) -> None:
    trie = Trie(entries.items(), secure=secure)
    asked = {*entries, *(key[:-1] for key in entries), *(key + b"\1" for key in entries), b"?"}
    for key in asked:
        path = keccak256(key) if secure else key
        nodes = trie.prove(key)
        assert tries.verify(trie.root, path, nodes) == entries.get(key) == trie.get(key)


@given(MAPS, MAPS, st.randoms())
def test_the_root_depends_on_the_map_alone(
    kept: dict[bytes, bytes], removed: dict[bytes, bytes], rng: random.Random
) -> None:
    expected = Trie(kept.items()).root
    order = [*kept.items(), *((k, v) for k, v in removed.items() if k not in kept)]
    rng.shuffle(order)
    trie = Trie(order)
    for key in removed:
        trie.put(key, kept.get(key))
    assert trie.root == expected


def test_the_independent_library_has_the_same_roots() -> None:
    trie = pytest.importorskip("trie", reason="the trie package is an oracle for tests only")
    entries = {
        random.Random(i).randbytes(i % 7): bytes([1 + i % 255]) * (i % 40 + 1) for i in range(99)
    }
    theirs = trie.HexaryTrie(db={})
    for key, value in entries.items():
        theirs[key] = value
    assert Trie(entries.items()).root == theirs.root_hash


# Proofs


@settings(max_examples=40)
@given(MAPS.filter(bool), st.data())
def test_a_changed_proof_is_refused_or_still_says_the_truth(
    entries: dict[bytes, bytes], data: st.DataObject
) -> None:
    trie = Trie(entries.items())
    key = data.draw(st.sampled_from(sorted(entries)))
    nodes = trie.prove(key)
    number = data.draw(st.integers(0, len(nodes) - 1))
    place = data.draw(st.integers(0, len(nodes[number]) - 1))
    flipped = bytearray(nodes[number])
    flipped[place] ^= data.draw(st.integers(1, 255))
    forgeries = [
        [*nodes[:number], bytes(flipped), *nodes[number + 1 :]],
        nodes[:-1],
        [*nodes, nodes[-1]],
        [*nodes, b""],
        [nodes[0], *nodes],
        *([nodes[::-1]] if len(nodes) > 1 else []),
    ]
    for forged in forgeries:
        with pytest.raises(REFUSALS):
            tries.verify(trie.root, key, forged)


def test_verification_of_an_account_and_four_slots_hashes_each_node_once() -> None:
    chain = Chain()
    owner = chain.account("owner")
    library = chain.deploy("ResultLibrary", 60, sender=owner)
    library.connect(owner, sender=owner)
    for number in range(4):
        library.open(number, bytes(32), sender=owner)
    slots = [tries.vyper_slot(6, n.to_bytes(32, "big")) for n in range(1, 5)]
    shown = tries.prove_account(chain.state, library.address, slots)
    root = tries.state_root(chain.state)
    leaf, values = tries.verify_account(root, shown)
    assert leaf is not None
    assert leaf.nonce == 1
    assert values == [chain.state.storage[library.address, slot] for slot in slots]
    absent = tries.prove_account(chain.state, "0x" + "ab" * 20, [0])
    assert tries.verify_account(root, absent) == (None, [None])


def test_slots_of_mappings_are_where_the_compilers_put_them() -> None:
    # Solidity documentation, "Layout of State Variables": keccak(h(key) . slot)
    assert tries.solidity_slot(0, b"\1") == int.from_bytes(
        keccak256(bytes(31) + b"\1" + bytes(32)), "big"
    )
    assert tries.vyper_slot(3, b"\1") != tries.solidity_slot(3, b"\1")


@pytest.mark.parametrize("place", [tries.solidity_slot, tries.vyper_slot])
def test_slots_and_keys_beyond_a_word_are_refused(place: Any) -> None:
    assert 0 <= place(2**256 - 1, bytes(32)) < 2**256
    with pytest.raises(ValueError, match="key has 33 bytes, must have at most 32"):
        place(0, bytes(33))
    for slot in (-1, 2**256):
        with pytest.raises(ValueError, match=f"slot is {slot}, must be in"):
            place(slot, b"\1")


def test_a_header_says_state_number_and_time_and_nothing_malformed() -> None:
    chain = Chain(timestamp=1_700_000_000)
    chain.account("somebody")
    header = tries.header_of(chain)
    assert Header.from_bytes(header.data) == header
    assert (header.timestamp, header.number) == (chain.timestamp, chain.block.number)
    assert header.state_root == tries.state_root(chain.state)
    fields = tries.decode(header.data)
    for place, value in ((3, b"short"), (8, b"\0\1"), (11, bytes(9)), (11, []), (3, [])):
        wrong = [*fields[:place], value, *fields[place + 1 :]]
        with pytest.raises(BadRlp):
            Header.from_bytes(tries.encode(wrong))
    with pytest.raises(BadRlp, match="at least 15"):
        Header.from_bytes(tries.encode(fields[:14]))


@pytest.mark.parametrize(
    "fields",
    [
        [b"", b"", bytes(32)],
        [b"\0", b"", bytes(32), bytes(32)],
        [b"", b"", bytes(31), bytes(32)],
        [b"", b"", bytes(32), []],
        b"text",
    ],
)
def test_what_is_no_account_is_refused(fields: Any) -> None:
    with pytest.raises(tries.BadAccount):
        AccountLeaf.from_bytes(tries.encode(fields))


# The contract


@pytest.mark.parametrize("case", cases("trie.proof"), ids=lambda case: case["id"])
def test_the_contract_answers_the_foreign_proofs(contract: Contract, case: dict[str, Any]) -> None:
    given, out = case["in"], case["out"]
    key, nodes = unhex(given["key"]), unhex_all(given["proof"])
    if len(key) > MAX_KEY or len(nodes) > MAX_NODES or max(map(len, nodes), default=0) > MAX_NODE:
        pytest.skip("longer than what the contract reads")
    if "error" in out:
        with pytest.raises(Reverted) as refused:
            contract.value_of(unhex(given["root"]), key, nodes)
        assert refused.value.reason == out["error"]
        return
    exists, value = contract.value_of(unhex(given["root"]), key, nodes)
    assert (value if exists else None) == (None if out["value"] is None else unhex(out["value"]))


@pytest.mark.parametrize("case", cases("trie.eip1186"), ids=lambda case: case["id"])
def test_the_contract_answers_the_foreign_chain(contract: Contract, case: dict[str, Any]) -> None:
    given, out = case["in"], case["out"]
    account = unhex_all(given["account_proof"])
    answers: list[Any] = []
    for item in given["storage"]:
        arguments = unhex(given["state_root"]), given["address"], account
        slot = int(item["slot"], 16), unhex_all(item["proof"])
        try:
            answers.append(contract.slot_of(*arguments, *slot) or None)
        except Reverted as refused:
            answers.append(refused.reason)
    assert answers == out["storage"] if "storage" in out else out["error"] in answers


@settings(max_examples=40, deadline=None)
@given(MAPS.filter(bool), st.binary(max_size=6), st.data())
def test_the_contract_agrees_on_true_proofs(
    contract: Contract, entries: dict[bytes, bytes], other: bytes, data: st.DataObject
) -> None:
    trie = Trie(entries.items())
    key = data.draw(st.sampled_from([*sorted(entries), other]))
    nodes = trie.prove(key)
    assert _on_chain(contract, trie.root, key, nodes) == entries.get(key)


@settings(max_examples=60, deadline=None)
@given(WIDE_MAPS.filter(bool), st.data())
def test_the_contract_agrees_on_nodes_that_no_trie_has(
    contract: Contract, entries: dict[bytes, bytes], data: st.DataObject
) -> None:
    trie = Trie(entries.items())
    key = data.draw(st.sampled_from(sorted(entries)))
    node = bytearray(trie.prove(key)[-1])
    node[data.draw(st.integers(0, len(node) - 1))] ^= data.draw(st.integers(1, 255))
    rest = key[len(key) // 2 :]  # any path will do: the root is this node's
    root = keccak256(node)
    for path in (key, rest, b""):
        nodes = [bytes(node)]
        assert _in_python(root, path, nodes) == _on_chain(contract, root, path, nodes)


def _in_python(root: bytes, key: bytes, nodes: list[bytes]) -> Any:
    try:
        return tries.verify(root, key, nodes)
    except REFUSALS:
        return "refused"


def _on_chain(contract: Contract, root: bytes, key: bytes, nodes: list[bytes]) -> Any:
    try:
        exists, value = contract.value_of(root, key, nodes)
    except Reverted as refused:
        known = refused.reason in {refusal.__name__ for refusal in REFUSALS}
        return "refused" if known else refused.reason
    return value if exists else None


# Weakened verifiers


def test_without_the_rule_of_extra_nodes_one_proof_has_many_forms() -> None:
    trie = Trie([(b"a", b"1"), (b"b", b"2")])
    padded = [*trie.prove(b"a"), b"anything"]
    weak, _ = proof.follow(trie.root, tries.nibbles_of(b"a"), proof._reader(padded))
    assert weak == b"1"
    with pytest.raises(ExtraNodes):
        tries.verify(trie.root, b"a", padded)


def test_without_the_hash_of_the_first_node_anything_is_proven() -> None:
    invented = Trie([(b"treasury", b"mine")])
    weak, _ = proof.follow(
        EMPTY_ROOT, tries.nibbles_of(b"treasury"), lambda digest: invented.prove(b"treasury")[0]
    )
    assert weak == b"mine"
    with pytest.raises(HashMismatch):
        tries.verify(EMPTY_ROOT, b"treasury", invented.prove(b"treasury"))


def test_a_path_compared_in_part_lets_one_key_pose_as_another(monkeypatch) -> None:
    trie = Trie([(b"\x12\x34", b"mine"), (b"\x50\x00", b"x")])
    other = b"\x12\x99"  # the same first nibble, another rest
    assert tries.verify(trie.root, other, trie.prove(other)) is None

    def turn_short(node: Any, path: bytes) -> Any:
        piece, is_leaf = tries.unpack_path(node[0])
        return (None, node[1]) if is_leaf else (node[1], path[len(piece) :])

    monkeypatch.setattr(proof, "_turn_short", turn_short)
    assert tries.verify(trie.root, other, trie.prove(other)) == b"mine"


def test_a_storage_root_that_is_said_and_not_proven_holds_whatever_is_wanted() -> None:
    chain = Chain()
    library = chain.deploy("ResultLibrary", 60, sender=chain.account("owner"))
    invented = Trie([(bytes(32), tries.encode(b"\7"))], secure=True)
    said = invented.root, invented.prove(bytes(32))  # as "storageHash" in the answer
    assert tries.verify(said[0], keccak256(bytes(32)), said[1]) == b"\7"
    root = tries.state_root(chain.state)
    true = tries.prove_account(chain.state, library.address, [0])
    forged = tries.AccountProof(library.address, true.account, ((0, tuple(said[1])),))
    with pytest.raises(HashMismatch):
        tries.verify_account(root, forged)
    leaf_as_storage = tries.AccountProof(library.address, true.account, ((0, true.account),))
    with pytest.raises(HashMismatch):
        tries.verify_account(root, leaf_as_storage)


def test_a_proof_of_another_key_another_account_or_another_block_fails() -> None:
    chain = Chain()
    a, b = chain.account("a"), chain.account("b", 5)
    root = tries.state_root(chain.state)
    of_a = tries.prove_account(chain.state, a.address, [])
    posing = tries.AccountProof(b.address, of_a.account, ())
    with pytest.raises(REFUSALS):
        tries.verify_account(root, posing)
    chain.transfer(a, b, value=1)
    with pytest.raises(HashMismatch):
        tries.verify_account(tries.state_root(chain.state), of_a)
