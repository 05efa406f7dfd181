"""`pip install aicrypto` gives library and commands; `aicrypto course DIR` unpacks the lessons."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from aicrypto import courseware

ROOT = Path(__file__).parents[1]


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(command, cwd="/", env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this checkout, built without a network, unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index"]
    done = run(*pip, "--no-build-isolation", "--no-deps", f"--wheel-dir={folder}", str(ROOT))
    assert done.returncode == 0, done.stderr
    [archive] = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as names:
        names.extractall(folder / "site")
    return folder / "site"


def aicrypto(wheel: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, run from the unpacked wheel and from nothing of this checkout."""
    return run(sys.executable, "-m", "aicrypto", *words, PYTHONPATH=str(wheel))


@pytest.fixture(scope="module")
def course(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "mine"
    done = aicrypto(wheel, "course", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{sum(1 for _ in courseware.files())} files written")
    return folder


def test_the_library_of_the_wheel_is_its_own(wheel):
    code = "import aicrypto; print(aicrypto.__file__)"
    done = run(sys.executable, "-c", code, PYTHONPATH=str(wheel))
    assert done.stdout.strip() == str(wheel / "aicrypto" / "__init__.py")
    assert not list(wheel.rglob("test_*.py")), "tests in the wheel"


def test_the_course_is_that_of_the_checkout(course):
    names = [path for path in courseware.files() if path.suffix != ".pyc"]
    assert {name.parts[0] for name in names} == {"notebooks", "data", "tests"}
    for name in names:
        assert (course / name).read_bytes() == (ROOT / name).read_bytes(), name
    lessons = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (course / "notebooks").glob("*.ipynb")} == lessons


def test_a_command_of_the_wheel_works_on_the_course(wheel, course):
    done = aicrypto(wheel, "conform", str(course / "tests" / "vectors" / "merkle.rfc6962.json"))
    assert done.returncode == 0, done.stderr
    assert "0 failed" in done.stdout


def test_a_learners_files_are_refused_by_name(wheel, course):
    """Same files: nothing to do. A lost one comes back. A changed one, and nothing is written."""
    same = aicrypto(wheel, "course", str(course))
    assert (same.returncode, same.stdout.split()[0]) == (0, "0")
    lost, mine = course / "data" / "digits.npz", course / "notebooks" / "00_start_here.ipynb"
    kept = lost.read_bytes()
    lost.unlink()
    assert aicrypto(wheel, "course", str(course)).stdout.split()[0] == "1"
    assert lost.read_bytes() == kept
    mine.write_text("my answers")
    lost.unlink()
    refused = aicrypto(wheel, "course", str(course))
    assert refused.returncode == 2
    assert "notebooks/00_start_here.ipynb" in refused.stderr
    assert mine.read_text() == "my answers"
    assert not lost.exists(), "written in spite of the refusal"


def test_a_link_is_not_followed(tmp_path):
    """A dangling link where a file belongs would lead the writing elsewhere."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=r"data/README\.md"):
        courseware.unpack(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_library_without_course_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(courseware, "PACKAGE", tmp_path / "aicrypto")
    with pytest.raises(ValueError, match="no course lies beside the library"):
        courseware.unpack(tmp_path / "new")
