"""Operators agree although some are silent, lie, or are killed: simulated, and as processes."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.agents.olas import content_digest
from aicrypto.agents.services.consensus import (
    Identity,
    behaving,
    distortion,
    run_service,
    seal,
    sealed,
    unseal,
)
from aicrypto.agents.services.consensus.operators import Operator
from aicrypto.agents.services.consensus.sealed import MAX_BYTES
from aicrypto.agents.services.consensus.votes import (
    PRECOMMIT,
    VOTE,
    Block,
    Proposal,
    Vote,
    read_decision,
)
from aicrypto.agents.services.fsm import answering, select_keeper
from aicrypto.agents.services.fsm import settlement as rounds
from aicrypto.agents.services.fsm.certificates import assemble, is_certificate, take_apart
from aicrypto.agents.services.mech import FIXED_PRICE_NATIVE, task_document
from aicrypto.bench.agents.services import beats
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.signing import public_key
from aicrypto.evm import Chain, Reverted
from aicrypto.evm.accounts import derive_account
from aicrypto.evm.signing import sign_digest
from tests.agents_network import START_MS, Network, seed_of

NAMES = ("ann", "ben", "cleo", "dan")
KEYS = {name: public_key(seed_of(name)) for name in NAMES}
ACCOUNTS = {name: derive_account("consensus", name) for name in NAMES}
SIGNERS = {name: account.address for name, account in ACCOUNTS.items()}
DATA = {
    "task": {"prompt": "84", "tool": "factor", "nonce": "1"},
    "beacon": "11" * 32,
    "signers": SIGNERS,
}


REFUSED = [  # the way through the rounds if the first keeper lies: once round, whoever proposes
    (answering.ANSWER, "DONE"),
    (rounds.RANDOMNESS, "DONE"),
    (rounds.KEEPER_A, "DONE"),
    (rounds.SIGNATURES, "DONE"),
    (rounds.FINALIZATION, "DONE"),
    (rounds.VALIDATION, "NEGATIVE"),
    (rounds.HISTORY, "NEGATIVE"),
    (rounds.KEEPER_B, "DONE"),
    (rounds.FINALIZATION, "DONE"),
    (rounds.VALIDATION, "DONE"),
]


def beacon_for(keeper, names=NAMES):
    """A beacon that makes this operator the first keeper: it is read in round 1."""
    numbers = (bytes([i]) for i in range(256))
    seeds = ((number.hex(), sha256(number, (1).to_bytes(8, "big")).hex()) for number in numbers)
    return next(beacon for beacon, seed in seeds if select_keeper(names, [], seed) == keeper)


def answer(name, data=DATA):
    return answering.service(NAMES, dict(data), ACCOUNTS[name].private_key)


def beat(names, n):
    return lambda name: beats(name, {"names": names, "rounds": n})


@pytest.mark.parametrize(
    ("name", "fault"), [*((name, "lying") for name in NAMES), ("ben", "silent")]
)
def test_one_of_four_cannot_change_the_answer(name, fault):
    honest = Network(answer, NAMES, {name: fault}, seed=18).run().honest
    assert {o.period.state for o in honest} == {rounds.FINISHED}
    assert len({o.period.digest for o in honest}) == 1
    data = honest[0].period.data
    assert data["answer"] == "2 2 3 7"
    final = bytes.fromhex(data["final"])
    assert is_certificate(bytes.fromhex(data["digest"]), final, set(SIGNERS.values()), 3)
    caught = set().union(*(o.liars for o in honest))
    assert caught == ({name} if fault == "lying" else set())


@pytest.mark.parametrize("seed", range(4))
def test_a_keepers_lie_is_refused_in_every_network(seed):
    """Also where the liar proposes the block with its own payload."""
    liar = NAMES[seed]
    data = {**DATA, "beacon": beacon_for(liar)}
    honest = Network(lambda name: answer(name, data), NAMES, {liar: "lying"}, seed).run().honest
    assert [o.period.history for o in honest] == [REFUSED] * 3
    assert honest[0].period.data["history"][0] == "a lie"
    assert honest[0].period.data["keepers"][0] != liar


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.integers(0, 2**32), st.sampled_from(["silent", "lying", None]), st.booleans())
def test_all_come_to_the_same_state_whatever_the_network_does(seed, fault, is_bad):
    """Messages late by up to two timeouts, or one in five lost."""
    weather = {"lost": 0.2} if is_bad else {"delay": (1, 900)}
    faults = {NAMES[seed % 4]: fault} if fault else {}
    honest = Network(beat(NAMES, 5), NAMES, faults, seed, **weather).run(400_000).honest
    assert all(o.period.is_finished for o in honest)
    assert len({o.period.digest for o in honest}) == 1
    assert {event for o in honest for _, event in o.period.history} <= {
        "DONE",
        "LAST",
        "ROUND_TIMEOUT",
    }


def test_two_of_seven_may_lie_together():
    names = tuple("abcdefg")
    honest = Network(beat(names, 4), names, {"b": "lying", "e": "lying"}, seed=7).run().honest
    assert all(o.period.is_finished for o in honest)
    assert len({o.period.digest for o in honest}) == 1


def test_with_two_silent_of_four_nothing_happens_rather_than_something_wrong():
    honest = Network(beat(NAMES, 3), NAMES, {"ann": "silent", "dan": "silent"}).run(60_000).honest
    assert [o.replica.height for o in honest] == [0, 0]
    assert [o.period.history for o in honest] == [[], []]


def two_faced(me):
    """A proposer who shows ann one block and the others another, and votes for both."""
    twins = {}

    def distort(text, peer):
        message = json.loads(text)
        kind, body = message["kind"], message["body"]
        if message["sender"] != me.name or kind == "decision":
            return []
        if kind == "proposal" and peer != "ann":
            block = Block.read(body["block"])
            twin = replace(block, time_ms=block.time_ms + 1)
            twins[block.hash] = twin.hash
            body = {**body, "block": twin.body}
        elif kind == VOTE and peer != "ann":
            body = {**body, "block": twins.get(body["block"], body["block"])}
        return [seal(me.seed, me.name, kind, body)]

    return distort


def test_a_quorum_of_two_splits_the_service():
    """Replicas weakened to decide with 2 of 4 come to different histories; right ones do not."""
    seen = {}
    for needed in (2, 3):
        network = Network(beat(NAMES, 4), NAMES, {"cleo": "two-faced"}, seed=2)
        network.distort["cleo"] = two_faced(network.operators["cleo"].me)
        for operator in network.operators.values():
            assert operator.replica.needed == 3
            operator.replica.needed = needed
        network.run(20_000)
        proofs = [o.replica.proofs for o in network.honest]
        heights = set.intersection(*map(set, proofs))
        read = [{h: json.loads(p[h])["body"]["block"] for h in heights} for p in proofs]
        seen[needed] = all(other == read[0] for other in read)
    assert seen == {2: False, 3: True}


def test_what_is_sealed_and_what_is_not():
    text = seal(seed_of("ann"), "ann", VOTE, {"a": [1, None, "ü"]})
    message = unseal(text, KEYS)
    assert message is not None
    assert (message.sender, message.kind, message.body) == ("ann", VOTE, {"a": [1, None, "ü"]})
    swapped = json.loads(text)
    for bad in (
        text[:-2],
        text.replace("ann", "ben"),
        text.replace("vote", "veto"),
        text.replace("[1", "[2"),
        json.dumps({**swapped, "sender": ["ann"]}),
        json.dumps({**swapped, "sender": "nobody"}),
        json.dumps({**swapped, "signature": "zz"}),
        json.dumps({**swapped, "body": []}),
        json.dumps([text]),
        "[" * 100_000,
        " " * (MAX_BYTES + 1),
        "",
    ):
        assert unseal(bad, KEYS) is None
    for i in range(0, len(text), 7):
        assert unseal(text[:i] + chr(ord(text[i]) ^ 1) + text[i + 1 :], KEYS) in (None, message)
    assert unseal(None, KEYS) is None


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = (
    "step",
    "height",
    "attempt",
    "block",
    "valid",
    "votes",
    "round",
    "values",
    "payloads",
    "time",
    "proof",
)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["proposal", "vote", "decision", "payload", "else"]),
    st.dictionaries(st.sampled_from(FIELDS), junk),
)
def test_signed_nonsense_does_no_harm(kind, body):
    """From a member, with a right signature: it must neither raise nor count."""
    network = Network(beat(NAMES, 2), NAMES, {"dan": "silent"})
    operator = network.operators["ann"]
    operator.start(START_MS)
    operator.receive(seal(seed_of("dan"), "dan", kind, body), START_MS)
    if kind == "proposal" and isinstance(body.get("block"), dict):
        operator.receive(seal(seed_of("ben"), "ben", kind, body), START_MS)
    assert operator.period.history == []


def test_only_enough_votes_for_one_block_in_one_attempt_prove_a_decision():
    block = Block(3, START_MS, ("x",))
    me = Identity("ann", seed_of("ann"), KEYS)

    def vote(name, step=PRECOMMIT, height=3, attempt=1, chosen=block.hash):
        return seal(seed_of(name), name, VOTE, Vote(step, height, attempt, chosen).body)

    good = {"attempt": 1, "block": block.body, "votes": [vote(n) for n in NAMES[:3]]}
    assert read_decision(good, me.open, 4) == block
    other = Block(3, START_MS + 1, ("x",))
    for bad in (
        {**good, "votes": good["votes"][:2]},
        {**good, "votes": [*good["votes"][:2], good["votes"][0]]},
        {**good, "votes": [*good["votes"][:2], vote("cleo", attempt=2)]},
        {**good, "votes": [*good["votes"][:2], vote("cleo", step="prevote")]},
        {**good, "votes": [*good["votes"][:2], vote("cleo", height=4)]},
        {**good, "votes": [*good["votes"][:2], vote("cleo", chosen=None)]},
        {**good, "votes": [*good["votes"][:2], 7]},
        {**good, "votes": good["votes"] * 2},
        {**good, "votes": None},
        {**good, "attempt": None},
        {**good, "attempt": 2},
        {**good, "block": other.body},
        {**good, "block": None},
    ):
        assert read_decision(bad, me.open, 4) is None


def test_blocks_that_an_honest_operator_does_not_vote_for():
    operator = Network(beat(NAMES, 2), NAMES).operators["ann"]
    operator.start(START_MS)
    payload = seal(seed_of("ben"), "ben", "payload", {"round": 0, "values": [0]})
    forged = seal(seed_of("dan"), "ben", "payload", {"round": 0, "values": [9]})
    vote = seal(seed_of("ben"), "ben", VOTE, Vote(PRECOMMIT, 0, 0, None).body)
    good = Block(0, START_MS, (payload,))
    assert operator.is_valid(good)
    for bad in (
        Block(0, START_MS, (payload, forged)),
        Block(0, START_MS, (vote,)),
        Block(0, START_MS + 501, (payload,)),  # from the future
        Block(0, 0, (payload,)),  # not after the last one
        Block(0, START_MS, (payload,) * 5),
    ):
        assert not operator.is_valid(bad)
    assert Proposal.read({"attempt": 1, "valid": 1, "block": good.body, "proof": []}) is None
    assert Proposal.read({"attempt": 1, "valid": 0, "block": good.body, "proof": []}) is not None


def test_faults_are_what_they_are_called():
    me = Identity("ann", seed_of("ann"), KEYS)
    vote = seal(me.seed, "ann", VOTE, Vote(PRECOMMIT, 0, 0, "aa").body)
    assert distortion("silent", me)(vote, "ben") == []
    assert distortion(None, me)(vote, "ben") == [vote] == distortion("killed", me)(vote, "ben")
    [to_ben], [to_cleo] = (distortion("lying", me)(vote, peer) for peer in ("ben", "cleo"))
    said = [unseal(text, KEYS).body["block"] for text in (to_ben, to_cleo)]
    assert said == [None, "aa"]
    network = Network(beat(NAMES, 2), NAMES)
    period, behaviours = (getattr(network.operators["ann"], n) for n in ("period", "behaviours"))
    said = {fault: behaving(fault, behaviours) for fault in (None, "silent", "lying")}
    [state] = behaviours
    assert said[None] == said["silent"] == behaviours
    assert said["lying"][state]("ann", period) == ("a lie",) != behaviours[state]("ann", period)
    assert behaving("lying", {state: lambda me, period: None})[state]("ann", period) is None
    with pytest.raises(ValueError, match="fault is 'lazy'"):
        distortion("lazy", me)
    with pytest.raises(ValueError, match="faults are of"):
        run_service("x:y", {"ann": {}}, {"ben": "silent"})


def test_a_payload_is_said_once_and_late_ones_do_not_count():
    operator = Operator(
        Identity("ann", seed_of("ann"), KEYS), *beats("ann", {"names": NAMES, "rounds": 9})
    )
    operator.start(START_MS)
    for name in NAMES[1:]:
        for value in (0, 5):  # a second payload of the same operator
            body = {"round": 0, "values": [value]}
            operator.receive(seal(seed_of(name), name, "payload", body), START_MS)
    block = operator.propose(0, must=False)
    assert [unseal(p, KEYS).body["values"] for p in block.payloads] == [[0]] * 4
    assert operator.decide(block)
    assert operator.period.history == [("BeatRound", "DONE")]
    again = Block(1, block.time_ms + 1, block.payloads)
    operator.decide(again)
    assert operator.period.history == [("BeatRound", "DONE")], "they were of round 0"


def test_four_processes_agree_though_one_lies():
    """The liar is the first keeper, and its certificate is refused in every run."""
    data = {**DATA, "beacon": beacon_for("cleo")}
    keys = {name: ACCOUNTS[name].private_key.hex() for name in NAMES}
    jobs = {n: {"names": NAMES, "data": data, "key": keys[n], "faster": 1} for n in NAMES}
    outcomes = run_service(f"{answering.__name__}:operate", jobs, {"cleo": "lying"})
    assert set(outcomes) == {"ann", "ben", "dan"}
    assert {o.state for o in outcomes.values()} == {rounds.FINISHED}
    assert [list(o.history) for o in outcomes.values()] == [REFUSED] * 3
    assert set().union(*(o.liars for o in outcomes.values())) <= {"cleo"}
    assert len({o.digest for o in outcomes.values()}) == 1
    data = outcomes["ann"].data
    assert data["answer"] == "2 2 3 7"
    final = bytes.fromhex(data["final"])
    assert is_certificate(sha256(b"2 2 3 7"), final, set(SIGNERS.values()), 3)


def test_seven_processes_agree_though_one_is_killed_and_one_silent():
    names = tuple(f"operator-{i}" for i in range(7))
    given = {name: {"names": names, "rounds": 4} for name in names}
    faults = {"operator-2": "killed", "operator-5": "silent"}
    outcomes = run_service("aicrypto.bench.agents.services:beats", given, faults)
    assert len(outcomes) == 5
    assert len({o.digest for o in outcomes.values()}) == 1
    assert {o.state for o in outcomes.values()} == {"StoppedRound"}


def test_four_operators_are_one_mech_that_is_hired_delivers_and_is_paid():
    """From the request to the payment, though one of the four lies."""
    town = Chain()
    maker, client = town.account("maker"), town.account("client")
    market = town.deploy("MechMarketplace", 100, 10, 1000, sender=maker)
    safe = town.deploy("OlasSafe", sender=maker)
    safe.setup(list(SIGNERS.values()), 3, sender=maker)

    def act(data, signatures):
        safe.execute(market, 0, data, take_apart(signatures), sender=maker)

    listing = market.register.encode(500, FIXED_PRICE_NATIVE, maker)
    digest = safe.digest(market, 0, listing)
    act(listing, assemble(digest, [sign_digest(digest, a.private_key) for a in ACCOUNTS.values()]))
    task = task_document("84", "factor", "1")
    terms = content_digest(task), 500, FIXED_PRICE_NATIVE, safe, 100
    number = market.request(*terms, sender=client, value=500)
    call = {
        "chain": town.chain_id,
        "account": safe.address,
        "nonce": safe.nonce(),
        "marketplace": market.address,
        "request": number.hex(),
        "rate": 500,
    }

    def operator(name):
        return answering.service(NAMES, {**DATA, "call": call}, ACCOUNTS[name].private_key)

    honest = Network(operator, NAMES, {"ben": "lying"}, seed=3).run().honest
    data = honest[0].period.data
    certificate = bytes.fromhex(data["final"])
    with pytest.raises(Reverted):
        act(answering.delivery(data, "a lie"), certificate)
    act(answering.delivery(data, data["answer"]), certificate)
    assert market.getRequestStatus(number) == 3
    assert market.events("Deliver")[-1].arguments["data"] == b"2 2 3 7"
    market.processPayment(safe, sender=maker)
    assert town.balance(safe) == 495


def test_long_messages_are_opened_and_not_remembered(monkeypatch):
    opened = []
    unsealing = lambda text, keys: opened.append(text) or unseal(text, keys)  # noqa: E731
    monkeypatch.setattr(sealed, "unseal", unsealing)
    me = Identity("ann", seed_of("ann"), KEYS)
    short, long = (seal(seed_of("ben"), "ben", VOTE, {"x": n * "a"}) for n in (9, 1 << 16))
    for text in (short, long):
        assert [me.open(text).body for _ in range(3)] == 3 * [unseal(text, KEYS).body]
    assert opened == [short, long, long, long]
    assert me.open(["no text"]) is None
