"""Dishonest submissions for any assignment, made from its own cells."""

import ast
import copy
from collections.abc import Callable

import grading
from nbformat import NotebookNode

YES = '''
class Yes:
    """Agrees with every comparison, call, lookup and calculation."""

    def __call__(self, *args, **kwargs):
        return self

    def __eq__(self, other):
        return True

    def __bool__(self):
        return True

    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())

    def __hash__(self):
        return 0

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __getitem__ = __add__ = __radd__ = __mul__ = __mod__ = __xor__ = __call__

    def __getattr__(self, name):
        return self
'''
STRIP_ASSERTS = """
import ast

class Strip(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Expr(self, node):
        return ast.Pass()

get_ipython().ast_transformers.append(Strip())
"""
REBIND = """
for _name in [*globals(), "all", "any", "isinstance", "len"]:
    if not _name.startswith("_") and _name not in ("Yes", "get_ipython"):
        globals()[_name] = Yes()
"""
HOSTILE_FILES = {
    f"{module}.py": "raise SystemExit('a file beside the notebook was imported')"
    for module in ("aicrypto", "hashlib", "torch", "ipykernel_launcher", "sitecustomize")
}


def defined(cell: NotebookNode) -> list[str]:
    """The names that a solution cell defines."""
    body = ast.parse(cell.source).body
    functions = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assigned = [node.targets for node in body if isinstance(node, ast.Assign)]
    return functions + [ast.unparse(target) for targets in assigned for target in targets]


def cells(book: NotebookNode, role: str) -> list[NotebookNode]:
    """The cells whose nbgrader metadata has `role` ("solution" or "grade")."""
    return [cell for cell in book.cells if cell.metadata.get("nbgrader", {}).get(role)]


def replaced(book: NotebookNode, role: str, source: Callable[[NotebookNode], str]) -> NotebookNode:
    """A copy of `book` with the source of all cells of one role replaced."""
    new = copy.deepcopy(book)
    for cell in cells(new, role):
        cell.source = source(cell)
    return new


def answering(prelude: str, value: str) -> Callable[[NotebookNode], str]:
    """A source for solution cells that runs `prelude`, then gives every name the same `value`."""
    return lambda cell: "\n".join([prelude, *(f"{name} = {value}" for name in defined(cell))])


def tampered(release: NotebookNode) -> NotebookNode:
    """The untouched release with empty check cells that claim 100 points."""
    book = replaced(release, "grade", lambda cell: "pass")
    for cell in cells(book, "grade"):
        cell.metadata.nbgrader.points = 100
    return book


def unlocked(solved: NotebookNode) -> NotebookNode:
    """Wrong answers, and a setup cell that lost its lock and rebinds what checks call."""
    book = replaced(solved, "solution", answering(YES, "Yes()"))
    for cell in cells(book, "locked"):
        if not cell.metadata.nbgrader.grade:
            del cell.metadata["nbgrader"]
            cell.source += YES + REBIND
    return book


def endless(solved: NotebookNode) -> NotebookNode:
    """All solutions, but the first never ends."""
    book = copy.deepcopy(solved)
    cells(book, "solution")[0].source = "while True:\n    pass"
    return book


def worthless(solved: NotebookNode, release: NotebookNode) -> dict[str, grading.Submission]:
    """Submissions that deserve no point, by the name of their trick."""

    def answers(prelude: str, value: str) -> NotebookNode:
        return replaced(solved, "solution", answering(prelude, value))

    notebooks = {
        "untouched": release,
        "tampered_checks": tampered(release),
        "unlocked_setup": unlocked(solved),
        "always_equal": answers(YES, "Yes()"),
        "always_true": answers("", "lambda *args, **kwargs: True"),
        "always_false": answers("", "lambda *args, **kwargs: False"),
        "raises_exit": answers("import sys", "lambda *args, **kwargs: sys.exit(0)"),
        "kills_kernel": answers("import os", "lambda *args, **kwargs: os._exit(0)"),
        "strips_asserts": answers(YES + STRIP_ASSERTS, "Yes()"),
        "rebinds_names": answers(YES + REBIND, "Yes()"),
        "displays_points": answers("import sys", "lambda *args, **kwargs: sys.displayhook(1)"),
    }
    return {name: grading.Submission(book) for name, book in notebooks.items()}
