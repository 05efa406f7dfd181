"""The agent behind a run: what it may do, what a team can train, and whom the market chooses."""

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aicrypto import ritual
from aicrypto.agents.olas.onchain import ServiceChain
from aicrypto.commit.hashes import sha256
from aicrypto.evm import ETHER, Chain, Reverted
from aicrypto.pipeline import Receipt
from aicrypto.pipeline.job import CLIENT, REWARD_WEI
from aicrypto.pipeline.receipts import Inputs, Refused
from aicrypto.pipeline.stages import (
    agent,
    agreement,
    bonds,
    compute,
    makers,
    market,
    order,
    service,
    team,
    together,
    train,
)
from aicrypto.pipeline.stages.agent import BUDGET_WEI, acts_of, gas_of, paid_to
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.stages.features import features, labels, vocabulary
from aicrypto.pipeline.state import Options, State, begin
from aicrypto.ritual import Offer
from aicrypto.training.sparse import BadMessage
from aicrypto.zkml import CommittedModel, Network, commit

TOPICS = ("birds", "boats", "bread")
NOTHING = Inputs({}.get)


def a_row(topic: str, number: int, own: int = 9) -> Row:
    """A page of twelve words, most of them the topic's own."""
    picks = [sha256(f"{topic} {number} {i}".encode())[0] for i in range(12)]
    letters = [
        f"{topic[:3]}{chr(97 + p % own)}x" if p < 190 else f"w{chr(97 + p % 8)}" for p in picks
    ]
    text = " ".join(letters)
    url, digest = f"http://x/{topic}/{number}", sha256(text.encode()).hex()
    told = {"session": url, "url": url, "title": "", "text": text, "lang": "en", "label": topic}
    record = {"v": 1, **told, "text_sha256": digest}
    return Row(record, 0 if number < 4 else 200, text)


DATA = Dataset(tuple(a_row(topic, number) for topic in TOPICS for number in range(20)))


def state_before(folder: Path, options: Options | None = None) -> State:
    return begin(options or Options(), folder, lambda done, total: None)


@pytest.fixture(scope="module")
def ordered(tmp_path_factory: pytest.TempPathFactory) -> State:
    return order.run(state_before(tmp_path_factory.mktemp("order"), Options(topics=TOPICS)))


def check(after: State, facts: dict[str, Any] | None = None) -> None:
    told = facts or {receipt.stage: receipt.facts for receipt in after.receipts}
    order.check_on_chain(after.chain, told, after.job.posted())


# Order


def test_an_agent_orders_and_the_client_pays_once(ordered: State) -> None:
    chain, who = ordered.chain, ordered.agent
    assert ordered.job.posted().client == who.address != chain.account(CLIENT).address
    assert chain.balance(who.account) == BUDGET_WEI - REWARD_WEI
    assert chain.balance(chain.account(CLIENT)) == 1_000 * ETHER - BUDGET_WEI
    assert ordered.evidence["order"]["file"]["order"]["topics"] == list(TOPICS)
    check(ordered)
    again = order.restore(ordered, ordered.evidence["order"])
    assert (again.address, again.number, again.consent) == (who.address, who.number, who.consent)


def test_the_key_acts_for_the_account_and_a_stranger_does_not(ordered: State) -> None:
    chain, who = Chain(), agent
    founded = who.found(chain, chain.account(CLIENT))
    token = chain.deploy("PaymentToken", "T", 5, sender=chain.account("x"))
    token.transfer(founded.account, 5, sender=chain.account("x"))
    assert founded.act(token.transfer, chain.account("y"), 2) is True, "the answer, decoded"
    stranger = replace(founded, key=chain.account("y"))
    with pytest.raises(Reverted, match="NotAuthorized"):
        stranger.act(token.transfer, chain.account("y"), 2)
    with pytest.raises(Reverted, match="insufficient_balance"):
        founded.act(token.transfer, chain.account("y"), 9)
    [act] = acts_of(chain, founded.address)
    assert (act.to, act.wei) == (token.address, 0), "what failed is no act"
    assert gas_of(chain, {token.address}, founded.address) > act.receipt.gas_used
    assert paid_to(chain, token.address, founded.address) == []


