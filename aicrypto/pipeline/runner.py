"""Runs the stages in order, has a fresh process check every receipt, keeps complete runs only."""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import Receipt, Stage
from aicrypto.pipeline.stages import (
    claim,
    crawl,
    dataset,
    inference,
    own,
    prove,
    quantise,
    rank,
    royalty,
    settle,
    train,
    witness,
)
from aicrypto.pipeline.state import Options, State, begin

STAGES: tuple[Stage, ...] = tuple(
    module.STAGE
    for module in (
        *(crawl, witness, dataset, train, rank, own),
        *(quantise, prove, claim, inference, royalty, settle),
    )
)
NAMES = tuple(stage.name for stage in STAGES)
REPORT_FILE = "report.html"


class Observer(Protocol):
    """Whoever watches a run."""

    def start(self, stage: str) -> None:
        """A stage begins."""

    def progress(self, done: int, total: int) -> None:
        """The stage has done that much of its work."""

    def finish(self, receipt: Receipt) -> None:
        """A stage has ended with this receipt."""


@dataclass(frozen=True)
class Result:
    """A complete run: folder, receipts, and whether a fresh process came to the same verdict."""

    folder: Path
    receipts: tuple[Receipt, ...]
    confirmed: bool

    @property
    def ok(self) -> bool:
        """Whether every receipt holds, here and in the fresh process."""
        return self.confirmed and all(receipt.verified for receipt in self.receipts)


def device_named(name: str) -> str:
    """The torch device that a name means; "auto" takes CUDA where it is.

    Raises:
        ValueError: for another name, or CUDA where there is none.
    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name not in ("cpu", "cuda"):
        raise ValueError(f"device is {name!r}, must be auto, cpu or cuda")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda', but torch finds no CUDA device here; use cpu or auto")
    return name


def run(options: Options, runs: Path, observer: Observer) -> Result:
    """A complete run in a new folder below `runs`.

    Raises:
        ValueError: for an unknown stage to tamper with, or a site that gives no data set.
        OSError: if the site cannot be read or the folder cannot be written.
    """
    if options.tamper is not None and options.tamper not in NAMES:
        raise ValueError(f"stage {options.tamper!r} is unknown; there are: {', '.join(NAMES)}")
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=runs, prefix=".unfinished-") as scratch:
        folder = Path(scratch) / "run"
        folder.mkdir()
        state = begin(options, folder, observer.progress)
        for stage in STAGES:
            observer.start(stage.name)
            state = _one_stage(stage, state)
            observer.finish(state.receipts[-1])
        files.save(folder / files.RECEIPTS_FILE, list(state.receipts), _description(options))
        confirmed = _confirmed_by_fresh_process(folder, state.receipts)
        _write_report(folder, state.receipts)
        return Result(_publish(folder, runs), state.receipts, confirmed)


def verify(path: Path) -> list[Receipt]:
    """The receipts of a run with fresh verdicts, computed from the files beside them alone.

    Raises:
        ValueError: if the file is no receipts file, or its stages are not those of a run.
    """
    stored, _ = files.load(path)
    names = tuple(receipt.stage for receipt in stored)
    if names != NAMES:
        raise ValueError(f"{path}: stages are {list(names)}, must be {list(NAMES)}")
    checked: list[Receipt] = []
    for receipt, stage in zip(stored, STAGES, strict=True):
        checked.append(files.verdict(receipt, path.parent, checked, stage))
    return checked


def _one_stage(stage: Stage, state: State) -> State:
    """The state after a stage, with the verdict on its receipt."""
    start = time.perf_counter()
    after: State = stage.run(state)
    receipt, earlier = after.receipts[-1], list(state.receipts)
    if state.options.tamper == stage.name:
        _flip_one_bit(state.folder / receipt.file, state.rng("tamper"))
    receipt = files.verdict(receipt, state.folder, earlier, stage)
    receipt = replace(receipt, seconds=round(time.perf_counter() - start, 2))
    return replace(after, receipts=(*earlier, receipt))


def _flip_one_bit(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))


def _confirmed_by_fresh_process(folder: Path, receipts: Iterable[Receipt]) -> bool:
    """Whether `python -m aicrypto verify` on the files comes to the same verdict."""
    command = [sys.executable, "-m", "aicrypto", "verify", str(folder / files.RECEIPTS_FILE)]
    finished = subprocess.run(command, capture_output=True, check=False)
    return finished.returncode == (0 if all(receipt.verified for receipt in receipts) else 1)


def _write_report(folder: Path, receipts: tuple[Receipt, ...]) -> None:
    from aicrypto.pipeline.report import render  # plotly: only once there is something to draw

    (folder / REPORT_FILE).write_text(render(receipts, folder))


def _description(options: Options) -> files.Json:
    asked = asdict(options)
    return asked | {"topics": list(options.topics), "started": time.strftime("%Y-%m-%dT%H:%M:%S")}


def _publish(folder: Path, runs: Path) -> Path:
    """Moves a complete run to its final name: the time, with a number if that second is taken."""
    name = time.strftime("%Y%m%d-%H%M%S")
    target, number = runs / name, 1
    while target.exists():
        number += 1
        target = runs / f"{name}-{number}"
    return folder.rename(target)
