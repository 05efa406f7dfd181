"""The witnessed table and the proven choice of the training set: what forgers gain, or do not."""

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aicrypto.commit.hashes import sha256
from aicrypto.crawl import pages
from aicrypto.crawl.pages import Fetched
from aicrypto.evm import Account
from aicrypto.pipeline import Receipt, audit
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import Inputs, Refused
from aicrypto.pipeline.stages import choice, crawl, dataset, witness
from aicrypto.pipeline.stages.crawl import Crawl
from aicrypto.pipeline.stages.pages import to_json
from aicrypto.pipeline.stages.table import TABLE, records_of, table_of
from aicrypto.pipeline.state import Options, State, begin
from aicrypto.sql import Table, fast
from aicrypto.sql.witness import message

TOPICS = ("birds", "it's", "bread")
N_PAGES = 30  # of each topic; one is too short, one repeats another, and one topic has too few


WORDS = ["red", "blue", "green", "brown", "the", "of", "and", "with"]


def answer(path: str, words: str) -> Fetched:
    """A page with its session record."""
    url, body = pages.normalise(f"http://host/{path}"), f"<p>{words}".encode()
    texts = dict.fromkeys(("node", "router", "validator", "method"), "-")
    numbers = {"v": 1, "status": 200, "ts": 0, "req_bytes": 0, "resp_bytes": len(body)}
    session = {"session": path, "url": url, "body_sha256": sha256(body).hex()}
    response = pages.Response(url, 200, "OK", (("content-type", "text/html"),), body)
    return Fetched(response, texts | numbers | session)


def fetched() -> list[Fetched]:
    rng, made = random.Random(3), {}
    for topic in TOPICS:
        for i in range(N_PAGES):
            made[f"{topic}/{i}.html"] = " ".join(rng.choice(WORDS) for _ in range(60))
    made["birds/1.html"] = "short"
    made["birds/2.html"] = made["birds/0.html"] + " nearly"
    made["rare/0.html"] = " ".join(rng.choice(WORDS) for _ in range(60))
    return [answer(path, words) for path, words in made.items()]


ANSWERS = fetched()
CRAWL = Crawl(tuple(ANSWERS))
HEAD = CRAWL.ledger.head(1, bytes(32))
TABLE_ROWS = table_of(records_of(ANSWERS), HEAD.root)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> State:
    """The state after both stages."""
    state = begin(Options(), tmp_path_factory.mktemp("run"), lambda done, total: None)
    facts = {"root": HEAD.root.hex(), "head": crawl.head_json(HEAD)}
    evidence = {"answers": [to_json(answer) for answer in ANSWERS]}
    (state.folder / "1_crawl.json").write_bytes(files.encode(evidence))
    before = replace(
        state,
        products={Crawl: CRAWL},
        evidence={"crawl": evidence},
        receipts=(Receipt("crawl", "", facts, "", "1_crawl.json", ""),),
    )
    after = dataset.run(witness.run(before))
    files.save(state.folder / files.RECEIPTS_FILE, list(after.receipts), {})
    return after


def facts_of(state: State) -> dict[str, Any]:
    return {receipt.stage: receipt.facts for receipt in state.receipts}


def test_the_rows_are_those_of_the_rules(ran: State) -> None:
    data = ran.get(dataset.Dataset)
    left_out = {"/birds/1.html", "/birds/2.html", "/rare/0.html"}
    expected = sorted({pages.path_of(a.response.url) for a in ANSWERS} - left_out)
    # pages 0 and 2 have nearly the same words: the address that sorts first stays
    kept = {row.path for row in data.rows}
    assert len(data.rows) == len(expected) == 3 * N_PAGES - 2
    assert sorted(kept) == expected
    assert data.topics == tuple(sorted(TOPICS))
    train, held_out = data.split()
    assert 0.15 < len(held_out) / len(data.rows) < 0.45
    assert facts_of(ran)["dataset"]["n_train"] == len(train)


def test_the_bribed_indexer_dissents_alone(ran: State) -> None:
    facts = facts_of(ran)["witness"]
    assert facts["dissents"] == [witness.BRIBED]
    witness.check_on_chain(ran.chain, facts_of(ran))
    assert facts["gas"] < 300_000


def nothing(stage: str) -> None:
    """No evidence of any stage."""


