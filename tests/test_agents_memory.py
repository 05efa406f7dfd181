"""Memory: one hash for all acts, encrypted for the owner, handed over so that the seller is out."""

import random
from dataclasses import astuple, replace

import pytest

from aicrypto.agents import memory
from aicrypto.agents.agency import Agency
from aicrypto.agents.brain import Brain, HashedWords, Router, RuleVoice, Tool
from aicrypto.agents.memory import ACCESS, OWNERSHIP, Locked, Memory, Sealed, TransferProof, Vault
from aicrypto.agents.memory.sealing import SEALED_BYTES
from aicrypto.agents.refusals import Refusal
from aicrypto.evm import Chain, Reverted

TOOL = Tool("trades", "count the trades in a table", lambda question: 7, {"question": "string"})
BRAIN = Brain(Router((TOOL,), HashedWords()), RuleVoice())
QUESTIONS = ("count trades in March", "banana bread recipe", "trades in April?")
FULL = Memory(tuple(map(BRAIN.act, QUESTIONS)))
ALICE, BOB, TEE, EVE = (Chain().account(name) for name in ("alice", "bob", "tee", "eve"))


def drawing(seed: int):
    return random.Random(seed).randbytes


def test_one_hash_stands_for_all_acts_in_order():
    assert Memory().head == bytes(32)
    step_by_step = Memory()
    for question in QUESTIONS:
        step_by_step = step_by_step.remember(BRAIN.act(question))
    assert step_by_step.head == FULL.head
    first, second, third = FULL.acts
    for acts in [(first, second), (second, first, third), (first, third), (*FULL.acts, third)]:
        assert Memory(acts).head != FULL.head
    changed = replace(second, answer="I remember it otherwise")
    assert Memory((first, changed, third)).head != FULL.head


def test_a_memory_is_read_back_whole_or_not_at_all():
    data = FULL.to_bytes()
    assert Memory.from_bytes(data, FULL.head) == FULL
    with pytest.raises(ValueError, match="has head"):
        Memory.from_bytes(Memory(FULL.acts[:2]).to_bytes(), FULL.head)
    for bad in (b"", b"{}", b"[1]", b'["{}"]', data[:-1], b"[" * 10**5):
        with pytest.raises(ValueError, match=r"."):
            Memory.from_bytes(bad)


def test_what_is_most_alike_is_recalled_first():
    recalled = FULL.recall("how many trades in April", HashedWords(), 2)
    assert [act.question for act in recalled] == ["trades in April?", "count trades in March"]
    assert Memory().recall("anything", HashedWords()) == []


def test_only_the_owner_opens_and_every_changed_byte_is_noticed():
    sealed = memory.lock(
        b"what I know", memory.public_key(ALICE.private_key), drawing(1), b"agent 1"
    )
    assert memory.unlock(sealed, ALICE.private_key, b"agent 1") == b"what I know"
    assert len(sealed.key) == SEALED_BYTES
    with pytest.raises(Locked):
        memory.unlock(sealed, BOB.private_key, b"agent 1")
    with pytest.raises(Locked):
        memory.unlock(sealed, ALICE.private_key, b"agent 2")
    for name in ("blob", "key"):
        good = getattr(sealed, name)
        cut = [good[:n] for n in (0, 12, len(good) - 1)]
        flipped = [good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :] for i in range(len(good))]
        for bad in [*cut, *flipped]:
            with pytest.raises(Locked):
                memory.unlock(replace(sealed, **{name: bad}), ALICE.private_key, b"agent 1")


def test_the_mirrored_point_is_another_key():
    """y and p - y share an x coordinate, so both sides would agree on the same secret."""
    sealed = memory.lock(b"what I know", memory.public_key(ALICE.private_key), drawing(1))
    prime = 2**256 - 2**32 - 977
    y = prime - int.from_bytes(sealed.key[33:65], "big")
    mirrored = sealed.key[:33] + y.to_bytes(32, "big") + sealed.key[65:]
    with pytest.raises(Locked):
        memory.unlock(replace(sealed, key=mirrored), ALICE.private_key)


def standing(ownership_by=TEE, access_by=BOB):
    """A registered agent of Alice's, and the proof that hands it to Bob."""
    vault = Vault(1, "0x" + "11" * 20, TEE.address)
    point = memory.public_key(ALICE.private_key)
    sealed = memory.lock(FULL.to_bytes(), point, drawing(2), memory.context_of(7))
    vault.mint(ALICE.address.lower(), 7, sealed)
    key = memory.open_key(vault.sealed_keys[7], ALICE.private_key, memory.context_of(7))
    to = (BOB.address, memory.public_key(BOB.private_key))
    terms, new = memory.reencrypt(vault, 7, sealed.blob, key, to, drawing(3))
    access = memory.sign_proof(vault, ACCESS, terms, access_by)
    ownership = memory.sign_proof(vault, OWNERSHIP, terms, ownership_by)
    return vault, TransferProof(terms, access, ownership), new, key


