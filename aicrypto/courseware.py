"""The course unpacked into a folder: lessons, the data they read, and other software's vectors.

A wheel carries these files beside the library (`course_files/`), a checkout has them above it. A
lesson finds its data by relative paths (`../data`, `../tests/vectors`), so the three folders keep
their places. `aicrypto course DIR` uses `unpack`; nothing of a learner's is ever overwritten.
"""

import os
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent
FOLDERS = ("notebooks", "data", "tests/vectors")
SHOWN = 5  # names in a refusal; a folder that is full of lessons holds more


def home() -> Path:
    """The folder that holds `FOLDERS`: inside an installed package, else its checkout.

    Raises ValueError where there are none: a library copied by hand.
    """
    for place in (PACKAGE / "course_files", PACKAGE.parent):
        if all((place / folder).is_dir() for folder in FOLDERS):
            return place
    raise ValueError(f"no course lies beside the library in {PACKAGE}: install it by pip")


def files() -> Iterator[Path]:
    """The files of the course, relative to `home()`, in order; no caches, nothing hidden."""
    place = home()
    for folder in FOLDERS:
        for path in sorted((place / folder).rglob("*")):
            name = path.relative_to(place)
            if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
                yield name


def unpack(folder: Path) -> int:
    """The number of files written below `folder`.

    A file that is there already with the same content stays. Raises ValueError, before anything is
    written, that names those which are there with another content, or are no ordinary files.
    """
    place, names = home(), [*files()]
    wanted = [name for name in names if not os.path.lexists(folder / name)]
    taken = [name for name in names if name not in wanted and not _same(folder, place, name)]
    if taken:
        raise ValueError(f"folder {folder} has its own {_named(taken)}: choose an empty folder")
    for name in wanted:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as new:  # never one that appeared meanwhile
            new.write((place / name).read_bytes())
    return len(wanted)


def _named(names: list[Path]) -> str:
    """The first few of many names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(map(str, names[:SHOWN])) + more


def _same(folder: Path, place: Path, name: Path) -> bool:
    """Whether both folders have an ordinary file of this name and content."""
    path = folder / name
    return path.is_file() and path.read_bytes() == (place / name).read_bytes()
