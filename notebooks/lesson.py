"""One lesson source (`notebooks/src/NN_slug.py`) and the notebooks that it becomes.

The source is a jupytext percent file. Cell headers carry tags, or the short keys of exercises:

    # %% tags=["setup"]                      imports and data; goes into the assignment too
    # %% exercise="ex02_1"                   a function whose body stands between solution markers
    # %% test="ex02_1_a" points=2            its checks, the last ones between hidden-test markers

`read` refuses a source that breaks these rules. `learner`, `worked` and `assignment` give the
notebook for a learner, the one for an instructor, and the source of nbgrader's assignment.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

import jupytext
from nbformat import NotebookNode, v4

STUB = "raise NotImplementedError  # your code here"
GLOSSARY = "\n\n[Glossary](GLOSSARY.md)"
EXERCISES = "Exercises"  # the section that becomes the assignment
METADATA = {  # fixed, so that a notebook does not tell on which machine it was built
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}
HEADER_KEYS = {"tags", "exercise", "test", "points"}
JUPYTEXT_KEYS = {"lines_to_next_cell", "lines_to_end_of_cell_marker", "cell_marker"}
ANY_MARKER = re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)")
MARKER = re.compile(r"^[ ]*### (BEGIN|END) (SOLUTION|HIDDEN TESTS)$", re.M)
REGION = r"^([ ]*)### BEGIN {0}\n.*?^[ ]*### END {0}$\n?"
SOLUTION = re.compile(REGION.format("SOLUTION"), re.M | re.S)
HIDDEN = re.compile(REGION.format("HIDDEN TESTS"), re.M | re.S)


class LessonError(ValueError):
    """What is wrong with a lesson, in one line that names file, cell and value."""


@dataclass(frozen=True)
class Cell:
    """One cell. `section` is the last `## ` heading; `exercise`, `test` are keys or empty."""

    id: str
    section: str
    kind: str
    source: str
    tags: tuple[str, ...] = ()
    exercise: str = ""
    test: str = ""
    points: int = 0


@dataclass(frozen=True)
class Lesson:
    """All cells of `notebooks/src/{slug}.py`, in order."""

    slug: str
    cells: tuple[Cell, ...]

    @property
    def has_exercises(self) -> bool:
        """Whether there is anything to assign."""
        return any(cell.exercise for cell in self.cells)


def read(path: Path) -> Lesson:
    """The lesson that `path` describes; LessonError if it breaks a rule of this module."""
    notebook = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    lesson = Lesson(path.stem, tuple(_cells(notebook.cells, path)))
    for where, problem in _problems(lesson):
        raise LessonError(f"{path}, cell {where}: {problem}")
    return lesson


def _cells(raw: Iterable[NotebookNode], path: Path) -> Iterator[Cell]:
    """The cells with their ids: the key of an exercise or test, else section and position in it.

    An edit therefore never changes an id, and a new cell only those behind it in its section.
    """
    section, count = "", 0
    for cell in raw:
        heading = re.match(r"## (.+)", cell.source)
        if cell.cell_type == "markdown" and heading:
            section, count = heading[1].strip(), 0
        keys = _header(cell)
        key = keys.get("exercise") or keys.get("test")
        count += not key
        identity = str(key or f"{_slug(section)}-{count}")
        if keys.keys() - HEADER_KEYS:
            raise LessonError(f"{path}, cell {identity}: header not understood: {keys}")
        tags = tuple(keys.pop("tags", ()))
        yield Cell(identity, section, cell.cell_type, cell.source, tags, **keys)


def _header(cell: NotebookNode) -> dict[str, Any]:
    """What the author wrote into the header of a cell."""
    return {key: value for key, value in cell.metadata.items() if key not in JUPYTEXT_KEYS}


def _slug(section: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", section.lower()).strip("-")[:40] or "top"


def _problems(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """What breaks the rules: (cell id, problem)."""
    yield from _lesson_problems(lesson)
    rules = (_marker_problems, _place_problems, _exercise_problems, _coverage_problems)
    for rule in (*rules, _test_problems):
        for cell in lesson.cells:
            yield from ((cell.id, problem) for problem in rule(cell, lesson))


def _lesson_problems(lesson: Lesson) -> Iterator[tuple[str, str]]:
    if not lesson.cells or not lesson.cells[0].source.startswith("# "):
        yield "top-1", "a lesson starts with a markdown cell '# NN · Title'"
    if not any("setup" in cell.tags for cell in lesson.cells):
        yield "top-1", 'no cell has tags=["setup"]'
    for identity, times in Counter(cell.id for cell in lesson.cells).items():
        if times > 1:
            yield identity, f"this id stands {times} times (a key or a '## ' heading repeats)"


def _marker_problems(cell: Cell, _: Lesson) -> Iterator[str]:
    allowed = "SOLUTION" if cell.exercise else "HIDDEN TESTS" if cell.test else "nothing"
    marks = MARKER.findall(cell.source)
    if len(marks) != len(ANY_MARKER.findall(cell.source)):
        yield "a marker is not a line of its own like '    ### BEGIN SOLUTION'"
    elif marks != [("BEGIN", allowed), ("END", allowed)] * (len(marks) // 2):
        found = ", ".join(" ".join(mark) for mark in marks)
        yield f"markers are not pairs of BEGIN and END {allowed}: {found}"


def _place_problems(cell: Cell, _: Lesson) -> Iterator[str]:
    if not (cell.exercise or cell.test):
        return
    if cell.section != EXERCISES:
        yield f"stands under '## {cell.section}' instead of '## {EXERCISES}'"
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}"


def _exercise_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    if not cell.exercise:
        return
    number = lesson.slug[:2]
    if not re.fullmatch(rf"ex{number}_\d+", cell.exercise):
        yield f"exercise={cell.exercise!r} is not of the form 'ex{number}_1'"
    regions = SOLUTION.findall(cell.source)
    if not regions:
        yield "no '### BEGIN SOLUTION' ... '### END SOLUTION'"
    if not all(regions):  # the indents of the regions
        yield "a solution region must stand inside a function, since its stub raises"


def _coverage_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    if not cell.exercise:
        return
    tests = [test for test in lesson.cells if _exercise_of(test) == cell.exercise]
    if not tests:
        yield f"no cell with test={cell.exercise + '_a'!r}"
    elif not any(HIDDEN.search(test.source) for test in tests):
        yield "none of its tests has '### BEGIN HIDDEN TESTS' ... '### END HIDDEN TESTS'"


def _test_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    if not cell.test:
        return
    before = lesson.cells[: lesson.cells.index(cell)]
    if _exercise_of(cell) not in {other.exercise for other in before if other.exercise}:
        yield f"test={cell.test!r} has no exercise={_exercise_of(cell)!r} before it"
    if type(cell.points) is not int or cell.points < 1:
        yield f"points={cell.points!r} is not a whole number of at least 1"
    if not ast.parse(HIDDEN.sub("", cell.source)).body:
        yield "all checks are hidden; a learner needs a visible one"


def _exercise_of(cell: Cell) -> str:
    """The key of the exercise that a test cell checks: `ex02_1` for `ex02_1_a`."""
    return cell.test.rpartition("_")[0]


def learner(lesson: Lesson) -> NotebookNode:
    """The lesson to open and run: stubs for solutions, visible checks inside `attempt`.

    Its head links to the glossary, which lies beside it.
    """
    notebook = _notebook(_learner_cell(cell) for cell in lesson.cells)
    notebook.cells[0].source += GLOSSARY
    if lesson.has_exercises:
        setup = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])]
        setup[-1].source = _importing_attempt(setup[-1].source)
    return notebook


def worked(lesson: Lesson) -> NotebookNode:
    """The lesson with its solutions and hidden tests, as the source has them."""
    return _notebook(_node(cell, cell.source) for cell in lesson.cells)


def assignment(lesson: Lesson) -> NotebookNode | None:
    """Title, setup cells and Exercises, with nbgrader's metadata; None without exercises."""
    if not lesson.has_exercises:
        return None
    setup = [cell for cell in lesson.cells if "setup" in cell.tags]
    section = [cell for cell in lesson.cells if cell.section == EXERCISES and cell not in setup]
    return _notebook(_graded_cell(cell) for cell in [lesson.cells[0], *setup, *section])


