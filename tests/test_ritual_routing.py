"""The connector: five rooms behind one job description, and what lies earn there."""

import json
from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.crawl.pages import Response
from aicrypto.evm import ETHER, Chain
from aicrypto.ritual import deploy_market
from aicrypto.ritual.node import Container, Output
from aicrypto.ritual.routing import (
    Connector,
    Economy,
    Effort,
    Hall,
    Inference,
    Job,
    NoRoute,
    Pages,
    Programs,
    Queries,
    Runs,
    Way,
    container_of,
    count,
    majority_chance,
    open_answers,
    quote,
    quotes,
    routing_table,
    sealed_answers,
    settle,
    taken,
)
from aicrypto.ritual.routing.rooms.runs import training_job
from aicrypto.sql import Table
from aicrypto.sql.types import BIGINT
from aicrypto.training.refereed import Fault, Provider
from tests.crawl_site import page, prose
from tests.oracle_models import random_network, small_model

HOUR, DAY = 3_600, 86_400
PATIENT = 10 * DAY
SITE = {f"http://a.example/{i}": page(f"page {i}", prose(i)) for i in range(4)}


def web(url: str) -> Response:
    return Response(url, 200, "OK", (("content-type", "text/html"),), SITE[url])


@cache
def rooms():
    table = Table.of(a=(BIGINT, [1, 2, 5, 5]), b=(BIGINT, [10, 20, 30, 40]))
    every = Pages(web), Queries({"t": table}), Inference(random_network((8, 16, 4)))
    return {room.name: room for room in (*every, Programs(small_model()), Runs())}


JOBS = {
    "crawl": json.dumps({"urls": list(SITE)}).encode(),
    "sql": b"SELECT b FROM t WHERE a = 5",
    "zkml": bytes(range(8)),
    "opml": bytes(range(8)),
    "training": b'{"seed": 1, "steps": 3}',
}


# Rooms


@pytest.mark.parametrize("name", JOBS)
def test_a_room_knows_its_own_answers(name: str) -> None:
    room, data = rooms()[name], JOBS[name]
    made = room.work(data)
    assert room.check(data, made)
    assert room.work(data).data == made.data
    rng = np.random.default_rng(1)
    for part in ("data", "proof"):
        whole = getattr(made, part)
        for spot in rng.integers(len(whole), size=4) if whole and part not in ignored(name) else ():
            changed = bytearray(whole)
            changed[spot] ^= 1 << int(rng.integers(8))
            assert not room.check(data, replace(made, **{part: bytes(changed)}))
    assert not room.check(data, replace(made, data=made.data[:-1]))
    assert not room.check(data, replace(made, data=b""))


def ignored(name: str) -> tuple[str, ...]:
    return ("proof",) if name in ("opml", "training") else ()  # no proof: the work is done again


@pytest.mark.parametrize("name", JOBS)
def test_a_room_refuses_what_is_no_job(name: str) -> None:
    room, made = rooms()[name], rooms()[name].work(JOBS[name])
    wrong = [b"", b"\xff", b"[" * 10_000, b"{}", b'{"urls": []}', b'{"seed": -1, "steps": 2}']
    for data in (*wrong, b'{"seed": 1, "steps": true}', b'{"seed": 1, "steps": 65}', bytes(9)):
        with pytest.raises(ValueError, match=r"."):
            room.work(data)
        assert not room.check(data, made)


def test_a_quarrel_about_a_run_ends_at_one_operator() -> None:
    room, data = rooms()["training"], JOBS["training"]
    honest = room.provider(data, "ada")
    fault = Fault(2, 5, lambda tensor: tensor + 1)
    liar = Provider("lou", honest.job, bytes(31) + b"\1", fault)
    ruling = room.quarrel(data, honest, liar)
    assert (ruling.cheater, ruling.step, ruling.operator) == ("B", 2, 5)


def test_proofs_travel_by_their_hash() -> None:
    hall = Hall(*people())
    made = container_of(rooms()["zkml"], hall.shelf).work(JOBS["zkml"])
    assert len(made.proof) == 32 < len(hall.shelf.get(made.proof))
    hall.shelf.things[made.proof] = b"something else"
    assert hall.shelf.get(made.proof) is None


# Ways

EFFORT = Effort(1.0, 20.0, has_game=True)
values = st.integers(0, 10**21)


@settings(max_examples=200, deadline=None)
@given(values, st.floats(0.01, 0.4), st.floats(0.5, 0.999), st.integers(0, 2_000))
def test_no_quoted_wage_makes_a_lie_worth_it(value, corrupt, watched, fee_bps) -> None:
    """What a liar gets on average, by the coordinator's amounts, against what truth brings."""
    economy = Economy(corrupt=corrupt, watched=watched, fee_bps=fee_bps)
    for way in (Way.OPTIMISTIC, Way.SAMPLING):
        offer = quote(way, EFFORT, economy, value)
        caught = watched if way is Way.OPTIMISTIC else offer.chance * (1 - corrupt)
        net = offer.wage_wei - offer.wage_wei * 2 * fee_bps // 10_000
        truth = net - EFFORT.work_s * economy.second_wei
        lie = (1 - caught) * (net + value) - caught * offer.wage_wei
        assert lie <= truth + 1e-9 * (value + offer.wage_wei)
        assert truth >= -1


