"""ModelLicence: the ledger's rules with real money, signatures and time; each attack on a copy
without the rule that stops it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicrypto.commit import merkle
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain, Reverted, compile_source
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.oml import protocol as p
from aicrypto.oml.protocol import ledger as rules

WINDOW, BLOCK = 600, 12
SEALED = p.seal([(f"key {i}", f"word{i}") for i in range(5)], bytes(range(32)))
TERMS = (SEALED.root, SEALED.count, 10, 100, 5000, 2000)
SOURCE = (CONTRACTS / "ModelLicence.vy").read_text()


class World:
    """A chain with an owner, a host, two provers, a contributor, and a published licence."""

    def __init__(self, source: str = SOURCE, collateral: int = 1000, credit: int = 100) -> None:
        self.chain = Chain()
        names = ("owner", "host", "prover", "rival", "author")
        self.owner, self.host, self.prover, self.rival, self.author = map(self.chain.account, names)
        artifact = compile_source(source, "ModelLicence")
        self.licence = self.chain.deploy(artifact, WINDOW, sender=self.owner)
        self.licence.publish(TERMS, [self.author], [3000], sender=self.owner)
        self.licence.deposit(credit, sender=self.host, value=collateral + credit)

    def signed(self, key: str, answer: str, host=None) -> tuple[int, bytes]:
        """What a host signs when it answers: the time, a window ago, and its signature."""
        answered = self.chain.timestamp - WINDOW - 1
        hashes = (sha256(key.encode()), sha256(answer.encode()))
        return answered, (host or self.host).sign(self.licence.answer_digest(*hashes, answered))

    def announce(self, index: int, prover=None) -> None:
        prover = prover or self.prover
        leaf = merkle.leaf_hash(SEALED.pairs[index].sealed())
        self.licence.announce(self.licence.sealed(prover, leaf), sender=prover)
        self.chain.warp(BLOCK)

    def claim(self, place: int, observed: str | None = None, prover=None, **changed) -> None:
        reveal = SEALED.reveal(place)
        observed = reveal.pair.response if observed is None else observed
        given = {
            "host": self.host,
            "index": place,
            "key": reveal.pair.key.encode(),
            "response": reveal.pair.response.encode(),
            "salt": reveal.pair.salt,
            "proof": list(reveal.proof),
            "observed": observed.encode(),
        }
        given["answered"], given["signature"] = self.signed(reveal.pair.key, observed)
        given |= changed
        self.licence.claim(*given.values(), sender=prover or self.prover)

    def caught(self, index: int) -> None:
        """Announced, claimed, settled."""
        self.announce(index)
        self.claim(index)
        self.chain.warp(WINDOW + 1)
        self.licence.settle(index, sender=self.rival)

    def inside(self) -> int:
        """Wei in the contract by its own books."""
        known = [self.owner, self.author]
        host = self.licence.hosts(self.host)
        bounties = sum(self.licence.bounty(who) for who in (self.prover, self.rival))
        return host[1] + host[2] + bounties + sum(self.licence.due(who) for who in known)


@pytest.fixture
def world():
    return World()


def test_unpaid_use_is_slashed_and_the_money_goes_where_it_should(world):
    licence, chain = world.licence, world.chain
    world.caught(2)
    assert licence.hosts(world.host)[1] == 500
    assert licence.bounty(world.prover) == 100
    assert [licence.due(who) for who in (world.owner, world.author)] == [280, 120]
    assert chain.balance(licence) == world.inside() == 1100
    before = chain.balance(world.author)
    licence.collect(world.author, sender=world.rival)
    assert chain.balance(world.author) == before + 120
    licence.collect(world.owner, sender=world.owner)
    licence.take_bounty(sender=world.prover)
    assert chain.balance(licence) == world.inside() == 600
    for again in (
        lambda: licence.collect(world.author, sender=world.rival),
        lambda: licence.collect(world.rival, sender=world.rival),
        lambda: licence.take_bounty(sender=world.prover),
    ):
        with pytest.raises(Reverted, match="NothingDue"):
            again()


def test_paid_use_is_not_slashed_by_permission_or_by_report(world):
    licence = world.licence
    licence.authorise(sha256(b"key 0"), sender=world.host)
    asked = [sha256(text) for text in (b"weather?", b"key 1", b"news?")]
    number = licence.report(merkle.root(asked), 3, sender=world.host)
    world.chain.warp(WINDOW)
    world.announce(0)
    world.claim(0)
    assert licence.challenges(0)[1] == "0x" + 40 * "0", "no challenge: it was paid for"
    world.announce(1)
    world.claim(1)
    proof = merkle.prove_inclusion(asked, 1)
    with pytest.raises(Reverted, match="NotReported"):
        licence.defend(1, number, 0, proof, sender=world.host)
    licence.defend(1, number, 1, proof, sender=world.host)
    world.chain.warp(WINDOW + 1)
    with pytest.raises(Reverted, match="NoChallenge"):
        licence.settle(1, sender=world.prover)
    assert licence.hosts(world.host)[1:3] == (1000, 60)
    assert world.chain.balance(licence) == world.inside()


def test_payment_counts_until_a_window_after_the_answer(world):
    """A host that sees a claim coming cannot buy itself out of it."""
    licence = world.licence
    fresh = world.chain.timestamp
    hashes = (sha256(b"key 0"), sha256(b"word0"))
    signature = world.host.sign(licence.answer_digest(*hashes, fresh))
    world.announce(0)
    with pytest.raises(Reverted, match="TooEarly"):
        world.claim(0, answered=fresh, signature=signature)
    asked = [sha256(b"key 1")]
    world.announce(1)
    licence.authorise(asked[0], sender=world.host)  # ahead of the claim, in its block
    number = licence.report(merkle.root(asked), 1, sender=world.host)
    world.claim(1)
    with pytest.raises(Reverted, match="NotReported"):
        licence.defend(1, number, 0, [], sender=world.host)
    with pytest.raises(Reverted, match="TooEarly"):
        licence.settle(1, sender=world.prover)
    world.chain.warp(WINDOW + 1)
    with pytest.raises(Reverted, match="TooLate"):
        licence.defend(1, number, 0, [], sender=world.host)


def test_an_answer_dated_far_ahead_is_claimed_all_the_same():
    """Else a host that signs times in a distant year could never be slashed, and leave."""
    rule = "    if answered <= block.timestamp + WINDOW:\n        due = answered + WINDOW\n"
    assert SOURCE.count(rule) == 1
    weak = SOURCE.replace(rule, "    due = answered + WINDOW\n")
    for source, ahead in ((SOURCE, 10**9), (SOURCE, 2**256 - 1), (weak, 10**9)):
        world = World(source)
        answered = min(world.chain.timestamp + ahead, 2**256 - 1)
        digest = world.licence.answer_digest(sha256(b"key 0"), sha256(b"word0"), answered)
        dated = {"answered": answered, "signature": world.host.sign(digest)}
        world.announce(0)
        with pytest.raises(Reverted, match="TooEarly"):
            world.claim(0, **dated)
        world.chain.warp(WINDOW)
        if source is weak:
            with pytest.raises(Reverted, match="TooEarly"):
                world.claim(0, **dated)
            continue
        world.claim(0, **dated)
        world.chain.warp(WINDOW + 1)
        world.licence.settle(0, sender=world.prover)
        assert world.licence.hosts(world.host)[1] == 500


def test_claims_are_refused_by_the_names_of_the_ledger(world):
    world.announce(0)
    nobody, good = world.rival, SEALED.reveal(0)
    for changed, reason in [
        ({"host": nobody}, "UnknownHost"),
        ({"index": 1}, "NotCommitted"),
        ({"index": 5}, "NotCommitted"),
        ({"key": b"key 1"}, "NotCommitted"),
        ({"response": b"word1"}, "NotCommitted"),
        ({"salt": bytes(32)}, "NotCommitted"),
        ({"proof": list(good.proof[:-1])}, "NotCommitted"),
        ({"proof": [*good.proof, bytes(32)]}, "NotCommitted"),
        ({"prover": world.rival}, "NotAnnounced"),
        ({"signature": world.signed("key 0", "word0", world.rival)[1]}, "NotSigned"),
        ({"answered": world.chain.timestamp - 2 * WINDOW}, "NotSigned"),
        ({"signature": b""}, "NotSigned"),
        ({"signature": bytes(65)}, "NotSigned"),
        ({"observed": "other"}, "ResponseMismatch"),
    ]:
        with pytest.raises(Reverted, match=reason):
            world.claim(0, **changed)
    world.claim(0)
    with pytest.raises(Reverted, match="AlreadyRevealed"):
        world.claim(0)


def test_hosts_and_owner_are_held_to_the_terms(world):
    licence, chain = world.licence, world.chain
    with pytest.raises(Reverted, match="AlreadyPublished"):
        licence.publish(TERMS, [], [], sender=world.owner)
    with pytest.raises(Reverted, match="InsufficientCollateral"):
        licence.authorise(bytes(32), sender=world.rival)
    with pytest.raises(Reverted, match="InsufficientCredit"):
        licence.report(bytes(32), 11, sender=world.host)
    with pytest.raises(Reverted):
        licence.report(bytes(32), 2**255, sender=world.host)
    with pytest.raises(Reverted, match="InsufficientCredit"):
        licence.deposit(2, sender=world.rival, value=1)
    fresh = chain.deploy("ModelLicence", WINDOW, sender=world.owner)
    with pytest.raises(Reverted, match="NotPublished"):
        fresh.deposit(0, sender=world.host, value=1)
    with pytest.raises(Reverted, match="NotOwner"):
        fresh.publish(TERMS, [], [], sender=world.host)
    twice = ([world.author, world.author], [1, 1])
    for payees, shares in [([world.author], [10_001]), ([world.owner], [1]), twice, ([fresh], [1])]:
        with pytest.raises(Reverted, match="BadTerms"):
            fresh.publish(TERMS, payees, shares, sender=world.owner)


def test_a_leaving_host_can_be_slashed_until_its_last_answers_are_too_old(world):
    licence, chain = world.licence, world.chain
    licence.leave(sender=world.host)
    with pytest.raises(Reverted, match="Leaving"):
        licence.authorise(bytes(32), sender=world.host)
    with pytest.raises(Reverted, match="StillBound"):
        licence.withdraw(sender=world.host)
    world.announce(3)
    world.claim(3)
    chain.warp(WINDOW + 1)
    with pytest.raises(Reverted, match="StillBound"):
        licence.withdraw(sender=world.host)
    licence.settle(3, sender=world.prover)
    chain.warp(2 * WINDOW)
    before = chain.balance(world.host)
    licence.withdraw(sender=world.host)
    assert chain.balance(world.host) == before + 500 + 100
    with pytest.raises(Reverted, match="UnknownHost"):
        licence.withdraw(sender=world.host)


def test_income_climbs_to_the_parent_model():
    world = World()
    child = world.chain.deploy("ModelLicence", WINDOW, sender=world.rival)
    child.publish(TERMS, [world.licence], [4000], sender=world.rival)
    child.deposit(100, sender=world.host, value=1100)
    child.report(bytes(32), 10, sender=world.host)
    child.collect(world.licence, sender=world.prover)
    assert world.licence.income() == 40, "the parent licence earned from its descendant"
    assert [world.licence.due(who) for who in (world.owner, world.author)] == [28, 12]
    assert child.due(world.rival) == 60


@pytest.mark.parametrize(
    ("rule", "attack"),
    [
        # The response check dropped: whatever a host says convicts it.
        (
            '    assert keccak256(observed) == keccak256(response), "ResponseMismatch"\n',
            lambda world: world.claim(0, "an innocent answer"),
        ),
        # The signature dropped: nobody needs to ask the host at all.
        (
            '    assert self._signer(digest, signature) == host, "NotSigned"\n',
            lambda world: world.claim(0, signature=b""),
        ),
        # The announcement dropped: who sees a claim on its way sends it first.
        (
            '    assert sealed_at > 0 and sealed_at < block.timestamp, "NotAnnounced"\n',
            lambda world: world.claim(0, prover=world.rival),
        ),
        # The commitment dropped: a pair made up after the answer was seen.
        (
            "    assert self._is_in(leaf, index, self.terms.count, proof, self.terms.root),"
            ' "NotCommitted"\n',
            lambda world: world.claim(
                0,
                "blue",
                key=b"sky?",
                response=b"blue",
                signature=world.signed("sky?", "blue")[1],
                proof=[],
            ),
        ),
    ],
    ids=["response", "signature", "announcement", "commitment"],
)
def test_each_attack_works_where_its_rule_is_missing(rule, attack):
    assert SOURCE.count(rule) == 1
    weak_source = SOURCE.replace(rule, "")
    if "NotCommitted" in rule:  # the invented pair has a leaf of its own, never announced
        announced = '    assert sealed_at > 0 and sealed_at < block.timestamp, "NotAnnounced"\n'
        weak_source = weak_source.replace(announced, "")
    for source, works in [(SOURCE, False), (weak_source, True)]:
        world = World(source)
        world.announce(0)
        if not works:
            with pytest.raises(Reverted):
                attack(world)
            continue
        attack(world)
        world.chain.warp(WINDOW + 1)
        world.licence.settle(0, sender=world.rival)
        assert world.licence.hosts(world.host)[1] == 500, "an innocent host was slashed, or robbed"


def test_without_the_revealed_set_one_fingerprint_slashes_twice():
    rule = '    assert not self.revealed[index], "AlreadyRevealed"\n'
    world = World(SOURCE.replace(rule, ""))
    world.caught(0)
    world.caught(0)
    assert world.licence.hosts(world.host)[1] == 250


steps = st.one_of(
    st.tuples(st.just("authorise"), st.integers(0, 4)),
    st.tuples(st.just("claim"), st.integers(0, 4), st.integers(0, 4)),
    st.tuples(st.just("deposit"), st.integers(0, 300), st.integers(0, 30)),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, min_size=4, max_size=12), st.integers(80, 140))
def test_contract_and_ledger_agree_on_random_histories(history, collateral):
    world = World(collateral=collateral, credit=25)
    state = rules.publish(p.Ledger(), p.Terms(*TERMS))
    state = rules.deposit(state, "host", collateral, 25)
    for name, *arguments in history:
        state, expected = by_the_ledger(state, name, arguments)
        assert on_chain(world, name, arguments) == expected
        host, money = state.hosts["host"], world.licence.hosts(world.host)
        assert money[1:3] == (host.collateral, host.credit)
        assert world.licence.income() == state.owner
        assert world.licence.bounty(world.prover) == state.provers.get("prover", 0)
        assert world.chain.balance(world.licence) == world.inside() == state.total


def by_the_ledger(state: p.Ledger, name: str, arguments: list[int]) -> tuple[p.Ledger, str]:
    try:
        if name == "authorise":
            query = sha256(f"key {arguments[0]}".encode())
            return rules.authorise(state, "host", query), "ok"
        if name == "deposit":
            return rules.deposit(state, "host", *arguments), "ok"
        reveal = SEALED.reveal(arguments[0])
        return rules.claim(state, "prover", "host", reveal, f"word{arguments[1]}")
    except rules.Refused as why:
        return state, type(why).__name__


def on_chain(world: World, name: str, arguments: list[int]) -> str:
    licence = world.licence
    try:
        if name == "authorise":
            licence.authorise(sha256(f"key {arguments[0]}".encode()), sender=world.host)
            return "ok"
        if name == "deposit":
            licence.deposit(arguments[1], sender=world.host, value=sum(arguments))
            return "ok"
        index, said = arguments
        world.announce(index)
        world.claim(index, f"word{said}")
        if licence.challenges(index)[1] == "0x" + 40 * "0":
            return "Paid"
        world.chain.warp(WINDOW + 1)
        licence.settle(index, sender=world.prover)
    except Reverted as error:
        return error.reason
    return "Slashed"
