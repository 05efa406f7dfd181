"""A fault planted in the library makes its lesson fail: the checks of a lesson can fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LESSON = ROOT / "notebooks" / "02_commitments.ipynb"
NODE_PREFIX = 'b"\\x01"'  # RFC 6962 § 2.1: what keeps an inner node from passing for a leaf

pytestmark = pytest.mark.skipif(not LESSON.exists(), reason=f"{LESSON.name} is not built yet")


def nbval(package_parent: Path) -> subprocess.CompletedProcess:
    """`pytest --nbval-lax` on the lesson, with the library that lies in `package_parent`."""
    command = "-m pytest -p no:cacheprovider --nbval-lax --nbval-current-env"
    environment = {**os.environ, "PYTHONPATH": str(package_parent)}
    return subprocess.run(
        [sys.executable, *command.split(), str(LESSON)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.fixture
def library(tmp_path):
    shutil.copytree(
        ROOT / "aicrypto", tmp_path / "aicrypto", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def test_lesson_passes_on_an_honest_copy(library):
    result = nbval(library)
    assert result.returncode == 0, result.stdout


def test_lesson_notices_a_wrong_node_prefix(library):
    merkle = library / "aicrypto" / "commit" / "merkle.py"
    text = merkle.read_text()
    assert NODE_PREFIX in text, "the place to plant the fault is gone"
    merkle.write_text(text.replace(NODE_PREFIX, 'b"\\x00"'))
    result = nbval(library)
    assert result.returncode == 1, "the lesson passes on a library that computes other roots"
    assert "AssertionError" in result.stdout
