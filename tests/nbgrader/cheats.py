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
SPIN = "while True:\n    pass"
IDLE = "while True:\n    __import__('time').sleep(1)"  # as endless, and leaves the core to others
HOPELESS = frozenset({"kills_kernel"})  # no kernel is left to grade these
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


def meddling(solved: NotebookNode) -> NotebookNode:
    """Agreeable answers, after the submission took hold of whatever checks rely on.

    The setup cells lost their lock and rebind every name, as each solution cell does; the check
    cells are emptied and claim 100 points. Any of these that the grader honours earns points.
    """
    book = replaced(solved, "solution", answering(YES + REBIND, "Yes()"))
    for cell in cells(book, "locked"):
        if cell.metadata.nbgrader.grade:
            cell.source = "pass"
            cell.metadata.nbgrader.points = 100
        else:
            cell.source += YES + REBIND
            del cell.metadata["nbgrader"]
    return book


def endless(solved: NotebookNode, loop: str) -> NotebookNode:
    """All solutions, but the first is a `loop` that never ends."""
    book = copy.deepcopy(solved)
    cells(book, "solution")[0].source = loop
    return book


def worthless(solved: NotebookNode, release: NotebookNode) -> dict[str, grading.Submission]:
    """Submissions that deserve no point, by the name of their trick."""

    def answers(prelude: str, value: str) -> NotebookNode:
        return replaced(solved, "solution", answering(prelude, value))

    displayed = "lambda *args, **kwargs: (sys.displayhook(1), sys.exit(0))"
    notebooks = {
        "untouched": release,
        "meddles": meddling(solved),
        "always_true": answers("", "lambda *args, **kwargs: True"),
        "always_false": answers("", "lambda *args, **kwargs: False"),
        "displays_points_and_exits": answers("import sys", displayed),
        "kills_kernel": answers("import os", "lambda *args, **kwargs: os._exit(0)"),
        "strips_asserts": answers(YES + STRIP_ASSERTS, "Yes()"),
    }
    return {name: grading.Submission(book) for name, book in notebooks.items()}
