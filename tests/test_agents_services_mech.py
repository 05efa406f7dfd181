"""The mech marketplace: the contract against the model, money, signed requests, and who steals."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents.refusals import Refusal
from aicrypto.agents.services.mech import (
    FIXED_PRICE_NATIVE,
    FIXED_PRICE_TOKEN,
    BalanceTracker,
    Marketplace,
    Mech,
    SignedRequest,
    Status,
    deliver_signed,
    domain_separator,
    request_id,
    split_payment,
)
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.compiler import CONTRACTS, compile_source
from aicrypto.evm.signing import Signature, TypedData, sign_digest

FEE, SHORTEST, LONGEST = 100, 10, 1000
PRICE = 1000


class Twins:
    """A contract and a model of it, asked alike; their answers must be alike."""

    def __init__(self, contract="MechMarketplace"):
        self.chain = Chain()
        names = ("owner", "ann", "ben", "mech-1", "mech-2")
        self.owner, self.ann, self.ben, *self.mechs = map(self.chain.account, names)
        self.contract = self.chain.deploy(contract, FEE, SHORTEST, LONGEST, sender=self.owner)
        where = self.chain.chain_id, self.contract.address
        self.model = Marketplace(*where, FEE, SHORTEST, LONGEST, self.chain.timestamp)
        for mech, price in zip(self.mechs, (PRICE, 900), strict=True):
            self.contract.register(price, FIXED_PRICE_NATIVE, self.owner, sender=mech)
            listed = Mech(mech.address, price, FIXED_PRICE_NATIVE, self.owner.address)
            self.model.register(listed)

    def both(self, on_chain, in_model):
        """What both answer, a refusal by its name."""
        try:
            ours = self.model.attempt(in_model)
        except Refusal as refusal:
            ours = refusal.name
        try:
            theirs = on_chain()
        except Reverted as error:
            theirs = error.reason
        ours = tuple(ours) if isinstance(ours, list) else ours
        assert theirs == ours
        return ours

    def request(self, who, datas, max_rate=PRICE, mech=None, timeout=100, wei=PRICE, kind=None):
        kind, mech = kind or FIXED_PRICE_NATIVE, mech or self.mechs[0]
        terms = max_rate, kind, mech, timeout
        ask = self.contract.requestBatch
        return self.both(
            lambda: ask(datas, *terms, sender=who, value=wei),
            lambda: self.model.request(
                who.address, datas, max_rate, kind, mech.address, timeout, wei
            ),
        )

    def deliver(self, mech, ids, rates):
        done = [b"done"] * len(ids)
        return self.both(
            lambda: self.contract.deliverMarketplace(ids, rates, done, sender=mech),
            lambda: self.model.deliver(mech.address, ids, rates),
        )

    def withdraw(self, mech, sender):
        return self.both(
            lambda: self.contract.processPayment(mech, sender=sender),
            lambda: self.model.withdraw(mech.address, sender.address),
        )

    def cash(self, mech, who, signed, rates):
        given = [(s.data, s.signature, b"done") for s in signed]
        return self.both(
            lambda: self.contract.deliverMarketplaceWithSignatures(who, given, rates, sender=mech),
            lambda: deliver_signed(self.model, mech.address, who.address, signed, rates),
        )

    def deposit(self, who, wei):
        self.contract.depositFor(who, sender=self.owner, value=wei)
        self.model.tracker(FIXED_PRICE_NATIVE).deposit(who.address, wei)

    def warp(self, seconds):
        self.chain.warp(seconds)
        self.model.timestamp = self.chain.timestamp

    def check(self):
        """Balances, karma and counts are alike, and no wei is lost."""
        tracker, karma, counts = (
            self.model.tracker(FIXED_PRICE_NATIVE),
            self.model.karma,
            self.model.counts,
        )
        asked = self.contract
        for mech in self.mechs:
            assert asked.mapMechBalances(mech) == tracker.mechs[mech.address]
            assert asked.mapMechKarma(mech) == karma.mechs[mech.address]
            assert asked.mapMechDeliveryCounts(mech) == counts.mech_deliveries[mech.address]
        for who in (self.ann, self.ben):
            assert asked.mapRequesterBalances(who) == tracker.requesters[who.address]
            assert asked.mapNonces(who) == counts.nonces[who.address]
            assert asked.mapDeliveryCounts(who) == counts.deliveries[who.address]
            pair = who.address, self.mechs[0].address
            assert asked.mapRequesterMechKarma(who, self.mechs[0]) == karma.requesters[pair]
        assert asked.collectedFees() == tracker.fees
        assert asked.numUndeliveredRequests() == counts.undelivered
        assert asked.numTotalRequests() == counts.total
        held = self.chain.balance(self.contract)
        assert tracker.is_conserved()
        assert held == tracker.paid_in - tracker.paid_out


@pytest.fixture
def twins():
    return Twins()


def test_the_contracts_names_are_the_models(twins):
    where = twins.chain.chain_id, twins.contract.address
    assert twins.contract.domainSeparator() == domain_separator(*where)
    who = twins.mechs[0], twins.ann
    terms = b"data", 7, FIXED_PRICE_TOKEN, 3
    assert twins.contract.getRequestId(*who, *terms) == request_id(*where, *who, *terms)


def test_a_standard_library_computes_another_domain(twins):
    """The version is hashed as its ABI encoding: EIP-712's own domain differs."""
    where = twins.chain.chain_id, twins.contract.address
    values = {"name": "MechMarketplace", "version": "1.1.0", "chainId": where[0]}
    domain = {**values, "verifyingContract": where[1]}
    standard = TypedData({"Nothing": ()}, "Nothing", domain, {}).domain_separator
    assert len(standard) == 32
    assert standard != domain_separator(*where)


