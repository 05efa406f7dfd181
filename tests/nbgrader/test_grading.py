"""Every assignment: solutions get all points, stubs and known cheats none, a loop only its own.

What a cheat answers depends on the lesson. What only attacks the grader is tried on the example,
and one such trick on each lesson in turn.
"""

from pathlib import Path

import cheats
import grading
import pytest

from tests import warm_python

pytestmark = pytest.mark.grading

EXAMPLE = Path(__file__).parent / "example" / "90_example.py"
LESSONS = sorted(Path(__file__).parents[2].glob("notebooks/src/[0-9][0-9]_*.py"))
SOURCES = [EXAMPLE, *(path for path in LESSONS if "### BEGIN SOLUTION" in path.read_text())]
LOOP_S = 12  # patience with the loop, at first; any other cell takes less
# These attack the grader, whatever the lesson asks.
ON_THE_GRADER = ("endless", "kills_kernel", "displays_points_and_exits", "strips_asserts")
NBGRADER_IMPORTS = ("nbgrader.apps.nbgraderapp", "nbgrader.apps.autogradeapp")


def tricks(source):
    """Those of ON_THE_GRADER that are tried on a lesson: its turn's, on the example all."""
    turn = SOURCES.index(source) % len(ON_THE_GRADER)
    return ON_THE_GRADER if source == EXAMPLE else ON_THE_GRADER[turn : turn + 1]


@pytest.fixture(scope="session")
def warm():
    """nbgrader's command and a kernel's environment, both without the seconds of import."""
    with warm_python.served(*NBGRADER_IMPORTS) as python, warm_python.kernels() as kernel:
        yield [*python, "nbgrader"] if python else grading.NBGRADER, kernel


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A course without an assignment."""
    return grading.empty_course(tmp_path_factory.mktemp("empty") / "course")


@pytest.fixture(scope="module", params=SOURCES, ids=lambda path: path.stem)
def results(request, tmp_path_factory, warm, empty):
    """Student -> exercise -> points for one lesson. The solutions run in an ordinary kernel."""
    lesson = request.param.stem
    course = grading.make_course(request.param, tmp_path_factory.mktemp(lesson) / "course", empty)
    solved = grading.notebook(course, "source", lesson)
    release = grading.notebook(course, "release", lesson)
    tried = tricks(request.param)
    bad = cheats.worthless(solved, release)
    left_out = set(ON_THE_GRADER) - set(tried)
    worthless = {name: bad[name] for name in bad if name not in left_out}
    nbgrader, kernel = warm
    groups = [
        grading.Group({"solved": grading.Submission(solved, cheats.HOSTILE_FILES)}),
        grading.Group(worthless, kernel, cheats.HOPELESS),
    ]
    if "endless" not in tried:
        return grading.grade(course, lesson, groups, nbgrader)
    loop = cheats.SPIN if request.param == EXAMPLE else cheats.IDLE
    endless = {"endless": grading.Submission(cheats.endless(solved, loop))}
    hasty = grading.Group(endless, kernel, frozenset(endless), LOOP_S)
    table = grading.grade(course, lesson, [hasty, *groups], nbgrader)
    if not loses_only_the_first(table["endless"]):  # are other cells slow, as on a busy machine?
        patient = grading.Group(endless, kernel, timeout_s=60)
        table |= grading.grade(course, lesson, [patient], nbgrader)
    return table


def loses_only_the_first(points):
    """Whether the first exercise has no points, and each other one all."""
    lost = [exercise for exercise, got in points.items() if got.given < got.maximum]
    return bool(points) and lost == [min(points)] and not points[lost[0]].given


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


@pytest.mark.parametrize(
    "results",
    [path for path in SOURCES if "endless" in tricks(path)],
    indirect=True,
    ids=lambda path: path.stem,
)
def test_an_endless_loop_costs_only_its_own_exercise(results):
    assert loses_only_the_first(results["endless"]), results["endless"]


def test_without_our_configuration_cheats_pay(tmp_path, empty):
    """The guards can fail: nbgrader alone pays for what they stop."""
    course = grading.make_course(EXAMPLE, tmp_path / "course", empty)
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    lesson = EXAMPLE.stem
    solved = grading.notebook(course, "source", lesson)
    bad = cheats.worthless(solved, grading.notebook(course, "release", lesson))
    tricks = ["strips_asserts", "meddles", "displays_points_and_exits"]
    submissions = {name: bad[name] for name in tricks}
    submissions["hostile_files"] = grading.Submission(solved, cheats.HOSTILE_FILES)
    group = grading.Group(submissions, hopeless=frozenset({"hostile_files"}))
    results = grading.grade(course, lesson, [group])
    totals = {name: sum(p.given for p in points.values()) for name, points in results.items()}
    assert all(totals[name] > 0 for name in tricks), totals
    assert totals["hostile_files"] == 0, totals
