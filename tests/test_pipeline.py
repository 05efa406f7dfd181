"""The pipeline on a small site of our own: true when honest, false where something is wrong."""

import functools
import json
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aicrypto import cli
from aicrypto.commit.hashes import sha256
from aicrypto.pipeline import Options, Receipt, Result, run, verify
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import encode
from aicrypto.pipeline.runner import NAMES

TOPICS = ("birds", "boats", "bread")
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


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("site")
    write_site(folder)
    handler = functools.partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def honest(site: str, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(Options(site=site), tmp_path_factory.mktemp("runs"), Silent())


def refused(folder: Path) -> list[str]:
    """The stages whose receipts do not hold."""
    return [r.stage for r in verify(folder / files.RECEIPTS_FILE) if not r.verified]


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
    crawled = json.loads((honest.folder / "1_crawl.json").read_text())["pages"]
    assert not [page for page in crawled if "secret" in page["url"]], "robots.txt forbids it"


def test_a_folder_is_complete_and_the_report_loads_nothing(honest: Result) -> None:
    names = {path.name for path in honest.folder.iterdir()}
    assert names == {"receipts.json", "report.html", *(r.file for r in honest.receipts)}
    page = (honest.folder / "report.html").read_text()
    assert page.count("Plotly.newPlot") == 4
    assert "<script src" not in page
    assert "<link" not in page.split("</style>")[0] + page.split("<h1>")[1]


def test_same_seed_same_run(honest: Result, site: str, tmp_path: Path) -> None:
    again = run(Options(site=site), tmp_path, Silent())
    timeless = [replace(receipt, seconds=0.0) for receipt in honest.receipts]
    assert [replace(receipt, seconds=0.0) for receipt in again.receipts] == timeless


def test_one_flipped_bit_is_found_where_it_is(honest: Result, tmp_path: Path) -> None:
    rng = random.Random(4)
    for receipt in honest.receipts:
        folder = shutil.copytree(honest.folder, tmp_path / receipt.stage)
        data = bytearray((folder / receipt.file).read_bytes())
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        (folder / receipt.file).write_bytes(bytes(data))
        assert refused(folder) == [receipt.stage]


def test_command_with_tampering_ends_with_one_false_receipt(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["pipeline", "--site", site, "--runs", str(tmp_path), "--tamper", "crawl"]
    assert cli.main(command) == 1
    [folder] = tmp_path.iterdir()
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    assert [r.stage for r in stored if not r.verified] == ["crawl"]
    assert description["tamper"] == "crawl"
    assert "6 of 7 receipts verified" in capsys.readouterr().out
    assert cli.main(["verify", str(folder / files.RECEIPTS_FILE)]) == 1


# Forgeries: evidence changed *and* published anew, so that no digest gives it away.


def edit_page(crawl: dict[str, Any]) -> None:
    crawl["pages"][3]["body"] += "<p>bought words</p>"


def add_forbidden_page(crawl: dict[str, Any]) -> None:
    crawl["pages"].append({**crawl["pages"][0], "url": crawl["site"] + "secret/0.html"})


def edit_row(dataset: dict[str, Any]) -> None:
    dataset["rows"][5]["text"] += " bought"


def swap_weights(train: dict[str, Any]) -> None:
    models = train["models"]
    models["ada"], models["drew"] = models["drew"], models["ada"]


def lift_a_friend(rank: dict[str, Any]) -> None:
    rank["weights"]["val-1"]["drew"] += 20_000


def move_the_consensus(rank: dict[str, Any]) -> None:
    rank["consensus"]["drew"] += 1


def another_network(quantise: dict[str, Any]) -> None:
    quantise["layers"][0]["W"][0][0] += 1


def another_answer(prove: dict[str, Any]) -> None:
    prove["logits"][0][0] += 1_000


def another_question(prove: dict[str, Any]) -> None:
    prove["x"][0][0] = 99 - prove["x"][0][0]


def cut_journal(settle: dict[str, Any]) -> None:
    settle["journal"] = settle["journal"][:-2]


FORGERIES: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    ("crawl", edit_page),
    ("crawl", add_forbidden_page),
    ("dataset", edit_row),
    ("train", swap_weights),
    ("rank", lift_a_friend),
    ("rank", move_the_consensus),
    ("quantise", another_network),
    ("prove", another_answer),
    ("prove", another_question),
    ("settle", cut_journal),
]


@pytest.mark.parametrize(("stage", "forge"), FORGERIES, ids=lambda x: getattr(x, "__name__", x))
def test_forged_evidence_is_refused_even_if_its_digest_is_published(
    honest: Result, tmp_path: Path, stage: str, forge: Callable[[dict[str, Any]], None]
) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    at = NAMES.index(stage)
    evidence = json.loads((folder / stored[at].file).read_text())
    forge(evidence)
    data = encode(evidence)
    (folder / stored[at].file).write_bytes(data)
    stored[at] = replace(stored[at], sha256=sha256(data).hex())
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert stage in refused(folder)


@pytest.mark.parametrize(
    ("stage", "fact", "value"),
    [
        ("rank", "winner", "drew"),
        ("rank", "correct", {"ada": 99, "bela": 99, "cleo": 99, "drew": 99}),
        ("quantise", "correct", 99),
        ("prove", "label", 2),
        ("settle", "payouts", {"node-1": 10**18}),
        ("dataset", "n_rows", 41),
    ],
)
def test_false_claims_are_refused(
    honest: Result, tmp_path: Path, stage: str, fact: str, value: object
) -> None:
    folder = shutil.copytree(honest.folder, tmp_path / "run")
    stored, description = files.load(folder / files.RECEIPTS_FILE)
    at = NAMES.index(stage)
    stored[at] = replace(stored[at], facts=stored[at].facts | {fact: value})
    files.save(folder / files.RECEIPTS_FILE, stored, description)
    assert stage in refused(folder)


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
    assert "stage 'crwl' is unknown; there are: crawl, dataset" in said("--tamper", "crwl")
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
    assert refused(folder) == ["crawl"]
