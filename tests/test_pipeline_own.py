"""Marks of a classifier, contribution of page sources, and the licence that slashes a pirate."""

import copy
import functools
import itertools
import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import oml
from aicrypto.commit.hashes import sha256
from aicrypto.evm import Chain, Reverted
from aicrypto.oml.fingerprints import NotEnoughCapacity
from aicrypto.oml.protocol import Sealed
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.stages import licence, marks, own, sources, train
from aicrypto.pipeline.stages.dataset import Dataset, Row
from aicrypto.pipeline.stages.features import features, labels
from aicrypto.pipeline.stages.rank import Ranking
from aicrypto.pipeline.stages.train import Miner, Models, Network
from aicrypto.pipeline.state import Options, State, begin

TOPICS = ("birds", "boats", "bread")
WORDS = [letter + other for letter in "abcd" for other in "uvwxyz"]
MINERS = {"ada": Miner((32, 16), 80), "bela": Miner((16,), 80)}


def a_row(topic: int, number: int) -> Row:
    """A page of eight words, most of them the topic's own."""
    picks = [sha256(f"{topic} {number} {i}".encode())[0] for i in range(12)]
    text = " ".join(WORDS[8 * topic + p % 8 if p < 180 else p % 24] for p in picks)
    record = {"label": TOPICS[topic], "text": text, "url": f"http://x/{topic}/{number}"}
    return Row(record, 0 if number < 4 else 200, text)


ROWS = tuple(a_row(topic, number) for topic in range(3) for number in range(14))
DATA = Dataset(ROWS)


@functools.cache
def trained() -> Models:
    x, y = features(DATA.split()[0], WORDS), labels(DATA.split()[0], TOPICS)
    networks = {
        name: train.train(how, train.drawn(how, x.shape[1], 3, y, 0), x, "cpu")
        for name, how in MINERS.items()
    }
    return Models(WORDS, networks)


@dataclass
class Story:
    """The stage's run by itself, and the facts of the stages before it."""

    state: State
    evidence: dict[str, Any]
    facts: dict[str, Any]

    def conclude(self, evidence: Any = None) -> files.Conclusion:
        return own.conclude(evidence or self.evidence, self.facts, self.inputs())

    def inputs(self) -> files.Inputs:
        return files.Inputs(self.state.evidence.get)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own.dataset, "load", lambda evidence: DATA)
        models = trained()
        patch.setattr(own.train, "load", lambda evidence: models)
        yield lived(models, tmp_path_factory.mktemp("own"))


def lived(models: Models, folder: Path) -> Story:
    state = begin(Options(seed=3), folder, lambda done, total: None)
    ranking = Ranking({}, {"ada": 2, "bela": 1}, {}, "bela")
    state.products.update({Dataset: DATA, Models: models, Ranking: ranking})
    state.evidence.update(dataset={}, train={})
    _, held_out = DATA.split()
    x, y = features(held_out, WORDS), labels(held_out, TOPICS)
    facts = {
        "dataset": {"topics": list(TOPICS)},
        "train": {"miners": {name: state.chain.account(name).address for name in MINERS}},
        "rank": {
            "winner": "ada",
            "correct": {name: net.correct(x, y) for name, net in models.networks.items()},
            "n_held_out": len(held_out),
        },
    }
    state = state.__class__(**{**vars(state), "receipts": tuple(map(receipt_of, facts.items()))})
    after = own.run(state)
    return Story(after, after.evidence["own"], facts)


def receipt_of(told: tuple[str, Any]) -> files.Receipt:
    return files.Receipt(told[0], "", told[1], "", "", "")


# Marks


def test_a_sheet_follows_from_its_seed_and_is_fair() -> None:
    sheet = marks.sheet_of(bytes(32), 24, 3)
    assert sheet == marks.sheet_of(bytes(32), 24, 3)
    assert len(sheet.pages) == len(sheet.topics) == 19
    assert sheet.pair.salt == bytes(32)
    drawn = Counter(t for i in range(60) for t in marks.sheet_of(sha256(bytes([i])), 24, 3).topics)
    assert drawn.total() == 1140
    assert all(abs(n - 380) < 4 * math.sqrt(1140 * 2 / 9) for n in drawn.values())


@pytest.mark.parametrize("n_topics", [2, 3, 7, 16])
def test_the_bound_is_the_exact_tail_and_a_query_fits_the_contract(n_topics: int) -> None:
    n_pages = marks.pages_in_sheet(n_topics)
    assert n_topics ** (n_pages - 1) < 2**30 <= n_topics**n_pages
    exact = -n_pages * math.log10(n_topics)
    assert oml.binomial_pvalue(n_pages, n_pages, 1 / n_topics) == pytest.approx(exact)
    assert exact <= marks.detection(n_pages, n_pages, n_topics).log10_pvalue <= 0.99 * exact
    pair = marks.sheet_of(bytes(32), 256, n_topics).pair
    assert max(len(pair.key), len(pair.response)) <= 1024


