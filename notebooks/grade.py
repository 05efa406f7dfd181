"""Grades what lies in `submitted/` of an nbgrader course: marks, feedback, a table.

python notebooks/grade.py [COURSE] [LESSON...] [--jobs N]    default: build/nbgrader, all lessons
python notebooks/grade.py --rehearse 100 [LESSON]            invented submissions, graded and timed

Each submission is graded by nbgrader in a process and a folder of its own, with a kernel that
`sandbox` confines. A job is text in, text out, so any `concurrent.futures.Executor` runs it:
threads, processes, a cluster's. Afterwards the gradebook holds the marks,
`autograded/` and `feedback/` the notebooks, `marks.csv` one row for each exercise.
"""

import argparse
import csv
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import rehearsal
import sandbox
from grading_job import Job, Result, run
from nbgrader.api import Gradebook

MAX_BYTES = 1 << 25
SOURCES = Path(__file__).with_name("src")


@dataclass(frozen=True)
class Mark:
    """One row of the table: `lines` of the student's code, beside the stub's `budget` of them."""

    student: str
    lesson: str
    exercise: str
    points: float
    maximum: float
    lines: int
    budget: int
    remark: str


def handed_in(course: Path) -> dict[str, list[str]]:
    """The students that submitted, by lesson, both in order."""
    found: dict[str, list[str]] = {}
    for path in sorted(course.glob("submitted/*/*/*.ipynb")):
        student, lesson = path.parts[-3:-1]
        if path.stem == lesson and (course / "source" / lesson).is_dir():
            found.setdefault(lesson, []).append(student)
    return dict(sorted(found.items()))


def job(course: Path, lesson: str, student: str, timeout_s: int) -> Job:
    """What it takes to grade one submission."""
    name = f"{lesson}.ipynb"
    return Job(
        lesson=lesson,
        student=student,
        submission=content(course / "submitted" / student / lesson / name),
        source=(course / "source" / lesson / name).read_text(encoding="utf-8"),
        gradebook=(course / "gradebook.db").read_bytes(),
        seed=(course / "seed.txt").read_text(),
        timeout_s=timeout_s,
    )


def content(path: Path) -> str:
    """The text of a submission; nothing for what nbgrader should not even see.

    That is a link, which could lead to the solutions, and what is larger than any notebook.
    """
    place = path.parents[3].resolve().joinpath(*path.parts[-4:])
    if path.resolve() != place or path.stat().st_size > MAX_BYTES:
        return ""
    return path.read_text(encoding="utf-8", errors="replace")


def grade(
    course: Path, lessons: Iterable[str], executor: Executor, timeout_s: int = 20
) -> list[Mark]:
    """The marks of everything handed in for `lessons`; the course holds them then, too.

    A cell is interrupted after `timeout_s` seconds and costs its own points.
    """
    submitted = handed_in(course)
    pairs = [(name, who) for name in lessons for who in submitted.get(name, [])]
    work = [job(course, name, who, timeout_s) for name, who in pairs]
    marks = []
    for result in executor.map(run, work):
        keep(course, result)
        marks += rows(result)
    export(marks, course / "marks.csv")
    return marks


def keep(course: Path, result: Result) -> None:
    """Writes notebook and feedback of one job to the course, and its points to the gradebook."""
    lesson, student = result.job.lesson, result.job.student
    texts = {"autograded": (result.autograded, "ipynb"), "feedback": (result.feedback, "html")}
    for kind, (text, suffix) in texts.items():
        path = course / kind / student / lesson / f"{lesson}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text or result.remark, encoding="utf-8")
    with warnings.catch_warnings(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        warnings.simplefilter("ignore")  # nbgrader's own queries make sqlalchemy complain
        book.update_or_create_student(student)
        book.update_or_create_submission(lesson, student)
        for entry in book.find_submission_notebook(lesson, lesson, student).grades:
            entry.auto_score = result.scores[entry.name].points
            entry.needs_manual_grade = False
        book.db.commit()


def rows(result: Result) -> Iterator[Mark]:
    """One mark for each exercise: check cell `ex02_1_a` belongs to exercise `ex02_1`."""
    for exercise, (lines, budget) in result.sizes.items():
        own = [each for cell, each in result.scores.items() if cell.startswith(f"{exercise}_")]
        yield Mark(
            student=result.job.student,
            lesson=result.job.lesson,
            exercise=exercise,
            points=sum(score.points for score in own),
            maximum=sum(score.maximum for score in own),
            lines=lines,
            budget=budget,
            remark=result.remark,
        )


def export(marks: Iterable[Mark], path: Path) -> None:
    """Writes the table, in the order of lessons, students and exercises."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in fields(Mark))
        ordered = sorted(marks, key=lambda mark: (mark.lesson, mark.student, mark.exercise))
        table.writerows(astuple(mark) for mark in ordered)


def summary(marks: Sequence[Mark]) -> Iterator[str]:
    """A line for each lesson, and one for each submission that could not be graded."""
    for lesson, group in groupby(sorted(marks, key=attrgetter("lesson")), attrgetter("lesson")):
        own = list(group)
        share = sum(mark.points for mark in own) / sum(mark.maximum for mark in own)
        yield f"{lesson}: {len({mark.student for mark in own})} submissions, {share:.0%} of points"
    broken = {f"  {mark.lesson}, {mark.student}: {mark.remark}" for mark in marks if mark.remark}
    yield from sorted(broken)


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="grade.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("course", metavar="COURSE", nargs="?", type=Path, default="build/nbgrader")
    parser.add_argument("lessons", metavar="LESSON", nargs="*", help="(default: all handed in)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="(default: all cores)")
    parser.add_argument("--timeout", type=int, default=20, help="seconds a cell (default: 20)")
    parser.add_argument("--rehearse", type=int, metavar="N", help="grade N invented submissions")
    options = parser.parse_args(words)
    if options.rehearse:
        options.lessons = [str(options.course.name)] if options.course.name[:1].isdigit() else []
        options.lessons = options.lessons or ["02_commitments"]
    elif not (options.course / "gradebook.db").exists():
        parser.error(f"{options.course} is no course: `./course assignments` makes one")
    return options


def main(words: list[str]) -> int:
    """Exit status 1 where nothing was handed in, or something could not be graded."""
    options = arguments(words)
    with tempfile.TemporaryDirectory() as folder:
        if options.rehearse:
            source = SOURCES / f"{options.lessons[0]}.py"
            options.course = rehearsal.write(source, options.rehearse, Path(folder))
        marks, seconds = timed(options.course, options)
    if not sandbox.version():
        print("no Landlock here: a submission can read and write what you can")
    if not marks:
        print(f"nothing lies in {options.course / 'submitted'}")
        return 1
    print("\n".join(summary(marks)))
    n_graded = len({(mark.student, mark.lesson) for mark in marks})
    print(f"{seconds:.0f} s on {options.jobs} cores, {seconds / n_graded:.1f} s a submission")
    if not options.rehearse:
        print(f"the table: {options.course / 'marks.csv'}")
    return int(any(mark.remark for mark in marks))


def timed(course: Path, options: argparse.Namespace) -> tuple[list[Mark], float]:
    """The marks of the lessons asked for, and the seconds that they took."""
    start = time.perf_counter()
    with ThreadPoolExecutor(options.jobs) as executor:
        lessons = options.lessons or handed_in(course)
        marks = grade(course, lessons, executor, options.timeout)
    return marks, time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
