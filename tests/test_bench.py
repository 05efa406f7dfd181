"""Benchmarks: records, selection, storage and README tables. No time is asserted anywhere."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from aicrypto import bench, cli
from aicrypto.bench import Record, opml_machine, readme
from aicrypto.bench.training import referee
from aicrypto.training.language import Language
from aicrypto.training.refereed import Job, program

ROOT = Path(__file__).parents[1]


def test_every_benchmark_gives_records_of_its_room() -> None:
    for name in ("commit.hash", "field.mul"):
        records = list(bench.run(name))
        assert records
        for record in records:
            assert record.name.split(".")[0] == name.split(".")[0]
            assert record.value > 0
            assert (record.peer is None) == (record.peer_value is None)


def test_every_name_leads_to_a_function() -> None:
    import importlib

    for target in bench.BENCHES.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(f"aicrypto.bench.{module}"), function))


def test_ratio_and_json() -> None:
    record = Record("a.b.s", 3.0, "s", "something", 2.0)
    assert json.loads(record.to_json())["ratio"] == record.ratio == 1.5
    assert Record("a.b.s", 3.0, "s").ratio is None


def test_selection() -> None:
    assert bench.select(["field"]) == [name for name in sorted(bench.BENCHES) if "field." in name]
    assert bench.select(["field.mul"]) == ["field.mul"]
    assert bench.select([]) == sorted(bench.BENCHES)
    with pytest.raises(ValueError, match="unknown benchmark 'fiel'; there are: "):
        bench.select(["fiel"])


def test_storing_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    bench.save([Record("x.a", 1.0, "s"), Record("x.b", 2.0, "s")], tmp_path)
    bench.save([Record("x.b", 3.0, "s")], tmp_path)
    stored = json.loads((tmp_path / "x.json").read_text())
    assert {r["name"]: r["value"] for r in stored["records"]} == {"x.a": 1.0, "x.b": 3.0}
    assert stored["machine"]["cores"] >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_records_of_another_machine_do_not_pass_for_this_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.save([Record("x.a", 1.0, "s"), Record("x.b", 2.0, "s")], tmp_path)
    here = bench.machine()
    monkeypatch.setattr(bench, "machine", lambda: {**here, "cores": 4096})
    bench.save([Record("x.b", 3.0, "s")], tmp_path)
    stored = json.loads((tmp_path / "x.json").read_text())
    assert [(r["name"], r["value"]) for r in stored["records"]] == [("x.b", 3.0)]
    assert stored["machine"]["cores"] == 4096


def test_a_digit_is_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small, other = (opml_machine.digit_image(16, 50, shown) for shown in (60, 61))
    assert small.start.hash != other.start.hash


def test_the_referee_that_is_timed_upholds_the_honest_step_and_no_other() -> None:
    x, y = Language().pages(0, 1)
    size = referee.SIZE
    job = Job(size.layout.split(size.start(0)), [(x, y)] * referee.FAULT.step, referee.RULE)
    question = referee.question_of(program.run_step(job, referee.FAULT.step, job.start))
    assert question.agreed != question.claimed
    assert referee.upholds(job, question)
    assert not referee.upholds(job, replace(question, claimed=question.agreed))


def test_readme_tables_follow_the_records(tmp_path: Path) -> None:
    bench.save([Record("x.a.s", 12.3456, "s", "a peer", 24.7)], tmp_path)
    page = tmp_path / "README.md"
    page.write_text("before\n<!-- bench:x -->\n<!-- /bench -->\nafter\n")
    assert readme.update(page, tmp_path, only_check=True) == 1
    assert readme.update(page, tmp_path, only_check=False) == 0
    assert "| `x.a.s` | 12.3 s | a peer | 24.7 s | 0.5× | cpu, 1 |" in page.read_text()
    assert page.read_text().startswith("before\n")
    assert page.read_text().endswith("after\n")
    assert readme.update(page, tmp_path, only_check=True) == 0


def test_tables_without_records_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="bench y --save"):
        readme.render("<!-- bench:y -->\n<!-- /bench -->", tmp_path)
    with pytest.raises(ValueError, match="no '<!-- bench:ROOM -->' marker"):
        readme.render("nothing", tmp_path)


def test_command_prints_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "commit.hash", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {json.loads(line)["name"] for line in lines} == {
        "commit.sha256.us",
        "commit.keccak256.us",
    }
    assert cli.main(["bench", "nothing"]) == 2
    assert "unknown benchmark 'nothing'" in capsys.readouterr().err
