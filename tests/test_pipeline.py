"""The pipeline on a small site of our own: true when honest, false where something is wrong."""

import contextlib
import functools
import importlib.util
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aicrypto import cli
from aicrypto.commit.hashes import sha256
from aicrypto.crawl.metering import Receipt as Bill
from aicrypto.crawl.players import seed_of
from aicrypto.evm import Chain, Journal, compile_contract, compile_source
from aicrypto.evm.accounts import recover_transaction
from aicrypto.evm.compiler import CONTRACTS
from aicrypto.pipeline import Options, Receipt, Result, resume, run, verify
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.job import Job
from aicrypto.pipeline.receipts import encode
from aicrypto.pipeline.report import trust
from aicrypto.pipeline.report import value as money
from aicrypto.pipeline.runner import NAMES, STAGES
from aicrypto.pipeline.stages import crawl as crawl_stage
from aicrypto.pipeline.stages import settle as settle_stage
from aicrypto.pipeline.trials import campaign as campaign_module
from aicrypto.zkml import Network, commit, prove
from tests import pipeline_forgeries as forgeries

TOPICS = ("birds", "boats", "bread")
PORT = 47021
PAGES_PER_TOPIC = 14


class Silent:
    """An observer that says nothing."""

    def start(self, stage: str) -> None: ...

    def progress(self, done: int, total: int) -> None: ...

    def finish(self, receipt: Receipt) -> None: ...


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def write_site(folder: Path, topics: tuple[str, ...] = TOPICS) -> None:
    """Pages whose words tell their topic, all linked from the index; one page is forbidden."""
    rng = random.Random(1)
    shared = [f"shared{letter}" for letter in "abcdefghij"]
    shared += ["the", "of", "and", "with", "that"]
    index = []
    for topic in topics:
        (folder / topic).mkdir(parents=True)
        own = [f"{topic[:2]}word{letter}" for letter in "abcdefgh"]
        for i in range(PAGES_PER_TOPIC):
            words = " ".join(rng.choice(own + shared) for _ in range(90))
            text = f"<title>{i}</title><p>{words} <a href='http://[broken'>x</a>"
            (folder / topic / f"{i}.html").write_text(text)
            index.append(f"<a href='/{topic}/{i}.html'>page</a>")
    (folder / "secret").mkdir()
    (folder / "secret" / "0.html").write_text("<p>" + "hidden " * 90)
    index.append("<a href='/secret/0.html'>secret</a> <a href='http://elsewhere.invalid/'>out</a>")
    (folder / "index.html").write_text("".join(index))
    (folder / "robots.txt").write_text("User-agent: *\nDisallow: /secret/\n")


@pytest.fixture(scope="module", autouse=True)
def each_signature_once() -> Iterator[None]:
    """Most of a verification is to find who signed each transaction: the same ones every time."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(recover_transaction)
        patch.setattr("aicrypto.evm.chain.recover_transaction", once)
        yield


def served(handler: functools.partial[QuietHandler]) -> ThreadingHTTPServer:
    """A server on PORT: addresses decide the lots, and with them who wins. On another if taken."""
    try:
        return ThreadingHTTPServer(("127.0.0.1", PORT), handler)
    except OSError:
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with served(handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def honest(site: str, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(Options(site=site), tmp_path_factory.mktemp("runs"), Silent())


MEMORY = files.Memory()  # nearly all that the tests look at is the same run


def refused(folder: Path) -> list[str]:
    """The stages whose receipts do not hold."""
    return [r.stage for r in verify(folder / files.RECEIPTS_FILE, MEMORY) if not r.verified]


def evidence_of(result: Result, stage: str) -> dict[str, Any]:
    """A stage's evidence, as published."""
    file = result.receipts[NAMES.index(stage)].file
    return dict(json.loads((result.folder / file).read_text()))


def test_every_receipt_of_an_honest_run_holds(honest: Result) -> None:
    assert [(r.stage, r.verified, r.reason) for r in honest.receipts] == [
        (name, True, "") for name in NAMES
    ]
    assert honest.ok
    assert refused(honest.folder) == []


