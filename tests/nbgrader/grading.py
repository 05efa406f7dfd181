"""Runs nbgrader's autograder over submissions, as an instructor would, in a throw-away course."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import assignments
import lesson as lessons
import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

Table = dict[str, dict[str, "Points"]]  # student -> exercise -> points


@dataclass(frozen=True)
class Submission:
    """A student's notebook, and files that lie beside it: name -> text."""

    notebook: NotebookNode
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Points:
    """Points given and points to be had for one exercise."""

    given: float
    maximum: float


def make_course(source: Path, folder: Path) -> Path:
    """`folder`, made nbgrader's course folder with the assignment of one lesson source."""
    list(assignments.write_course([lessons.read(source)], folder))
    return folder


def notebook(course: Path, step: str, lesson: str) -> NotebookNode:
    """The notebook of step "source" (with solutions) or "release" (with stubs)."""
    return nbformat.read(course / step / lesson / f"{lesson}.ipynb", as_version=4)


def grade(
    course: Path, lesson: str, submissions: Mapping[str, Submission], timeout_s: int = 20
) -> Table:
    """The points of all submissions, from two runs of `nbgrader autograde` side by side.

    A submission that nbgrader gives up on (its kernel dies, its notebook is invalid) gets 0.
    """
    names = sorted(submissions)
    halves = [{name: submissions[name] for name in names[start::2]} for start in (0, 1)]
    copies = [course.with_name(f"{course.name}_{half}") for half in (0, 1)]
    for half, copy in zip(halves, copies, strict=True):
        shutil.copytree(course, copy)
        for student, submission in half.items():
            _hand_in(submission, copy / "submitted" / student / lesson)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda copy: _autograde(copy, lesson, timeout_s), copies))
    return _points(copies[0], lesson) | _points(copies[1], lesson)


def _hand_in(submission: Submission, folder: Path) -> None:
    folder.mkdir(parents=True)
    nbformat.write(submission.notebook, folder / f"{folder.name}.ipynb")
    for name, text in submission.files.items():
        (folder / name).write_text(text)


def _autograde(course: Path, lesson: str, timeout_s: int) -> None:
    """Grades `course` in its own process; its exit status is 1 if any submission is hopeless."""
    command = ["nbgrader", "autograde", lesson, f"--Execute.timeout={timeout_s}"]
    environment = _environment(course)
    subprocess.run(
        [sys.executable, "-m", *command], cwd=course, env=environment, capture_output=True
    )


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