def paid_by_the_client(state: State) -> None:
    """The client pays in more than the receipt says."""
    state.chain.transfer(state.agent.owner, state.agent.account, 1)


def another_file(state: State) -> None:
    identities = state.agent.agency.identities
    identities.setAgentURI(state.agent.number, "sha256:00", sender=state.agent.owner)


def another_wallet(state: State) -> None:
    state.agent.agency.identities.unsetAgentWallet(state.agent.number, sender=state.agent.owner)


def given_away(state: State) -> None:
    thief = state.chain.account("thief")
    state.agent.agency.give(state.agent.owner, state.agent.number, thief)


HISTORIES: dict[Callable[[State], None], str] = {
    paid_by_the_client: "the client paid in something else",
    another_file: "another file is registered",
    another_wallet: "another wallet is the agent's",
    given_away: "another wallet is the agent's",
}


@pytest.mark.parametrize("happens", HISTORIES, ids=lambda happens: happens.__name__)
def test_other_histories_are_refused(happens: Callable[[State], None], tmp_path: Path) -> None:
    after = order.run(state_before(tmp_path))
    check(after)
    happens(after)
    with pytest.raises(Refused, match=HISTORIES[happens]):
        check(after)


def test_an_order_by_the_client_itself_is_seen(ordered: State) -> None:
    told = {receipt.stage: receipt.facts for receipt in ordered.receipts}
    held = replace(ordered.job.posted(), client=ordered.agent.owner.address)
    with pytest.raises(Refused, match="another ordered the job"):
        order.check_on_chain(ordered.chain, told, held)


# The team


def trained(folder: Path) -> tuple[State, dict[str, Any]]:
    state = state_before(folder)
    facts = {"dataset": {"root": DATA.root.hex(), "topics": list(TOPICS)}}
    receipts = tuple(Receipt(name, "", told, "", "", "") for name, told in facts.items())
    products = {**state.products, Dataset: DATA}
    return together.run(replace(state, products=products, receipts=receipts)), facts


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> tuple[State, dict[str, Any]]:
    return trained(tmp_path_factory.mktemp("team"))


def test_a_team_learns_what_no_peer_was_shown(joined: tuple[State, dict[str, Any]]) -> None:
    state, _ = joined
    network = train.network_of(state.get(team.Team))
    rows, held_out = DATA.split()
    words = vocabulary(rows)
    x, y = features(held_out, words), labels(held_out, TOPICS)
    assert network.correct(x, y) >= 0.8 * len(held_out)
    start = together.load(
        state.evidence["together"] | {"weights": state.evidence["together"]["start"]}
    )
    assert train.network_of(start).correct(x, y) < 0.6 * len(held_out), "it had to learn"
    facts = state.receipts[-1].facts
    assert facts["message_bytes"] < facts["whole_bytes"] / 5
    assert facts["network"] == sha256(network.to_bytes()).hex()


def test_same_seed_same_messages(joined: tuple[State, dict[str, Any]], tmp_path: Path) -> None:
    again, _ = trained(tmp_path)
    assert again.receipts[-1] == joined[0].receipts[-1]


