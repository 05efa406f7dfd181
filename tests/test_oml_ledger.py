"""Sealed fingerprints and the ledger: money conserved, and what each rule is there for."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.oml import protocol as p
from aicrypto.oml.protocol import ledger as rules

SECRET = bytes(range(32))
SEALED = p.seal([(f"key {i}", f"word{i}") for i in range(7)], SECRET)
TERMS = p.Terms(SEALED.root, SEALED.count, 10, 100, 5000, 2000)


def opened(collateral: int = 1000, credit: int = 100) -> p.Ledger:
    return rules.deposit(rules.publish(p.Ledger(), TERMS), "host", collateral, credit)


def test_reveals_of_all_places_verify_and_every_change_is_refused():
    for index in range(SEALED.count):
        reveal = SEALED.reveal(index)
        assert p.verify_reveal(SEALED.root, SEALED.count, reveal)
        pair, proof = reveal.pair, reveal.proof
        bad = [
            *(replace(reveal, index=i) for i in range(-1, 9) if i != index),
            replace(reveal, pair=replace(pair, key=pair.key + " ")),
            replace(reveal, pair=replace(pair, response="other")),
            replace(reveal, pair=replace(pair, salt=bytes(32))),
            replace(reveal, pair=replace(pair, salt=pair.salt[:31])),
            replace(reveal, pair=replace(pair, key="\ud800")),
            replace(reveal, proof=proof[:-1]),
            replace(reveal, proof=(*proof, bytes(32))),
            replace(reveal, proof=proof[::-1]) if len(proof) > 1 else replace(reveal, proof=()),
        ]
        for place, sibling in enumerate(proof):
            flipped = bytes([sibling[0] ^ 1]) + sibling[1:]
            bad.append(replace(reveal, proof=(*proof[:place], flipped, *proof[place + 1 :])))
        for changed in bad:
            assert p.verify_reveal(SEALED.root, SEALED.count, changed) is False, changed
        assert p.verify_reveal(bytes(32), SEALED.count, reveal) is False
    with pytest.raises(IndexError):
        SEALED.reveal(7)


def test_sealing_refuses_doubles_and_short_secrets():
    with pytest.raises(ValueError, match="all different"):
        p.seal([("k", "a"), ("k", "b")], SECRET)
    with pytest.raises(ValueError, match="pairs has 0 entries"):
        p.seal([], SECRET)
    with pytest.raises(ValueError, match="secret has 3 bytes"):
        p.seal([("k", "a")], b"abc")
    with pytest.raises(ValueError, match="salt has 3 bytes"):
        p.Pair("k", "a", b"abc").sealed()


def test_unpaid_use_is_slashed_once_and_paid_use_is_not():
    state = opened()
    paid = rules.authorise(state, "host", sha256(b"key 1"))
    assert rules.claim(paid, "prover", "host", SEALED.reveal(1), "word1")[1] == "Paid"
    after, verdict = rules.claim(paid, "prover", "host", SEALED.reveal(2), "word2")
    assert verdict == "Slashed"
    assert after.hosts["host"].collateral == 500
    assert (after.owner, dict(after.provers)) == (10 + 400, {"prover": 100})
    with pytest.raises(rules.AlreadyRevealed):
        rules.claim(after, "other", "host", SEALED.reveal(2), "word2")


def test_refusals_have_the_names_and_the_order_of_the_protocol():
    empty, state = p.Ledger(), opened(collateral=99, credit=9)
    good = SEALED.reveal(0)
    for call, reason in [
        (lambda: rules.deposit(empty, "h", 1, 1), rules.NotPublished),
        (lambda: rules.authorise(empty, "h", bytes(32)), rules.NotPublished),
        (lambda: rules.claim(empty, "p", "h", good, "x"), rules.NotPublished),
        (lambda: rules.withdraw(empty, "h", 1), rules.NotPublished),
        (lambda: rules.publish(state, TERMS), rules.AlreadyPublished),
        (lambda: rules.authorise(state, "nobody", bytes(32)), rules.InsufficientCollateral),
        (lambda: rules.authorise(state, "host", bytes(32)), rules.InsufficientCollateral),
        (
            lambda: rules.authorise(rules.deposit(state, "host", 1, 0), "host", bytes(32)),
            rules.InsufficientCredit,
        ),
        (lambda: rules.claim(state, "p", "nobody", good, "x"), rules.UnknownHost),
        (
            lambda: rules.claim(state, "p", "host", replace(good, index=1), "word0"),
            rules.NotCommitted,
        ),
        (lambda: rules.claim(state, "p", "host", good, "other"), rules.ResponseMismatch),
        (lambda: rules.withdraw(state, "nobody", 1), rules.UnknownHost),
        (lambda: rules.withdraw(state, "host", 100), rules.InsufficientCollateral),
    ]:
        with pytest.raises(rules.Refused) as caught:
            call()
        assert type(caught.value) is reason
    for field, value in [("price", -1), ("slash_bps", 10_001), ("prover_bps", -1)]:
        with pytest.raises(ValueError, match=f"{field} is {value}"):
            replace(TERMS, **{field: value})
    with pytest.raises(ValueError, match="credit is -1"):
        rules.deposit(state, "host", 0, -1)


def test_without_commitment_a_pair_is_made_up_after_the_answer():
    """The rule that `verify_reveal` keeps: pairs are older than answers."""
    said = "what the host happened to say"
    invented = p.Reveal(0, p.Pair("an honest question", said, bytes(32)), ())
    with pytest.raises(rules.NotCommitted):
        rules.claim(opened(), "prover", "host", invented, said)
    late = p.seal([("an honest question", said)], SECRET)  # an owner who seals afterwards
    weak = replace(TERMS, root=late.root, count=1)
    state = rules.deposit(rules.publish(p.Ledger(), weak), "host", 1000, 0)
    assert rules.claim(state, "prover", "host", late.reveal(0), said)[1] == "Slashed"


def test_without_a_count_one_leaf_stands_at_two_places():
    """Siblings alone do not fix the place: the last leaf of an odd level moves up."""
    leaves = [pair.sealed() for pair in SEALED.pairs]
    reveal = SEALED.reveal(6)
    assert merkle.verify_inclusion(leaves[6], 6, 7, reveal.proof, SEALED.root)
    assert merkle.verify_inclusion(leaves[6], 3, 4, reveal.proof, SEALED.root), "size is a lie"
    assert not p.verify_reveal(SEALED.root, SEALED.count, replace(reveal, index=3))


def test_without_salt_a_short_response_is_guessed_from_its_leaf():
    def leaf(response: str, salt: bytes) -> bytes:
        return merkle.leaf_hash(sha256(b"key 3") + sha256(response.encode()) + salt)

    words = [f"word{i}" for i in range(1000)]
    unsalted = leaf("word3", b"")
    assert [w for w in words if leaf(w, b"") == unsalted] == ["word3"]
    sealed = merkle.leaf_hash(SEALED.pairs[3].sealed())
    assert not [w for w in words if sealed in (leaf(w, b""), leaf(w, bytes(32)))]


def test_without_the_revealed_set_one_fingerprint_slashes_twice():
    once, _ = rules.claim(opened(), "prover", "host", SEALED.reveal(0), "word0")
    forgetful = replace(once, revealed=frozenset())
    twice, verdict = rules.claim(forgetful, "prover", "host", SEALED.reveal(0), "word0")
    assert verdict == "Slashed"
    assert twice.hosts["host"].collateral == 250


hosts = st.sampled_from(["a", "b"])
amounts = st.integers(0, 500)
operations = st.one_of(
    st.tuples(st.just("deposit"), hosts, amounts, amounts),
    st.tuples(st.just("authorise"), hosts, st.integers(0, 6).map(lambda i: sha256(b"key %d" % i))),
    st.tuples(st.just("withdraw"), hosts, amounts),
    st.tuples(
        st.just("claim"),
        st.sampled_from(["p", "q"]),
        hosts,
        st.integers(0, 6).map(SEALED.reveal),
        st.integers(0, 6).map(lambda i: f"word{i}"),
    ),
)


@settings(max_examples=60)
@given(st.lists(operations, max_size=25))
def test_money_is_conserved_and_refused_operations_change_nothing(history):
    state, inside = rules.publish(p.Ledger(), TERMS), 0
    for name, *arguments in history:
        try:
            result = getattr(rules, name)(state, *arguments)
        except rules.Refused:
            continue
        state = result[0] if name == "claim" else result
        if name == "deposit":
            inside += arguments[1] + arguments[2]
        if name == "withdraw":
            inside -= arguments[1]
        assert state.total == inside
        assert all(host.collateral >= 0 <= host.credit for host in state.hosts.values())