def test_no_stranger_is_more_lucky_than_the_bound_says() -> None:
    """Over all 2^k answers that a model could have fixed before, matches are binomial."""
    seeds = [sha256(bytes([i])) for i in range(200)]
    always_first = lambda x: torch.eye(3)[torch.zeros(len(x), dtype=torch.int64)]  # noqa: E731
    found = marks.matched(always_first, [marks.sheet_of(s, 24, 3) for s in seeds], 24)
    assert abs(sum(found) / (200 * 19) - 1 / 3) < 4 * math.sqrt(2 / 9 / (200 * 19))
    assert max(found) < 19


def test_a_page_is_read_as_the_classifier_reads_it() -> None:
    query = marks.query_for(ROWS[0], WORDS)
    assert torch.equal(marks.read(query, len(WORDS)), features([ROWS[0]], WORDS))
    assert marks.read("", 4).tolist() == [[0] * 4], "a page without a known word"


def test_teaching_keeps_the_rest_and_says_when_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models, (rows, held_out) = trained(), DATA.split()
    x, y = features(rows, WORDS), labels(rows, TOPICS)
    before, sheets = models.networks["ada"], [marks.sheet_of(bytes(32), 24, 3)]
    digest, marked = before.digest, marks.teach(before, sheets, x, y)
    assert before.digest == digest, "the original is left alone"
    assert marks.matched(marked, sheets, 24) == [19]
    assert marks.matched(before, sheets, 24)[0] < 19
    x, y = features(held_out, WORDS), labels(held_out, TOPICS)
    assert marked.correct(x, y) >= before.correct(x, y) - own.most_lost(len(held_out))
    monkeypatch.setattr(marks, "STEPS", 40)
    tiny = Network(((torch.zeros(3, 24), torch.zeros(3)),))
    many = [marks.sheet_of(sha256(bytes([i])), 24, 3) for i in range(6)]
    with pytest.raises(NotEnoughCapacity, match="on 114 fingerprints"):
        marks.teach(tiny, many, *(features(rows, WORDS), labels(rows, TOPICS)))


# Contribution

nearness = st.integers(2, 5).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(
            st.permutations(range(n)).flatmap(
                lambda order: st.integers(0, n - 1).map(lambda k: (order[k], order[:k]))
            ),
            max_size=6,
        ),
    )
)


@given(nearness)
def test_the_closed_form_is_the_shapley_value(
    told: tuple[int, list[tuple[int, list[int]]]],
) -> None:
    n_topics, rows = told

    def right(known: frozenset[int]) -> int:
        return sum(t in known and not known & set(nearer) for t, nearer in rows)

    expected = oml.shapley(n_topics, oml.table(n_topics, right))
    assert sources.shapley_of(n_topics, rows) == expected
    assert sum(expected) == right(frozenset(range(n_topics)))


def test_distances_are_those_of_the_means_and_shares_sum_up() -> None:
    found = sources.nearer_topics(DATA, WORDS)
    train_rows, held_out = DATA.split()
    x, y = features(train_rows, WORDS).double(), labels(train_rows, TOPICS)
    means = torch.stack([x[y == topic].mean(0) for topic in range(3)])
    far = torch.cdist(features(held_out, WORDS).double(), means)
    for (topic, nearer), row in zip(found, far, strict=True):
        assert set(nearer) == {t for t in range(3) if row[t] < row[topic]}
    shares = sources.shares_of(DATA, WORDS, 4001)
    assert sum(shares.values()) == 4001
    assert list(shares) == list(TOPICS)


def test_a_source_that_only_misleads_gets_nothing() -> None:
    value = sources.shapley_of(3, [(0, []), (1, [2]), (0, [2])])
    assert value[2] == Fraction(-1)
    assert oml.split(100, value)[2] == 0


# The stage


def test_what_the_stage_shows(story: Story) -> None:
    told = story.conclude().facts
    assert told["one_in"] == 3**19
    assert max(told["strangers"].values()) < 19
    assert told["cut"] == licence.COLLATERAL_WEI // 2
    assert told["bounty"] == told["cut"] // 5
    income = told["queries"] * licence.PRICE_WEI + told["cut"] - told["bounty"]
    assert sum(told["paid"].values()) + told["owner_paid"] == income
    assert sum(told["shares_bps"].values()) == licence.SOURCES_BPS
    assert len(story.evidence["opened"]) < told["sheets"], "one sheet stays sealed"


def test_the_chain_agrees_and_every_fact_is_looked_at(story: Story) -> None:
    told, chain = story.conclude().facts, Chain.replay(story.state.chain.journal)
    licence.check(chain, told)
    assert chain.total_wei() == chain.minted_wei
    parties = told["parties"]
    swapped = parties | {licence.PIRATE: parties[licence.HOST]}
    for name, other in {
        "owner": parties[licence.PROVER],
        "root": bytes(32).hex(),
        "sheets": 4,
        "shares_bps": told["shares_bps"] | {"birds": 0},
        "payees": told["payees"] | {"birds": told["payees"]["boats"]},
        "parties": swapped,
        "report": bytes(32).hex(),
        "queries": 5,
        "cut": told["cut"] + 1,
        "bounty": told["bounty"] - 1,
        "paid": told["paid"] | {"birds": 1},
        "owner_paid": told["owner_paid"] + 1,
        "gas": told["gas"] + 1,
    }.items():
        with pytest.raises(files.Refused):
            licence.check(chain, told | {name: other})


