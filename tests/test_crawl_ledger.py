"""The ledger: every size's root and proofs as the plain tree has them; monitors; signed heads."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit import merkle
from aicrypto.crawl.ledger import IndexOutOfRange, Ledger, Monitor, verify_consistency
from aicrypto.crawl.players import rewritten_head
from aicrypto.crawl.signing import TreeHead, is_signed, public_key, sign

SEED, OTHER_SEED = bytes(range(32)), bytes(32)
ENTRIES = [b"entry %d" % i for i in range(40)]


@given(st.integers(1, 70), st.data())
def test_every_proof_equals_the_plain_tree(n, data):
    entries = [i.to_bytes(2, "big") for i in range(n)]
    ledger = Ledger(entries)
    size = data.draw(st.integers(1, n))
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert ledger.root(size) == merkle.root(entries[:size])
    assert ledger.prove_inclusion(index, size) == merkle.prove_inclusion(entries[:size], index)
    path = ledger.prove_consistency(first, size)
    assert path == merkle.prove_consistency(entries[:size], first)
    assert verify_consistency(first, size, ledger.root(first), ledger.root(size), path)


def test_an_empty_ledger():
    ledger = Ledger()
    assert ledger.root() == merkle.EMPTY_ROOT
    assert ledger.append(b"a") == 0
    assert ledger.prove_consistency(0) == []


@pytest.mark.parametrize("ask", [
    lambda ledger: ledger.leaf(40),
    lambda ledger: ledger.root(41),
    lambda ledger: ledger.prove_inclusion(40),
    lambda ledger: ledger.prove_inclusion(7, 7),
    lambda ledger: ledger.prove_consistency(9, 8),
    lambda ledger: ledger.prove_consistency(-1),
])  # fmt: skip
def test_what_is_not_there_is_named(ask):
    with pytest.raises(IndexOutOfRange, match="must be in 0"):
        ask(Ledger(ENTRIES))


@given(st.integers(0, 31), st.integers(0, 255))
def test_a_changed_root_is_not_consistent(position, change):
    ledger = Ledger(ENTRIES)
    path = ledger.prove_consistency(13)
    root = bytearray(ledger.root())
    root[position] ^= change
    assert verify_consistency(13, 40, ledger.root(13), bytes(root), path) == (change == 0)


def test_inclusion_of_a_hash_is_that_of_its_entry():
    ledger = Ledger(ENTRIES)
    proof = (7, 40, ledger.prove_inclusion(7), ledger.root())
    assert merkle.verify_inclusion_of_hash(ledger.leaf(7), *proof)
    assert merkle.verify_inclusion(ENTRIES[7], *proof)
    assert not merkle.verify_inclusion_of_hash(ledger.leaf(8), *proof)
    assert not merkle.verify_inclusion_of_hash(b"short", *proof)


# Signatures


def test_a_signature_is_of_one_key_and_one_message():
    signature = sign(SEED, b"message")
    assert is_signed(public_key(SEED), b"message", signature)
    assert not is_signed(public_key(SEED), b"another", signature)
    assert not is_signed(public_key(OTHER_SEED), b"message", signature)
    assert not is_signed(b"no key", b"message", signature)
    assert not is_signed(public_key(SEED), b"message", b"short")


def test_an_independent_implementation_agrees():
    from Crypto.PublicKey import ECC
    from Crypto.Signature import eddsa

    theirs = ECC.construct(curve="ed25519", seed=SEED)
    assert eddsa.new(theirs, "rfc8032").sign(b"message") == sign(SEED, b"message")
    assert theirs.public_key().export_key(format="raw") == public_key(SEED)


@pytest.mark.parametrize("change", [
    {"size": 41}, {"timestamp_ms": 6}, {"root": bytes(32)}, {"validator": public_key(OTHER_SEED)},
    {"signature": bytes(64)}, {"size": -1}, {"root": b"short"}, {"size": 2**64},
])  # fmt: skip
def test_a_changed_head_is_not_signed(change):
    head = Ledger(ENTRIES).head(5, SEED)
    assert head.is_signed()
    assert not replace(head, **change).is_signed()


@pytest.mark.parametrize("arguments", [(-1, 0, bytes(32)), (0, 2**64, bytes(32)), (0, 0, b"")])
def test_what_cannot_be_signed_is_named(arguments):
    with pytest.raises(ValueError, match="must"):
        TreeHead.signed(*arguments, SEED)
    with pytest.raises(ValueError, match="seed has 3 bytes"):
        sign(b"abc", b"")


# Monitors


def test_a_monitor_follows_a_ledger_that_grows():
    ledger, monitor, last = Ledger(), Monitor(public_key(SEED)), 0
    for i, entry in enumerate(ENTRIES):
        ledger.append(entry)
        assert monitor.observe(ledger.head(i, SEED), ledger.prove_consistency(last)) == "ok"
        last = len(ledger)
    assert monitor.evidence == []


def test_every_rewrite_is_caught_with_two_signatures():
    """The attack works on who keeps only the latest head: both are properly signed."""
    for index in range(20):
        old, monitor = Ledger(ENTRIES[:20]), Monitor(public_key(SEED))
        assert monitor.observe(old.head(1, SEED)) == "ok"
        lie = rewritten_head(ENTRIES, index, b"never happened", 2, SEED)
        assert lie.is_signed()  # all that a forgetful client checks
        changed = [*ENTRIES[:index], b"never happened", *ENTRIES[index + 1 :]]
        path = Ledger(changed).prove_consistency(20)
        assert monitor.observe(lie, path) == "Rewritten"
        assert monitor.observe(lie, Ledger(ENTRIES).prove_consistency(20)) == "Rewritten"
        [(first, second), *_] = monitor.evidence
        assert first.is_signed()
        assert second.is_signed()


def test_forks_shrinking_and_strangers():
    monitor = Monitor(public_key(SEED))
    assert monitor.observe(Ledger(ENTRIES).head(1, SEED)) == "ok"
    assert monitor.observe(Ledger(ENTRIES).head(2, SEED)) == "ok"
    assert monitor.observe(rewritten_head(ENTRIES, 3, b"x", 3, SEED)) == "Fork"
    assert monitor.observe(Ledger(ENTRIES[:39]).head(3, SEED)) == "Shrunk"
    assert len(monitor.evidence) == 2
    assert monitor.observe(Ledger(ENTRIES).head(4, OTHER_SEED)) == "BadSignature"
    assert monitor.observe(replace(Ledger(ENTRIES).head(4, SEED), size=50)) == "BadSignature"
    assert len(monitor.evidence) == 2
    grown = Ledger([*ENTRIES, b"more"])
    for no_path in (None, 7, {}, [None], ["x"]):
        assert monitor.observe(grown.head(5, SEED), no_path) == "Rewritten"
    assert monitor.observe(grown.head(5, SEED), grown.prove_consistency(len(ENTRIES))) == "ok"


def test_an_old_head_shown_again_convicts_nobody():
    """Anybody can replay one; only a smaller tree signed later shows that entries are gone."""
    monitor, old = Monitor(public_key(SEED)), Ledger(ENTRIES[:10])
    assert monitor.observe(old.head(1, SEED)) == "ok"
    ledger = Ledger(ENTRIES)
    assert monitor.observe(ledger.head(2, SEED), ledger.prove_consistency(10)) == "ok"
    assert monitor.observe(old.head(1, SEED)) == "Old"
    assert monitor.evidence == []
    assert monitor.head == ledger.head(2, SEED), "and it is not taken for the newest"
    assert monitor.observe(rewritten_head(ENTRIES, 3, b"x", 1, SEED)) == "Fork", "at any time"
    assert monitor.observe(old.head(2, SEED)) == "Shrunk"
    assert monitor.observe(old.head(3, SEED)) == "Shrunk"
    assert len(monitor.evidence) == 3
