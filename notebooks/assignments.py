"""An nbgrader course folder from the lessons: `source/`, `release/`, gradebook and configuration.

nbgrader autograde 02_commitments      # in that folder, once submissions lie in `submitted/`
"""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from lesson import STUB, Lesson, LessonError, assignment
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

HERE = Path(__file__).resolve().parent


def write_course(lessons: Iterable[Lesson], folder: Path) -> Iterator[str]:
    """One line for each assignment written to `folder`; LessonError where nbgrader refuses one.

    An assignment that has submissions in the gradebook of `folder` keeps its cells: nbgrader
    refuses to add or remove any.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "nbgrader_config.py", folder)
    seed = folder / "seed.txt"  # of the students' own inputs; the same for as long as the course is
    if not seed.exists():
        seed.write_text(secrets.token_hex(16))
    # nbgrader calls the command `alembic`, which stands beside an interpreter that nobody activated
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    config = Config()
    config.ClearSolutions.code_stub = {"python": STUB}
    course = CourseDirectory(root=str(folder.resolve()), config=config)
    nbgrader = NbGraderAPI(course, config=config, log_level="ERROR")
    for lesson in lessons:
        notebook = assignment(lesson)
        if notebook is None:
            yield f"{lesson.slug}: no exercises"
            continue
        path = folder / "source" / lesson.slug / f"{lesson.slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, path)
        outcome = nbgrader.generate_assignment(lesson.slug)
        if not outcome["success"]:
            reason = re.findall(r"^ *(\w+: .+)$", outcome["log"], re.M)[-1:] or [outcome["error"]]
            raise LessonError(f"{lesson.slug}: nbgrader refuses the assignment: {reason[0]}")
        yield f"{lesson.slug}: {folder / 'release' / lesson.slug}"