def signed(state: State, name: str, said: bytes) -> str:
    account: Account = state.chain.account(name)
    return account.sign(said).hex()


def say(state: State, who: tuple[str, ...], table: Table) -> dict[str, Any]:
    """Evidence in which some indexers tell of another table, with their true signatures."""
    evidence: dict[str, Any] = copy.deepcopy(state.evidence["witness"])
    hashes, public = witness.hashes_of(table), fast.commit(table).public
    statement = witness._statement(hashes)
    for said in evidence["submissions"]:
        if said["who"] in who:
            said |= {"hashes": hashes, "signature": signed(state, said["who"], statement)}
    text = message(witness.root_of(public), len(hashes))
    ordered = sorted(who, key=lambda name: state.chain.account(name).address)
    evidence["commitment"] = public.to_bytes().hex()
    evidence["attestations"] = [signed(state, name, text) for name in ordered]
    return evidence


def longer_page(table: Table) -> Table:
    """The short page is said to be prose like the others, and in English."""
    said = {"prose": True, "lang": "en"}
    columns = [
        replace(c, values=[said[c.name]] * table.length) if c.name in said else c
        for c in table.columns
    ]
    return Table(tuple(columns))


def test_three_colluders_pass_only_where_nobody_has_the_pages(ran: State) -> None:
    """The assumption in the receipt, at work: three of five may say anything of unseen pages."""
    table = longer_page(TABLE_ROWS)
    facts = facts_of(ran)
    two = say(ran, witness.INDEXERS[:2], table)
    with pytest.raises(Refused, match="too few indexers"):
        witness.conclude(two, facts, Inputs(nothing))
    three = say(ran, witness.INDEXERS[:3], table)
    assert witness.conclude(three, facts, Inputs(nothing)).facts["dissents"] == []
    with pytest.raises(Refused, match="the crawled pages give other batches"):
        witness.conclude(three, facts, Inputs(lambda stage: ran.evidence.get(stage)))


def one_voice_three_times(evidence: dict[str, Any]) -> None:
    evidence["submissions"] = evidence["submissions"][:1] * 3


def no_quorum(evidence: dict[str, Any]) -> None:
    evidence["submissions"] = evidence["submissions"][:3]


def one_signature_three_times(evidence: dict[str, Any]) -> None:
    evidence["attestations"] = evidence["attestations"][:1] * 3


def words_in_anothers_mouth(evidence: dict[str, Any]) -> None:
    evidence["submissions"][0]["hashes"] = evidence["submissions"][1]["hashes"]


def one_address_for_two(evidence: dict[str, Any]) -> None:
    evidence["indexers"]["indexer-2"] = evidence["indexers"]["indexer-3"]


def looser_bound(evidence: dict[str, Any]) -> None:
    """Bounds are attested as well: a narrow one would let sums wrap."""
    public = fast.TableCommitment.from_bytes(bytes.fromhex(evidence["commitment"]))
    first, *others = public.columns
    changed = replace(public, columns=(replace(first, high=first.high + 1), *others))
    evidence["commitment"] = changed.to_bytes().hex()


@pytest.mark.parametrize(
    "forge",
    [
        one_voice_three_times,
        no_quorum,
        one_signature_three_times,
        words_in_anothers_mouth,
        one_address_for_two,
        looser_bound,
    ],
    ids=lambda forge: forge.__name__,
)
def test_forged_witness_is_refused(ran: State, forge: Callable[[dict[str, Any]], None]) -> None:
    evidence = copy.deepcopy(ran.evidence["witness"])
    forge(evidence)
    with pytest.raises((Refused, ValueError)):
        witness.conclude(evidence, facts_of(ran), Inputs(nothing))


def move_to_training(evidence: dict[str, Any]) -> None:
    row = next(row for row in evidence["rows"] if row["lot"] < choice.HELD_OUT)
    row["lot"] = 255


def slip_in(evidence: dict[str, Any]) -> None:
    row = copy.deepcopy(evidence["rows"][0])
    row["record"]["url"] = row["session"]["url"] = "http://host/bought.html"
    evidence["rows"].append(row)


def leave_out(evidence: dict[str, Any]) -> None:
    del evidence["rows"][3]


