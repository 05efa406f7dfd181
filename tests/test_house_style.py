"""The style numbers that a machine can count: each limit is a house rule."""

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "aicrypto").rglob("*.py")) + sorted((ROOT / "notebooks").glob("*.py"))
MODULES += [ROOT / "course"]
MAX_MODULE, MAX_FUNCTION, MAX_MCCABE, MIN_TYPED, MAX_ROOM = 250, 50, 8, 0.95, 8
P90_FUNCTION = 30
DECISIONS = (
    *(ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.Assert),
    *(ast.comprehension, ast.match_case),
)
LAYOUT = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE),
    *(tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER),
}
BANNED_NAMES = {"utils", "helpers", "core", "common", "manager", "misc"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def code_lines(text: str, tree: ast.Module) -> int:
    """Lines with code on them: no comments, no blank lines, no docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in LAYOUT:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | Function)
        if documented and ast.get_docstring(node):
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


def mccabe(function: Function) -> int:
    """Paths through a function: one, and one more for every decision."""
    paths = 1
    for node in ast.walk(function):
        if isinstance(node, DECISIONS):
            paths += 1 + (len(node.ifs) if isinstance(node, ast.comprehension) else 0)
        elif isinstance(node, ast.BoolOp):
            paths += len(node.values) - 1
    return paths


def length(function: Function) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def public(tree: ast.Module) -> list[ast.AST]:
    named = [node for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef)]
    inner = {id(node) for function in functions(tree) for node in functions(function)[1:]}
    return [tree, *(n for n in named if not n.name.startswith("_") and id(n) not in inner)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    found = functions(tree)
    sizes = sorted(map(length, found)) or [0]
    assert code_lines(text, tree) <= MAX_MODULE, "too long for one head"
    assert sizes[-1] <= MAX_FUNCTION, "a function is too long"
    assert sizes[int(0.9 * (len(sizes) - 1))] <= P90_FUNCTION, "functions are too long"
    assert {f.name: mccabe(f) for f in found if mccabe(f) > MAX_MCCABE} == {}
    undocumented = [getattr(n, "name", "module") for n in public(tree) if not ast.get_docstring(n)]
    assert undocumented == []
    arguments = [a for f in found for a in [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]]
    arguments = [a for a in arguments if a.arg not in ("self", "cls")]
    typed = sum(a.annotation is not None for a in arguments)
    assert typed >= MIN_TYPED * len(arguments), "arguments lack types"
    assert max(map(len, text.splitlines()), default=0) <= 100, "a line is too wide"
    assert path.stem not in BANNED_NAMES, "a name that says nothing"


@pytest.mark.parametrize("room", sorted(p for p in (ROOT / "aicrypto").iterdir() if p.is_dir()))
def test_room(room: Path) -> None:
    modules = [path for path in room.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MAX_ROOM, "split the room"


def test_the_counters_count() -> None:
    text = (
        'def f(a):\n    """Doc."""\n    # why\n    return a if a and 1 else [x for x in a if x]\n'
    )
    tree = ast.parse(text)
    [function] = functions(tree)
    assert code_lines(text, tree) == 2
    assert mccabe(function) == 5
    assert length(function) == 4
    assert len(public(tree)) == 2
