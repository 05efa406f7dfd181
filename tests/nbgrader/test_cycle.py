"""From assignment to table: released, handed in, graded in a sandbox, commented on, exported."""

import csv
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grade
import grading_job
import nbformat
import pytest
import rehearsal
import sandbox
from nbgrader.api import Gradebook

from tests import warm_python

pytestmark = pytest.mark.grading

ROOT = Path(__file__).parents[2]
EXAMPLE = Path(__file__).parent / "example" / "90_example.py"
SLUG = EXAMPLE.stem
CONFIGURATION = ROOT / "notebooks" / "nbgrader_config.py"
confined = pytest.mark.skipif(not sandbox.version(), reason="this system has no Landlock")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with three submissions, and one that is no notebook at all, graded side by side."""
    course = rehearsal.write(EXAMPLE, 3, tmp_path_factory.mktemp("rehearsal"))
    broken = course / "submitted" / "broken" / SLUG / f"{SLUG}.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("{'not': JSON")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT / "notebooks"))
        with warm_python.served("grading_job") as python, ThreadPoolExecutor(2) as executor:
            if python:  # the same command, without the seconds that nbgrader's import takes
                patch.setattr(grading_job, "COMMAND", [*python, "grading_job"])
            grade.grade(course, [SLUG, "91_nothing"], executor)
    return course


@pytest.fixture(scope="module")
def table(course):
    """(student, exercise) -> row of the exported table."""
    with (course / "marks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row["student"].rstrip("0123456789"), row["exercise"]): row for row in rows}


def points(table, student):
    mine = [row for (name, _), row in table.items() if name == student]
    return [float(row["points"]) for row in mine], [float(row["maximum"]) for row in mine]


def test_right_answers_earn_all_half_of_them_half(table):
    assert points(table, "right") == ([3, 3], [3, 3])
    assert points(table, "half") == ([3, 0], [3, 3])


def test_a_cheat_earns_nothing_and_takes_nothing_away(table, course):
    """It looked for solutions, rewrote what it found of the gradebook, and agreed to everything."""
    assert points(table, "cheating") == ([0, 0], [3, 3])
    assert not list(course.rglob("stolen.txt"))


def test_what_is_no_notebook_gets_a_remark_instead_of_a_verdict(table):
    assert points(table, "broken") == ([0, 0], [3, 3])
    assert "nbgrader gave up" in table["broken", "ex90_1"]["remark"]
    assert table["right", "ex90_1"]["remark"] == ""


def test_the_table_has_lines_beside_their_budget(table):
    assert table["right", "ex90_1"]["lines"] == "1"
    assert table["half", "ex90_2"]["lines"] == "0", "a stub is no line"
    assert table["right", "ex90_1"]["budget"] == "1"


def test_every_student_gets_feedback(course):
    for student, said in (("right000", "3.0 / 3.0"), ("half001", "0.0 / 3.0")):
        text = (course / "feedback" / student / SLUG / f"{SLUG}.html").read_text()
        assert said in text
        assert "is_digest" in text
    assert "gave up" in (course / "feedback" / "broken" / SLUG / f"{SLUG}.html").read_text()


def test_the_gradebook_holds_the_marks_for_nbgrader(course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        marks = {
            each.student.id: (each.score, each.max_score)
            for each in book.assignment_submissions(SLUG)
        }
    wanted = {"right000": (6, 6), "half001": (3, 6), "cheating002": (0, 6), "broken": (0, 6)}
    assert marks == wanted


def test_a_link_to_the_solutions_is_not_followed(course):
    solved = course / "source" / SLUG / f"{SLUG}.ipynb"
    linked = course / "submitted" / "linked" / SLUG / f"{SLUG}.ipynb"
    linked.parent.mkdir(parents=True)
    linked.symlink_to(solved)
    folder = course / "submitted" / "folder"
    folder.mkdir()
    (folder / SLUG).symlink_to(solved.parent)
    for student in ("linked", "folder"):
        assert grade.job(course, SLUG, student, 20).submission == ""
    assert "def digest" in grade.job(course, SLUG, "right000", 20).submission


# A student's own inputs


@pytest.fixture
def seeded(tmp_path, monkeypatch):
    """The function of nbgrader's configuration, in a course with a seed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seed.txt").write_text("autumn")
    config = type("Config", (), {"__getattr__": lambda self, name: type(self)()})
    scope = {"get_config": config, "__name__": "nbgrader_config"}
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # what the file sets is taken back
    exec(CONFIGURATION.read_text(), scope)
    return scope["seeded"]


