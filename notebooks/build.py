"""Builds the lessons from `notebooks/src`; run it from the root of the repository.

python notebooks/build.py [SLUG...]                      the lessons, executed
python notebooks/build.py [SLUG...] --check              whether they match their sources
python notebooks/build.py [SLUG...] --assignments [DIR]  nbgrader's course folder
python notebooks/build.py [SLUG...] --solutions [DIR]    the worked lessons, executed
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import guide
import nbformat
from lesson import Lesson, LessonError, learner, read, worked
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

NOTEBOOKS = Path("notebooks")
SOURCES = NOTEBOOKS / "src"
TIMEOUT_S = 120
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def execute(notebook: NotebookNode, slug: str) -> NotebookNode:
    """`notebook` with its outputs; LessonError naming the cell that failed or wrote to stderr."""
    metadata = notebook.metadata.copy()
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT_S,
        kernel_name="python3",
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        extra_arguments=["--log-level=40"],  # no remark on the terminal about TCP on this machine
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    try:
        client.execute()
    except CellExecutionError:
        pass  # the cell holds the error, reported below
    except CellTimeoutError as error:
        raise LessonError(f"{slug}, cell {last_run(notebook)}: over {TIMEOUT_S} s") from error
    except DeadKernelError as error:
        raise LessonError(f"{slug}, cell {last_run(notebook)}: the kernel died") from error
    for cell in code_cells(notebook):
        cell.outputs = [out for out in cell.outputs if WIDGET_VIEW not in out.get("data", {})]
        for problem in faults(cell):
            raise LessonError(f"{slug}, cell {cell.id}: {problem}")
    notebook.metadata = metadata
    return notebook


def last_run(notebook: NotebookNode) -> str:
    """The id of the cell that ran last."""
    return [cell.id for cell in notebook.cells if cell.get("execution_count")][-1]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells of `notebook` that have something to run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def faults(cell: NotebookNode) -> Iterator[str]:
    """What is wrong with the outputs of a code cell."""
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"{output.ename}: {output.evalue}".splitlines()[0]
        elif output.get("name") == "stderr":
            yield f"stderr: {output.text.strip().splitlines()[-1]}"
        elif WIDGET_VIEW in output.get("data", {}):
            yield "a widget is stored, which shows 'model not found' when reopened"


def drifts(lesson: Lesson) -> Iterator[str]:
    """Where `notebooks/{slug}.ipynb` is not what its source builds, one line each."""
    path = NOTEBOOKS / f"{lesson.slug}.ipynb"
    if not path.exists():
        yield f"{lesson.slug}: {path} is missing"
        return
    try:
        found = nbformat.read(path, as_version=4)
    except ValueError as error:
        yield f"{lesson.slug}: {path} is not a notebook: {str(error).splitlines()[0]}"
        return
    wanted = learner(lesson)
    for key in sorted(found.metadata.keys() | wanted.metadata.keys()):
        if found.metadata.get(key) != wanted.metadata.get(key):
            yield f"{lesson.slug}: notebook metadata {key!r} is not what the source builds"
    yield from (f"{lesson.slug}, cell {line}" for line in cell_drifts(wanted, found))
    yield from (f"{lesson.slug}, cell {line}" for line in output_drifts(found))


def cell_drifts(wanted: NotebookNode, found: NotebookNode) -> Iterator[str]:
    """Where the cells of two notebooks differ, outputs aside: `ID: what`."""
    ours, theirs = ({cell.id: cell for cell in book.cells} for book in (wanted, found))
    yield from order_drifts([*ours], [cell.id for cell in found.cells])
    for name in filter(theirs.__contains__, ours):
        for what in ("cell_type", "source", "metadata"):
            if ours[name][what] != theirs[name][what]:
                yield f"{name}: {what} is not what the source builds"


def order_drifts(ours: list[str], theirs: list[str]) -> Iterator[str]:
    """Where a list of cell ids differs from ours."""
    if sorted(ours) == sorted(theirs):
        pairs = zip(ours, theirs, strict=True)
        yield from (f"{name}: stands where {own} belongs" for own, name in pairs if own != name)
        return
    yield from (f"{name}: missing" for name in ours if name not in theirs)
    extra = Counter(theirs) - Counter(ours)
    yield from (f"{name}: not in the source" for name in extra)


def output_drifts(found: NotebookNode) -> Iterator[str]:
    """Which outputs are missing, or of a kind that no build stores: `ID: what`."""
    for count, cell in enumerate(code_cells(found), start=1):
        if cell.execution_count != count:
            yield f"{cell.id}: not executed in one run from the top"
        yield from (f"{cell.id}: {problem}" for problem in faults(cell))


def check(lessons: list[Lesson], known: list[str]) -> int:
    """Exit status 1 where a notebook drifted from its source, or is none of the `known` ones."""
    lines = [line for lesson in lessons for line in drifts(lesson)]
    strays = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if path.stem not in known]
    lines += [f"{path.stem}: {path} has no source in {SOURCES}" for path in strays]
    print("\n".join(lines) or f"{len(lessons)} lessons match their sources")
    return int(bool(lines))


def build(lessons: list[Lesson], folder: Path, *, solved: bool) -> int:
    """Exit status 0; writes the executed notebooks to `folder`, one line each."""
    folder.mkdir(parents=True, exist_ok=True)
    for lesson in lessons:
        start = time.perf_counter()
        notebook = execute(worked(lesson) if solved else learner(lesson), lesson.slug)
        path = folder / f"{lesson.slug}.ipynb"
        nbformat.write(notebook, path)
        seconds, size_kb = time.perf_counter() - start, path.stat().st_size / 1000
        print(f"{path}  {seconds:.1f} s  {size_kb:.0f} kB", flush=True)
    return 0


def assign(lessons: list[Lesson], folder: Path) -> int:
    """Exit status 0; writes nbgrader's course folder."""
    from assignments import write_course  # nbgrader takes a second to import

    for line in write_course(lessons, folder):
        print(line, flush=True)
    return 0


