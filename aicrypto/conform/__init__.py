"""Conformance: does the library answer as the real systems do?

A vector file holds one suite in one envelope, `{"suite": NAME, "source": ..., "licence": ...,
"cases": [{"id": ..., "in": {...}, "out": {...}}]}`: bytes are 0x-hex, integers are JSON integers of
any size. `suites` maps a suite to the function that answers `in` through the public library; a
refusal is answered by raising, and counts where `out` is `{"error": NAME}` and NAME is the class of
the exception or one of its parents. Where `out` has a `tolerance`, floats a (ours) and b may differ
by tolerance * max(1, |b|). `npz` in a case names an array file beside the suite; `proof_of` names
another case of the file, whose `in` the answer finds as `base`. Nothing is looked up: unseen cases
of a known suite run just as well.
"""

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicrypto.conform.suites import JUDGES, SUITES

Answer = Callable[[dict[str, Any]], dict[str, Any]]
Judge = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


class Unavailable(Exception):
    """A case needs what is not on this machine: it is skipped, and the report says why."""


class NotInstalled(Exception):
    """A whole suite needs an optional package: nothing of it is run, and the report says how."""


@dataclass(frozen=True)
class Failure:
    """One field of one case that came out differently."""

    case: str
    field: str
    expected: Any
    got: Any

    def __str__(self) -> str:
        return (
            f"{self.case}: {self.field}: expected {_short(self.expected)}, got {_short(self.got)}"
        )


@dataclass(frozen=True)
class Report:
    """What became of one suite; `unknown` if nobody here answers it.

    `needs` says how to install the optional package without which nothing of the suite was run.
    """

    suite: str
    n_cases: int
    failures: tuple[Failure, ...]
    unknown: bool = False
    skipped: tuple[str, ...] = ()
    needs: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong: known, and every case passed, or its package is optional."""
        if self.needs:
            return True
        return not (self.unknown or self.failures) and self.n_cases > len(self.skipped)

    def __str__(self) -> str:
        if self.unknown:
            return f"{self.suite}  unknown suite, {self.n_cases} cases not run"
        if self.needs:
            return f"{self.suite}  skipped: {self.needs}"
        failed = len({failure.case for failure in self.failures})
        n_skipped = len(self.skipped)
        passed = f"{self.suite}  {self.n_cases - failed - n_skipped} passed, {failed} failed"
        return passed + (f", {n_skipped} skipped ({self.skipped[0]})" if n_skipped else "")


def vector_files(paths: Iterable[Path]) -> list[Path]:
    """The vector files that the paths name: files themselves, and every `*.json` of folders.

    Raises:
        ValueError: if a path does not exist, or a folder has no vector file.
    """
    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not found or not found[0].exists():
            raise ValueError(f"{path}: no vector file there")
        files += found
    return files


def load(path: Path) -> dict[str, Any]:
    """The envelope in a vector file.

    Raises:
        ValueError: naming the file, if it is no such envelope.
    """
    try:
        envelope = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: not a readable vector file: {error}") from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("suite"), str):
        raise ValueError(f"{path}: no 'suite' in it, expected a conformance envelope")
    if not isinstance(envelope.get("cases"), list):
        raise ValueError(f"{path}: 'cases' is not a list")
    for number, case in enumerate(envelope["cases"]):
        _check_case(f"{path}: case {number}", case)
        if isinstance(name := case["in"].get("npz"), str):
            case["in"]["npz"] = str(path.parent / Path(name).name)
    return envelope


def _check_case(name: str, case: Any) -> None:
    if not isinstance(case, dict) or {"id", "in", "out"} - case.keys():
        raise ValueError(f"{name} lacks one of 'id', 'in', 'out'")
    if {type(case["in"]), type(case["out"])} != {dict}:
        raise ValueError(f"{name} has an 'in' or 'out' that is no object")


def run(envelope: dict[str, Any]) -> Report:
    """Answers every case of one suite and compares."""
    suite, cases = envelope["suite"], envelope["cases"]
    if suite not in SUITES:
        return Report(suite, len(cases), (), unknown=True)
    answer, judge = answer_of(suite), judge_of(suite)
    failures: list[Failure] = []
    skipped = []
    for case in _with_bases(cases):
        try:
            failures += check(answer, case, judge)
        except Unavailable as why:
            skipped.append(f"{case['id']}: {why}")
        except NotInstalled as why:
            return Report(suite, len(cases), (), needs=str(why))
    return Report(suite, len(cases), tuple(failures), skipped=tuple(skipped))


def _with_bases(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cases; where one is a change of another, the other's `in` is added to its own."""
    inputs = {case["id"]: dict(case["in"]) for case in cases}
    for given in inputs.values():
        if "proof_of" in given:
            given["base"] = inputs.get(given["proof_of"])
    return [{**case, "in": inputs[case["id"]]} for case in cases]


