"""Every assignment: solutions get all points, stubs and known cheats none, a loop only its own."""

from pathlib import Path

import cheats
import grading
import pytest

pytestmark = pytest.mark.grading

EXAMPLE = Path(__file__).parent / "example" / "90_example.py"
LESSONS = sorted(Path(__file__).parents[2].glob("notebooks/src/[0-9][0-9]_*.py"))
SOURCES = [EXAMPLE, *(path for path in LESSONS if "### BEGIN SOLUTION" in path.read_text())]
TIMEOUT_S = 12


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def results(request, tmp_path_factory):
    """Student -> exercise -> points for one lesson; all students in one run of nbgrader."""
    lesson = request.param.stem
    course = grading.make_course(request.param, tmp_path_factory.mktemp(lesson) / "course")
    solved = grading.notebook(course, "source", lesson)
    release = grading.notebook(course, "release", lesson)
    submissions = {
        "solved": grading.Submission(solved, cheats.HOSTILE_FILES),
        "endless": grading.Submission(cheats.endless(solved)),
        **cheats.worthless(solved, release),
    }
    return grading.grade(course, lesson, submissions, TIMEOUT_S)


def test_solutions_get_all_points_whatever_lies_beside_them(results):
    for exercise, points in results["solved"].items():
        assert points.given == points.maximum > 0, f"{exercise}: {points}"


def test_worthless_submissions_get_none(results):
    paid = {
        f"{student} {exercise}": points.given
        for student, exercises in results.items()
        for exercise, points in exercises.items()
        if student not in ("solved", "endless") and points.given
    }
    assert not paid, f"points for nothing: {paid}"


def test_an_endless_loop_costs_only_its_own_exercise(results):
    first, *others = results["endless"].items()
    assert first[1].given == 0, f"{first}: an exercise that never ends has points"
    for exercise, points in others:
        assert points.given == points.maximum, f"{exercise}: {points} after the loop"


def test_without_our_configuration_cheats_pay(tmp_path):
    """The guards can fail: nbgrader alone pays for what they stop."""
    course = grading.make_course(EXAMPLE, tmp_path / "course")
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    lesson = EXAMPLE.stem
    solved = grading.notebook(course, "source", lesson)
    bad = cheats.worthless(solved, grading.notebook(course, "release", lesson))
    tricks = ["strips_asserts", "meddles", "displays_points_and_exits"]
    submissions = {name: bad[name] for name in tricks}
    submissions["hostile_files"] = grading.Submission(solved, cheats.HOSTILE_FILES)
    results = grading.grade(course, lesson, submissions, TIMEOUT_S)
    totals = {name: sum(p.given for p in points.values()) for name, points in results.items()}
    assert all(totals[name] > 0 for name in tricks), totals
    assert totals["hostile_files"] == 0, totals
