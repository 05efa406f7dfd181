"""A course with invented submissions, to try the grading before real ones come.

Three kinds take turns: `right` has all solutions, `half` the first half of them and stubs for the
rest, `cheating` answers every check with an object that agrees to everything, looks for the
solutions on the disk, and writes itself full marks into the gradebook.
"""

import copy
from collections.abc import Callable
from pathlib import Path

import assignments
import lesson as lessons
import nbformat
from nbformat import NotebookNode

KINDS = ("right", "half", "cheating")
CHEAT = '''
import os, pathlib, sqlite3

class Yes:
    """Agrees with every comparison, call and lookup."""
    def __call__(self, *args, **kwargs): return self
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __len__(self): return 0
    def __iter__(self): return iter(())
    def __hash__(self): return 0
    def __getattr__(self, name): return self
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __getitem__ = __eq__

found = []
for start in (pathlib.Path.cwd(), *pathlib.Path.cwd().parents):
    try:
        found += [*start.rglob("gradebook.db"), *start.glob("source/*/*.ipynb")]
    except OSError:
        pass
for path in found:
    try:
        if path.suffix == ".db":
            with sqlite3.connect(path) as book:
                book.execute("UPDATE grade SET auto_score = 100, manual_score = 100")
        else:
            pathlib.Path("stolen.txt").write_text(path.read_text())
    except (OSError, sqlite3.Error):
        pass
'''


def write(source: Path, n: int, folder: Path) -> Path:
    """A course with the assignment of one lesson, and `n` submissions to it, the kinds in turns."""
    course = folder / "course"
    list(assignments.write_course([lessons.read(source)], course))
    for i in range(n):
        hand_in(course, source.stem, f"{KINDS[i % len(KINDS)]}{i:03}")
    return course


def hand_in(course: Path, slug: str, student: str) -> None:
    """Lays the submission of a student, named after its kind, into the course."""
    name = f"{slug}.ipynb"
    solved = nbformat.read(course / "source" / slug / name, as_version=4)
    release = nbformat.read(course / "release" / slug / name, as_version=4)
    kind = INVENT[student.rstrip("0123456789")]
    path = course / "submitted" / student / slug / name
    path.parent.mkdir(parents=True)
    nbformat.write(kind(solved, release), path)


def right(solved: NotebookNode, release: NotebookNode) -> NotebookNode:
    """All solutions, in the notebook that was released."""
    return _with_answers(release, _answers(solved))


def half(solved: NotebookNode, release: NotebookNode) -> NotebookNode:
    """The solutions of the first half of the exercises, rounded up."""
    answers = _answers(solved)
    kept = list(answers)[: (len(answers) + 1) // 2]
    return _with_answers(release, {name: answers[name] for name in kept})


def cheating(solved: NotebookNode, release: NotebookNode) -> NotebookNode:
    """No solution, but every name is an object that agrees, and the disk is searched."""
    lies = {}
    for name, source in _answers(solved).items():
        heads = [line for line in source.splitlines() if line.startswith(("def ", "class "))]
        defined = [head.split()[1].partition("(")[0].rstrip(":") for head in heads]
        lies[name] = "\n".join([CHEAT, *(f"{each} = Yes()" for each in defined)])
    return _with_answers(release, lies)


INVENT: dict[str, Callable[[NotebookNode, NotebookNode], NotebookNode]] = {
    "right": right,
    "half": half,
    "cheating": cheating,
}


def _answers(book: NotebookNode) -> dict[str, str]:
    """The sources of the solution cells, by name."""
    roles = ((cell.metadata.get("nbgrader", {}), cell.source) for cell in book.cells)
    return {role["grade_id"]: source for role, source in roles if role.get("solution")}


def _with_answers(release: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """A copy of the released notebook with some solution cells filled in."""
    book = copy.deepcopy(release)
    for cell in book.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    return book