def test_a_lower_wage_would_make_it_worth_it() -> None:
    economy = Economy()
    offer = quote(Way.OPTIMISTIC, EFFORT, economy, 10 * ETHER)
    wage = offer.wage_wei * 99 // 100
    net = wage - wage * 2 * economy.fee_bps // 10_000
    caught = economy.watched
    assert (1 - caught) * (net + 10 * ETHER) - caught * wage > net - economy.second_wei


@given(st.integers(1, 6), st.floats(0.01, 0.49))
def test_a_majority_of_liars_is_as_likely_as_drawn(half: int, corrupt: float) -> None:
    n = 2 * half + 1
    drawn = np.random.default_rng(n).random((20_000, n)) < corrupt
    share = (drawn.sum(axis=1) > half).mean()
    assert share == pytest.approx(majority_chance(n, corrupt), abs=0.02)


def test_each_way_has_its_values() -> None:
    def best(value: float, *ways: Way) -> Way:
        found = quotes(EFFORT, Economy(), int(value * ETHER))
        return next(one.way for one in found if not ways or one.way in ways)

    assert [best(v) for v in (0.01, 5, 100)] == [Way.OPTIMISTIC, Way.COMMITTEE, Way.PROOF]
    quick = Way.SAMPLING, Way.COMMITTEE, Way.PROOF
    assert [best(v, *quick) for v in (0.01, 1, 100)] == list(quick)


@given(values, values)
def test_more_at_risk_never_costs_less(one, other) -> None:
    low, high = sorted((one, other))
    for way in Way:
        before, after = (quote(way, EFFORT, Economy(), value) for value in (low, high))
        assert before.total_wei <= after.total_wei


@pytest.mark.parametrize(
    "change",
    [
        {"corrupt": 1.0},
        {"corrupt": -0.1},
        {"watched": 0.0},
        {"watched": 1.1},
        {"fee_bps": 5_000},
        {"fee_bps": -1},
        {"second_wei": -1},
        {"gas_wei": -1},
        {"deliver_gas": -1},
        {"judge_gas": -1},
        {"window_s": -1},
        {"seal_s": float("nan")},
    ],
)
def test_an_economy_out_of_range_names_its_argument(change) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        Economy(**change)


# The table


def job_of(room: str, value: float = 0.01, deadline_s: float = PATIENT, budget: float = 1.0) -> Job:
    return Job(room, JOBS[room], int(value * ETHER), int(budget * ETHER), deadline_s)


def test_the_table_says_why() -> None:
    efforts = {name: room.effort for name, room in rooms().items()}
    rows = routing_table(job_of("opml", 2.0, HOUR, 0.02), efforts, Economy())
    said = {row.way: row.reason for row in rows}
    assert said[Way.COMMITTEE] == "taken"
    assert said[Way.PROOF] == "nobody can prove this work"
    assert said[Way.OPTIMISTIC] == "takes 7 days, the job waits 1 hours"
    assert said[Way.SAMPLING].startswith("costs 0.12 ETH, the job pays 0.02 ETH")
    assert rows[0].way is Way.COMMITTEE
    rows = routing_table(job_of("sql", 0.1), efforts, Economy())
    assert taken(rows).way is Way.PROOF
    assert "with its risk, proof" in next(row.reason for row in rows if row.way is Way.SAMPLING)
    with pytest.raises(NoRoute, match="proof: nobody"):
        taken(routing_table(job_of("opml", 2.0, 1, 0.001), efforts, Economy()))
    with pytest.raises(ValueError, match="room is 'art'"):
        routing_table(Job("art", b"", 0, 0, 0), efforts, Economy())


# Run

WRONG = b"\x2a"


def people():
    chain = Chain(timestamp=1_700_000_000)
    owner, buyer, judge = (chain.account(name) for name in ("owner", "buyer", "judge"))
    return deploy_market(chain, owner, 511), buyer, judge


def honest(hall: Hall):
    return [container_of(room, hall.shelf) for room in rooms().values()]


def lying(hall: Hall):
    def lie(data: bytes) -> Output:
        return Output(WRONG, hall.shelf.put(WRONG))

    return [Container(name, lie, proves=True) for name in JOBS]


class Looking(Random):
    """Randomness of somebody who always looks."""

    def random(self) -> float:
        return 0.0


def connector(seed: int = 1, **economy) -> Connector:
    hall = Hall(*people())
    for i in range(7):
        hall.join(f"good{i}", honest(hall), 5 * ETHER)
        hall.join(f"bad{i}", lying(hall), 5 * ETHER)
    return Connector(hall, rooms(), Economy(**economy), Random(seed))