def test_the_memory_goes_with_the_token_and_the_seller_cannot_read_on():
    vault, proof, new, old_key = standing()
    vault.transfer(ALICE.address.lower(), proof)
    assert vault.owners[7] == BOB.address.lower()
    assert vault.digests[7] == new.digest
    opened = memory.unlock(new, BOB.private_key, memory.context_of(7))
    assert Memory.from_bytes(opened, FULL.head) == FULL
    with pytest.raises(Locked):
        memory.unlock(new, ALICE.private_key, memory.context_of(7))
    with pytest.raises(Locked):
        memory.open_blob(new.blob, old_key, memory.context_of(7))


def test_a_replayed_proof_moves_nothing():
    vault, proof, *_ = standing()
    vault.transfer(ALICE.address.lower(), proof)
    # Bob gives it back in due form, and Alice shows the first proof again.
    vault.owners[7], vault.digests[7] = ALICE.address.lower(), proof.terms.old
    with pytest.raises(Refusal, match="nonce used"):
        vault.transfer(ALICE.address.lower(), proof)
    vault.used.clear()  # a registry that forgets nonces
    vault.transfer(ALICE.address.lower(), proof)
    assert vault.owners[7] == BOB.address.lower()


def test_every_part_of_a_proof_counts():
    for kwargs, reason in [
        ({"ownership_by": ALICE}, "ownership proof"),
        ({"access_by": EVE}, "access proof"),
    ]:
        vault, proof, *_ = standing(**kwargs)
        with pytest.raises(Refusal, match=reason):
            vault.transfer(ALICE.address.lower(), proof)
    vault, proof, *_ = standing()
    with pytest.raises(Refusal, match="not owner"):
        vault.transfer(EVE.address.lower(), proof)
    swapped = replace(proof, access=proof.ownership, ownership=proof.access)
    with pytest.raises(Refusal, match="access proof"):
        vault.transfer(ALICE.address.lower(), swapped)
    for change in [
        {"new": bytes(32)},
        {"receiver": EVE.address},
        {"sealed_key": bytes(SEALED_BYTES)},
        {"nonce": bytes(32)},
        {"old": bytes(32)},
    ]:
        with pytest.raises(Refusal):
            vault.transfer(
                ALICE.address.lower(), replace(proof, terms=replace(proof.terms, **change))
            )
    assert vault.owners[7] == ALICE.address.lower()
    elsewhere = replace(vault, chain_id=2)
    with pytest.raises(Refusal, match="access proof"):
        elsewhere.transfer(ALICE.address.lower(), proof)


def test_the_verifier_reencrypts_what_is_registered_only():
    vault, _, _, key = standing()
    point = memory.public_key(ALICE.private_key)
    empty = memory.lock(b"[]", point, drawing(4), memory.context_of(7))
    to = (BOB.address, memory.public_key(BOB.private_key))
    other = memory.open_key(empty.key, ALICE.private_key, memory.context_of(7))
    with pytest.raises(Refusal, match="stale digest"):
        memory.reencrypt(vault, 7, empty.blob, other, to, drawing(5))
    with pytest.raises(Locked):
        memory.reencrypt(vault, 7, empty.blob, key, to, drawing(5))


def test_a_seller_who_encrypts_himself_reads_on():
    """Why the new key must be the verifier's: a proof of equal plaintexts alone hides nothing."""
    vault, _, _, key = standing()
    point = memory.public_key(ALICE.private_key)
    sealed = memory.lock(FULL.to_bytes(), point, drawing(2), memory.context_of(7))
    to = (BOB.address, memory.public_key(BOB.private_key))
    terms, new = memory.reencrypt(vault, 7, sealed.blob, key, to, drawing(6))
    access, ownership = (
        memory.sign_proof(vault, kind, terms, by) for kind, by in ((ACCESS, BOB), (OWNERSHIP, TEE))
    )
    vault.transfer(ALICE.address.lower(), TransferProof(terms, access, ownership))
    drawn_by_the_seller = drawing(6)(32)
    assert memory.open_blob(new.blob, drawn_by_the_seller, memory.context_of(7)) == FULL.to_bytes()


