"""What one operator of four tries in order to stop the others, and a client to be served free."""

import json
from dataclasses import replace

import pytest

from aicrypto.agents.refusals import Refusal
from aicrypto.agents.services.consensus import seal, unseal
from aicrypto.agents.services.consensus.sealed import MAX_BYTES
from aicrypto.agents.services.consensus.votes import DECISION, PRECOMMIT, VOTE, Block, Vote
from aicrypto.agents.services.fsm import Members, Payload, Round, TransactionNotValidError
from aicrypto.agents.services.mech import FIXED_PRICE_NATIVE, Marketplace, Mech
from aicrypto.bench.agents.services import beats
from aicrypto.crawl.signing import public_key
from tests.agents_network import START_MS, Network, seed_of

NAMES = ("ann", "ben", "cleo", "dan")
KEYS = {name: public_key(seed_of(name)) for name in NAMES}


def beat(name):
    return beats(name, {"names": NAMES, "rounds": 2})


def said_by(name, kind, body):
    return seal(seed_of(name), name, kind, body)


def test_a_vote_without_content_stops_nobody():
    """One empty payload, once in a block, would have ended every honest operator."""
    voting = Round("voting", Members(NAMES))
    with pytest.raises(TransactionNotValidError, match="ben sends no vote"):
        voting.deliver(Payload("ben", ()))
    voting.deliver(Payload("ann", (True,)))
    assert voting.end_block() is None
    voting.collection["ben"] = ()  # what a round that does not look would have taken
    with pytest.raises(IndexError):
        voting.end_block()


def bulky(me):
    """A liar whose payloads are right, and so long that no block with one fits into a message."""

    def distort(text, peer):
        message = json.loads(text)
        if message["kind"] == "proposal":
            return []
        if message["kind"] != "payload":
            return [text]
        return [said_by(me.name, "payload", {**message["body"], "values": ["x" * 1_048_000]})]

    return distort


@pytest.mark.parametrize("is_weak", [True, False])
def test_a_payload_that_fills_every_message_does_not_stop_the_blocks(is_weak):
    network = Network(beat, NAMES, {"ben": "two-faced"}, seed=3)
    network.distort["ben"] = bulky(network.operators["ben"].me)
    for operator in network.operators.values():
        assert operator._longest == MAX_BYTES // 16
        operator._longest = MAX_BYTES if is_weak else operator._longest
    honest = network.run(4_000).honest
    assert [o.period.is_finished for o in honest] == [not is_weak] * 3


def test_a_message_has_one_text_and_a_vote_says_nothing_else():
    """Padded votes would make the proof of a decision longer than any message that is read."""
    block = Block(0, START_MS, ())
    body = Vote(PRECOMMIT, 0, 0, block.hash).body
    text = said_by("ann", VOTE, body)
    assert unseal(text, KEYS) is not None
    for bad in (
        text + " ",
        text[:-1] + " }",
        text.replace(":", ": ", 1),
        json.dumps(json.loads(text)),
    ):
        assert unseal(bad, KEYS) is None
    assert Vote.read(body) == Vote(PRECOMMIT, 0, 0, block.hash)
    assert Vote.read({**body, "more": "x"}) is None
    assert Vote.read({**body, "block": "f" * 65}) is None
    padded = [text[:-1] + " " * 400_000 + "}" for _ in range(3)]
    proof = {"attempt": 0, "block": block.body, "votes": padded}
    assert len(said_by("dan", DECISION, proof)) > MAX_BYTES


def test_nothing_rides_along_with_a_decision():
    """Votes for far heights would be remembered for ever, and looked through at every message."""
    operator = Network(beat, NAMES).operators["ann"]
    operator.start(START_MS)
    block = Block(0, START_MS, ())
    votes = [said_by(n, VOTE, Vote(PRECOMMIT, 0, 0, block.hash).body) for n in NAMES[1:]]
    rider = said_by("dan", VOTE, Vote(PRECOMMIT, 10**6, 0, None).body)
    proof = {"attempt": 0, "block": block.body, "votes": [*votes, rider]}
    operator.receive(said_by("dan", DECISION, proof), START_MS)
    assert operator.replica.height == 0
    operator.receive(said_by("dan", DECISION, {**proof, "votes": votes}), START_MS)
    assert operator.replica.height == 1
    assert all(height < 100 for _, height, _ in operator.replica._votes)


def test_no_block_is_made_for_what_the_round_refuses():
    """Or one who is not the keeper would have a block made of his payload, again and again."""
    operator = Network(beat, NAMES).operators["cleo"]
    operator.start(START_MS)
    operator.period.round = Round("only_keeper_sends", Members(NAMES), 0, keeper="ann")
    for name, blocks in (("ben", 0), ("ann", 1)):
        operator.receive(said_by(name, "payload", {"round": 0, "values": [name]}), START_MS)
        block = operator.propose(0, must=False)
        assert (len(block.payloads) if block else 0) == blocks


CLIENT, WORKER = "0x" + 40 * "3", "0x" + 40 * "2"


def test_a_refused_request_leaves_nothing_to_be_paid_for():
    """Half a request would be work that the marketplace pays for without having been paid."""
    loot = {}
    for is_weak in (True, False):
        market = Marketplace(1, "0x" + 40 * "1", 100, 10, 1000, 10**9)
        market.register(Mech(WORKER, 1000))
        request = Marketplace.request.__wrapped__ if is_weak else Marketplace.request
        with pytest.raises(Refusal, match="InsufficientBalance"):
            request(market, CLIENT, [b"task"], 1000, FIXED_PRICE_NATIVE, WORKER, 100)
        for number in list(market.requests):
            market.deliver(WORKER, [number], [1000])
        tracker = market.tracker(FIXED_PRICE_NATIVE)
        loot[is_weak] = tracker.mechs[WORKER]
        assert tracker.is_conserved() is not is_weak
    assert loot == {True: 1000, False: 0}


def test_a_refused_batch_delivers_nothing():
    market = Marketplace(1, "0x" + 40 * "1", 100, 10, 1000, 10**9)
    market.register(Mech(WORKER, 1000))
    asked = (CLIENT, [b"task"], 1000, FIXED_PRICE_NATIVE, WORKER, 100, 1000)
    [number] = market.request(*asked)
    before = replace(market.requests[number])
    with pytest.raises(Refusal, match="ZeroAddress"):
        market.deliver(WORKER, [number, bytes(32)], [1000, 1000])
    assert market.requests[number] == before
    assert market.deliver(WORKER, [number], [1000]) == [True]