def other_words(evidence: dict[str, Any]) -> None:
    record = evidence["rows"][0]["record"]
    record["text"] += " bought"
    record["text_sha256"] = sha256(record["text"].encode()).hex()


def words_beside_their_digest(evidence: dict[str, Any]) -> None:
    evidence["rows"][0]["record"]["text"] += " bought"


def session_that_never_was(evidence: dict[str, Any]) -> None:
    evidence["rows"][0]["session"]["node"] = "mallory"


def path_of_another(evidence: dict[str, Any]) -> None:
    evidence["rows"][0]["path"] = evidence["rows"][1]["path"]


def proofs_in_each_others_place(evidence: dict[str, Any]) -> None:
    proofs = evidence["proofs"]
    proofs["topics"], proofs["rows"] = proofs["rows"], proofs["topics"]


def proven_over_another_table(evidence: dict[str, Any]) -> None:
    """Everything fits, but over a table that nobody attested."""
    other = fast.commit(longer_page(TABLE_ROWS))
    chosen = choice.choose(other)
    data = dataset.read(chosen.rows.result, records_of(ANSWERS))
    evidence["rows"] = dataset._with_origin(data, CRAWL)
    evidence["proofs"] = chosen.to_json()


@pytest.mark.parametrize(
    "forge",
    [
        move_to_training,
        slip_in,
        leave_out,
        other_words,
        words_beside_their_digest,
        session_that_never_was,
        path_of_another,
        proofs_in_each_others_place,
        proven_over_another_table,
    ],
    ids=lambda forge: forge.__name__,
)
def test_forged_choice_is_refused_without_the_pages(
    ran: State, forge: Callable[[dict[str, Any]], None]
) -> None:
    evidence = copy.deepcopy(ran.evidence["dataset"])
    forge(evidence)
    with pytest.raises((Refused, ValueError)):
        dataset.conclude(evidence, facts_of(ran), Inputs(nothing))


def test_the_chain_is_asked(ran: State) -> None:
    facts = facts_of(ran)
    for field, value in (("commitment", "00"), ("registry", "0x" + 40 * "1")):
        changed = {**facts, "witness": {**facts["witness"], field: value}}
        with pytest.raises((Refused, ValueError)):
            witness.check_on_chain(ran.chain, changed)
    friends = {name: f"0x{i:040x}" for i, name in enumerate(witness.INDEXERS, 1)}
    changed = {**facts, "witness": {**facts["witness"], "indexers": friends}}
    with pytest.raises(Refused, match="these attestors"):
        witness.check_on_chain(ran.chain, changed)


# An auditor's questions, later


def test_an_auditor_learns_whether_a_page_was_trained_on(ran: State) -> None:
    data, receipts = ran.get(dataset.Dataset), ran.folder / files.RECEIPTS_FILE
    train, held_out = data.split()
    topics = list(data.topics)
    for path, used in ((train[0].path, 1), (held_out[0].path, 0), ("/birds/1.html", 0)):
        sql = audit.use_sql(path, topics)
        proof = audit.prove(ran.folder, sql)
        found = audit.answer(receipts, sql, proof)
        assert found is not None
        assert found.column("n").values == [used]
        assert audit.answer(receipts, sql.replace(path, "/another.html"), proof) is None
    by_topic = f"SELECT topic, COUNT(*) AS n FROM {TABLE} WHERE lot >= 77 GROUP BY topic"
    assert audit.answer(receipts, by_topic, audit.prove(ran.folder, by_topic)) is not None


def test_other_pages_prove_nothing(ran: State, tmp_path: Path) -> None:
    for name in ("1_crawl.json", files.RECEIPTS_FILE):
        (tmp_path / name).write_bytes((ran.folder / name).read_bytes())
    fewer = {"answers": ran.evidence["crawl"]["answers"][1:]}
    (tmp_path / "1_crawl.json").write_bytes(files.encode(fewer))
    with pytest.raises(ValueError, match="another commitment"):
        audit.prove(tmp_path, audit.use_sql("/birds/3.html", ["birds"]))


def test_a_site_without_topics_is_refused() -> None:
    table = fast.commit(table_of(records_of(ANSWERS[:5]), bytes(32)))
    with pytest.raises(ValueError, match="0 topics with at least 8 pages"):
        choice.choose(table)