def test_an_update_is_the_owners_alone():
    vault, *_ = standing()
    sealed = memory.lock(b"[]", memory.public_key(ALICE.private_key), drawing(8))
    with pytest.raises(Refusal, match="not owner"):
        vault.update(BOB.address.lower(), 7, sealed)
    vault.update(ALICE.address.lower(), 7, sealed)
    assert vault.digests[7] == sealed.digest
    with pytest.raises(Refusal, match="exists"):
        vault.mint(BOB.address.lower(), 7, sealed)


def test_the_contract_moves_token_and_memory_as_the_model_does():
    chain = Chain()
    alice, bob, tee, eve = (chain.account(name) for name in ("alice", "bob", "tee", "eve"))
    agency = Agency.deploy(chain, alice)
    agent_id, _ = agency.register(alice)
    contract = chain.deploy("AgentVault", agency.identities.address, tee.address, sender=alice)
    model = Vault(chain.chain_id, contract.address, tee.address)
    context = memory.context_of(agent_id)
    sealed = memory.lock(FULL.to_bytes(), memory.public_key(alice.private_key), drawing(2), context)
    model.mint(alice.address.lower(), agent_id, sealed)
    with pytest.raises(Reverted, match="not owner"):
        contract.keep(agent_id, sealed.digest, sealed.key, sender=bob)
    contract.keep(agent_id, sealed.digest, sealed.key, sender=alice)
    key = memory.open_key(contract.sealedKeys(agent_id), alice.private_key, context)
    to = (bob.address, memory.public_key(bob.private_key))
    terms, new = memory.reencrypt(model, agent_id, sealed.blob, key, to, drawing(3))
    access, ownership = (
        memory.sign_proof(model, kind, terms, by) for kind, by in ((ACCESS, bob), (OWNERSHIP, tee))
    )
    good = TransferProof(terms, access, ownership)
    tries = [
        (eve, good),
        (alice, replace(good, terms=replace(terms, old=bytes(32)))),
        (alice, replace(good, terms=replace(terms, receiver=eve.address))),
        (alice, replace(good, terms=replace(terms, sealed_key=terms.sealed_key[:-1]))),
        (alice, replace(good, access=ownership)),
        (alice, replace(good, ownership=access)),
        (alice, replace(good, access=b"")),
        (alice, good),
        (alice, good),
    ]
    agency.identities.approve(contract, agent_id, sender=alice)
    answers = []
    for sender, proof in tries:
        parts = astuple(proof.terms), proof.access, proof.ownership
        answers.append(
            (
                _refusal(model.transfer, sender.address.lower(), proof),
                _refusal(contract.transfer, *parts, sender=sender),
            )
        )
    assert all(ours == theirs for ours, theirs in answers), answers
    assert [ours for ours, _ in answers][-2:] == ["", "not owner"]
    assert agency.identities.ownerOf(agent_id).lower() == bob.address.lower()
    opened = memory.unlock(
        Sealed(new.blob, contract.sealedKeys(agent_id)), bob.private_key, context
    )
    assert Memory.from_bytes(opened, FULL.head) == FULL
    # Sold back, the first proof is of no use to Alice.
    agency.identities.transferFrom(bob, alice, agent_id, sender=bob)
    with pytest.raises(Reverted, match="nonce used"):
        contract.transfer(astuple(terms), access, ownership, sender=alice)


def _refusal(action, *arguments, **named) -> str:
    try:
        action(*arguments, **named)
    except Refusal as refusal:
        return refusal.name
    except Reverted as reverted:
        return reverted.reason
    return ""


def test_the_verifier_seals_for_nobody_but_the_receiver():
    """With the seller's key beside the buyer's address, the seller would read what was sold."""
    vault, proof, _, key = standing()
    mine = memory.public_key(ALICE.private_key)
    sealed = memory.lock(FULL.to_bytes(), mine, drawing(2), memory.context_of(7))
    with pytest.raises(Refusal, match="receiver key"):
        memory.reencrypt(vault, 7, sealed.blob, key, (BOB.address, mine), drawing(3))
    weak = memory.lock(FULL.to_bytes(), mine, drawing(3), memory.context_of(7))
    assert memory.unlock(weak, ALICE.private_key, memory.context_of(7)) == FULL.to_bytes()
    short = replace(proof.terms, nonce=proof.terms.nonce[:-1])
    with pytest.raises(ValueError, match="bytes32 has 31 bytes, must have 32"):
        vault.transfer(ALICE.address.lower(), replace(proof, terms=short))
