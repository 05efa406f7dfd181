"""Subscriptions by signature: the contract says what our ledger says."""

from dataclasses import fields, replace

import pytest

from aicrypto.ritual import (
    NOBODY,
    Delegation,
    Domain,
    InvalidSignature,
    Ledger,
    Signature,
    SignatureExpired,
    SignerMismatch,
    Subscription,
    container_id,
    recover,
    sign,
)
from tests.ritual_market import START, refused, town


def order(t, nonce: int = 0, expiry_s: int = START + 100, **changes) -> Delegation:
    plain = Subscription(t.consumer.address, START, 0, 1, 1, container_id("c"))
    return Delegation(nonce, expiry_s, replace(plain, **changes))


def domain(t) -> Domain:
    return Domain(t.chain.chain_id, t.market.coordinator.address)


def create(t, delegation: Delegation, signature: Signature) -> int:
    call = t.market.coordinator.createSubscriptionDelegatee
    terms = delegation.nonce, delegation.expiry_s, delegation.subscription.fields
    return call(*terms, *signature.fields, sender=t.who("n1"))


def test_contract_and_ledger_agree() -> None:
    t = town()
    ledger, signer = Ledger(domain(t)), t.who("signer")
    first = order(t)
    terms = first.nonce, first.expiry_s, first.subscription.fields
    assert t.market.coordinator.digestOf(*terms) == first.digest(domain(t))
    for delegation in (first, order(t, 7, period_s=60), replace(first, nonce=3), first):
        signature = sign(delegation, domain(t), signer)
        number = create(t, delegation, signature)
        assert number == ledger.create(delegation, signature, t.chain.timestamp, signer.address)
        assert t.market.subscription(number) == ledger.subscriptions[number - 1]
    assert len(ledger.subscriptions) == 3


@pytest.mark.parametrize("wait_s", [99, 100])
def test_a_delegation_expires_to_the_second(wait_s: int) -> None:
    t = town()
    delegation, signer = order(t), t.who("signer")
    signature = sign(delegation, domain(t), signer)
    t.chain.warp(START + wait_s - t.chain.timestamp)
    if wait_s < 100:
        assert create(t, delegation, signature) == 1
        return
    assert refused(create, t, delegation, signature) == "SignatureExpired"
    with pytest.raises(SignatureExpired):
        Ledger(domain(t)).create(delegation, signature, START + wait_s, signer.address)


def test_every_field_is_signed() -> None:
    t = town()
    delegation, signer = order(t), t.who("signer")
    signature = sign(delegation, domain(t), signer)
    other = {"active_at": START + 1, "is_lazy": True, "amount": 1, "container_id": bytes(32)}
    other |= {"period_s": 1, "frequency": 2, "redundancy": 2}
    other |= dict.fromkeys(("verifier", "token", "wallet"), "0x" + 40 * "7")
    assert {*other, "owner"} == {field.name for field in fields(Subscription)}
    changed = [order(t, **{name: value}) for name, value in other.items()]
    for altered in (*changed, order(t, nonce=1), order(t, expiry_s=START + 101)):
        assert refused(create, t, altered, signature) == "SignerMismatch"
        with pytest.raises(SignerMismatch):
            Ledger(domain(t)).create(altered, signature, START, signer.address)
    elsewhere = replace(domain(t), chain_id=1), replace(domain(t), coordinator="0x" + 40 * "1")
    for place in elsewhere:
        assert refused(create, t, delegation, sign(delegation, place, signer)) == "SignerMismatch"


def test_numbers_that_nobody_signed() -> None:
    t = town()
    delegation = order(t)
    good = sign(delegation, domain(t), t.who("signer"))
    digest = delegation.digest(domain(t))
    broken = [replace(good, v=26), replace(good, v=29), replace(good, r=0), replace(good, s=0)]
    broken += [replace(good, r=2**256 - 1), replace(good, s=2**256 - 1)]
    for signature in broken:
        assert refused(create, t, delegation, signature) == "InvalidSignature"
        with pytest.raises(InvalidSignature):
            recover(digest, signature)
    assert recover(digest, good.twin) == recover(digest, good) == t.who("signer").address
    assert create(t, delegation, good.twin) == create(t, delegation, good) == 1


def test_a_known_nonce_is_answered_before_anything_is_looked_at() -> None:
    t = town()
    signer = t.who("signer")
    assert create(t, order(t), sign(order(t), domain(t), signer)) == 1
    t.consumer.setSigner(t.who("eve"), sender=t.who("alice"))
    t.chain.warp(1_000)
    nonsense = Signature(0, 0, 0)
    assert create(t, order(t, expiry_s=0, amount=10**18), nonsense) == 1
    assert t.market.subscription(1).amount == 0  # so look before you work


def test_one_transaction_creates_and_answers() -> None:
    t = town()
    delegation = order(t, wallet=t.payer.address, amount=1_000, redundancy=2)
    signature = sign(delegation, domain(t), t.who("signer"))
    call = t.market.coordinator.deliverComputeDelegatee
    head = delegation.nonce, delegation.expiry_s, delegation.subscription.fields
    for node in ("n1", "n2"):
        terms = *head, *signature.fields, 1, b"in", b"out", b"", t.purse
        call(*terms, sender=t.who(node))
    answers = [event.arguments for event in t.consumer.events("Received")]
    assert [(one["subscriptionId"], one["redundancy"]) for one in answers] == [(1, 1), (1, 2)]
    assert NOBODY not in {one["node"] for one in answers}
