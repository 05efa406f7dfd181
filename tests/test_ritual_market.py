"""The market's contracts: every refusal at its boundary, every coin accounted for."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.evm import ETHER, Chain
from aicrypto.ritual import (
    NOBODY,
    container_id,
    deploy_market,
    interval_at,
    redundancy_key,
    response_key,
)
from tests.ritual_market import FEE_BPS, PRICE, START, WEEK, refused, town


def test_the_registry_knows_where_everybody_is() -> None:
    market = town().market
    named = {"COORDINATOR": "coordinator", "INBOX": "inbox", "READER": "reader", "FEE": "fee"}
    for getter, part in {**named, "WALLET_FACTORY": "factory"}.items():
        assert market.registry.function(getter)() == getattr(market, part).address


def test_time_decides_about_a_delivery_to_the_second() -> None:
    t = town()
    sub = t.order(frequency=2, period=60)
    t.chain.warp(START + 59 - t.chain.timestamp)
    assert refused(t.deliver, "n1", sub) == "SubscriptionNotActive"
    t.chain.warp(1)
    assert refused(t.deliver, "n1", sub, 0) == "IntervalMismatch"
    assert refused(t.deliver, "n1", sub, 2) == "IntervalMismatch"
    t.deliver("n1", sub, 1)
    t.chain.warp(59)
    assert refused(t.deliver, "n2", sub, 2) == "IntervalMismatch"
    assert refused(t.deliver, "n2", sub, 1) == "IntervalCompleted"
    t.chain.warp(1)
    t.deliver("n1", sub, 2)
    t.chain.warp(60)
    assert refused(t.deliver, "n1", sub, 3) == "SubscriptionCompleted"
    assert refused(t.deliver, "n1", sub + 1, 1) == "SubscriptionNotFound"


@pytest.mark.parametrize("redundancy", [0, 1, 3])
def test_redundancy_is_how_many_may_answer(redundancy: int) -> None:
    t = town()
    sub = t.order(redundancy=redundancy)
    for i in range(redundancy):
        t.deliver(f"n{i + 1}", sub)
        if i + 1 < redundancy:
            assert refused(t.deliver, f"n{i + 1}", sub) == "NodeRespondedAlready"
    assert refused(t.deliver, "n5", sub) == "IntervalCompleted"
    key = redundancy_key(sub, 1)
    assert t.market.coordinator.redundancyCount(key) == redundancy
    assert t.market.reader.readRedundancyCountBatch([sub], [1]) in (redundancy, (redundancy,))
    answered = response_key(sub, 1, t.who("n1").address)
    assert t.market.coordinator.nodeResponded(answered) is (redundancy > 0)


def test_a_refused_payment_undoes_the_answer() -> None:
    t = town()
    sub = t.order(amount=11 * ETHER)
    assert refused(t.deliver, "n1", sub) == "InsufficientAllowance"
    t.payer.approve(t.consumer, NOBODY, 11 * ETHER, sender=t.who("alice"))
    assert refused(t.deliver, "n1", sub) == "ETHTransferFailed"
    assert t.market.coordinator.redundancyCount(redundancy_key(sub, 1)) == 0
    t.chain.transfer(t.who("alice"), t.payer, ETHER)
    t.deliver("n1", sub)
    assert t.balance(t.payer) == 0


def test_only_wallets_of_the_factory_are_paid_or_charged() -> None:
    t = town()
    assert refused(t.deliver, "n1", t.order(), wallet=t.who("eve")) == "InvalidWallet"
    assert refused(t.deliver, "n1", t.order(wallet=t.who("eve"))) == "InvalidWallet"
    t.deliver("n1", t.order(amount=0), wallet=t.who("eve"))


@pytest.mark.parametrize(
    ("fee_bps", "expected"), [(5_000, None), (5_001, "Panic(0x11)"), (32_768, "Panic(0x11)")]
)
def test_a_fee_above_one_half_stops_every_payment(fee_bps: int, expected: str | None) -> None:
    t = town(fee_bps=fee_bps)
    sub = t.order()
    if expected:
        assert refused(t.deliver, "n1", sub) == expected
    else:
        t.deliver("n1", sub)
        assert t.balance(t.purse) == 10 * ETHER  # all went to the protocol


def test_amounts_that_overflow_panic() -> None:
    t = town()
    assert refused(t.deliver, "n1", t.order(amount=2**256 - 1)) == "Panic(0x11)"
    t.chain.warp(2**32 - 1 - t.chain.timestamp)
    assert refused(t.order, period=1) == "Panic(0x11)"
    t.order(period=0)


@settings(deadline=None, max_examples=15)
@given(
    amount=st.integers(1, 10**6),
    fee_bps=st.integers(0, 4_000),
    verifier_fee=st.integers(0, 10**5),
    valid=st.booleans(),
)
def test_no_coin_is_made_or_lost(amount, fee_bps, verifier_fee, valid) -> None:
    t = town(fee_bps=fee_bps, funds=10**7)
    verifier = t.market.verifier(t.who("judge"), True)
    verifier.setToken(NOBODY, True, verifier_fee, sender=t.who("judge"))
    verifier.setStanding(valid, sender=t.who("judge"))
    sub = t.order(amount=amount, verifier=verifier)
    before, minted = t.chain.balance(t.who("owner")), t.chain.minted_wei
    protocol = amount * 2 * fee_bps // 10_000
    if verifier_fee > amount - protocol:
        assert refused(t.deliver, "n1", sub) == "Panic(0x11)"
        return
    t.deliver("n1", sub)
    share = verifier_fee * fee_bps // 10_000
    rest = amount - protocol - verifier_fee
    assert t.chain.balance(t.who("owner")) - before == protocol + share
    assert t.balance(verifier) == verifier_fee - share
    assert t.balance(t.purse) - 10**7 == (rest if valid else -amount)
    assert t.balance(t.payer) - 10**7 == -amount + (0 if valid else rest + amount)
    assert t.chain.total_wei() == minted
    assert t.payer.lockedBalance(NOBODY) == t.purse.lockedBalance(NOBODY) == 0


def optimistic():
    t = town()
    verifier = t.market.verifier(t.who("judge"), False)
    verifier.setToken(NOBODY, True, 0, sender=t.who("judge"))
    sub = t.order(verifier=verifier)
    t.deliver("n1", sub)
    return t, verifier, sub


@pytest.mark.parametrize("wait_s", [0, WEEK - 1, WEEK])
def test_a_verifier_speaks_for_a_week(wait_s: int) -> None:
    t, verifier, sub = optimistic()
    finalize = t.market.coordinator.finalizeProofVerification
    t.chain.warp(wait_s)
    terms = sub, 1, t.who("n1"), False
    if wait_s < WEEK:
        assert refused(finalize, *terms, sender=t.who("eve")) == "UnauthorizedVerifier"
        verifier.decide(*terms, sender=t.who("judge"))
        assert t.balance(t.purse) == 9 * ETHER
    else:
        finalize(*terms, sender=t.who("eve"))
        assert t.balance(t.purse) == 10 * ETHER + PRICE - PRICE * 2 * FEE_BPS // 10_000
    assert refused(finalize, *terms, sender=t.who("eve")) == "ProofRequestNotFound"


def test_cancelling_stops_deliveries_and_no_settlement() -> None:
    t, verifier, sub = optimistic()
    cancel = t.market.coordinator.cancelSubscription
    assert refused(cancel, sub, sender=t.who("alice")) == "NotSubscriptionOwner"
    assert refused(cancel, 99, sender=t.who("alice")) == "NotSubscriptionOwner"
    for _ in range(2):
        t.consumer.cancel(sub, sender=t.who("alice"))
    assert refused(t.deliver, "n2", sub) == "SubscriptionNotActive"
    verifier.decide(sub, 1, t.who("n1"), True, sender=t.who("judge"))
    assert t.purse.lockedBalance(NOBODY) == 0


def test_wallets_obey_owner_and_coordinator_alone() -> None:
    t, _, _ = optimistic()
    eve = t.who("eve")
    for act in (t.payer.cTransfer,):
        assert refused(act, eve, NOBODY, eve, 1, sender=eve) == "NotCoordinator"
    for act in (t.payer.cLock, t.payer.cUnlock):
        assert refused(act, eve, NOBODY, 1, sender=eve) == "NotCoordinator"
    assert refused(t.payer.approve, eve, NOBODY, 1, sender=eve) == "Unauthorized"
    free = t.payer.unlockedBalance(NOBODY)
    withdraw = t.payer.withdraw
    assert refused(withdraw, NOBODY, free + 1, sender=t.who("alice")) == "InsufficientFunds"
    withdraw(NOBODY, free, sender=t.who("alice"))
    assert t.payer.unlockedBalance(NOBODY) == 0
    assert refused(t.market.fee.updateFee, 1, sender=eve) == "Unauthorized"


def test_releasing_a_lock_into_a_full_allowance_panics() -> None:
    t, verifier, sub = optimistic()
    t.purse.approve(t.who("n1"), NOBODY, 2**256 - 1, sender=t.who("bob"))
    decide = verifier.decide
    terms = sub, 1, t.who("n1"), True
    assert refused(decide, *terms, sender=t.who("judge")) == "Panic(0x11)"


def test_the_inbox_keeps_lazy_answers() -> None:
    t = town()
    sub = t.order(lazy=True, amount=0, container="crawl,rank")
    t.deliver("n1", sub, output=b"late")
    [event] = t.consumer.events("Received")
    said = event.arguments
    assert (said["output"], said["containerId"]) == (b"", container_id("crawl,rank"))
    read = t.market.inbox.read
    assert read(said["containerId"], t.who("n1"), 0)[1:5] == (sub, 1, b"question", b"late")
    assert refused(read, said["containerId"], t.who("n1"), 1) == "Panic(0x32)"
    own = t.market.inbox.write(said["containerId"], b"", b"free", b"", sender=t.who("n1"))
    assert (own, read(said["containerId"], t.who("n1"), 1)[1:3]) == (1, (0, 0))
    forged = said["containerId"], t.who("n1"), sub, 1, b"", b"", b""
    call = t.market.inbox.writeViaCoordinator
    assert refused(call, *forged, sender=t.who("n1")) == "NotCoordinator"
    receive = t.consumer.rawReceiveCompute
    forged = sub, 1, 1, t.who("n1"), b"", b"", b"", bytes(32), 0
    assert refused(receive, *forged, sender=t.who("n1")) == "NotCoordinator"


def test_the_reader_reads_half_open_ranges() -> None:
    t = town()
    ids = [t.order(period=60 * i) for i in range(3)]
    batch = t.market.reader.readSubscriptionBatch(1, 4)
    assert [sub[2] for sub in batch] == [0, 60, 120]
    assert [t.market.subscription(i).fields for i in ids] == list(batch)
    assert not t.market.reader.readSubscriptionBatch(2, 2)


def test_the_contract_counts_intervals_as_we_do() -> None:
    market = deploy_market(Chain(timestamp=START), "0x" + 40 * "1", 0)
    for ahead, period in product((-61, 0, 1, 59, 60, 3600), (0, 1, 60, 2**32 - 1)):
        active_at = START - ahead
        now = market.coordinator.getSubscriptionInterval(active_at, period)
        assert now == interval_at(START, active_at, period)


def test_a_delivery_costs_less_than_planned() -> None:
    t = town()
    sub = t.order(redundancy=2)
    t.deliver("n1", sub)
    t.deliver("n2", sub)
    assert t.chain.gas_used < 350_000
