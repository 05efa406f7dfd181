"""The notebook build: variants, determinism, drift, errors; and what lessons import from us."""

import importlib
import json
import shutil
import sys
from pathlib import Path

import nbformat
import plotly.graph_objects as go
import pytest

from aicrypto.classroom import attempt, device_report, rejects
from aicrypto.viz import explore, figure

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "tests" / "nbgrader" / "example" / "90_example.py"
SLUG = EXAMPLE.stem
sys.path.insert(0, str(ROOT / "notebooks"))
build = importlib.import_module("build")
lesson = importlib.import_module("lesson")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the example as its only lesson, built and executed once."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "notebooks" / "src").mkdir(parents=True)
    shutil.copy(EXAMPLE, folder / "notebooks" / "src")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert build.main([]) == 0
    return folder


@pytest.fixture
def here(built, tmp_path, monkeypatch):
    """The current directory: a copy of `built` to spoil."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def variant(make):
    return {cell.id: cell for cell in make(lesson.read(EXAMPLE)).cells}


def outputs(notebook):
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


# Variants


def test_two_builds_agree_in_everything_but_outputs():
    assert lesson.learner(lesson.read(EXAMPLE)) == lesson.learner(lesson.read(EXAMPLE))


def test_ids_outside_the_edited_section_stay(tmp_path):
    path = tmp_path / EXAMPLE.name
    text = EXAMPLE.read_text()
    path.write_text(text.replace("# ## Build\n", "# ## Build\n\n# %%\nnew = 1\n"))
    before, after = (
        [cell.id for cell in lesson.read(source).cells if not cell.id.startswith("build-")]
        for source in (EXAMPLE, path)
    )
    assert before == after


def test_learner_has_stubs_and_visible_checks_only():
    cells = variant(lesson.learner)
    assert cells["ex90_1"].source.endswith("    # about 1 line\n    " + lesson.STUB)
    assert cells["ex90_1_a"].source.startswith('with attempt("ex90_1_a"):\n    assert type(')
    assert "import attempt, rejects" in cells["build-2"].source
    text = "".join(cell.source for cell in cells.values())
    assert "HIDDEN" not in text
    assert "SOLUTION" not in text
    assert "another digest" not in text, "a hidden check is visible"


def test_indenting_keeps_the_value_of_strings():
    scope = {"attempt": attempt, "digest": lambda data: bytes(32)}
    exec(variant(lesson.learner)["ex90_1_b"].source, scope)
    assert scope["two_lines"] == "a\nb"


def test_worked_is_the_source_itself():
    cells = variant(lesson.worked)
    assert "return hashlib.sha256(data).digest()" in cells["ex90_1"].source
    assert "another digest" in cells["ex90_1_a"].source


def test_assignment_has_title_setup_and_exercises_for_nbgrader():
    cells = variant(lesson.assignment)
    keys = ["ex90_1", "ex90_1_a", "ex90_1_b", "ex90_2", "ex90_2_a"]
    assert list(cells) == ["top-1", "build-2", "exercises-1", *keys]
    roles = {
        name: (role["grade"], role["solution"], role["locked"], role.get("points"))
        for name, cell in cells.items()
        if (role := cell.metadata.get("nbgrader"))
    }
    assert roles["build-2"] == (False, False, True, None), "setup is read-only"
    assert roles["ex90_1"] == (False, True, False, None)
    assert roles["ex90_1_a"] == (True, False, True, 2)


def test_solutions_are_executed_and_pass_their_hidden_tests(here):
    assert build.main(["--solutions", SLUG]) == 0
    notebook = nbformat.read(here / "build" / "solutions" / f"{SLUG}.ipynb", as_version=4)
    assert all(cell.execution_count for cell in build.code_cells(notebook))


def test_assignments_are_released_by_nbgrader(here):
    assert build.main(["--assignments", "out"]) == 0
    release = (here / "out" / "release" / SLUG / f"{SLUG}.ipynb").read_text()
    assert "another digest" not in release, "a hidden check is released"
    assert "return hashlib" not in release, "a solution is released"
    assert lesson.STUB in release
    assert (here / "out" / "nbgrader_config.py").exists()


# Outputs


def test_lesson_keeps_a_small_static_figure_and_no_widget(built):
    text = (built / "notebooks" / f"{SLUG}.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    figures = [out.data for out in outputs(notebook) if "data" in out]
    assert [build.WIDGET_VIEW in data for data in figures] == [False]
    assert len(json.dumps(figures)) < 4000
    assert "widget" not in text.replace("_widget", "")
    assert notebook.metadata == lesson.METADATA, "the machine shows in the metadata"


def test_untouched_lesson_says_what_waits(built):
    notebook = nbformat.read(built / "notebooks" / f"{SLUG}.ipynb", as_version=4)
    said = [out.text for out in outputs(notebook) if "not attempted" in out.get("text", "")]
    assert len(said) == 3


# Drift


def edit(cell_id, **changes):
    """A fault: sets fields of one cell."""

    def plant(notebook):
        next(cell for cell in notebook.cells if cell.id == cell_id).update(changes)

    return plant


def stderr(text):
    return nbformat.v4.new_output("stream", name="stderr", text=text)


ERROR = nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[])
WIDGET = nbformat.v4.new_output("display_data", data={build.WIDGET_VIEW: {"model_id": "1"}})
FAULTS = {
    "build-3: source is not": edit("build-3", source="print(1)"),
    "build-3: metadata is not": edit("build-3", metadata={}),
    "build-3: not executed": edit("build-3", execution_count=None),
    "build-4: not executed in one run": edit("build-4", execution_count=9),
    "see-2: KeyError: 'x'": edit("see-2", outputs=[ERROR]),
    "see-2: stderr: careful": edit("see-2", outputs=[stderr("careful")]),
    "see-2: a widget is stored": edit("see-2", outputs=[WIDGET]),
    "see-2: missing": lambda notebook: notebook.cells.pop(6),
    "new: not in the source": edit("see-2", id="new"),
    "build-1: stands where top-1 belongs": lambda notebook: notebook.cells.insert(
        0, notebook.cells.pop(1)
    ),
    "metadata 'widgets' is not": lambda notebook: notebook.metadata.update(widgets={}),
    "metadata 'kernelspec' is not": lambda notebook: notebook.metadata.pop("kernelspec"),
}


def test_check_passes_on_what_was_built(here, capsys):
    assert build.main(["--check"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("line", FAULTS)
def test_check_names_every_planted_drift(here, capsys, line):
    path = here / "notebooks" / f"{SLUG}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    FAULTS[line](notebook)
    nbformat.write(notebook, path)
    assert build.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert line in said
    assert SLUG in said


def test_check_names_orphans_on_both_sides(here, capsys):
    (here / "notebooks" / f"{SLUG}.ipynb").rename(here / "notebooks" / "91_other.ipynb")
    assert build.main(["--check"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{SLUG}: notebooks/{SLUG}.ipynb is missing"
    assert said[1] == "91_other: notebooks/91_other.ipynb has no source in notebooks/src"


def test_check_names_a_file_that_is_no_notebook(here, capsys):
    (here / "notebooks" / f"{SLUG}.ipynb").write_text("not JSON")
    assert build.main(["--check"]) == 1
    assert "is not a notebook" in capsys.readouterr().out


# Errors: what stands in the source, its replacement, what the message says

MISTAKES = [
    ('exercise="ex90_1"', 'exercise="ex90_2"', "cell ex90_2: this id stands 2 times"),
    ('exercise="ex90_1"', 'exercise="first"', "is not of the form 'ex90_1'"),
    ('test="ex90_2_a"', 'test="ex90_3_a"', "no cell with test='ex90_2_a'"),
    (" points=3", "", "points=0 is not a whole number"),
    ("points=3", "point=3", "header not understood: {'test': 'ex90_2_a', 'point': 3}"),
    ("    ### END SOLUTION\n", "", "not pairs of BEGIN and END SOLUTION"),
    ("    ### BEGIN SOLUTION\n", "    # BEGIN SOLUTION\n", "is not a line of its own"),
    ("### END HIDDEN TESTS\n", "", "not pairs of BEGIN and END HIDDEN TESTS"),
    ("# ## Exercises", "# ## Problems", "stands under '## Problems'"),
    ("# # 90", "# 90", "starts with a markdown cell"),
    ('# %% tags=["setup"]', "# %%", 'no cell has tags=["setup"]'),
    ("assert is_digest(", "assert is_digest((", "cell ex90_2_a: line"),
]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_in_the_source_gets_one_clear_line(here, capsys, old, new, message):
    path = here / "notebooks" / "src" / EXAMPLE.name
    path.write_text(EXAMPLE.read_text().replace(old, new, 1))
    assert build.main(["--check"]) == 1
    said = capsys.readouterr().err.strip()
    assert message in said
    assert said.startswith(f"build.py: notebooks/src/{EXAMPLE.name}, cell ")
    assert "\n" not in said


def test_unknown_lesson_is_named(here, capsys):
    assert build.main(["07_nothing"]) == 1
    assert "unknown lesson '07_nothing'; there are: 90_example" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('boom')", "ValueError: boom"),
        ("import sys; print('careful', file=sys.stderr)", "stderr: careful"),
        ("import os; os._exit(1)", "the kernel died"),
        ("import time; time.sleep(9)", "over 3 s"),
    ],
)
def test_build_stops_at_a_cell_that_fails(here, capsys, monkeypatch, code, message):
    monkeypatch.setattr(build, "TIMEOUT_S", 3)
    path = here / "notebooks" / "src" / EXAMPLE.name
    path.write_text(f'# %% [markdown]\n# # 90\n\n# %% tags=["setup"]\n{code}\n')
    kept = (here / "notebooks" / f"{SLUG}.ipynb").read_bytes()
    assert build.main([]) == 1
    assert capsys.readouterr().err == f"build.py: {SLUG}, cell top-2: {message}\n"
    assert (here / "notebooks" / f"{SLUG}.ipynb").read_bytes() == kept


# What lessons import


def test_attempt_forgives_only_the_stub(capsys):
    with attempt("ex00_1_a"):
        raise NotImplementedError
    with attempt("ex00_1_b"):
        pass
    assert capsys.readouterr().out.splitlines() == [
        "ex00_1_a: not attempted yet, the cell above waits for you",
        "ex00_1_b: passed",
    ]
    with pytest.raises(AssertionError), attempt("ex00_1_a"):
        raise AssertionError
    with pytest.raises(NotImplementedError), attempt("ex00_1_a"):
        raise NotImplementedError("no int64 here")


@pytest.mark.parametrize("verdict", [True, None, 0, [], "no"])
def test_rejects_demands_exactly_false(verdict):
    rejects(lambda proof: False, "proof")
    with pytest.raises(AssertionError, match=r"must return False \(a bit flipped\), but returned"):
        rejects(lambda proof: verdict, "proof", because="a bit flipped")


def test_rejects_demands_the_named_exception():
    rejects(int, "x", raises=ValueError)
    with pytest.raises(AssertionError, match="int must raise ValueError, but returned 7"):
        rejects(int, "7", raises=ValueError)
    with pytest.raises(AssertionError, match="int must raise ValueError, but raised TypeError"):
        rejects(int, [], raises=ValueError)
    with pytest.raises(AssertionError, match="int must return False, but raised ValueError"):
        rejects(int, "x")


def test_device_report_names_torch_and_the_device():
    assert device_report().startswith("torch 2.")
    assert "GPU" in device_report()


def test_figure_is_small_and_hides_axes_without_titles():
    plain = figure(go.Scatter(x=[0, 1], y=[1, 0]), title="A line", x="time (s)", y="size (bytes)")
    assert len(plain.to_json()) < 4000
    assert plain.layout.xaxis.visible
    assert not figure(title="A tree").layout.xaxis.visible


@pytest.mark.parametrize("control", [(), (3, 3), []])
def test_explore_refuses_a_control_without_choice(control):
    with pytest.raises(ValueError, match="explore: n="):
        explore(lambda n=1: figure(title=str(n)), n=control)