def _notebook(cells: Iterable[NotebookNode]) -> NotebookNode:
    return v4.new_notebook(cells=list(cells), metadata=METADATA)


def _node(cell: Cell, source: str, **metadata: object) -> NotebookNode:
    if cell.tags:
        metadata["tags"] = list(cell.tags)
    new = v4.new_markdown_cell if cell.kind == "markdown" else v4.new_code_cell
    return new(source, id=cell.id, metadata=metadata)


def _learner_cell(cell: Cell) -> NotebookNode:
    source = SOLUTION.sub(rf"\g<1>{STUB}\n", cell.source).rstrip("\n")
    if cell.test:
        checks = HIDDEN.sub("", source).rstrip("\n")
        source = f'with attempt("{cell.test}"):\n{_indented(checks)}'
    return _node(cell, source)


def _importing_attempt(source: str) -> str:
    """The setup with `attempt`, which the source itself does not use."""
    line = "from aicrypto.classroom import "
    if "attempt" in source:
        return source
    if re.search(rf"^{line}\w", source, re.M):
        return source.replace(line, f"{line}attempt, ")
    return f"{source}\n{line}attempt"


def _indented(code: str) -> str:
    """`code` four columns to the right; lines inside a string stay, or its value would change."""
    strings = (ast.Constant, ast.JoinedStr)
    inside = {
        line
        for node in ast.walk(ast.parse(code))
        if isinstance(node, strings)
        for line in range(node.lineno + 1, node.end_lineno + 1)
    }
    lines = enumerate(code.splitlines(keepends=True), start=1)
    return "".join(line if number in inside else indent(line, "    ") for number, line in lines)


def _graded_cell(cell: Cell) -> NotebookNode:
    """The cell with nbgrader's metadata; what is not for the student to write is locked."""
    if cell.kind == "markdown":
        return _node(cell, cell.source)
    nbgrader = {
        "schema_version": 3,
        "grade_id": cell.id,
        "grade": bool(cell.test),
        "solution": bool(cell.exercise),
        "locked": not cell.exercise,
        "task": False,
    }
    if cell.test:
        nbgrader["points"] = cell.points
    return _node(cell, cell.source, nbgrader=nbgrader)