def test_what_the_run_found(honest: Result) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    assert facts["dataset"]["topics"] == list(TOPICS)
    assert facts["dataset"]["n_rows"] == len(TOPICS) * PAGES_PER_TOPIC
    assert facts["rank"]["deregistered"] == "drew", "the miner that does no work"
    assert facts["settle"]["payouts"]["drew"] == 0
    assert facts["settle"]["payouts"]["val-4"] < facts["settle"]["payouts"]["val-3"], "bribed"
    assert sum(facts["settle"]["payouts"].values()) == 10**18
    assert facts["crawl"]["caught"].keys() == {"node-5"}, "the node that bills too much"
    assert facts["settle"]["payouts"]["node-5"] == 0
    assert min(facts["settle"]["payouts"][f"node-{i}"] for i in range(1, 5)) > 0
    crawled = evidence_of(honest, "crawl")["answers"]
    assert not [page for page in crawled if "secret" in page["session"]["url"]], "robots.txt"


def test_a_folder_is_complete_and_the_report_loads_nothing(honest: Result) -> None:
    names = {path.name for path in honest.folder.iterdir()}
    assert names == {"receipts.json", "report.html", *(r.file for r in honest.receipts)}
    page = (honest.folder / "report.html").read_text()
    assert page.count("Plotly.newPlot") == 8
    assert "<script src" not in page
    assert "<link" not in page.split("</style>")[0] + page.split("<h1>")[1]


def test_the_report_shows_every_wei_and_every_assumption(honest: Result) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    paid = money.payments(facts)
    givers, takers = ({getattr(p, end) for p in paid} for end in ("giver", "taker"))
    passing = {name: money.balance(paid)[name] for name in givers & takers}
    assert passing == dict.fromkeys(passing, 0), "what comes in goes out"
    assert money.balance(paid)["miners"] == facts["claim"]["pot"] - 1, "rounded down"
    assert [stage for stage, _, _ in trust.table(honest.receipts)] == list(NAMES)
    assert {stage for stages in trust.LIGHTS.values() for stage in stages} <= set(NAMES)
    assert all(trust.lit(honest.receipts).values())
    dark = [replace(r, verified=r.stage != "crawl") for r in honest.receipts]
    assert [name for name, holds in trust.lit(dark).items() if not holds] == ["Grass"]


KILLED = """
import os, signal, sys
from pathlib import Path
from aicrypto import cli

rename, fatal = Path.replace, sys.argv[1]

def killed(path, target):
    if str(target).endswith(fatal):  # the new file is written, but has not its name yet
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(path, target)

Path.replace = killed
cli.main(sys.argv[2:])
"""


class Stopped(Silent):
    """Somebody presses Ctrl-C when a stage begins."""

    def start(self, stage: str) -> None:
        if stage == "own":
            raise KeyboardInterrupt


