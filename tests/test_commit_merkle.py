"""RFC 6962 trees: properties against the recursive definition, tamper sweeps, and the attacks."""

import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit import merkle

LISTS = st.lists(st.binary(max_size=20), min_size=1, max_size=40)


def defined_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    halves = defined_root(entries[:k]) + defined_root(entries[k:])
    return hashlib.sha256(b"\x01" + halves).digest()


@given(st.lists(st.binary(max_size=20), max_size=40))
def test_root_is_the_definition(entries: list[bytes]) -> None:
    assert merkle.root(entries) == defined_root(entries)


@given(LISTS, st.data())
def test_honest_proofs_are_accepted(entries: list[bytes], data: st.DataObject) -> None:
    n = len(entries)
    index, first = data.draw(st.integers(0, n - 1)), data.draw(st.integers(1, n))
    top = merkle.root(entries)
    proof = merkle.prove_inclusion(entries, index)
    assert merkle.verify_inclusion(entries[index], index, n, proof, top)
    steps = merkle.prove_consistency(entries, first)
    assert merkle.verify_consistency(first, n, merkle.root(entries[:first]), top, steps)


def tampered(proof: list[bytes], rng: random.Random) -> list[list[bytes]]:
    """The proof with each hash changed, removed, doubled, exchanged, cut; and one too many."""
    bad = [[*proof, bytes(32)], [bytes(32), *proof], [*proof, b""]]
    for i, digest in enumerate(proof):
        flipped = bytearray(digest)
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        before, after = proof[:i], proof[i + 1 :]
        bad += [[*before, bytes(flipped), *after], [*before, *after], [*before, digest, *proof[i:]]]
        bad += [[*before, digest[:-1], *after], [*before, digest + b"\0", *after]]
        if after:
            bad.append([*before, after[0], digest, *after[1:]])
    return bad


@pytest.mark.parametrize("n", [1, 2, 3, 6, 8, 13, 33])
def test_tamper_sweep_of_inclusion(n: int) -> None:
    rng = random.Random(n)
    entries = [rng.randbytes(10) for _ in range(n)]
    top = merkle.root(entries)
    for index in range(n):
        proof = merkle.prove_inclusion(entries, index)
        for bad in tampered(proof, rng):
            assert merkle.verify_inclusion(entries[index], index, n, bad, top) is False
        for other in set(range(-1, n + 2)) - {index}:
            assert merkle.verify_inclusion(entries[index], other, n, proof, top) is False
        assert merkle.verify_inclusion(entries[index] + b"!", index, n, proof, top) is False
        assert merkle.verify_inclusion(entries[index], index, n, proof, bytes(32)) is False


@pytest.mark.parametrize("n", [2, 3, 6, 8, 13, 33])
def test_tamper_sweep_of_consistency(n: int) -> None:
    rng = random.Random(n)
    entries = [rng.randbytes(10) for _ in range(n)]
    top = merkle.root(entries)
    for first in range(1, n + 1):
        before = merkle.root(entries[:first])
        proof = merkle.prove_consistency(entries, first)
        for bad in tampered(proof, rng):
            assert merkle.verify_consistency(first, n, before, top, bad) is False
        assert merkle.verify_consistency(first, n, bytes(32), top, proof) is False
        assert merkle.verify_consistency(first, n, before, bytes(32), proof) is False
        assert merkle.verify_consistency(0, n, before, top, proof) is False
        assert merkle.verify_consistency(n + 1, n, before, top, proof) is False


def test_rewritten_history_is_refused() -> None:
    entries = [bytes([i]) for i in range(11)]
    old = merkle.root(entries[:7])
    for i in range(7):
        rewritten = [*entries[:i], b"lie", *entries[i + 1 :]]
        proof = merkle.prove_consistency(rewritten, 7)
        assert merkle.verify_consistency(7, 11, old, merkle.root(rewritten), proof) is False


def test_node_as_leaf_works_without_prefixes_and_is_refused_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entries = [b"a", b"b", b"c", b"d"]

    def accepted() -> bool:
        forged = merkle.leaf_hash(b"a") + merkle.leaf_hash(b"b")
        path = [merkle.node_hash(merkle.leaf_hash(b"c"), merkle.leaf_hash(b"d"))]
        return merkle.verify_inclusion(forged, 0, 2, path, merkle.root(entries))

    assert accepted() is False
    monkeypatch.setattr(merkle, "LEAF_PREFIX", b"")
    monkeypatch.setattr(merkle, "NODE_PREFIX", b"")
    assert accepted() is True


def test_no_leaf_is_copied() -> None:
    assert merkle.root([b"1", b"2", b"3"]) != merkle.root([b"1", b"2", b"3", b"3"])


@pytest.mark.parametrize("index", [-1, 3])
def test_proof_of_a_missing_entry_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match=f"index is {index}, must be in 0..2"):
        merkle.prove_inclusion([b"a", b"b", b"c"], index)


@pytest.mark.parametrize("first", [0, 4])
def test_consistency_with_a_missing_prefix_is_refused(first: int) -> None:
    with pytest.raises(IndexError, match=f"first is {first}, must be in 1..3"):
        merkle.prove_consistency([b"a", b"b", b"c"], first)