def test_a_request_has_one_course(twins):
    [number] = twins.request(twins.ann, [b"job"], wei=1500)
    assert twins.model.status(number) == Status.PRIORITY == twins.contract.getRequestStatus(number)
    assert twins.deliver(twins.mechs[1], [number], [900]) == (False,), "not yet anybody's"
    assert twins.deliver(twins.mechs[0], [number], [PRICE + 1]) == (False,), "too dear"
    assert twins.deliver(twins.mechs[0], [number], [800]) == (True,)
    assert twins.deliver(twins.mechs[0], [number], [800]) == (False,), "only once"
    assert twins.model.status(number) == Status.DELIVERED == twins.contract.getRequestStatus(number)
    assert twins.withdraw(twins.mechs[0], twins.ann) == "UnauthorizedAccount"
    before = twins.chain.balance(twins.mechs[0])
    assert twins.withdraw(twins.mechs[0], twins.owner) == (792, 8)
    assert twins.chain.balance(twins.mechs[0]) == before + 792
    twins.check()
    twins.contract.drain(sender=twins.ben)
    assert twins.chain.balance(twins.contract) == 700, "what Ann has not spent"


def test_whoever_is_late_can_be_relieved(twins):
    [number] = twins.request(twins.ann, [b"job"])
    twins.warp(100)
    assert twins.deliver(twins.mechs[1], [number], [900]) == (False,), "the last second counts"
    twins.warp(1)
    assert twins.model.status(number) == Status.EXPIRED == twins.contract.getRequestStatus(number)
    assert twins.deliver(twins.mechs[1], [number], [900]) == (True,)
    karma = twins.model.karma.mechs
    assert [karma[m.address] for m in twins.mechs] == [-1, 1]
    twins.check()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("Overflow", {"timeout": 2**32}),
        ("OutOfBounds", {"timeout": SHORTEST - 1}),
        ("OutOfBounds", {"timeout": LONGEST + 1}),
        ("ZeroValue", {"max_rate": 0}),
        ("ZeroValue", {"kind": bytes(32)}),
        ("Overflow", {"max_rate": PRICE - 1}),
        ("WrongPaymentType", {"kind": FIXED_PRICE_TOKEN}),
        ("InsufficientBalance", {"wei": PRICE - 1}),
    ],
)
def test_a_request_is_refused_by_name(twins, name, changes):
    assert twins.request(twins.ann, [b"job"], **changes) == name
    assert twins.request(twins.ann, [b""]) == twins.request(twins.ann, []) == "ZeroValue"
    assert twins.request(twins.ann, [b"job"], mech=twins.ben) == "UnauthorizedAccount"
    twins.check()


