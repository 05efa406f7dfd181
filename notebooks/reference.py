"""The library's reference as pages for Sphinx: signatures and docstrings, read and never run.

Sphinx' own `autodoc` would import two hundred modules, torch among them, and read docstrings as
reStructuredText. Ours are Markdown, and a syntax tree says all that a page needs.
"""

import ast
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from textwrap import dedent

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
CODE_SPAN = re.compile(r"(`+[^`]*`+)")
KINDS = {
    "property": "property",
    "cached_property": "property",
    "classmethod": "classmethod",
    "staticmethod": "staticmethod",
}
FENCE = "::::::"  # of a definition; a method inside it has two colons fewer


def rooms(package: Path) -> list[Path]:
    """What gets a page of its own: the folders of `package`, then its modules, by name."""
    found = [path for path in sorted(package.iterdir()) if (path / "__init__.py").exists()]
    modules = [path for path in sorted(package.glob("*.py")) if not path.stem.startswith("__")]
    return found + modules


def page(room: Path, package: Path) -> str:
    """The Markdown of one room: its own docstring, then each module with what it offers."""
    paths = [room] if room.is_file() else sorted(room.rglob("*.py"), key=_place)
    title = dotted(room, package)
    return "\n\n".join([f"# {title}", *(_module(path, package, title) for path in paths)]) + "\n"


def _place(path: Path) -> tuple[str, ...]:
    """Sorts `__init__.py` before its neighbours."""
    return tuple("" if part == "__init__.py" else part for part in path.parts)


def dotted(path: Path, package: Path) -> str:
    """The name by which `path` is imported."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _module(path: Path, package: Path, title: str) -> str:
    name, tree = dotted(path, package), ast.parse(path.read_text(encoding="utf-8"))
    heading = [] if name == title else [f"## {name}"]
    text = [*heading, f"```{{py:module}} {name}\n```", markdown(ast.get_docstring(tree) or "")]
    text += [_definition(node, FENCE) for node in _public(tree.body)]
    return "\n\n".join(part for part in text if part)


def _public(body: list[ast.stmt]) -> Iterator[Definition]:
    """The definitions without underscore; of properties with a setter, the first."""
    seen = set()
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_") and node.name not in seen:
            seen.add(node.name)
            yield node


def _definition(node: Definition, fence: str) -> str:
    """A function, a class, or a method, where `fence` is shorter than that of its class."""
    parts = [markdown(ast.get_docstring(node) or "")]
    if isinstance(node, ast.ClassDef):
        head = f"{{py:class}} {node.name}"
        parts += [_fields(node), *(_definition(item, fence[:-2]) for item in _public(node.body))]
    else:
        head = _head(node, "function" if fence == FENCE else "method")
    body = "\n\n".join(part for part in parts if part)
    return f"{fence}{head}\n\n{body}\n{fence}"


def _head(node: ast.FunctionDef, usual: str) -> str:
    """Kind, name, arguments and result of a function; a property has a type instead."""
    decorators = {ast.unparse(item).split(".")[-1] for item in node.decorator_list}
    kind = next((KINDS[name] for name in KINDS if name in decorators), usual)
    result = ast.unparse(node.returns) if node.returns else "None"
    if kind == "property":
        return f"{{py:property}} {node.name}\n:type: {result}"
    arguments = ast.unparse(node.args)
    if kind in ("method", "classmethod"):
        arguments = re.sub(r"^(self|cls)(, )?", "", arguments)
    return f"{{py:{kind}}} {node.name}({arguments}) -> {result}"


def _fields(node: ast.ClassDef) -> str:
    """The fields of a data class, one a line."""
    fields = [item for item in node.body if isinstance(item, ast.AnnAssign)]
    lines = [f"{ast.unparse(item)}" for item in fields if not _hidden(item)]
    return "\n".join(["```python", *lines, "```"]) if lines else ""


def _hidden(item: ast.AnnAssign) -> bool:
    return isinstance(item.target, ast.Name) and item.target.id.startswith("_")


def markdown(docstring: str) -> str:
    """A docstring as Markdown: examples fenced, and nothing but code spans taken for markup."""
    lines = []
    for kind, group in groupby(_marked(docstring.splitlines()), key=lambda pair: pair[0]):
        text = dedent("\n".join(line for _, line in group)).split("\n")
        fenced = ["```pycon" if kind == "example" else "```text", *text, "```", ""]
        lines += fenced if kind != "prose" else [escaped(line) for line in text]
    return "\n".join(lines).strip()


def _marked(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with what it belongs to: "example" from >>> to a blank line, "block", "prose"."""
    kind, before = "prose", ""
    for line in lines:
        if line.lstrip().startswith(">>>"):
            kind = "example"
        elif not line.strip():
            kind = "prose"
        elif kind == "prose" and line.startswith("    ") and not before.strip():
            kind = "block"
        yield kind, line
        before = line


def escaped(line: str) -> str:
    """A line of prose, in which Markdown's signs stand for themselves outside code spans."""
    parts = CODE_SPAN.split(line)
    parts[::2] = [re.sub(r"([<$\\{\[\]|])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)