DEFAULTS = {"assignments": "build/nbgrader", "solutions": "build/solutions"}


def arguments(words: list[str], known: list[str]) -> argparse.Namespace:
    """The command line, with `slugs` checked against the `known` ones."""
    parser = argparse.ArgumentParser(
        prog="build.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "slugs", metavar="SLUG", nargs="*", help="lessons, also by number (default: all)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="compare, execute nothing")
    for name, folder in DEFAULTS.items():
        what.add_argument(f"--{name}", metavar="DIR", nargs="?", const=folder, help=folder)
    options = parser.parse_args(words)
    numbers = {slug[:2]: slug for slug in known}
    for name, folder in DEFAULTS.items():
        lesson = numbers.get(getattr(options, name), getattr(options, name))
        if lesson in known:  # `--solutions 02_commitments` means the lesson
            options.slugs.append(lesson)
            setattr(options, name, folder)
    options.slugs = [numbers.get(slug, slug) for slug in options.slugs]
    for slug in set(options.slugs) - set(known):
        raise LessonError(f"unknown lesson {slug!r}; there are: {', '.join(known) or 'none'}")
    return options


def run(words: list[str]) -> int:
    """Exit status of one command; LessonError with the reason where it cannot be done."""
    sources = {path.stem: path for path in sorted(SOURCES.glob("[0-9][0-9]_*.py"))}
    options = arguments(words, [*sources])
    lessons = [read(sources[slug]) for slug in sorted(options.slugs or sources)]
    if options.check:
        return check(lessons, [*sources])
    if options.assignments:
        return assign(lessons, Path(options.assignments))
    if options.solutions:
        return build(lessons, Path(options.solutions), solved=True)
    status = build(lessons, NOTEBOOKS, solved=False)
    if (NOTEBOOKS / guide.GUIDE.name).exists():
        guide.main([])  # its facts are those of the sources
    return status


def main(words: list[str]) -> int:
    """Runs one command; a problem is one line on stderr and exit status 1."""
    try:
        return run(words)
    except LessonError as error:
        print(f"build.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