def test_histories_are_alike():
    """Random steps on the contract and on the model."""
    twins, rng, ids = Twins(), random.Random(18), [bytes(32)]
    for _ in range(200):
        who, mech = rng.choice([twins.ann, twins.ben]), rng.choice(twins.mechs)
        step = rng.randrange(5)
        if step == 0:
            datas = [
                rng.randbytes(rng.choice([0, 1, 2, 2, 2, 2])) for _ in range(rng.randrange(1, 3))
            ]
            timeout, wei = rng.choice([9, 10, 60, 60]), rng.choice([0, PRICE, 5 * PRICE])
            made = twins.request(who, datas, mech=mech, timeout=timeout, wei=wei)
            ids += made if isinstance(made, tuple) else ()
        elif step in (1, 2):
            chosen = rng.choices(ids[-6:], k=rng.randrange(3))
            twins.deliver(mech, chosen, [rng.choice([0, 500, 900, 1001]) for _ in chosen])
        elif step == 3:
            twins.warp(rng.choice([0, 10, 61]))
        else:
            twins.withdraw(mech, rng.choice([mech, twins.owner, who]))
    twins.check()
    assert twins.model.counts.total > 10
    assert twins.model.tracker(FIXED_PRICE_NATIVE).fees > 0


def signed(twins, who, data, rate, mech, ahead=0):
    nonce = twins.model.counts.nonces[who.address] + ahead
    where = twins.chain.chain_id, twins.contract.address, mech, who
    digest = request_id(*where, data, rate, FIXED_PRICE_NATIVE, nonce)
    return SignedRequest(data, sign_digest(digest, who.private_key))


def test_signed_requests_are_cashed_once_by_whom_they_name(twins):
    mech, thief = twins.mechs
    one, two = (signed(twins, twins.ann, b"job", 700, mech, ahead=i) for i in range(2))
    assert twins.cash(mech, twins.ann, [one], [700]) == "InsufficientBalance"
    twins.deposit(twins.ann, 2000)
    assert twins.cash(thief, twins.ann, [one], [700]) == "SignatureNotValidated", "another mech"
    assert twins.cash(mech, twins.ann, [one], [701]) == "SignatureNotValidated", "another price"
    assert twins.cash(mech, twins.ben, [one], [700]) == "SignatureNotValidated", "not Ben's"
    assert twins.cash(mech, twins.ann, [], []) == "WrongArrayLength"
    assert len(twins.cash(mech, twins.ann, [one, two], [700, 700])) == 2
    assert twins.cash(mech, twins.ann, [one], [700]) == "SignatureNotValidated", "nonce is used"
    twins.check()


def test_forms_of_a_signature(twins):
    mech = twins.mechs[0]
    twins.deposit(twins.ann, 2000)
    good = signed(twins, twins.ann, b"job", 700, mech).signature
    v, r, s = Signature.from_bytes(good).twin.fields
    for bad, name in (
        (good[:64], "IncorrectSignatureLength"),
        (good + b"\0", "IncorrectSignatureLength"),
        (r + s + bytes([v]), "SignatureNotValidated"),  # its twin, with the high s
        (good[:64] + b"\x05", "SignatureNotValidated"),
        (good[:64] + b"\x02", "SignatureNotValidated"),
        (bytes(65), "SignatureNotValidated"),
    ):
        assert twins.cash(mech, twins.ann, [SignedRequest(b"job", bad)], [700]) == name
    low_v = SignedRequest(b"job", good[:64] + bytes([good[64] - 27]))
    assert len(twins.cash(mech, twins.ann, [low_v], [700])) == 1, "v counted from 0"
    assert twins.cash(mech, twins.ann, [SignedRequest(b"", good)], [700]) == "ZeroValue"
    free = signed(twins, twins.ann, b"job", 0, mech)
    assert twins.cash(mech, twins.ann, [free], [0]) == "ZeroValue"
    twins.check()


