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

import jupytext
from nbformat import NotebookNode, v4

STUB = "raise NotImplementedError  # your code here"
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
        heading = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading:
            section, count = heading[1].strip(), 0
        keys = {key: value for key, value in cell.metadata.items() if key not in JUPYTEXT_KEYS}
        key = keys.get("exercise") or keys.get("test")
        count += not key
        slug = re.sub(r"[^a-z0-9]+", "-", section.lower()).strip("-")[:40] or "top"
        tags = tuple(keys.pop("tags", ()))
        identity = str(key or f"{slug}-{count}")
        if keys.keys() - HEADER_KEYS:
            raise LessonError(f"{path}, cell {identity}: header not understood: {keys}")
        yield Cell(identity, section, cell.cell_type, cell.source, tags, **keys)


def _problems(lesson: Lesson) -> Iterator[tuple[str, str]]:
    """What breaks the rules: (cell id, problem)."""
    if not lesson.cells or not lesson.cells[0].source.startswith("# "):
        yield "top-1", "a lesson starts with a markdown cell '# NN · Title'"
    if not any("setup" in cell.tags for cell in lesson.cells):
        yield "top-1", 'no cell has tags=["setup"]'
    for identity, times in Counter(cell.id for cell in lesson.cells).items():
        if times > 1:
            yield identity, f"this id stands {times} times (a key or a '## ' heading repeats)"
    for cell in lesson.cells:
        for problem in _cell_problems(cell, lesson):
            yield cell.id, problem


def _cell_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    """What breaks the rules in one cell."""
    allowed = "SOLUTION" if cell.exercise else "HIDDEN TESTS" if cell.test else "neither"
    marks = MARKER.findall(cell.source)
    pair = [("BEGIN", allowed), ("END", allowed)]
    if len(marks) != len(ANY_MARKER.findall(cell.source)):
        yield "a marker is not a line of its own like '    ### BEGIN SOLUTION'"
    elif marks != pair * (len(marks) // 2):
        found = ", ".join(" ".join(mark) for mark in marks)
        yield f"markers are not pairs of BEGIN and END {allowed}: {found}"
    if (cell.exercise or cell.test) and cell.section != EXERCISES:
        yield f"stands under '## {cell.section}' instead of '## {EXERCISES}'"
    if cell.exercise or cell.test:
        yield from _syntax_problems(cell)
    if cell.exercise:
        yield from _exercise_problems(cell, lesson)
    if cell.test:
        yield from _test_problems(cell, lesson)


def _syntax_problems(cell: Cell) -> Iterator[str]:
    try:
        ast.parse(cell.source)
    except SyntaxError as error:
        yield f"line {error.lineno}: {error.msg}: {(error.text or '').strip()}"


def _exercise_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    number = lesson.slug[:2]
    if not re.fullmatch(rf"ex{number}_\d+", cell.exercise):
        yield f"exercise={cell.exercise!r} is not of the form 'ex{number}_1'"
    if not SOLUTION.search(cell.source):
        yield "no '### BEGIN SOLUTION' ... '### END SOLUTION'"
    if any(not region[1] for region in SOLUTION.finditer(cell.source)):
        yield "a solution region must stand inside a function, its stub raises"
    tests = [test for test in lesson.cells if test.test.rpartition("_")[0] == cell.exercise]
    if not tests:
        yield f"no cell with test={cell.exercise + '_a'!r}"
    elif not any(HIDDEN.search(test.source) for test in tests):
        yield "none of its tests has '### BEGIN HIDDEN TESTS' ... '### END HIDDEN TESTS'"


def _test_problems(cell: Cell, lesson: Lesson) -> Iterator[str]:
    before = lesson.cells[: lesson.cells.index(cell)]
    if cell.test.rpartition("_")[0] not in {other.exercise for other in before} - {""}:
        yield f"test={cell.test!r} has no exercise={cell.test.rpartition('_')[0]!r} before it"
    if type(cell.points) is not int or cell.points < 1:
        yield f"points={cell.points!r} is not a whole number of at least 1"
    if not ast.parse(HIDDEN.sub("", cell.source)).body:
        yield "all checks are hidden; a learner needs a visible one"


def learner(lesson: Lesson) -> NotebookNode:
    """The lesson to open and run: stubs for solutions, visible checks inside `attempt`.

    The last setup cell imports `attempt`, since only this notebook uses it.
    """
    notebook = _notebook(_learner_cell(cell) for cell in lesson.cells)
    setup = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])]
    if any(cell.test for cell in lesson.cells) and "import attempt" not in setup[-1].source:
        setup[-1].source += "\nfrom aicrypto.classroom import attempt"
    return notebook


def worked(lesson: Lesson) -> NotebookNode:
    """The lesson with its solutions and hidden tests, as the source has them."""
    return _notebook(_node(cell, cell.source) for cell in lesson.cells)


def assignment(lesson: Lesson) -> NotebookNode | None:
    """Title, setup cells and Exercises, with nbgrader's metadata; None without exercises."""
    if not any(cell.exercise for cell in lesson.cells):
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
