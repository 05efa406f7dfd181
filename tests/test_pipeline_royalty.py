"""The royalty stage: every owner is paid for the answer, and what a stranger refuses."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import ip
from aicrypto.commit.hashes import sha256
from aicrypto.evm.contract import ContractFunction
from aicrypto.ip.onchain import Works
from aicrypto.ip.onchain.works import as_tuple
from aicrypto.pipeline import Receipt
from aicrypto.pipeline.receipts import Inputs, Refused
from aicrypto.pipeline.stages import family, royalty
from aicrypto.pipeline.stages.agent import BUDGET_WEI, Agent
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.state import Options, State, begin
from aicrypto.viz.run import draw_royalty

TOPICS = ("birds", "boats", "bread")
ETHER = 10**18
NOTHING = Inputs({}.get)


def record_of(topic: str, number: int) -> dict[str, Any]:
    text = f"{topic} {number}"
    digest = sha256(text.encode()).hex()
    url = f"http://host/{topic}/{number}.html"
    texts = {"session": url, "url": url, "title": "", "text": text, "lang": "en", "label": topic}
    return {"v": 1, **texts, "text_sha256": digest}


def state_before(folder: Path, topics: tuple[str, ...] = TOPICS, asked: int = 1) -> State:
    """What the stage is handed: the data set, earlier facts, the pages that were asked."""
    state = begin(Options(), folder, lambda done, total: None)
    records = [record_of(topic, i) for topic in topics for i in range(2 + len(topic))]
    data = Dataset(tuple(Row.of(record, 0) for record in records))
    digests = {name: sha256(name.encode()).hex() for name in ("input", "proof", "model")}
    miner = state.chain.account("cleo").address
    facts: dict[str, dict[str, Any]] = {
        "dataset": {
            "root": data.root.hex(),
            "n_rows": len(records),
            "topics": sorted(topics),
        },
        "train": {"miners": {"cleo": miner}},
        "quantise": {"winner": "cleo", "digest": digests["model"]},
        "prove": {"input": digests["input"], "proof": digests["proof"], "label": 2},
    }
    told = {
        "dataset": {"rows": [{"record": record} for record in records]},
        "prove": {"paths": [f"/{topics[asked]}/0.html"]},
    }
    receipts = tuple(Receipt(name, "", held, "", "", "") for name, held in facts.items())
    return replace(
        state, products={**state.products, Dataset: data}, evidence=told, receipts=receipts
    )


def facts_of(state: State) -> dict[str, Any]:
    return {receipt.stage: receipt.facts for receipt in state.receipts}


def check(after: State, facts: dict[str, Any] | None = None) -> None:
    royalty.check_on_chain(after.chain, facts or facts_of(after), after.job.posted())


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> State:
    return royalty.run(state_before(tmp_path_factory.mktemp("run")))


def test_every_owner_is_paid_to_the_wei(ran: State) -> None:
    told, part = facts_of(ran)["royalty"], royalty.PRICE_WEI // 20
    earned = told["earned"]
    assert earned["pages on birds"] == earned["pages on bread"] == part
    assert earned["pages on boats"] in (2 * part, 2 * part + 1), "asked about: two paths lead there"
    assert earned["data set"] == earned["model"] == part
    assert sum(earned.values()) + told["dust"] == royalty.PRICE_WEI
    assert 0 < told["dust"] < len(earned)
    assert ran.get(royalty.Royalty).earned == earned, "engine and contracts"
    for topic in TOPICS:
        owner = ran.chain.account(family.owner_name(topic))
        assert ran.chain.balance(owner) == 1_000 * ETHER + earned[family.section_name(topic)]
    assert ran.chain.balance(ran.chain.account("cleo")) == 1_000 * ETHER + earned["model"]
    spent = ETHER + royalty.PRICE_WEI
    assert ran.chain.balance(ran.agent.account) == BUDGET_WEI - spent
    check(ran)


def test_the_figure_has_every_work_in_its_generation(ran: State) -> None:
    told = facts_of(ran)["royalty"]
    parents = {name: work["parents"] for name, work in told["works"].items()}
    lines, works = draw_royalty(told["earned"], parents).data
    back = {text.partition(":")[0]: x for text, x in zip(works.text, works.x, strict=True)}
    sources = dict.fromkeys(map(family.section_name, TOPICS), 3)
    assert back == sources | {"data set": 2, "model": 1, "answer": 0}
    assert lines.x.count(None) == sum(map(len, parents.values()))


def test_same_seed_same_bytes(ran: State, tmp_path: Path) -> None:
    again = royalty.run(state_before(tmp_path))
    assert again.receipts[-1] == ran.receipts[-1]
    assert again.chain.state_digest() == ran.chain.state_digest()


def test_as_many_sections_as_a_data_set_can_have(tmp_path: Path) -> None:
    topics = tuple(f"topic {letter}" for letter in "abcdefghijklmnop")
    after = royalty.run(state_before(tmp_path, topics))
    told = facts_of(after)["royalty"]
    assert len(told["works"]["data set"]["parents"]) == 16
    assert told["earned"]["answer"] == royalty.PRICE_WEI - royalty.PRICE_WEI * 95 // 100
    check(after)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 16), st.data(), st.integers(20, 10**24))
def test_the_split_is_the_rule(n_sections: int, data: st.DataObject, wei: int) -> None:
    asked = data.draw(st.integers(0, n_sections - 1))
    names = [f"pages {i}" for i in range(n_sections)]
    works = [family.Work(name, "", "ann", bytes(32), (), 0) for name in names]
    works.append(family.Work("data", "", "bob", bytes(32), tuple(names), 0))
    works.append(family.Work("model", "", "cay", bytes(32), ("data",), 0))
    works.append(family.Work("answer", "", "bob", bytes(32), ("model", names[asked]), 0))
    earned, dust = family.earnings(works, wei)
    due = dict.fromkeys((*names, "data", "model"), wei // 20) | {names[asked]: wei // 10}
    pool = wei * 5 * (n_sections + 3) // 100
    assert earned == due | {"answer": wei - pool}
    assert dust == pool - sum(due.values())


def another_root(evidence: dict[str, Any]) -> None:
    evidence["sections"]["birds"]["root"] = "00" * 32


def pages_of_nobody(evidence: dict[str, Any]) -> None:
    evidence["sections"]["birds"]["pages"] += 1


def pages_moved(evidence: dict[str, Any]) -> None:
    evidence["sections"]["birds"]["pages"] += 1
    evidence["sections"]["boats"]["pages"] -= 1


def a_section_left_out(evidence: dict[str, Any]) -> None:
    del evidence["sections"]["birds"]


def another_page_asked(evidence: dict[str, Any]) -> None:
    evidence["asked"] = "birds"


def no_gas(evidence: dict[str, Any]) -> None:
    evidence["gas"] = "15"


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (another_root, "not the data set's pages"),
        (pages_of_nobody, "another number of pages"),
        (pages_moved, "not the data set's pages"),
        (a_section_left_out, "not the topics"),
        (another_page_asked, "another page was asked"),
        (no_gas, "gas is no integer"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_forged_evidence_is_refused(
    ran: State, forge: Callable[[dict[str, Any]], None], reason: str
) -> None:
    evidence = copy.deepcopy(ran.evidence["royalty"])
    forge(evidence)
    with pytest.raises(Refused, match=reason):
        royalty.conclude(evidence, facts_of(ran), Inputs(ran.evidence.get))


def test_without_earlier_evidence_the_chain_still_knows_the_pages(ran: State) -> None:
    """Where data set and questions are lost, what was registered decides."""
    facts, told = facts_of(ran), ran.evidence["royalty"]
    assert royalty.conclude(told, facts, NOTHING).facts == facts["royalty"]
    for forge in (another_root, another_page_asked):
        evidence = copy.deepcopy(told)
        forge(evidence)
        follows = royalty.conclude(evidence, facts, NOTHING).facts
        with pytest.raises(Refused, match=r"another owner or content|derives from something else"):
            check(ran, facts | {"royalty": follows})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 1),
        ("dust", 0),
        ("terms", "00" * 32),
        ("client", "0x" + 40 * "1"),
        ("coordinator", "0x" + 40 * "1"),
        ("created_at", 5),
        ("gas", 5),
    ],
)
def test_the_chain_is_asked(ran: State, field: str, value: Any) -> None:
    facts = facts_of(ran)
    changed = facts | {"royalty": facts["royalty"] | {field: value}}
    with pytest.raises(Refused):
        check(ran, changed)


def test_works_and_contracts_are_looked_up(ran: State) -> None:
    facts = facts_of(ran)
    for field in ("ip", "owner", "content", "token", "parents"):
        told = copy.deepcopy(facts["royalty"])
        told["works"]["pages on birds"][field] = told["works"]["model"][field]
        with pytest.raises((Refused, ValueError)):
            check(ran, facts | {"royalty": told})
    for at in range(5):
        told = copy.deepcopy(facts["royalty"])
        told["contracts"][at] = told["contracts"][at - 1]
        with pytest.raises(Refused, match="not made from the library's"):
            check(ran, facts | {"royalty": told})


# Histories that nobody should accept: every call is one that the contracts allow.


def keeps_what_is_owed(works: Works, name: str, *given: Any) -> Any:
    """The owner of the first section is not paid out."""
    return 0 if name == "withdraw" and given[1].name == "owner of birds" else None


def bribed_owner(works: Works, name: str, *given: Any) -> Any:
    """He signs that his part goes to the coordinator."""
    if name != "withdraw" or given[1].name != "owner of birds":
        return None
    amount = works.chain.balance(given[0])
    works._execute(given[0], given[1], works.chain.account("coordinator"), amount, b"")
    return amount


def cheap_answer(works: Works, name: str, *given: Any) -> Any:
    if name != "pay":
        return None
    work, wei, agent = given
    data = works.royalty.pay.encode(work, agent.address)
    agent.account.execute(works.royalty, wei - 20, data, 0, sender=agent.key)
    return 0


def paid_by_another(works: Works, name: str, *given: Any) -> Any:
    if name != "pay":
        return None
    other = works.chain.account("mallory")
    return int(works.royalty.pay(given[0], other, sender=other, value=given[1]))


def paid_twice(works: Works, name: str, *given: Any) -> Any:
    if name == "push_all":
        client = works.chain.account("client")
        works.royalty.pay(given[1], client, sender=client, value=100)


def forgets_a_parent(works: Works, name: str, *given: Any) -> Any:
    if name != "derive" or given[3].name != "coordinator":
        return None
    child, parents, terms, by = given
    works.licensing.derive(child, parents[1:], terms[1:], 0, 0, sender=by)
    return 0


def stingy_terms(works: Works, name: str, *given: Any) -> Any:
    if name != "register_terms":
        return None
    terms = ip.terms.commercial_remix(0, ip.HP // 100, ip.LAP, ip.WIP)
    return works._send(works.licensing, name, (as_tuple(terms),), given[1])


STEPS = ("register_terms", "derive", "push_all", "claim", "withdraw")


def paying(attack: Callable[..., Any]) -> Callable[..., Any]:
    """How the agent acts, where it may pay for the answer otherwise."""
    right = Agent.act

    def act(agent: Agent, function: ContractFunction, *given: Any, value: int = 0) -> Any:
        if function.overloads[0].name == "pay":
            contract = function.contract
            works = SimpleNamespace(royalty=contract, chain=contract.chain)
            answer = attack(works, "pay", given[0], value, agent)
            if answer is not None:
                return answer
        return right(agent, function, *given, value=value)

    return act


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (keeps_what_is_owed, "pages on birds's owner was not paid out"),
        (bribed_owner, "pages on birds's owner was not paid out"),
        (cheap_answer, "another payment was made"),
        (paid_by_another, "another payment was made"),
        (paid_twice, "another payment was made"),
        (forgets_a_parent, "data set derives from something else"),
        (stingy_terms, "other terms are on chain"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_other_histories_are_refused(
    attack: Callable[..., Any], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in STEPS:
        right = getattr(Works, name)

        def step(works: Works, *given: Any, name: str = name, right: Any = right) -> Any:
            answer = attack(works, name, *given)
            if answer is not None:
                return answer
            try:
                return right(works, *given)
            except ip.Refusal:  # nothing to claim for whom the attack left nothing
                return 0

        monkeypatch.setattr(Works, name, step)
    monkeypatch.setattr(Agent, "act", paying(attack))
    after = royalty.run(state_before(tmp_path, TOPICS[:2]))
    with pytest.raises(Refused, match=reason):
        check(after)


def test_whoever_registers_pages_is_believed_to_own_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The assumption in the receipt, at work: who crawls can register, and earn, what others wrote.

    The record names him for good, so that a dispute can find him.
    """
    monkeypatch.setattr(family, "owner_name", lambda topic: "coordinator")
    after = royalty.run(state_before(tmp_path, TOPICS[:2]))
    check(after)
    told = facts_of(after)["royalty"]
    assert told["works"]["pages on birds"]["owner"] == told["coordinator"]
    assert "is believed to own it" in royalty.STAGE.assumes


def test_a_protocol_that_takes_a_fee_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Works.deploy.__func__  # type: ignore[attr-defined]

    def deploy(chain: Any, operator: Any, name: str) -> Works:
        return right(Works, chain, operator, name, fee_percent=ip.HP // 50)

    monkeypatch.setattr(Works, "deploy", deploy)
    after = royalty.run(state_before(tmp_path))
    with pytest.raises(Refused, match="not made from the library's IpRoyalty"):
        check(after)