def test_without_the_mech_in_the_id_anybody_cashes():
    """An audit of the marketplace found this: the id must bind the mech."""
    text = (CONTRACTS / "MechMarketplace.vy").read_text()
    weak = text.replace("abi_encode(self, mech, requester", "abi_encode(self, self, requester")
    assert weak != text, "nothing to weaken"
    for source, is_stolen in ((compile_source(weak, "WeakMarket"), True), ("MechMarketplace", 0)):
        chain = Chain()
        ann, mech, thief = map(chain.account, ("ann", "mech", "thief"))
        market = chain.deploy(source, FEE, SHORTEST, LONGEST, sender=ann)
        for one in (mech, thief):
            market.register(PRICE, FIXED_PRICE_NATIVE, one, sender=one)
        market.depositFor(ann, sender=ann, value=PRICE)
        number = market.getRequestId(mech, ann, b"job", PRICE, FIXED_PRICE_NATIVE, 0)
        taken = [(b"job", sign_digest(number, ann.private_key), b"")]
        if is_stolen:
            market.deliverMarketplaceWithSignatures(ann, taken, [PRICE], sender=thief)
            assert market.mapMechBalances(thief) == PRICE
        else:
            with pytest.raises(Reverted, match="SignatureNotValidated"):
                market.deliverMarketplaceWithSignatures(ann, taken, [PRICE], sender=thief)


@given(st.integers(0, 10**30), st.integers(0, 10_000))
def test_fee_and_payment_are_the_whole(balance, fee):
    try:
        payment, kept = split_payment(balance, fee)
    except Refusal:
        assert balance < 2 or balance * (10_000 - fee) < 10_000
    else:
        assert payment > 0
        assert payment + kept == balance
        assert kept * 10_000 >= balance * fee


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2000), st.integers(0, 150))))
def test_no_wei_is_lost(steps):
    market = Marketplace(1, "0x" + 40 * "1", FEE, SHORTEST, LONGEST, 10**9)
    mech, client = Mech("0x" + 40 * "2", PRICE), "0x" + 40 * "3"
    market.register(mech)
    tracker, ids = market.tracker(FIXED_PRICE_NATIVE), []
    for step, amount, seconds in steps:
        market.timestamp += seconds
        ask = (client, [b"x"], PRICE, FIXED_PRICE_NATIVE, mech.address, 100, amount)
        actions = (
            lambda ask=ask: ids.extend(market.request(*ask)),
            lambda rate=amount: market.deliver(mech.address, ids[-1:], [rate]),
            lambda: market.withdraw(mech.address, mech.address),
            lambda wei=amount, t=tracker: t.deposit(client, wei),
        )
        try:
            market.attempt(actions[step])
        except Refusal:
            tracker = market.tracker(FIXED_PRICE_NATIVE)
        assert market.tracker(FIXED_PRICE_NATIVE).is_conserved()


def test_no_money_of_less_than_nothing():
    tracker = BalanceTracker()
    tracker.deposit("ann", 5)
    calls = (
        lambda: tracker.deposit("ann", -1),
        lambda: tracker.charge("ann", -1),
        lambda: tracker.charge("ann", 0, -1),
        lambda: tracker.settle("mech", [("ann", 9, -3), ("ben", 0, 5)]),
        lambda: tracker.settle("mech", [("ann", -9, 3)]),
    )
    for call in calls:
        with pytest.raises(Refusal, match="revert"):
            call()
    assert tracker == BalanceTracker(Counter(ann=5), paid_in=5)
