"""Runs nbgrader's autograder over submissions, as an instructor would, in a throw-away course."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections import ChainMap
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import assignments
import lesson as lessons
import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

NBGRADER = (sys.executable, "-m", "nbgrader")
Table = dict[str, dict[str, "Points"]]  # student -> exercise -> points


@dataclass(frozen=True)
class Submission:
    """A student's notebook, and files that lie beside it: name -> text."""

    notebook: NotebookNode
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Submissions (student -> submission) graded in one run, and its environment variables.

    nbgrader may give up on the students in `hopeless`: their kernel dies, say. A cell is
    interrupted after `timeout_s`: short where one never ends, else longer than any ever takes.
    """

    submissions: Mapping[str, Submission]
    environment: Mapping[str, str] = field(default_factory=dict)
    hopeless: frozenset[str] = frozenset()
    timeout_s: int = 120


@dataclass(frozen=True)
class Points:
    """Points given and points to be had for one exercise."""

    given: float
    maximum: float


def empty_course(folder: Path) -> Path:
    """`folder`, made nbgrader's course folder with an empty gradebook: that alone takes seconds."""
    list(assignments.write_course([], folder))
    Gradebook(f"sqlite:///{folder / 'gradebook.db'}").close()
    return folder


def make_course(source: Path, folder: Path, empty: Path) -> Path:
    """`folder`, made a copy of the `empty` course, with the assignment of one lesson source."""
    shutil.copytree(empty, folder)
    list(assignments.write_course([lessons.read(source)], folder))
    return folder


def notebook(course: Path, step: str, lesson: str) -> NotebookNode:
    """The notebook of step "source" (with solutions) or "release" (with stubs)."""
    return nbformat.read(course / step / lesson / f"{lesson}.ipynb", as_version=4)


def grade(
    course: Path,
    lesson: str,
    groups: Sequence[Group],
    nbgrader: Sequence[str] = NBGRADER,
) -> Table:
    """The points of all submissions, from one run of `nbgrader autograde` for each group.

    The groups are graded side by side, `nbgrader` is the command that does it. A submission that
    nbgrader gives up on gets 0; RuntimeError if it gives up on others than the hopeless, whose 0
    points would say nothing.
    """
    copies = [Path(tempfile.mkdtemp(dir=course.parent)) for _ in groups]
    for group, copy in zip(groups, copies, strict=True):
        shutil.copytree(course, copy, dirs_exist_ok=True)
        for student, submission in group.submissions.items():
            _hand_in(submission, copy / "submitted" / student / lesson)

    def autograde(group: Group, copy: Path) -> Table:
        command = [*nbgrader, "autograde", lesson, f"--Execute.timeout={group.timeout_s}"]
        environment = {**_environment(copy), **group.environment}
        run = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        graded = {path.parts[-3] for path in copy.glob(f"autograded/*/{lesson}/{lesson}.ipynb")}
        if not graded >= group.submissions.keys() - group.hopeless:
            raise RuntimeError(f"{lesson}: only {sorted(graded)} are graded: {run.stderr[-2000:]}")
        return _points(copy, lesson)

    with ThreadPoolExecutor(len(groups)) as pool:
        return dict(ChainMap(*pool.map(autograde, groups, copies)))


def _hand_in(submission: Submission, folder: Path) -> None:
    folder.mkdir(parents=True)
    nbformat.write(submission.notebook, folder / f"{folder.name}.ipynb")
    for name, text in submission.files.items():
        (folder / name).write_text(text)


def _environment(course: Path) -> dict[str, str]:
    """This environment with nobody's Jupyter or IPython settings in it."""
    scripts = str(Path(sys.executable).parent)  # nbgrader calls `alembic` by name
    own = {
        name: str(course / "settings")
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")
    }
    return {**os.environ, **own, "PATH": os.pathsep.join([scripts, os.environ["PATH"]])}


def _points(course: Path, lesson: str) -> Table:
    """What the gradebook holds; check cell `ex02_1_a` belongs to exercise `ex02_1`."""
    table: Table = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            exercises = table.setdefault(submission.student.id, {})
            for check in (check for book in submission.notebooks for check in book.grades):
                exercise = check.name.rpartition("_")[0]
                before = exercises.get(exercise, Points(0, 0))
                given = before.given + (check.auto_score or 0)
                exercises[exercise] = Points(given, before.maximum + check.max_score)
    return table
