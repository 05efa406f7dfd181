"""Every lesson in JupyterLab: opens, stays silent, draws, and answers the keyboard.

What the sliders need is run there; the example and lesson 00 run whole, and so does every lesson
where AICRYPTO_SHOTS names a folder for pictures. That all cells of all lessons run, nbval shows.
"""

import os
import shutil
from pathlib import Path

import lab
import nbformat
import pytest
import sliders
from lesson import learner, read

from tests import warm_python

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not lab.browser_path(), reason=f"none of {lab.BROWSERS} on PATH"),
]

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "nbgrader" / "example" / "90_example.py"
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
RUN_S = 180
WHOLE = (EXAMPLE.stem, "00_start_here")
SHOTS = os.environ.get("AICRYPTO_SHOTS")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the lessons without outputs, because the lab saves into what it opens."""
    folder = tmp_path_factory.mktemp("course")
    (folder / "notebooks").mkdir()
    for data in ("data", "tests/vectors"):
        shutil.copytree(ROOT / data, folder / data)
    for path in LESSONS:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / "notebooks" / path.name)
    nbformat.write(learner(read(EXAMPLE)), folder / "notebooks" / f"{EXAMPLE.stem}.ipynb")
    return folder


@pytest.fixture(scope="module")
def browser():
    with lab.headless() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(course, tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings")
    with warm_python.kernels() as kernel, lab.served(course, settings, kernel) as address:
        yield address


@pytest.mark.parametrize("slug", [EXAMPLE.stem, *(path.stem for path in LESSONS)])
def test_lesson_in_the_lab(slug, browser, address, course, tmp_path):
    path = f"notebooks/{slug}.ipynb"
    places = sliders.needed(nbformat.read(course / path, as_version=4))
    notebook = lab.OpenNotebook(browser, address, path)
    whole = slug in WHOLE or SHOTS or not places
    cells = notebook.run_all(RUN_S) if whole else notebook.run(places, RUN_S)
    outputs = [(cell["id"], out) for cell in cells for out in cell["outputs"]]
    errors = [(name, out["evalue"]) for name, out in outputs if out["output_type"] == "error"]
    assert errors == [], "a cell fails"
    assert [cell["id"] for cell in cells if not cell["execution_count"]] == [], "did not run"
    stderr = [(name, out["text"]) for name, out in outputs if out.get("name") == "stderr"]
    assert stderr == [], "a cell writes to stderr"
    notebook.page.wait_for_selector(".js-plotly-plot .main-svg", timeout=30_000)
    moved = [notebook.changes(box) for box in range(notebook.n_boxes())]
    assert all(moved), f"a key changes no figure: {moved}"
    assert len(moved) >= min(1, len(places)), "nothing to move is shown"
    for theme in ("Dark", "Light"):
        figure = notebook.readable(theme)
        assert figure["words"] > 0
        assert figure["contrast"] >= 4, f"pale in theme {theme}: {figure}"
        assert figure["size"] >= 11, f"small print: {figure}"
        assert figure["right"] <= 1280, f"wider than the window: {figure}"
    notebook.picture(Path(SHOTS or tmp_path) / f"{slug}.png")
    assert notebook.errors == [], "the page reports errors"
    notebook.page.close()
