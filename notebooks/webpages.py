"""The course as web pages: `python notebooks/webpages.py [SLUG...]` writes them to `build/site`.

Sphinx and myst-nb read the executed lessons; nothing runs again, and nothing on the pages needs a
network: plotly's own script lies beside them, formulas are MathML. With SLUGs, only these lessons
and the rooms that they import get a page, which takes seconds: for who writes a lesson.
"""

import argparse
import html
import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
import reference
from docutils.nodes import NodeVisitor, SkipNode, math, math_block
from latex2mathml.converter import convert
from nbformat import NotebookNode
from plotly.offline import get_plotlyjs
from sphinx.application import Sphinx

from aicrypto.viz import described

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "aicrypto"
TARGET = Path("build/site")
PLOTLY = "application/vnd.plotly.v1+json"
JOBS = os.cpu_count() or 1
PAGES = ("GLOSSARY", "INSTRUCTOR")
SETTINGS = {
    "project": "aicrypto",
    "project_copyright": "the aicrypto authors, MIT licence",
    "html_title": "Decentralised AI from scratch",
    "extensions": ["myst_nb", "webpages"],  # the second is this file
    "html_theme": "furo",
    "html_static_path": ["_web"],
    "html_css_files": ["course.css"],
    "html_show_sphinx": False,
    "html_copy_source": False,
    "html_math_renderer": "mathml",
    "nb_execution_mode": "off",
    "myst_enable_extensions": ["colon_fence", "dollarmath"],
    "myst_heading_anchors": 4,
    "python_display_short_literal_types": True,
    "add_module_names": False,
    # a hint folds Markdown into HTML; a notebook's cell may start below a heading that it lacks
    "suppress_warnings": ["myst.header", "myst-nb.lexer", "ref.python"],
}
INDEX = """# Decentralised AI from scratch

{promise}

## Lessons

{heads}

```{{toctree}}
:caption: Lessons
:hidden:

{lessons}
```

```{{toctree}}
:caption: For the class
:hidden:

{pages}
```

```{{toctree}}
:caption: The library
:hidden:

{rooms}
```
"""


def stage(slugs: list[str], rooms: list[Path], folder: Path) -> None:
    """Writes Sphinx' sources to `folder`: lessons, pages, rooms, and the first page."""
    (folder / "_web").mkdir(parents=True)
    (folder / "_web" / "plotly.min.js").write_text(get_plotlyjs(), encoding="utf-8")
    for path in sorted((HERE / "web").iterdir()):
        shutil.copy(path, folder / "_web")
    heads = []
    for slug in slugs:
        notebook = nbformat.read(HERE / f"{slug}.ipynb", as_version=4)
        title, promise = notebook.cells[0].source.split("\n")[:2]
        heads.append(f"* [{title.removeprefix('# ')}]({slug}.ipynb): {promise.strip('*')}")
        nbformat.write(for_the_web(notebook), folder / f"{slug}.ipynb")
    for name in PAGES:
        shutil.copy(HERE / f"{name}.md", folder)
    names = [reference.dotted(room, PACKAGE) for room in rooms]
    for room, name in zip(rooms, names, strict=True):
        (folder / f"{name}.md").write_text(reference.page(room, PACKAGE), encoding="utf-8")
    write_index(folder, heads=heads, lessons=slugs, pages=PAGES, rooms=names)


def write_index(folder: Path, **lists: Sequence[str]) -> None:
    """Writes the first page: README's own first words, and lists of what there is."""
    readme = (HERE.parent / "README.md").read_text(encoding="utf-8")
    promise = re.search(r"^\*\*.+?(?=\n\n)", readme, re.M | re.S)[0]
    joined = {name: "\n".join(lines) for name, lines in lists.items()}
    (folder / "index.md").write_text(INDEX.format(promise=promise, **joined), encoding="utf-8")


def for_the_web(notebook: NotebookNode) -> NotebookNode:
    """The notebook, where each figure is HTML that `web/figures.js` draws."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                output.data = {"text/html": drawn(output.data[PLOTLY])}
    return notebook


def drawn(figure: dict) -> str:
    """A place for a figure, with its data; who cannot see it is read its description."""
    # "</script>" inside a text would end the element
    data = json.dumps(figure).replace("<", "\\u003c")
    label = html.escape(described(figure), quote=True)
    script = f'<script type="application/json">{data}</script>'
    return f'<div class="course-figure" role="img" aria-label="{label}">{script}</div>'


def formula(visitor: NodeVisitor, node: math | math_block) -> None:
    """Writes a formula as MathML, which browsers draw without a script."""
    display = "block" if isinstance(node, math_block) else "inline"
    visitor.body.append(convert(node.astext(), display=display))
    raise SkipNode


def add_scripts(app: Sphinx, pagename: str, _: str, context: dict, doctree: object) -> None:
    """Figures' scripts, on the pages that have figures."""
    if "course-figure" in context.get("body", ""):
        app.add_js_file("plotly.min.js")
        app.add_js_file("figures.js")


def setup(app: Sphinx) -> dict[str, bool]:
    """What this file adds to Sphinx, which calls it."""
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(source: Path, target: Path, *, whole: bool = True) -> int:
    """The number of problems that Sphinx had with `source`; the pages lie in `target`.

    Of a part, links to lessons that are left out are no problem.
    """
    settings = dict(SETTINGS)
    if not whole:
        settings["suppress_warnings"] = [*SETTINGS["suppress_warnings"], "myst.xref_missing"]
    app = Sphinx(
        source,
        confdir=None,
        outdir=target,
        doctreedir=target.with_name(f"{target.name}-cache"),
        buildername="html",
        confoverrides=settings,
        status=None,
        freshenv=True,
        parallel=JOBS,
    )
    app.build()
    return app.statuscode or app._warncount


def chosen_rooms(slugs: list[str]) -> list[Path]:
    """The rooms that some lessons import; all without lessons."""
    rooms = reference.rooms(PACKAGE)
    if not slugs:
        return rooms
    text = "".join((HERE / "src" / f"{slug}.py").read_text(encoding="utf-8") for slug in slugs)
    used = set(re.findall(r"from aicrypto\.(\w+)", text))
    return [room for room in rooms if room.stem in used]


def main(words: list[str]) -> int:
    """Exit status 1 where Sphinx found fault with a page."""
    known = [path.stem for path in sorted(HERE.glob("[0-9][0-9]_*.ipynb"))]
    parser = argparse.ArgumentParser(prog="webpages.py", description=__doc__.partition("\n")[0])
    parser.add_argument("slugs", metavar="SLUG", nargs="*", help="lessons, also by number")
    parser.add_argument("--to", type=Path, default=TARGET, metavar="DIR", help=str(TARGET))
    options = parser.parse_args(words)
    numbers = {slug[:2]: slug for slug in known}
    options.slugs = [numbers.get(slug, slug) for slug in options.slugs]
    unknown = sorted(set(options.slugs) - set(known))
    if unknown:
        parser.error(f"unknown lesson {unknown[0]!r}; there are: {', '.join(known)}")
    target = options.to.resolve()
    source = target.with_name(f"{target.name}-source")
    for folder in (source, target):
        shutil.rmtree(folder, ignore_errors=True)
    stage(sorted(options.slugs) or known, chosen_rooms(options.slugs), source)
    faults = write(source, target, whole=not options.slugs)
    print(f"{len(list(target.rglob('*.html')))} pages: {target / 'index.html'}")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