@pytest.mark.parametrize(
    ("room", "value", "deadline_s", "way"),
    [
        ("sql", 50.0, HOUR, Way.PROOF),
        ("zkml", 50.0, HOUR, Way.PROOF),
        ("opml", 0.5, PATIENT, Way.OPTIMISTIC),
        ("training", 0.5, PATIENT, Way.OPTIMISTIC),
        ("crawl", 0.001, HOUR, Way.SAMPLING),
        ("crawl", 0.5, HOUR, Way.COMMITTEE),
    ],
)
def test_every_room_is_reached_and_no_lie_is_paid(room, value, deadline_s, way) -> None:
    job = job_of(room, value, deadline_s)
    market = connector(watched=1.0, corrupt=0.1)
    n = taken(market.table(job)).n_nodes
    market.rng = Looking(1)
    done = market.run(job, [f"good{i}" for i in range(n)])
    assert (done.quote.way, done.output) == (way, rooms()[room].work(JOBS[room]).data)
    net = done.quote.wage_wei - done.quote.wage_wei * 2 * 511 // 10_000
    assert set(done.earned_wei.values()) == {net}
    few = n // 2 if way is Way.COMMITTEE else 1
    names = [f"good{i}" for i in range(n - few)] + [f"bad{i}" for i in range(few)]
    done = market.run(job, names)
    assert done.output == (rooms()[room].work(JOBS[room]).data if n > 1 else None)
    liars = {name: wei for name, wei in done.earned_wei.items() if name.startswith("bad")}
    assert set(liars.values()) == {-done.quote.wage_wei}
    chain = market.hall.market.chain
    assert chain.total_wei() == chain.minted_wei


def test_who_is_not_watched_gets_away() -> None:
    """The optimistic way's limit: with nobody to look, the lie is paid after a week."""
    market = connector(watched=0.5)
    market.rng = Random(5)
    assert market.rng.random() > 0.5
    market.rng = Random(5)
    done = market.run(job_of("opml", 0.001), ["bad0"])
    assert done.output == WRONG
    assert done.earned_wei["bad0"] > 0


def test_too_few_members_or_silent_ones() -> None:
    market = connector()
    with pytest.raises(ValueError, match="committee needs"):
        market.run(job_of("crawl", 0.5, HOUR), ["good0"])
    market.hall.join("idle", [Container("sql", lambda data: 1 / 0, proves=True)], ETHER)
    done = market.run(job_of("sql"), ["idle"])
    assert (done.output, done.earned_wei) == (None, {"idle": 0})
    with pytest.raises(ValueError, match="taken"):
        market.hall.join("idle", [], 0)


# Three of five honest


@pytest.mark.parametrize("is_sealed", [True, False])
def test_three_of_five_are_honest(is_sealed: bool) -> None:
    """A copier earns like a worker where answers are open, and nothing where they are sealed."""
    market = connector()
    hall, job = market.hall, job_of("training")

    def copied(data: bytes) -> Output:
        events = [event for event in hall.market.chain.events() if event.name == "Received"]
        return Output(events[-1].arguments["output"] if events else b"nothing to copy")

    hall.join("copier", [Container("training", copied, proves=True)], 5 * ETHER)
    names = ["good0", "bad0", "good1", "good2", "copier"]
    wage = ETHER // 100
    seal_s = 60 if is_sealed else None
    post = hall.post(job, wage, names, hall.verifier(), seal_s)
    couriers = [hall.courier(name) for name in names]
    before = hall.purses_wei()
    if is_sealed:
        sealed_answers(post, couriers, b"seed")
    else:
        open_answers(post, couriers)
    ballot = settle(post, hall.judge)
    assert ballot.winner == rooms()["training"].work(job.data).data
    after = hall.purses_wei()
    earned = {name: after[name] - before[name] for name in names}
    net = wage - wage * 2 * 511 // 10_000
    good = {"good0", "good1", "good2"} | (set() if is_sealed else {"copier"})
    assert earned == {name: net if name in good else -wage for name in names}
    liars = {hall.courier(name).account.address for name in set(names) - good}
    assert set(ballot.dissenters) == liars


def test_two_rounds_have_two_salts() -> None:
    """One salt for all rounds would open the next commitment to who tries known answers."""
    market = connector()
    hall, job = market.hall, job_of("training")
    salts = []
    for _ in range(2):
        post = hall.post(job, ETHER // 100, ["good0"], hall.verifier(), 60)
        [delivery] = sealed_answers(post, [hall.courier("good0")])
        salts.append(delivery.output.proof)
    assert salts[0] != salts[1]


def test_strangers_jobs_do_not_fill_the_memory() -> None:
    for seed in range(30):
        training_job(seed, 1)
    assert training_job.cache_info().currsize <= 16


def test_copies_of_a_lie_outvote_the_truth_unless_sealed() -> None:
    """Two liars and their copiers: open answers let copies make a majority."""
    assert (
        count({"a": b"lie", "b": b"lie", "c": b"lie", "d": b"true", "e": b"true"}, 5).winner
        == b"lie"
    )
    assert count({"a": b"lie", "d": b"true", "e": b"true"}, 5).winner is None
