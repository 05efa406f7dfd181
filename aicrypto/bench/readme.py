"""README's tables, generated: what stands between a pair of markers comes from stored records.

A table is asked for by `<!-- bench:ROOM ROOM... -->` and closed by `<!-- /bench -->`; the records
are those of `data/bench/ROOM.json`, one room after the other.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MARKED = re.compile(r"(<!-- bench:([\w ]+) -->\n).*?(<!-- /bench -->)", re.DOTALL)
HEAD = "| figure | ours | peer | peer's | ours ÷ peer's | device, threads |\n|-|-|-|-|-|-|\n"


def render(readme: str, folder: Path) -> str:
    """The README's text with every marked table written anew.

    Raises:
        ValueError: if a table asks for a room without stored records, or none is asked for.
    """
    if not MARKED.search(readme):
        raise ValueError("README has no '<!-- bench:ROOM -->' marker")
    return MARKED.sub(lambda m: m[1] + table(folder, m[2].split()) + m[3], readme)


def update(readme: Path, folder: Path, only_check: bool) -> int:
    """0 if README's tables are those of the stored records, or were made so; 1 if they differ."""
    old = readme.read_text()
    new = render(old, folder)
    if old == new:
        return 0
    if only_check:
        print(f"{readme}: tables differ from {folder}; run `python -m aicrypto bench --readme`")
        return 1
    readme.write_text(new)
    return 0


def table(folder: Path, rooms: Sequence[str]) -> str:
    """One Markdown table of some rooms' stored records, with machines and dates below it."""
    stored = [_load(folder / f"{room}.json") for room in rooms]
    rows = "".join(_row(record) for room in stored for record in room["records"])
    measured = dict.fromkeys(_where(room) for room in stored)  # each once, in order
    return f"\n{HEAD}{rows}\nMeasured {'; '.join(measured)}.\n\n"


def _load(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except OSError:
        room = path.stem
        raise ValueError(
            f"{path} is not there; run `python -m aicrypto bench {room} --save`"
        ) from None
    return content


def _where(room: dict[str, Any]) -> str:
    machine = room["machine"]
    place = f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}"
    return f"{room['date']} on {place}"


def _row(record: dict[str, Any]) -> str:
    unit = record["unit"]
    ratio = _figure(record["ratio"])
    cells = [
        f"`{record['name']}`",
        f"{_figure(record['value'])} {unit}",
        record["peer"] or "–",
        f"{_figure(record['peer_value'])} {unit}" if record["peer_value"] else "–",
        f"{ratio}×" if record["ratio"] else "–",
        f"{record['device']}, {record['threads']}",
    ]
    return f"| {' | '.join(cells)} |\n"


def _figure(value: float | None) -> str:
    """Three significant digits, thousands separated, no exponent where it can be avoided."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
