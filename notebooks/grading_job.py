"""One submission, graded by nbgrader in a process and a folder of its own, then thrown away.

`run` takes a `Job` and gives a `Result`, both nothing but text and bytes: it may run in a thread,
another process, or on another machine that has this course installed. The submission's kernel is
confined by `sandbox`. It sees neither the solutions nor the gradebook nor the hidden checks before
they run, and a network neither.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from lesson import SOLUTION, STUB
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

import aicrypto
from aicrypto.evm.compiler import cache_folder

HERE = Path(__file__).resolve().parent
COMMAND = (sys.executable, str(HERE / "grading_job.py"))
CONFIGURATION = HERE / "nbgrader_config.py"
PACKAGE = Path(aicrypto.__file__).parent
COMPILED = PACKAGE / "algebra" / "kernels" / "__pycache__"
BUDGET = re.compile(r"[Aa]bout (\d+) lines?")
START_S = 60  # what nbgrader and a kernel may take to start, on a busy machine


@dataclass(frozen=True)
class Job:
    """`submission` and `source`, the instructor's, are notebooks as JSON; `seed` is the course's.

    A cell is interrupted after `timeout_s` seconds.
    """

    lesson: str
    student: str
    submission: str
    source: str
    gradebook: bytes
    seed: str
    timeout_s: int


@dataclass(frozen=True)
class Score:
    """Points of one check cell, and what it gives at most."""

    points: float
    maximum: float


@dataclass(frozen=True)
class Result:
    """Scores by check cell, notebook and feedback, lines and their budget by exercise.

    A `remark` says why nothing could be graded: no verdict on the answers, but on the notebook.
    """

    job: Job
    scores: Mapping[str, Score]
    sizes: Mapping[str, tuple[int, int]]
    autograded: str = ""
    feedback: str = ""
    remark: str = ""


def run(job: Job) -> Result:
    """The result of one job; nothing of it stays behind on this machine."""
    source = nbformat.reads(job.source, as_version=4)
    sizes = {name: size for name, *size in _sizes(job.submission, source)}
    nothing = {cell.id: Score(0, cell.metadata.nbgrader.points) for cell in _cells(source, "grade")}
    # A short name: the path of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="grade-") as name:
        folder = Path(name).resolve()
        course = _lay_out(job, folder)
        remark = _graded(job, course, _environment(folder))
        if remark:
            return Result(job, nothing, sizes, remark=remark)
        own = Path(job.student, job.lesson, job.lesson)
        autograded = (course / "autograded" / own).with_suffix(".ipynb").read_text("utf-8")
        feedback = (course / "feedback" / own).with_suffix(".html").read_text("utf-8")
        return Result(job, _scores(job, course), sizes, autograded, feedback)


def _lay_out(job: Job, folder: Path) -> Path:
    """A course folder that holds this one submission, and a kernel that is confined."""
    course, box = folder / "course", folder / "box"
    name = f"{job.lesson}.ipynb"
    for text, place in ((job.source, "source"), (job.submission, f"submitted/{job.student}")):
        path = course / place / job.lesson / name
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
    (course / "gradebook.db").write_bytes(job.gradebook)
    (course / "seed.txt").write_text(job.seed)
    shutil.copy(CONFIGURATION, course)
    (box / "run").mkdir(parents=True, mode=0o700)
    for loops in COMPILED.glob("loops-*"):  # to be written to, since numba insists, and thrown away
        shutil.copytree(loops, box / "compiled" / loops.name)
    readable = os.pathsep.join(map(str, (PACKAGE, cache_folder())))
    script = [sys.executable, "-P", str(HERE / "sandbox.py"), str(box), readable, "--"]
    argv = [*script, "ipykernel_launcher", "-f", "{connection_file}"]
    spec = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    return course


def _environment(folder: Path) -> dict[str, str]:
    """This environment, with every folder that something may be written to inside `folder`."""
    box, scripts = folder / "box", Path(sys.executable).parent
    own = {
        "HOME": box,
        "TMPDIR": box,
        "NUMBA_CACHE_DIR": box / "compiled",
        "AICRYPTO_CACHE": cache_folder(),
        "IPYTHONDIR": box / "ipython",
        "JUPYTER_CONFIG_DIR": folder / "settings",
        "JUPYTER_RUNTIME_DIR": box / "run",
        "JUPYTER_PATH": folder / "jupyter",
        # nbgrader calls the command `alembic` by its name
        "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]),
    }
    return {**os.environ, **{name: str(value) for name, value in own.items()}}


def _graded(job: Job, course: Path, environment: dict[str, str]) -> str:
    """Has the submission graded, in a process of its own; why it could not be, or nothing."""
    n_cells = job.source.count('"cell_type"')
    command = [*COMMAND, job.lesson, job.student, str(job.timeout_s)]
    try:
        done = subprocess.run(
            command,
            cwd=course,
            env=environment,
            capture_output=True,
            text=True,
            timeout=START_S + job.timeout_s * n_cells,
        )
    except subprocess.TimeoutExpired:
        return "took longer than all its cells may"
    if done.returncode == 0:
        return ""
    last = (done.stdout + done.stderr).strip().splitlines()[-1:]
    return f"nbgrader gave up: {''.join(last)[:200]}"


def _cells(book: NotebookNode, role: str) -> Iterator[NotebookNode]:
    """The cells whose nbgrader metadata has `role`."""
    return (cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get(role))


def _scores(job: Job, course: Path) -> dict[str, Score]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        notebook = book.find_submission_notebook(job.lesson, job.lesson, job.student)
        return {each.name: Score(each.auto_score or 0, each.max_score) for each in notebook.grades}


def _sizes(submission: str, source: NotebookNode) -> Iterator[tuple[str, int, int]]:
    """Each exercise with the lines that the student added to the stub, and the stub's budget."""
    try:
        student = nbformat.reads(submission, as_version=4)
        written = {
            cell.metadata.nbgrader.grade_id: cell.source for cell in _cells(student, "solution")
        }
    except (ValueError, AttributeError, KeyError):  # whatever was handed in
        written = {}
    for cell in _cells(source, "solution"):
        name, stub = cell.metadata.nbgrader.grade_id, SOLUTION.sub("", cell.source)
        budget = sum(map(int, BUDGET.findall(stub)))
        yield name, max(0, n_lines(written.get(name, stub)) - n_lines(stub)), budget


def n_lines(code: str) -> int:
    """Lines that are neither blank, nor a comment, nor what a stub has in place of an answer."""
    lines = (line.strip() for line in code.splitlines())
    return sum(1 for line in lines if line and line[0] != "#" and line != STUB)


def main(words: list[str]) -> int:
    """Grades one submission of the course in this folder; prints why where nbgrader fails."""
    lesson, student, timeout_s = words
    config = Config(PyFileConfigLoader(CONFIGURATION.name, path=str(Path.cwd())).load_config())
    config.Execute.timeout = int(timeout_s)
    # a confined kernel opens no port, but sockets in its own folder
    config.KernelManager.transport = "ipc"
    config.KernelManager.ip = str(Path(os.environ["JUPYTER_RUNTIME_DIR"], "kernel"))
    course = CourseDirectory(root=str(Path.cwd()), config=config)
    nbgrader = NbGraderAPI(course, config=config, log_level="ERROR")
    for step in (nbgrader.autograde, nbgrader.generate_feedback):
        outcome = step(lesson, student)
        if not outcome["success"]:
            reasons = re.findall(r"^ *([\w.]+(?:Error|Exception)\b.*)$", outcome["log"] or "", re.M)
            sys.stdout.write((reasons or [outcome["error"] or "no reason given"])[-1])
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