def answer_of(suite: str) -> Answer:
    """The function that answers a suite's cases; KeyError if there is none."""
    answer: Answer = _function(SUITES[suite])
    return answer


def judge_of(suite: str) -> Judge | None:
    """The function that scores a suite's answers; None where they are compared."""
    return _function(JUDGES[suite]) if suite in JUDGES else None


def _function(name: str) -> Any:
    module, function = name.split(":")
    return getattr(importlib.import_module(f"{__name__}.{module}"), function)


def check(answer: Answer, case: dict[str, Any], judge: Judge | None = None) -> Iterator[Failure]:
    """The differences between a case's `out` and our answer to its `in`."""
    expected = case["out"]
    try:
        got = answer(case["in"])
    except (Unavailable, NotInstalled):
        raise
    except Exception as error:  # a crash is a wrong answer of this case, not the end of the run
        if expected.get("error") not in _refusals(error):
            yield Failure(case["id"], "error", expected, f"{type(error).__name__}: {error}")
        return
    if judge is not None and "error" not in expected:
        got = judge(got, expected)
    yield from _differences(case["id"], got, expected)


def _differences(case: str, got: dict[str, Any], expected: dict[str, Any]) -> Iterator[Failure]:
    """The fields in which an answer is another one than `out`."""
    tolerance = expected.get("tolerance")
    for field in sorted((expected.keys() | got.keys()) - {"tolerance"}):
        known = field in expected and field in got
        if not known or not _same(got[field], expected[field], tolerance):
            yield Failure(case, field, expected.get(field), got.get(field))


def _refusals(error: Exception) -> set[str]:
    """The names under which an exception is a refusal; `Exception` would cover every crash."""
    general = (Exception, BaseException, object)
    return {cls.__name__ for cls in type(error).__mro__ if cls not in general}


def _same(got: Any, expected: Any, tolerance: float | None) -> bool:
    """Equality of JSON values: types count (True is not 1), floats within the tolerance."""
    if isinstance(expected, list | dict):
        return _same_parts(got, expected, tolerance)
    if tolerance is not None and isinstance(expected, float):
        return _close(got, expected, tolerance)
    return type(got) is type(expected) and bool(got == expected)


def _same_parts(got: Any, expected: list[Any] | dict[str, Any], tolerance: float | None) -> bool:
    ours, theirs = _parts(got), _parts(expected)
    if isinstance(got, dict) != isinstance(expected, dict) or ours.keys() != theirs.keys():
        return False
    return all(_same(ours[key], theirs[key], tolerance) for key in theirs)


def _parts(value: Any) -> dict[Any, Any]:
    """A container's values by key or position; what is no container is one nameless part."""
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return value if isinstance(value, dict) else {None: value}


def _close(got: Any, expected: float, tolerance: float) -> bool:
    number = isinstance(got, int | float) and not isinstance(got, bool)
    return number and abs(got - expected) <= tolerance * max(1.0, abs(expected))


def _short(value: Any, limit: int = 100) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= limit else text[:limit] + "…"