def test_weights_that_differ_in_the_last_bits_will_do(
    joined: tuple[State, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine adds up in another order; but a weight of its own it cannot have."""
    state, facts = joined
    evidence, right = state.evidence["together"], team.absorb
    for off, ok in ((1e-6, True), (1e-2, False)):
        shifted = lambda form, theta, window, off=off: right(form, theta, window) + off  # noqa: E731
        monkeypatch.setattr(team, "absorb", shifted)
        if ok:
            together.conclude(evidence, facts, NOTHING)
        else:
            with pytest.raises(Refused, match="add up to another network"):
                together.conclude(evidence, facts, NOTHING)


@pytest.mark.parametrize(("n_words", "n_topics"), [(256, 2), (256, 16), (251, 7), (1, 3)])
def test_every_vocabulary_and_number_of_topics_has_a_form(n_words: int, n_topics: int) -> None:
    form = team.codec(n_words, n_topics)
    theta = team.first_weights(form, 1)
    assert torch.equal(team.from_bytes(team.to_bytes(theta)), theta)
    message = form.to_bytes(form.compress(theta))
    assert len(message) == form.n_bytes
    assert team.absorb(form, theta, team.Window((message,))).shape == theta.shape
    with pytest.raises(BadMessage):
        team.absorb(form, theta, team.Window((message[:-1],)))


def test_weights_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not finite"):
        team.from_bytes(b"\0\0\xc0\x7f")


# The market


@given(st.integers(0, 10**20))
def test_fees_come_on_top_and_not_a_wei_more(price: int) -> None:
    amount = compute.amount_for(price)
    assert compute.net_of(amount) >= price
    assert amount == 0 or compute.net_of(amount - 1) < price


def test_the_cheaper_pair_is_chosen_and_paid_what_it_is_worth() -> None:
    choice = market.choose(market.NODES)
    assert choice.node_of == {"prove": "compute-1", "claim": "compute-2"}
    for job, node in choice.node_of.items():
        offer = market.NODES[node]
        assert offer.setup + offer.cost[job] <= choice.price_of[job] <= market.WORTH[job]


def test_a_proof_is_bought_because_it_is_cheapest_and_quick() -> None:
    for job in market.WORTH:
        best, *others = market.ways_of(job)
        assert (best["way"], best["reason"]) == ("proof", "taken")
        assert all(way["reason"] for way in others)
    doubt = next(way for way in market.ways_of("prove") if way["way"] == "optimistic")
    assert doubt["reason"] == "takes 7 days, the job waits 1 hours"


def gain(offers: dict[str, Offer], name: str, truth: Offer) -> int:
    """What a node keeps, by its true costs."""
    choice = market.choose(offers)
    mine = [job for job, node in choice.node_of.items() if node == name]
    return sum(choice.price_of[job] - truth.cost[job] - truth.setup for job in mine)


def serves_both(offers: dict[str, Offer]) -> bool:
    """Whether the market comes about, as the stage demands."""
    return ritual.optimum(market.WORTH, offers).node_of.keys() == market.WORTH.keys()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_no_node_gains_by_a_lie_about_its_costs(seed: int) -> None:
    """Each takes one job at most, so that the price is the job's."""
    rng = random.Random(seed)

    def offer() -> Offer:
        cost = {job: rng.randrange(worth // 2) for job, worth in market.WORTH.items()}
        return Offer(rng.randrange(market.FINNEY), 1, cost)

    offers = {name: offer() for name in ("a", "b", "c")}
    lied = offers | {"a": offer()}
    assume(serves_both(offers) and serves_both(lied))
    assert gain(lied, "a", offers["a"]) <= gain(offers, "a", offers["a"])
    assert gain(offers, "a", offers["a"]) >= 0


def test_auditors_outnumber_bribes() -> None:
    assert (compute.THRESHOLD, len(compute.AUDITORS)) == (4, 5)
    chance = 5 * compute.BRIBABLE**4 * (1 - compute.BRIBABLE) + compute.BRIBABLE**5
    assert chance <= compute.ALPHA < 10 * compute.BRIBABLE**3


# The service: four operators, one of them lying, and the makers of what is in the answer

PAGE, QUESTION = "/birds/1.html", [3, 1]
LAYERS = [
    {"W": [[64, 0], [0, 64]], "b": [0, 0], "shift": 5},
    {"W": [[2, 1], [1, 2], [0, 0]], "b": [0, 0, 1], "shift": 1},
]
NETWORK = Network.from_integers(LAYERS)
TOP = 0  # the class that the network says


def answered(folder: Path) -> State:
    """A run as far as the service needs it: ordered, with an answer, its page and its makers."""
    state = order.run(state_before(folder))
    address = {name: state.chain.account(name).address for name in ("n1", "n2", "ada", "hired")}
    logits = NETWORK.run([QUESTION]).logits[0].tolist()
    output = b"".join(value.to_bytes(4, "little", signed=True) for value in logits)
    told = {
        "crawl": {
            "bytes_by_node": {"n1": 5, "n2": 9},
            "nodes": {name: address[name] for name in ("n1", "n2")},
        },
        "dataset": {"root": "01" * 32, "topics": list(TOPICS)},
        "train": {"miners": {"ada": address["ada"]}},
        "quantise": {"winner": "ada", "digest": "02" * 32},
        "prove": {"proof": "03" * 32, "label": TOP},
        "market": {"jobs": {"prove": {"node": "hired", "address": address["hired"]}}},
        "inference": {"answers": [output.hex()]},
        "context": {"page": PAGE, "topic": TOPICS[TOP]},
    }
    evidence = {
        "quantise": {"network": NETWORK.to_bytes().hex()},
        "inference": {"x": QUESTION},
    }
    receipts = tuple(Receipt(name, "", facts, "", "", "") for name, facts in told.items())
    return replace(
        state,
        receipts=(*state.receipts, *receipts),
        evidence={**state.evidence, **evidence},
        products={**state.products, CommittedModel: commit(NETWORK)},
    )


@pytest.fixture(scope="module")
def before_service(tmp_path_factory: pytest.TempPathFactory) -> State:
    return answered(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def served(before_service: State) -> State:
    return service.run(before_service)


def concluded(state: State, evidence: dict[str, Any]) -> dict[str, Any]:
    """Facts that follow from a service's evidence."""
    facts = {name: told for name, told in state.facts.items() if name != "service"}
    return service.conclude(evidence, facts, Inputs(state.evidence.get)).facts


def test_a_liar_changes_nothing_and_every_wei_arrives(served: State) -> None:
    told, chain = served.facts["service"], served.chain
    assert told["liar"] == agreement.LIAR
    assert told["fee"] == sum(told["earned"].values()) + told["left"]
    assert told["use"] == sum(told["shares"].values()) == makers.USE_WEI
    assert served.evidence["service"]["said"] == f"{PAGE} is about {TOPICS[TOP]}"
    assert told["makers"]["crawler"] == chain.account("n2").address, "who delivered most"
    for name, component in (("n2", "crawler"), ("ada", "brain"), ("hired", "prover")):
        who = told["makers"][component]
        income = told["earned"][who] + told["shares"][who]
        assert chain.balance(chain.account(name)) == 1_000 * ETHER + income
    spent = REWARD_WEI + sum(service.paid_in(served.facts))
    assert chain.balance(served.agent.account) == BUDGET_WEI - spent
    assert chain.total_wei() == chain.minted_wei
    bonds.check_on_chain(chain, served.facts)


def test_the_same_run_publishes_the_same_service(served: State, tmp_path: Path) -> None:
    again = service.run(answered(tmp_path))
    assert again.receipts[-1] == served.receipts[-1]


def a_decision_less(told: dict[str, Any]) -> None:
    told["decisions"].pop()


def a_decision_left_out(told: dict[str, Any]) -> None:
    del told["decisions"][1]


def a_decision_changed(told: dict[str, Any]) -> None:
    told["decisions"][0] = told["decisions"][0].replace("time", "tide", 1)


def a_signature_less(told: dict[str, Any]) -> None:
    told["certificate"] = told["certificate"][:-130]


def another_account(told: dict[str, Any]) -> None:
    """The fee would be another's: then they have signed something else."""
    told["account"] = "0x" + "11" * 20


def one_operator_twice(told: dict[str, Any]) -> None:
    told["operators"]["ann"] = told["operators"]["ben"]


def an_honest_one_accused(told: dict[str, Any]) -> None:
    told["caught"][1] = told["caught"][0]


def a_greedy_creator(told: dict[str, Any]) -> None:
    told["shares"] = {told["coordinator"]: makers.USE_WEI}


def another_word(told: dict[str, Any]) -> None:
    told["said"] = f"{PAGE} is about {TOPICS[1]}"


def gas_as_text(told: dict[str, Any]) -> None:
    told["gas"] = "7"


UNTRUE: dict[Callable[[dict[str, Any]], None], str] = {
    a_decision_less: "they did not finish",
    a_decision_left_out: "a decision is missing",
    a_decision_changed: "a decision is not proven",
    a_signature_less: "they made another certificate",
    another_account: "they did not finish",
    one_operator_twice: "two operators share an address",
    an_honest_one_accused: "these votes agree",
    a_greedy_creator: "the use was shared out otherwise",
    another_word: "the workflow said something else",
    gas_as_text: "gas is no integer",
}


@pytest.mark.parametrize("forge", UNTRUE, ids=lambda forge: forge.__name__)
def test_what_a_service_cannot_publish(
    served: State, forge: Callable[[dict[str, Any]], None]
) -> None:
    told = copy.deepcopy(served.evidence["service"])
    assert concluded(served, told) == served.facts["service"]
    forge(told)
    with pytest.raises(Refused, match=UNTRUE[forge]):
        concluded(served, told)


def test_operators_who_agree_on_something_else_are_seen(served: State) -> None:
    """All is signed as it should be, but the oracle's answer is another one."""
    facts = {**served.facts, "inference": {"answers": ["00" * 12]}}
    with pytest.raises(Refused, match="they agreed on another answer"):
        service.conclude(served.evidence["service"], facts, Inputs(served.evidence.get))


def a_wei_more(told: dict[str, Any]) -> None:
    told["fee"] += 1


def a_maker_replaced(told: dict[str, Any]) -> None:
    told["makers"]["brain"] = told["coordinator"]


def shares_to_one(told: dict[str, Any]) -> None:
    told["shares"] = {told["coordinator"]: makers.USE_WEI}


def another_certificate(told: dict[str, Any]) -> None:
    told["certificate"] = told["certificate"][130:] + told["certificate"][:130]


def more_left(told: dict[str, Any]) -> None:
    told["left"] += 1


def operators_swapped(told: dict[str, Any]) -> None:
    who = told["operators"]
    who["ann"], who["ben"] = who["ben"], who["ann"]


def units_of_somebody(told: dict[str, Any]) -> None:
    told["contracts"]["units"] = told["contracts"]["services"]


CHAIN_SAYS: dict[Callable[[dict[str, Any]], None], str] = {
    a_wei_more: "the agent paid another fee|the units earned something else",
    a_maker_replaced: "brain is registered otherwise",
    shares_to_one: "the makers of widgets were not paid so",
    another_certificate: "the service did something else",
    more_left: "the service's account holds another amount",
    operators_swapped: "others command the service's account",
    units_of_somebody: "not the library's",
}


@pytest.mark.parametrize("forge", CHAIN_SAYS, ids=lambda forge: forge.__name__)
def test_the_chain_knows_better_about_a_service(
    served: State, forge: Callable[[dict[str, Any]], None]
) -> None:
    told = copy.deepcopy(dict(served.facts))
    forge(told["service"])
    with pytest.raises(Refused, match=CHAIN_SAYS[forge]):
        bonds.check_on_chain(served.chain, told)


def test_a_service_that_acts_again_is_seen(tmp_path: Path) -> None:
    """Three operators can take what rounding left; whoever looks then finds another history."""
    after = service.run(answered(tmp_path))
    told, chain = after.facts["service"], after.chain
    net = ServiceChain(
        chain,
        chain.at(bonds.SERVICES, told["contracts"]["services"]),
        chain.at(bonds.SAFE, told["safe"]),
    )
    signers = [chain.account(f"instance of {name}") for name in agreement.OPERATORS]
    target = chain.at(bonds.UNITS, told["contracts"]["units"])
    call = target.subComponents.encode([1])
    with pytest.raises(Reverted, match="too few signatures"):
        net.act(told["service"], signers[:2], target, call)
    bonds.check_on_chain(chain, after.facts)
    net.act(told["service"], signers[:3], target, call)
    with pytest.raises(Refused, match="the service did something else"):
        bonds.check_on_chain(chain, after.facts)


def test_evidence_cannot_overrule_what_the_order_comes_to(ordered: State) -> None:
    """An order for another site under the registered file's name."""
    evidence = ordered.evidence["order"]
    file = {**evidence["file"], "order": {**evidence["file"]["order"], "site": "http://other/"}}
    forged = {**evidence, "file": file, "uri": order.uri_of(evidence["file"])}
    follows = order.conclude(forged, {}, NOTHING).facts
    assert follows["uri"] == order.uri_of(file) != order.uri_of(evidence["file"])