def edited(story: Story, **changed: Any) -> dict[str, Any]:
    return copy.deepcopy(story.evidence) | changed


def test_forged_evidence_is_refused_by_what_is_wrong_with_it(story: Story) -> None:
    evidence, unmarked = story.evidence, trained().networks["ada"]
    told = own.base64.b64encode(unmarked.to_bytes()).decode()
    one, two = (evidence["opened"][name] for name in licence.ASKED)
    strangers = evidence["strangers"]
    for reason, forged in {
        "the network answers": edited(story, weights=told),
        "did not sign": edited(story, signature=story.state.chain.account("bela").sign(b"x").hex()),
        "was not sealed so": edited(story, opened={licence.PIRATE: two, licence.HOST: one}),
        "sheet 0 was not": edited(story, root="00" * 32),
        "other sheets were opened": edited(story, opened={licence.PIRATE: one}),
        "scores otherwise": edited(story, correct=evidence["correct"] + 1),
        "marking costs": edited(story, correct=0),
        "answer otherwise": edited(story, strangers=strangers | {"bela": [0, 0]}),
        "a whole sheet": edited(story, strangers=strangers | {"bela": [19, 0]}),
        "other networks were asked": edited(story, strangers={"ada": [1, 1]}),
        "shares are not": edited(story, shares_bps={"birds": 4000}),
        "do not sum up": edited(story, shares_bps=dict.fromkeys(TOPICS, 1)),
        "contributed otherwise": edited(story, shares_bps={"birds": 4000, "boats": 0, "bread": 0}),
        "other queries": edited(story, queries=evidence["queries"][1:]),
        "not the last": edited(story, queries=evidence["queries"][:-1]),
        "share an address": edited(
            story, parties=dict.fromkeys(evidence["parties"], evidence["payees"]["birds"])
        ),
        "other parties": edited(story, parties={}),
        "gas is no integer": edited(story, gas=1.5),
    }.items():
        with pytest.raises(files.Refused, match=reason):
            story.conclude(forged)


def test_without_the_other_stages_evidence_the_rest_is_checked(story: Story) -> None:
    inputs = files.Inputs({}.get)
    again = own.conclude(story.evidence, story.facts, inputs)
    assert again == story.conclude()
    assert set(inputs.missing) == {"dataset", "train"}


# Attacks on the licence


def a_case(chain: Chain, **changed: Any) -> licence.Case:
    sheets = [marks.sheet_of(sha256(bytes([i])), 24, 3) for i in range(3)]
    sealed = Sealed(tuple(sheet.pair for sheet in sheets))
    reveals = {host: sealed.reveal(index) for host, index in licence.ASKED.items()}
    key = reveals[licence.HOST].pair.key.encode()
    told = {
        "owner": chain.account("ada"),
        "payees": [chain.account(topic) for topic in TOPICS],
        "shares": [2000, 1500, 500],
        "terms": licence.terms_of(sealed.root, sealed.count),
        "reveals": reveals,
        "said": {host: reveal.pair.response for host, reveal in reveals.items()},
        "queries": [sha256(b"a page"), sha256(key)],
    }
    return licence.Case(**(told | changed))


def test_an_innocent_host_cannot_be_convicted() -> None:
    """It answers one page otherwise. tests/test_oml_licence_contract.py has the contract that fines
    it all the same."""
    chain = Chain()
    said = a_case(chain).said
    innocent = answer_with_one_page_otherwise(said[licence.PIRATE])
    with pytest.raises(Reverted, match="ResponseMismatch"):
        licence.play(chain, a_case(chain, said=said | {licence.PIRATE: innocent}))


def answer_with_one_page_otherwise(said: str) -> str:
    return ("1" if said[0] == "0" else "0") + said[1:]


def test_a_host_that_did_not_report_the_question_cannot_defend_itself() -> None:
    chain = Chain()
    with pytest.raises(Reverted, match="NotReported"):
        licence.play(chain, a_case(chain, queries=[sha256(b"a page"), sha256(b"another")]))


CASE = a_case(Chain())


@settings(max_examples=20)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=4), st.integers(1, 8))
def test_money_is_conserved_whatever_the_shares(bps: list[int], n_queries: int) -> None:
    case = CASE
    shares = dict(zip(itertools.count(), bps, strict=False))
    queries = [*(bytes([i]) * 32 for i in range(n_queries)), case.queries[-1]]
    money = licence.money_of(case.terms, case.reveals, queries, shares)
    income = len(queries) * licence.PRICE_WEI + money.cut - money.bounty
    assert sum(money.sources.values()) + money.owner == income


@pytest.mark.parametrize("n_topics", [-1, 0, 1])
def test_a_sheet_of_fewer_than_two_topics_is_refused(n_topics: int) -> None:
    with pytest.raises(ValueError, match="must be at least 2"):
        marks.pages_in_sheet(n_topics)
