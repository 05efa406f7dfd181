"""nbgrader's configuration in the course folder: how submissions are graded, and what guards it.

A submission runs in the same process as the checks that grade it. These rules stop the known
cheats that need no knowledge of the grader; grade strangers in a container besides.

- No file of a submission but its notebook is used, and a kernel imports nothing from its folder.
- The setup cells run first and as they were released, whatever the submission made of them.
- Before each check cell, everything that existed before the first solution cell is put back:
  builtins, names of the setup cells, functions of this library. Then an assertion is made to fail.
  Where it does not fail with its random token, assertions are switched off: the check scores 0.
- Hidden checks draw their random inputs from a seed of the student's own (`seeded`), so that one
  student's failing input helps no other. The same student meets the same inputs again.
- Check cells give all points or none. nbgrader takes a number that a submission displays inside
  a check cell for partial credit, even before an error.
"""

import hashlib
import os
import re
import secrets
from itertools import takewhile
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbformat import NotebookNode, v4
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    Execute,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    SaveAutoGrades,
)

SNAPSHOT = """
def _before_submission():
    import builtins, sys
    guarded = {"builtins", "hashlib", "aicrypto", __name__}
    modules = [m for name, m in [*sys.modules.items()] if name.partition(".")[0] in guarded]
    saved = [(vars(m), dict(vars(m))) for m in modules]
    builtin_names = set(vars(builtins)) - set(globals())
    def restore(token):
        for live, copy in saved:
            live.update(copy)
        for name in builtin_names & set(globals()):
            del globals()[name]
        assert False, token
    return restore
_restore = _before_submission()
"""


def setup_cells(assignment: str, name: str) -> list[NotebookNode]:
    """The code cells before the first exercise, from the instructor's notebook."""
    master = nbformat.read(Path("source", assignment, f"{name}.ipynb"), as_version=4)
    code = [cell for cell in master.cells if cell.cell_type == "code"]
    return list(takewhile(lambda cell: not cell.metadata.nbgrader.solution, code))


def seeded(source: str, student: str) -> str:
    """A check cell whose hidden inputs are `student`'s: seeds made of course, student and number.

    Hidden checks name their generator `_rng`; what is drawn from others is the same for everybody.
    """
    salt = Path("seed.txt").read_text()

    def own(match: re.Match[str]) -> str:
        digest = hashlib.sha256(f"{salt} {student} {match[2]}".encode()).digest()
        return f"{match[1]}{int.from_bytes(digest[:6], 'big')})"

    return re.sub(r"(\b_rng = (?:_random\.Random|np\.random\.default_rng)\()(\d+)\)", own, source)


class PlantGuards(NbGraderPreprocessor):
    """Puts the setup cells and a snapshot first, and a guard before each check cell."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, Any]:
        """The notebook with its guards, whose cells carry the metadata `guard`."""
        setup = setup_cells(resources["nbgrader"]["assignment"], resources["nbgrader"]["notebook"])
        known = {cell.metadata.nbgrader.grade_id for cell in setup}
        cells = [*setup, v4.new_code_cell(SNAPSHOT, metadata={"guard": "snapshot"})]
        for cell in nb.cells:
            role = cell.metadata.get("nbgrader", {})
            if role.get("grade"):
                token = secrets.token_hex(8)
                cell.source = seeded(cell.source, resources["nbgrader"]["student"])
                cells.append(v4.new_code_cell(f"_restore({token!r})", metadata={"guard": token}))
            if role.get("grade_id") not in known:
                cells.append(cell)
        nb.cells = cells
        return nb, resources


class ReadGuards(NbGraderPreprocessor):
    """Fails the check cells whose guard did not do its duty, and removes the guards."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, Any]:
        """The executed notebook without guards."""
        for guard, cell in zip(nb.cells, nb.cells[1:], strict=False):
            if cell.metadata.get("nbgrader", {}).get("grade"):
                cell.outputs = judged(cell.outputs, guard)
        nb.cells = [cell for cell in nb.cells if "guard" not in cell.metadata]
        return nb, resources


def judged(outputs: list[NotebookNode], guard: NotebookNode) -> list[NotebookNode]:
    """What a check cell put out, without displayed numbers; an error if its guard did not fail."""
    kept = [out for out in outputs if out.output_type != "execute_result"]
    if any(out.get("evalue") == guard.metadata.guard for out in guard.outputs):
        return kept
    reason = "assertions were switched off"
    return [v4.new_output("error", ename="GuardError", evalue=reason, traceback=[reason])]


# A kernel neither starts with its folder on sys.path nor puts it there.
os.environ["PYTHONSAFEPATH"] = "1"

c = get_config()  # noqa: F821 (nbgrader runs this file with get_config defined)
c.CourseDirectory.include = ["*.ipynb"]
c.CourseDirectory.ignore = [".*", "__pycache__", "feedback", "*.py", "*.pyc", "*.so", "*.pyd"]
c.Execute.timeout = 20  # seconds for each cell; an endless loop costs that and its own points
c.Autograde.autograde_preprocessors = [
    PlantGuards,
    Execute,
    ReadGuards,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]