CHECK = """given = random.Random(3)
_rng = _random.Random(7)
for _ in range(3):
    _rng = np.random.default_rng(8)
"""


def test_hidden_inputs_are_the_students_own_and_stay_the_same(seeded, tmp_path):
    ann, ben = seeded(CHECK, "ann"), seeded(CHECK, "ben")
    assert ann != ben
    assert ann == seeded(CHECK, "ann")
    seeds = [int(seed) for seed in re.findall(r"_rng = \S+\((\d+)\)", ann)]
    assert len(set(seeds)) == 2, "each number gives another seed"
    assert ann.startswith("given = random.Random(3)\n"), "visible inputs are the same for all"
    (tmp_path / "seed.txt").write_text("spring")
    assert seeded(CHECK, "ann") != ann


def test_lessons_use_the_generators_that_are_seeded():
    """Hidden checks do, except in a lesson or two that look at fixed cases only."""
    sources = sorted((ROOT / "notebooks" / "src").glob("[0-9][0-9]_*.py"))
    pattern = re.compile(r"^ *_rng = (?:_random\.Random|np\.random\.default_rng)\(\d+\)$", re.M)
    without = [path.stem for path in sources if not pattern.search(path.read_text())]
    assert len(without) <= 2, without


# The sandbox


PROBE = """
import pathlib, socket, os, sys
def tried(what):
    try:
        what()
        return "done"
    except OSError:
        return "refused"
secret, box = map(pathlib.Path, sys.argv[1:])
print(tried(secret.read_text), tried(lambda: secret.write_text("100")), end=" ")
print(tried(lambda: list(secret.parent.iterdir())), end=" ")
print(tried(lambda: socket.create_server(("127.0.0.1", 0)).close()), end=" ")
print(tried(lambda: os.kill(os.getppid(), 0)), tried(lambda: (box / "own").write_text("x")))
"""


def probe(folder, *before):
    """What a program could do to a secret outside its box, and inside the box."""
    box = folder / "box"
    box.mkdir(exist_ok=True)
    (folder / "secret").write_text("solution")
    (box / "probe.py").write_text(PROBE)
    words = [*before, str(folder / "secret"), str(box)]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env={"PYTHONPATH": str(box)}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@confined
def test_outside_its_box_a_kernel_can_do_nothing(tmp_path):
    free = probe(tmp_path, "-m", "probe")
    assert free == ["done"] * 6, "the probe finds what there is to find"
    assert (tmp_path / "secret").read_text() == "100"
    script = str(ROOT / "notebooks" / "sandbox.py")
    caught = probe(tmp_path, script, str(tmp_path / "box"), str(tmp_path / "box"), "--", "probe")
    assert caught[:3] == ["refused"] * 3, "files"
    assert caught[3] == ("refused" if sandbox.version() >= 4 else "done"), "a port"
    assert caught[4] == ("refused" if sandbox.version() >= 6 else "done"), "a signal"
    assert caught[5] == "done", "its own folder"
    assert (tmp_path / "secret").read_text() == "solution"


def test_without_landlock_nothing_is_pretended(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "version", lambda: 0)
    assert sandbox.confine(tmp_path, []) is False


def test_a_folder_without_a_course_is_named(tmp_path, capsys):
    with pytest.raises(SystemExit):
        grade.main([str(tmp_path)])
    assert "is no course" in capsys.readouterr().err


def test_the_rehearsed_submissions_are_what_they_are_called(course):
    kinds = {kind: set() for kind in rehearsal.KINDS}
    for path in course.glob(f"submitted/*/{SLUG}/*.ipynb"):
        kind = path.parts[-3].rstrip("0123456789")
        if kind in kinds:
            book = nbformat.read(path, as_version=4)
            kinds[kind] = {cell.source for cell in book.cells if "NotImpl" in cell.source}
    assert [len(kinds[kind]) for kind in rehearsal.KINDS] == [0, 1, 0]
