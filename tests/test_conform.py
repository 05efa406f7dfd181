"""Every suite at hand passes; and the machinery can fail, loudly and by name."""

import json
from pathlib import Path

import pytest

from aicrypto import cli, conform

VECTORS = Path(__file__).parent / "vectors"
FILES = sorted(VECTORS.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_suite(path: Path) -> None:
    report = conform.run(conform.load(path))
    if report.needs:
        pytest.skip(report.needs)
    assert report.ok, "\n".join(map(str, report.failures))


def test_every_known_suite_has_its_vectors_here() -> None:
    assert {path.stem for path in FILES} == set(conform.SUITES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_vectors_name_their_source(path: Path) -> None:
    assert len(json.loads(path.read_text())["source"]) > 10


def envelope(cases: list[dict], suite: str = "hash.sha256") -> dict:
    return {"suite": suite, "source": "made here", "licence": "CC0-1.0", "cases": cases}


EMPTY = "0x" + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
GOOD = {"id": "empty", "in": {"messages": ["0x"]}, "out": {"digests": [EMPTY]}}


def test_a_wrong_answer_is_reported_with_field_and_both_values() -> None:
    wrong = {**GOOD, "id": "wrong", "out": {"digests": ["0x00"]}}
    report = conform.run(envelope([GOOD, wrong]))
    assert str(report) == "hash.sha256  1 passed, 1 failed"
    assert not report.ok
    assert str(report.failures[0]).startswith('wrong: digests: expected ["0x00"], got ["0xe3b0')


@pytest.mark.parametrize(
    ("out", "field"),
    [
        ({"error": "ValueError"}, "digests"),  # an answer where a refusal was due
        ({"digests": [EMPTY], "more": 1}, "more"),
        ({"digests": [EMPTY, EMPTY]}, "digests"),
    ],
)
def test_missing_and_surplus_answers_fail(out: dict, field: str) -> None:
    report = conform.run(envelope([{**GOOD, "out": out}]))
    assert field in {failure.field for failure in report.failures}


def test_a_refusal_counts_by_class_or_parent_and_a_crash_is_no_refusal() -> None:
    case = {"id": "bad", "in": {"op": "inv", "a": 0}, "out": {"error": "ZeroInverse"}}
    assert conform.run(envelope([case], "field.m61")).ok
    assert conform.run(envelope([{**case, "out": {"error": "ValueError"}}], "field.m61")).ok
    assert not conform.run(envelope([{**case, "out": {"error": "BadLength"}}], "field.m61")).ok
    crash = {**GOOD, "in": {}}
    assert not conform.run(envelope([crash])).ok


def test_types_and_tolerances_count() -> None:
    def answering(value: object) -> list:
        case = {"id": "x", "in": {}, "out": {"v": 1.0, "tolerance": 0.1}}
        return list(conform.check(lambda _: {"v": value}, case))

    assert not answering(1.05)
    assert answering(1.2)
    assert list(conform.check(lambda _: {"v": True}, {"id": "x", "in": {}, "out": {"v": 1}}))


def test_an_empty_suite_is_no_success() -> None:
    assert not conform.run(envelope([])).ok


def write(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path / "good.json", envelope([GOOD]))
    assert cli.main(["conform", str(good)]) == 0
    assert capsys.readouterr().out == "hash.sha256  1 passed, 0 failed\n"
    write(tmp_path / "unknown.json", envelope([GOOD], "no.such"))
    assert cli.main(["conform", str(tmp_path)]) == 1
    assert "no.such  unknown suite, 1 cases not run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a readable vector file"),
        ("[]", "no 'suite' in it"),
        ({"suite": "hash.sha256"}, "'cases' is not a list"),
        (envelope([{"id": "x"}]), "case 0 lacks one of 'id', 'in', 'out'"),
    ],
)
def test_broken_files_are_named_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: object, message: str
) -> None:
    path = write(tmp_path / "broken.json", content)
    assert cli.main(["conform", str(path)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(path) in error
    assert message in error


def test_missing_paths_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        assert cli.main(["conform", str(path)]) == 2
        assert f"{path}: no vector file there" in capsys.readouterr().err


def test_what_needs_something_that_is_not_here_is_skipped_with_a_reason(monkeypatch) -> None:
    def answer(given: dict) -> dict:
        if given["op"] == "far":
            raise conform.Unavailable("no file")
        return {"v": 1}

    monkeypatch.setattr(conform, "answer_of", lambda _: answer)
    cases = [{"id": op, "in": {"op": op}, "out": {"v": 1}} for op in ("near", "far")]
    report = conform.run(envelope(cases))
    assert report.ok
    assert str(report) == "hash.sha256  1 passed, 0 failed, 1 skipped (far: no file)"
    assert not conform.run(envelope(cases[1:])).ok


def test_a_suite_whose_package_is_optional_is_skipped_in_one_line(monkeypatch) -> None:
    def answer(given: dict) -> dict:
        raise conform.NotInstalled("pip install it")

    monkeypatch.setattr(conform, "answer_of", lambda _: answer)
    report = conform.run(envelope([GOOD, GOOD]))
    assert report.ok
    assert str(report) == "hash.sha256  skipped: pip install it"