def test_a_killed_run_goes_on_to_the_same_bytes_whoever_works_for_it(
    honest: Result, site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Killed in the middle of a write, interrupted once more, on threads and a dask cluster.

    Its last evidence is tampered with, which the command says in the end.
    """
    runs = ["--runs", str(tmp_path)]
    asked = ["--site", site, "--tamper", NAMES[-1], "--executor", "threads:2"]
    command = [sys.executable, "-c", KILLED, "_train.json", "pipeline", *runs, *asked]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    [left] = tmp_path.iterdir()
    half_written = [path.name for path in (left / "run").iterdir() if path.suffix == ".tmp"]
    assert half_written, "the planted fault works"
    with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
        resume(tmp_path, Stopped(), executor)
    with dask_workers() as named:
        assert cli.main(["pipeline", *runs, "--resume", *named]) == 1
    assert f"{len(NAMES) - 1} of {len(NAMES)} receipts verified" in capsys.readouterr().out
    [folder] = tmp_path.iterdir()  # the unfinished run is gone
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    assert [r.stage for r in stored if not r.verified] == [NAMES[-1]]
    assert description["tamper"] == NAMES[-1]
    stored[-1] = replace(stored[-1], verified=True, reason="")
    ours, theirs = contents(folder, stored), contents(honest.folder, honest.receipts)
    assert {name for name in theirs if ours[name] != theirs[name]} == {stored[-1].file}
    assert cli.main(["verify", str(folder)]) == 1


def contents(folder: Path, receipts: Sequence[Receipt]) -> dict[str, object]:
    """All that a run left, but for its report and seconds."""
    found: dict[str, object] = {
        path.name: sha256(path.read_bytes()).hex()
        for path in folder.iterdir()
        if path.name not in ("report.html", files.RECEIPTS_FILE)
    }
    found["receipts"] = [replace(receipt, seconds=0.0) for receipt in receipts]
    return found


@contextlib.contextmanager
def dask_workers() -> Iterator[list[str]]:
    """Options that name a cluster on loopback, where the package is installed."""
    if importlib.util.find_spec("distributed") is None:
        yield []
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=1, processes=False, dashboard_address=None, protocol="tcp://", host="127.0.0.1"
    ) as cluster:
        yield ["--executor", f"dask://{cluster.scheduler_address.removeprefix('tcp://')}"]


def test_nothing_to_go_on_with_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ("pipeline", "--runs", str(tmp_path), "--resume")
    assert "holds no unfinished run" in error_of(capsys, *command)


@pytest.mark.parametrize("name", ["threads", "threads:0", "threads:x", "grid:4", "processes:-1"])
def test_unknown_workers_are_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("pipeline", "--runs", str(tmp_path), "--executor", name)
    assert "threads:N, processes:N" in error_of(capsys, *command)


# The tamper campaign


def test_random_changes_falsify_exactly_the_right_receipts(
    honest: Result, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(honest.folder, honest.receipts)
    command = ["pipeline", "--tamper", "random", "--times", "40", "--run", str(honest.folder)]
    assert cli.main([*command, "--seed", "5"]) == 0
    assert "in 40 of 40 trials" in capsys.readouterr().out
    assert contents(honest.folder, honest.receipts) == before, "the run itself is left alone"
    assert cli.main(["verify", str(honest.folder)]) == 0


def test_what_is_remembered_is_what_would_be_found_again(honest: Result, tmp_path: Path) -> None:
    """With memory and without, receipts come out alike, reasons and all."""
    memory = files.Memory()
    path = shutil.copytree(honest.folder, tmp_path / "run") / files.RECEIPTS_FILE
    assert verify(path, memory) == list(honest.receipts)
    (path.parent / honest.receipts[NAMES.index("dataset")].file).write_bytes(b"{}")
    once, twice, afresh = verify(path, memory), verify(path, memory), verify(path)
    assert once == twice == afresh
    assert [receipt.stage for receipt in once if not receipt.verified] == ["dataset"]


def test_a_campaign_would_notice_a_blind_verifier(
    honest: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that believes the stored verdicts, and one that blames all that follows."""
    stored, _ = files.load(honest.folder / files.RECEIPTS_FILE)
    monkeypatch.setattr(campaign_module, "verify", lambda path, memory: files.load(path)[0])
    trials = campaign_module.campaign(honest.folder, 8, 1)
    assert [trial.ok for trial in trials] != [True] * 8

    def blaming(path: Path, memory: files.Memory) -> list[Receipt]:
        fresh, _ = files.load(path)
        intact = [(path.parent / receipt.file).is_file() for receipt in fresh]
        same = fresh == stored and all(intact)
        return [replace(receipt, verified=same) for receipt in fresh]

    monkeypatch.setattr(campaign_module, "verify", blaming)
    assert not all(trial.ok for trial in campaign_module.campaign(honest.folder, 8, 2))


def test_a_changed_fact_is_that_receipts_fault_alone(honest: Result, tmp_path: Path) -> None:
    """Later stages are checked against what the evidence shows, not against what is said of it."""
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    at = NAMES.index("crawl")
    stored[at] = replace(stored[at], facts={**stored[at].facts, "root": "00" * 32})
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert refused(folder) == ["crawl"]


def test_a_run_with_a_false_receipt_is_not_put_on_trial(honest: Result, tmp_path: Path) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    (folder / honest.receipts[2].file).write_bytes(b"{}")
    with pytest.raises(ValueError, match=f"the receipts of {NAMES[2]} fail already"):
        campaign_module.campaign(folder, 1, 0)
    with pytest.raises(ValueError, match="times is 0"):
        campaign_module.campaign(folder, 0, 0)


def test_one_flipped_bit_is_found_where_it_is(honest: Result, tmp_path: Path) -> None:
    rng = random.Random(4)
    for receipt in honest.receipts:
        folder = shutil.copytree(honest.folder, tmp_path / receipt.stage)
        data = bytearray((folder / receipt.file).read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / receipt.file).write_bytes(bytes(data))
        assert refused(folder) == [receipt.stage]


# Forgeries: evidence changed *and* published anew with all that seems to follow from it, so that
# neither a digest nor a fact gives it away. Each was accepted by an earlier version of the checks.

Run = dict[str, dict[str, Any]]


def put_text(answer: dict[str, Any], text: str) -> None:
    """Another body, with a session record to match."""
    answer["text"], data = text, text.encode()
    answer["session"] |= {"resp_bytes": len(data), "body_sha256": sha256(data).hex()}


def sign_again(run: Run) -> None:
    """The validator, bribed, signs a new head over whatever the answers are now."""
    crawled = crawl_stage.load(run["crawl"])
    head = crawled.ledger.head(1, seed_of(0, "validator"))
    run["crawl"]["head"] = crawl_stage.head_json(head)


def edit_page(run: Run) -> None:
    run["crawl"]["answers"][3]["text"] += "<p>bought words</p>"


def edit_page_and_record(run: Run) -> None:
    put_text(run["crawl"]["answers"][3], "<p>bought words</p>")


def edit_page_and_ledger(run: Run) -> None:
    """Even the validator cannot: nodes have signed what they delivered."""
    put_text(run["crawl"]["answers"][3], "<p>bought words</p>")
    sign_again(run)


def page_of_nobody(run: Run) -> None:
    page = json.loads(json.dumps(run["crawl"]["answers"][3]))
    page["session"] |= {
        "url": run["crawl"]["site"] + "birds/x.html",
        "session": str(uuid.UUID(int=7)),
    }
    run["crawl"]["answers"].append(page)
    sign_again(run)


def loosened_robots(run: Run) -> None:
    put_text(run["crawl"]["answers"][0], "")


def forgotten_robots(run: Run) -> None:
    del run["crawl"]["answers"][0]


def doubled_page(run: Run) -> None:
    page = json.loads(json.dumps(run["crawl"]["answers"][1]))
    run["crawl"]["answers"].append(page)
    sign_again(run)


def another_spelling(run: Run) -> None:
    run["crawl"]["answers"][1]["session"]["url"] += "#again"


def page_left_out(run: Run) -> None:
    del run["crawl"]["answers"][-1]


def page_that_stalls_parsers(run: Run) -> None:
    put_text(run["crawl"]["answers"][1], "<div>" * 20_000)


def one_receipt_for_all(run: Run) -> None:
    run["crawl"]["receipts"] = run["crawl"]["receipts"][:1] * 30


def paid_twice(run: Run) -> None:
    accepted = [told for told in run["crawl"]["receipts"] if told["node"] == "node-1"]
    run["crawl"]["receipts"].append(accepted[-1])


def receipts_out_of_order(run: Run) -> None:
    run["crawl"]["receipts"].reverse()


def false_bills_passed_on(run: Run) -> None:
    """The cheat's receipts are said to be those of its neighbour."""
    for told in run["crawl"]["receipts"]:
        if told["node"] == "node-5":
            told["node"] = "node-4"


def honest_node_framed(run: Run) -> None:
    """A false bill in the name of an honest node, without its signature."""
    receipts = run["crawl"]["receipts"]
    mine = next(told for told in reversed(receipts) if told["node"] == "node-1")
    bill = replace(Bill.from_bytes(bytes.fromhex(mine["receipt"])), bytes_down=10**9)
    receipts.append({**mine, "receipt": bill.to_bytes().hex()})


def stolen_pay(run: Run) -> None:
    nodes = run["crawl"]["nodes"]
    nodes["node-1"]["address"] = nodes["node-5"]["address"]


def another_validators_ledger(run: Run) -> None:
    head = crawl_stage.load(run["crawl"]).ledger.head(1, bytes(32))
    run["crawl"]["head"] = crawl_stage.head_json(head)


def row_of_another_page(run: Run) -> None:
    """A row's origin is shown by the session of another page."""
    rows = run["dataset"]["rows"]
    rows[5] |= {name: rows[6][name] for name in ("session", "index", "path")}


def hide_a_dissent(run: Run) -> None:
    run["witness"]["submissions"] = run["witness"]["submissions"][1:]
    run["witness"]["attestations"] = run["witness"]["attestations"][1:3]


def forget_a_query(run: Run) -> None:
    run["dataset"]["proofs"]["topics"] = run["dataset"]["proofs"]["rows"]


def edit_row(run: Run) -> None:
    record = run["dataset"]["rows"][5]["record"]
    record["text"] += " bought"
    record["text_sha256"] = sha256(record["text"].encode()).hex()


def swap_models(run: Run) -> None:
    models = run["train"]["models"]
    models["ada"], models["drew"] = models["drew"], models["ada"]


def lift_a_friend(run: Run) -> None:
    run["rank"]["weights"]["val-1"]["drew"] += 20_000


def minority_hides_a_miner(run: Run) -> None:
    del run["rank"]["weights"]["val-4"]["ada"]


def weights_that_are_no_numbers(run: Run) -> None:
    run["rank"]["weights"]["val-4"] = {"ada": True, "bela": 0.5, "cleo": 0, "drew": 65535}


def other_scores(run: Run) -> None:
    run["rank"]["correct"]["ada"] += 1


def network_of(run: Run) -> list[dict[str, Any]]:
    network = Network.from_bytes(bytes.fromhex(run["quantise"]["network"]))
    return [
        {"W": layer.weights.tolist(), "b": layer.bias.tolist(), "shift": layer.shift}
        for layer in network.layers
    ]


def quantised_to(run: Run, layers: list[dict[str, Any]]) -> Network:
    network = Network.from_integers(layers)
    run["quantise"]["network"] = network.to_bytes().hex()
    return network


def another_network(run: Run) -> None:
    layers = network_of(run)
    layers[0]["W"][0][0] ^= 1
    quantised_to(run, layers)


def backdoor_in_a_bias(run: Run) -> None:
    """The whole rest is right: the proof is one for the network with the backdoor."""
    layers = network_of(run)
    layers[-1]["b"][0] += 10**6
    network, x = quantised_to(run, layers), run["prove"]["x"]
    run["prove"]["logits"] = network.run(x).logits.tolist()
    run["prove"]["proof"] = prove(commit(network), x).to_bytes().hex()


def flattering_calibration(run: Run) -> None:
    lines = run["quantise"]["calibration"]
    lines[-1] = lines[-1].replace("float", "float 100.00 %, was", 1)


def proof_for_another_network(run: Run) -> None:
    layers = network_of(run)
    layers[0]["b"][0] += 1
    run["prove"]["proof"] = (
        prove(commit(Network.from_integers(layers)), run["prove"]["x"]).to_bytes().hex()
    )


def proof_with_public_weights(run: Run) -> None:
    network = Network.from_integers(network_of(run))
    run["prove"]["proof"] = prove(network, run["prove"]["x"]).to_bytes().hex()


def cut_proof(run: Run) -> None:
    run["prove"]["proof"] = run["prove"]["proof"][:-64]


def answer_as_float(run: Run) -> None:
    run["prove"]["logits"][0] = [float(logit) for logit in run["prove"]["logits"][0]]


def another_answer(run: Run) -> None:
    run["prove"]["logits"][0][0] += 1_000


def easy_questions(run: Run) -> None:
    run["prove"]["paths"] = run["prove"]["paths"][:1] * len(run["prove"]["paths"])


def cut_journal(run: Run) -> None:
    run["settle"]["journal"] = run["settle"]["journal"][:-2]


def job_of_somebody_else(run: Run) -> None:
    run["settle"]["job"] += 1


FORGERIES: dict[Callable[[Run], None], str] = {
    row_of_another_page: "dataset",
    hide_a_dissent: "witness",
    forget_a_query: "dataset",
    edit_row: "dataset",
    swap_models: "rank",
    lift_a_friend: "rank",
    minority_hides_a_miner: "rank",
    weights_that_are_no_numbers: "rank",
    other_scores: "rank",
    another_network: "quantise",
    backdoor_in_a_bias: "quantise",
    flattering_calibration: "quantise",
    proof_for_another_network: "prove",
    proof_with_public_weights: "prove",
    cut_proof: "prove",
    answer_as_float: "prove",
    another_answer: "prove",
    easy_questions: "prove",
    cut_journal: "settle",
    job_of_somebody_else: "settle",
}


CRAWL_FORGERIES: dict[Callable[[Run], None], str] = {
    edit_page: "another body",
    edit_page_and_record: "another ledger was signed",
    edit_page_and_ledger: r"refused \(BrokenChain\) that is no false bill",
    page_of_nobody: "receipts of 0 nodes",
    loosened_robots: r"refused \(BrokenChain\)",
    forgotten_robots: "nobody asked for robots.txt",
    doubled_page: "listed twice",
    another_spelling: "not written as addresses are",
    page_left_out: "another ledger was signed",
    page_that_stalls_parsers: "another ledger was signed",
    one_receipt_for_all: r"refused \(Duplicate\)",
    paid_twice: r"refused \(Duplicate\)",
    receipts_out_of_order: r"refused \(BrokenChain\)",
    false_bills_passed_on: "its node did not sign",
    honest_node_framed: "its node did not sign",
    stolen_pay: "did not sign where it is to be paid",
    another_validators_ledger: r"refused \(WrongParty:validator\)",
}


@pytest.mark.parametrize("forge", CRAWL_FORGERIES, ids=lambda forge: forge.__name__)
def test_forged_crawls_are_refused_by_what_is_wrong_with_them(
    honest: Result, forge: Callable[[Run], None]
) -> None:
    run = {"crawl": evidence_of(honest, "crawl")}
    ordered = {"order": {"site": run["crawl"]["site"]}}
    crawl_stage.conclude(run["crawl"], ordered, files.Inputs({}.get))
    forge(run)
    with pytest.raises(files.Refused, match=CRAWL_FORGERIES[forge]):
        crawl_stage.conclude(run["crawl"], ordered, files.Inputs({}.get))


def test_a_crawl_of_another_site_than_was_ordered_is_refused(honest: Result) -> None:
    crawled, nothing = evidence_of(honest, "crawl"), files.Inputs({}.get)
    with pytest.raises(files.Refused, match="another site was ordered"):
        crawl_stage.conclude(crawled, {"order": {"site": "http://127.0.0.1:1/"}}, nothing)


def published_anew(folder: Path, run: Run) -> Path:
    """The folder with this evidence, digests to match, and whatever facts now follow."""
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    changed = False
    for at, stage in enumerate(STAGES):
        data = encode(run[stage.name])
        changed = changed or stored[at].sha256 != sha256(data).hex()
        if not changed:
            continue
        (folder / stored[at].file).write_bytes(data)
        stored[at] = replace(stored[at], sha256=sha256(data).hex())
        facts = {receipt.stage: receipt.facts for receipt in stored[:at]}
        with contextlib.suppress(Exception):
            follows = stage.conclude(run[stage.name], facts, files.Inputs(run.get))
            stored[at] = replace(stored[at], claim=follows.claim, facts=follows.facts)
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    return folder


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_forgeries_are_refused(
    honest: Result, tmp_path: Path, forge: Callable[[Run], None]
) -> None:
    run = {r.stage: json.loads((honest.folder / r.file).read_text()) for r in honest.receipts}
    forge(run)
    folder = published_anew(shutil.copytree(honest.folder, tmp_path / "run"), run)
    assert FORGERIES[forge] in refused(folder)


def test_publishing_honest_evidence_anew_changes_nothing(honest: Result, tmp_path: Path) -> None:
    run = {r.stage: json.loads((honest.folder / r.file).read_text()) for r in honest.receipts}
    folder = published_anew(shutil.copytree(honest.folder, tmp_path / "run"), run)
    assert refused(folder) == []


def test_a_contract_that_only_looks_alike_is_refused(honest: Result, tmp_path: Path) -> None:
    """Same interface, same events, other code: it keeps the money."""
    source = (CONTRACTS / "WorkRegistry.vy").read_text()
    fake = compile_source(source.replace("value=amount, revert", "value=0, revert"), "Fake")
    assert fake.bytecode != compile_contract("WorkRegistry").bytecode
    facts = {r.stage: r.facts for r in honest.receipts}
    chain = Chain(seed="aicrypto:0", record=True)
    client, coordinator = chain.account("client"), chain.account("coordinator")
    contract = chain.deploy(fake, sender=client)
    contract.open(coordinator, chain.timestamp + 3600, sender=client, value=10**18)
    job = Job(chain, contract, 0)
    job.post_dataset(bytes.fromhex(facts["dataset"]["root"]), facts["dataset"]["n_rows"])
    job.post_model(bytes.fromhex(facts["quantise"]["digest"]))
    answer = facts["prove"]
    digests = bytes.fromhex(answer["input"]), bytes.fromhex(answer["proof"])
    job.post_result(digests[0], answer["label"], digests[1])
    job.settle(facts["settle"]["payouts"])
    evidence = {"contract": contract.address, "job": 0}
    evidence["journal"] = chain.journal.to_bytes().hex()
    with pytest.raises(files.Refused, match="library's code"):
        settle_stage.conclude(evidence, facts, files.Inputs({}.get))


def test_one_address_cannot_play_two_parties(honest: Result) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    assert len(settle_stage.parties_of(facts)) == 13
    nodes = facts["crawl"]["nodes"]
    facts["crawl"] = facts["crawl"] | {"nodes": nodes | {"node-1": nodes["node-2"]}}
    with pytest.raises(files.Refused, match="two parties share"):
        settle_stage.parties_of(facts)


@pytest.mark.parametrize(
    ("stage", "field", "value"),
    [
        ("rank", "claim", "drew is best"),
        ("rank", "facts", {"winner": "drew"}),
        ("settle", "assumes", "nothing"),
        ("prove", "facts", {"label": 2.0}),
        ("crawl", "facts", {"licence": "CC0"}),
    ],
)
def test_a_receipt_says_what_follows_and_nothing_else(
    honest: Result, tmp_path: Path, stage: str, field: str, value: Any
) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    at = NAMES.index(stage)
    value = stored[at].facts | value if field == "facts" else value
    stored[at] = replace(stored[at], **{field: value})
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert stage in refused(folder)


def test_what_could_not_be_compared_is_said(honest: Result, tmp_path: Path) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    (folder / honest.receipts[NAMES.index("dataset")].file).unlink()
    reasons = {r.stage: r.reason for r in verify(folder / files.RECEIPTS_FILE, MEMORY)}
    assert refused(folder) == ["dataset"]
    assert reasons["prove"] == "not compared with dataset, whose evidence is broken"


@pytest.mark.parametrize(
    "data",
    [b"{", b"[1]", b'{"a":1,"a":2}', b'{"a": 1}', b'{"a":NaN}', b"\xff", b"[" * 100_000],
)
def test_evidence_that_is_not_canonical_is_refused(
    honest: Result, tmp_path: Path, data: bytes
) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    at = NAMES.index("train")
    (folder / stored[at].file).write_bytes(data)
    stored[at] = replace(stored[at], sha256=sha256(data).hex())
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert refused(folder) == ["train"]


def test_receipts_with_wrong_types_or_hidden_signs_are_refused(
    honest: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = json.loads((honest.folder / files.RECEIPTS_FILE).read_text())
    for field, value in {"claim": 5, "sha256": None, "file": 5, "seconds": "x"}.items():
        broken = json.loads(json.dumps(content))
        broken["receipts"][0][field] = value
        (tmp_path / "receipts.json").write_text(json.dumps(broken))
        assert field in error_of(capsys, "verify", str(tmp_path / "receipts.json"))
    content["receipts"][0]["claim"] = "fine \x1b[2J"
    (tmp_path / "receipts.json").write_text(json.dumps(content))
    assert "control signs" in error_of(capsys, "verify", str(tmp_path / "receipts.json"))


# Bad input


def error_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert cli.main(list(command)) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1, "one clear line"
    return error


def test_bad_input_is_one_clear_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = ["--runs", str(tmp_path / "runs")]
    said = functools.partial(error_of, capsys, "pipeline", *runs)
    assert "stage 'crwl' is unknown; there are: order, crawl, witness" in said("--tamper", "crwl")
    assert "device is 'tpu', must be auto, cpu or cuda" in said("--device", "tpu")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "torch finds no CUDA device" in said("--device", "cuda")
    for bad in ("http://127.0.0.1:9/", "nonsense", "http://[broken/"):
        assert f"site {bad!r}" in said("--site", bad)
    assert not list((tmp_path / "runs").glob("*")), "nothing half-written"
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert str(blocked) in error_of(capsys, "pipeline", "--runs", str(blocked))


def test_a_site_with_one_topic_is_refused(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("pipeline", "--runs", str(tmp_path), "--site", site + "birds/0.html")
    assert "1 topics" in error_of(capsys, *command) or "0 topics" in error_of(capsys, *command)
    assert not list(tmp_path.iterdir())


def test_broken_receipts_files_are_named(
    honest: Result, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "receipts.json"
    for content in ("{", "[]", '{"format": "other"}', '{"format": "aicrypto.receipts.v1"}'):
        path.write_text(content)
        assert f"{path}: not a receipts file" in error_of(capsys, "verify", str(path))
    stored, description = files.load(honest.folder / files.RECEIPTS_FILE)
    files.save(path, stored[1:], description)
    assert "stages are" in error_of(capsys, "verify", str(path))


def test_evidence_outside_the_folder_is_not_opened(honest: Result, tmp_path: Path) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    shutil.copy(folder / stored[0].file, tmp_path / "outside.json")
    stored[0] = replace(stored[0], file="../outside.json")
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert refused(folder) == [NAMES[0]]


# The agent's stages: order, team, market, context, sale


@pytest.fixture(scope="module")
def told(honest: Result) -> Run:
    return {receipt.stage: evidence_of(honest, receipt.stage) for receipt in honest.receipts}


@pytest.fixture(scope="module")
def settled(told: Run) -> Chain:
    return Chain.replay(Journal.from_bytes(bytes.fromhex(told["settle"]["journal"])))


def facts_before(honest: Result, stage: str) -> dict[str, Any]:
    return {r.stage: r.facts for r in honest.receipts[: NAMES.index(stage)]}


@pytest.mark.parametrize(("stage", "name"), forgeries.names(forgeries.EVIDENCE))
def test_what_an_agent_cannot_publish(honest: Result, told: Run, stage: str, name: str) -> None:
    facts = facts_before(honest, stage)
    forgeries.prepare({r.stage: r.facts for r in honest.receipts}, told)
    change, reason = forgeries.EVIDENCE[stage][name]
    evidence = forgeries.changed(told[stage], change)
    with pytest.raises(files.Refused, match=reason):
        STAGES[NAMES.index(stage)].conclude(evidence, facts, files.Inputs(told.get))


@pytest.mark.parametrize(("stage", "name"), forgeries.names(forgeries.FACTS))
def test_the_chain_knows_better(honest: Result, settled: Chain, stage: str, name: str) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    forgeries.check(settled, facts, stage)
    change, reason = forgeries.FACTS[stage][name]
    with pytest.raises(files.Refused, match=reason):
        forgeries.check(settled, facts | {stage: forgeries.changed(facts[stage], change)}, stage)


@pytest.mark.parametrize(("stage", "contract"), forgeries.LIBRARYS)
def test_contracts_that_are_not_the_librarys_are_seen(
    honest: Result, settled: Chain, stage: str, contract: tuple[str, ...]
) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    other = facts["settle"]["contract"]
    told = forgeries.changed(facts[stage], forgeries.put(*contract, other))
    with pytest.raises(files.Refused, match="the library's"):
        forgeries.check(settled, facts | {stage: told}, stage)


def test_an_agent_is_sold_with_all_it_earned(honest: Result, told: Run) -> None:
    facts = {receipt.stage: receipt.facts for receipt in honest.receipts}
    chain = Chain.replay(Journal.from_bytes(bytes.fromhex(told["sale"]["journal"])))
    order, sale = facts["order"], facts["sale"]
    spent = facts["market"]["paid"] + 10**15 + facts["royalty"]["price"]
    spent += facts["service"]["fee"] + facts["service"]["use"]
    assert sale["treasury"] == order["budget"] - order["reward"] - spent
    assert chain.balance(order["account"]) == sale["treasury"]
    assert chain.balance(sale["buyer"]) == 1_000 * 10**18 - sale["price"]
    assert chain.balance(sale["seller"]) == 1_000 * 10**18 - order["budget"] + sale["price"]
    assert facts["market"]["fees"] == chain.balance(facts["market"]["contracts"]["owner"]) % 10**18
    assert facts["context"]["agree"] == len(facts["context"]["sources"]) == 3
    assert facts["train"]["commitments"].keys() >= {"bela"}, "who enters with the team's network"


def test_a_sale_says_what_it_could_not_be_compared_with(honest: Result, tmp_path: Path) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    (folder / honest.receipts[NAMES.index("settle")].file).unlink()
    fresh = verify(folder / files.RECEIPTS_FILE)
    assert [r.stage for r in fresh if not r.verified] == ["settle"]
    assert fresh[-1].reason == "not compared with settle, whose evidence is broken"
