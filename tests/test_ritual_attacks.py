"""Attacks on the market: each works on a weakened copy and is refused by the real one."""

from collections import Counter

import pytest

from aicrypto.evm import ETHER
from aicrypto.ritual import NOBODY, Delegation, Domain, Subscription, container_id, seal, sign
from tests.oracle_models import weakened
from tests.ritual_market import FEE_BPS, PRICE, START, refused, town

NET = PRICE - PRICE * 2 * FEE_BPS // 10_000

# Paying before proof: the node is paid at delivery, whatever the verifier will say.
HASTY = (
    "    if sub.verifier == empty(address):\n        extcall wallet",
    "    if True:\n        extcall wallet",
)
# A coordinator that trusts the signature alone.
FORGETFUL = (
    "    if self.delegateCreatedIds[key] != 0:\n        return self.delegateCreatedIds[key]\n",
    "",
)


@pytest.mark.parametrize("is_hasty", [True, False])
def test_paying_before_proof(is_hasty: bool) -> None:
    changes = [HASTY] if is_hasty else []
    t = town(weakened("RitualCoordinator", *changes))
    verifier = t.market.verifier(t.who("judge"), True)  # whose standing word is "invalid"
    verifier.setToken(NOBODY, True, 0, sender=t.who("judge"))
    t.deliver("n1", t.order(verifier=verifier), output=b"nonsense")
    earned = t.balance(t.purse) - 10 * ETHER
    assert earned == (NET if is_hasty else -PRICE)


@pytest.mark.parametrize("is_sealed", [False, True])
def test_redundancy_with_copied_answers(is_sealed: bool) -> None:
    t = town(seal_s=60 if is_sealed else None)
    sub = t.order(redundancy=3)
    salt = bytes(31) + b"\1"
    if is_sealed:
        commitment = seal(t.who("n1"), b"42", salt)
        t.consumer.commit(sub, 1, commitment, sender=t.who("n1"))
        t.consumer.commit(sub, 1, commitment, sender=t.who("n2"))  # copies what it can see
        assert refused(t.deliver, "n1", sub, proof=salt) == "TooEarly"
        t.chain.warp(60)
        late = sub, 1, seal(t.who("n3"), b"42", salt)
        assert refused(t.consumer.commit, *late, sender=t.who("n3")) == "TooLate"
    t.deliver("n1", sub, proof=salt)
    for copier in ("n2", "n3"):
        if is_sealed:
            assert refused(t.deliver, copier, sub, proof=salt) == "NotCommitted"
        else:
            t.deliver(copier, sub, proof=salt)
    assert t.balance(t.purse) - 10 * ETHER == NET * (1 if is_sealed else 3)


@pytest.mark.parametrize("is_forgetful", [True, False])
def test_replayed_delegation(is_forgetful: bool) -> None:
    changes = [FORGETFUL] if is_forgetful else []
    t = town(weakened("RitualCoordinator", *changes))
    terms = t.consumer.address, START, 0, 1, 1, container_id("c"), False, NOBODY, PRICE, NOBODY
    delegation = Delegation(0, START + 100, Subscription(*terms, t.payer.address))
    place = Domain(t.chain.chain_id, t.market.coordinator.address)
    signature = sign(delegation, place, t.who("signer"))
    call = t.market.coordinator.deliverComputeDelegatee
    head = delegation.nonce, delegation.expiry_s, delegation.subscription.fields
    shown = *head, *signature.fields, 1, b"", b"", b"", t.purse
    call(*shown, sender=t.who("n1"))
    if is_forgetful:
        call(*shown, sender=t.who("n1"))  # one signature, paid twice
    else:
        assert refused(call, *shown, sender=t.who("n1")) == "IntervalCompleted"
    assert t.balance(t.purse) - 10 * ETHER == NET * (2 if is_forgetful else 1)


@pytest.mark.parametrize("is_safe", [False, True])
def test_escrow_raid(is_safe: bool) -> None:
    """Deployed wallets are the weak copy here: a payment looks at no lock."""
    t = town(is_safe=is_safe, funds=PRICE)
    other = t.market.consumer(t.who("alice"))
    t.payer.approve(other, NOBODY, PRICE, sender=t.who("alice"))
    judge = t.who("judge")
    verifier = t.market.verifier(judge, False)
    verifier.setToken(NOBODY, True, 0, sender=judge)
    first = t.order(verifier=verifier)
    t.deliver("n1", first)
    raid = *("c", 1, 0, 1, False, NOBODY, NET, t.payer, NOBODY), t.who("alice")
    second = other.subscribe(*raid[:-1], sender=raid[-1])
    thief = t.market.wallet(t.who("eve"))
    if is_safe:
        assert refused(t.deliver, "n2", second, wallet=thief) == "InsufficientFunds"
        verifier.decide(first, 1, t.who("n1"), True, sender=judge)
        assert t.balance(t.purse) == PRICE + NET
    else:
        t.deliver("n2", second, wallet=thief)
        decide = verifier.decide
        stuck = first, 1, t.who("n1"), True
        assert refused(decide, *stuck, sender=judge) == "ETHTransferFailed"
        assert t.purse.lockedBalance(NOBODY) == PRICE  # the honest node's own money


def test_three_of_five_nodes_honest() -> None:
    """Sealed answers of five nodes: the majority is right, liars and copiers gain nothing."""
    t = town(seal_s=60)
    judge = t.who("judge")
    verifier = t.market.verifier(judge, False)
    verifier.setToken(NOBODY, True, 0, sender=judge)
    sub = t.order(redundancy=5, verifier=verifier)
    answers = {"n1": b"42", "n2": b"41", "n3": b"42", "n4": b"43", "n5": b"42"}
    salts = {name: bytes(30) + name.encode() for name in answers}
    purses = {name: t.market.wallet(t.who(name)) for name in answers}
    for name, output in answers.items():
        t.chain.transfer(t.who(name), purses[name], PRICE)
        purses[name].approve(t.who(name), NOBODY, PRICE, sender=t.who(name))
        commitment = seal(t.who(name), output, salts[name])
        t.consumer.commit(sub, 1, commitment, sender=t.who(name))
    t.chain.warp(60)
    for name, output in answers.items():
        t.deliver(name, sub, output=output, proof=salts[name], wallet=purses[name])
    received = [event.arguments for event in t.consumer.events("Received")]
    [(winner, n_votes)] = Counter(one["output"] for one in received).most_common(1)
    assert (winner, n_votes) == (b"42", 3)
    for one in received:
        valid = one["output"] == winner
        verifier.decide(sub, 1, one["node"], valid, sender=judge)
    earned = {name: t.balance(purse) - PRICE for name, purse in purses.items()}
    assert earned == {name: NET if output == winner else -PRICE for name, output in answers.items()}
