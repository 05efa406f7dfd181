"""Runs the stages in order, has a fresh process check every receipt, keeps complete runs only."""

import random
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import Memory, Receipt, Refused, Stage
from aicrypto.pipeline.stages import (
    claim,
    context,
    crawl,
    dataset,
    inference,
    market,
    order,
    own,
    prove,
    quantise,
    rank,
    royalty,
    sale,
    service,
    settle,
    together,
    train,
    witness,
)
from aicrypto.pipeline.state import Options, State
from aicrypto.pipeline.work.unfinished import Unfinished

STAGES: tuple[Stage, ...] = tuple(
    module.STAGE
    for module in (
        *(order, crawl, witness, dataset, together, train, rank, own),
        *(quantise, prove, claim, market, inference, context, royalty, settle, service, sale),
    )
)
NAMES = tuple(stage.name for stage in STAGES)
REPORT_FILE = "report.html"
SAID_CHARS = 2_000  # kept of what the fresh process wrote, its end


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
    """A complete run: folder, receipts, and whether a fresh process came to the same verdict.

    `said` is what that process wrote, for who wants to know why it did not.
    """

    folder: Path
    receipts: tuple[Receipt, ...]
    confirmed: bool
    said: str = ""

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


def run(
    options: Options, runs: Path, observer: Observer, executor: Executor | None = None
) -> Result:
    """A complete run in a new folder below `runs`.

    Args:
        options: what is asked for.
        runs: where results lie, and unfinished runs until they are.
        observer: told what happens.
        executor: workers for the independent jobs of a stage; the result is the same without.

    Raises:
        ValueError: for an unknown stage to tamper with, or a site that gives no data set.
        OSError: if the site cannot be read or the folder cannot be written.
    """
    if options.tamper is not None and options.tamper not in NAMES:
        raise ValueError(f"stage {options.tamper!r} is unknown; there are: {', '.join(NAMES)}")
    return _finish(Unfinished.new(runs, _description(options)), runs, observer, executor)


def resume(runs: Path, observer: Observer, executor: Executor | None = None) -> Result:
    """The newest run below `runs` that was interrupted, continued after its last whole receipt.

    Raises:
        ValueError: if there is none; or as `run` does.
        OSError: as `run` does.
    """
    return _finish(Unfinished.latest(runs), runs, observer, executor)


def verify(path: Path, memory: Memory | None = None) -> list[Receipt]:
    """The receipts of a run with fresh verdicts, computed from the files beside them alone.

    Args:
        path: a run's receipts.json.
        memory: spares who checks nearly the same folder again what has not changed.

    Raises:
        ValueError: if the file is no receipts file, or its stages are not those of a run.
    """
    stored, _ = files.load(path)
    names = tuple(receipt.stage for receipt in stored)
    if names != NAMES:
        raise ValueError(f"{path}: stages are {list(names)}, must be {list(NAMES)}")
    checked: list[Receipt] = []
    believed: dict[str, Receipt] = {}
    for receipt, stage in zip(stored, STAGES, strict=True):
        fresh, facts = files.verdict(receipt, path.parent, believed, stage, memory)
        checked.append(fresh)
        believed[stage.name] = replace(fresh, facts=facts)
    return checked


def _finish(
    unfinished: Unfinished, runs: Path, observer: Observer, executor: Executor | None
) -> Result:
    """The run in this folder, to its end; what fails is removed, what is interrupted stays."""
    state = unfinished.state(STAGES, observer.progress, executor)  # if it cannot be: nothing lost
    try:
        for receipt in state.receipts:
            observer.finish(receipt)
        for stage in STAGES[len(state.receipts) :]:
            observer.start(stage.name)
            after = _one_stage(stage, state)
            unfinished.mark(state, after)
            state = replace(after, n_entries=len(after.chain.journal.entries))
            observer.finish(state.receipts[-1])
        result = _complete(unfinished, state, runs)
    except Refused as reason:  # what this run itself would show, does not hold
        unfinished.discard()
        raise ValueError(f"{NAMES[len(state.receipts)]}: {reason}") from None
    except Exception:
        unfinished.discard()
        raise
    unfinished.discard()
    return result


def _complete(unfinished: Unfinished, state: State, runs: Path) -> Result:
    """The run, checked by a fresh process, and published."""
    folder, receipts = unfinished.folder, state.receipts
    files.save(folder / files.RECEIPTS_FILE, list(receipts), unfinished.description)
    confirmed, said = _fresh_process(folder, receipts)
    _write_report(folder, receipts)
    return Result(_publish(folder, runs), receipts, confirmed, said)


def _one_stage(stage: Stage, state: State) -> State:
    """The state after a stage, with the verdict on its receipt."""
    start = time.perf_counter()
    after: State = stage.run(state)
    receipt, earlier = after.receipts[-1], state.receipts
    if state.options.tamper == stage.name:
        _flip_one_bit(state.folder / receipt.file, state.rng("tamper"))
    before = {r.stage: r for r in earlier}
    receipt, _ = files.verdict(receipt, state.folder, before, stage)
    receipt = replace(receipt, seconds=round(time.perf_counter() - start, 2))
    return replace(after, receipts=(*earlier, receipt))


def _flip_one_bit(path: Path, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    files.write_whole(path, bytes(data))


def _fresh_process(folder: Path, receipts: Iterable[Receipt]) -> tuple[bool, str]:
    """Whether `python -m aicrypto verify` comes to the same verdict on the files; what it wrote."""
    command = [sys.executable, "-m", "aicrypto", "verify", str(folder / files.RECEIPTS_FILE)]
    finished = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False
    )
    agreed = finished.returncode == (0 if all(receipt.verified for receipt in receipts) else 1)
    return agreed, f"{finished.stdout}\n{finished.stderr}"[-SAID_CHARS:]


def _write_report(folder: Path, receipts: tuple[Receipt, ...]) -> None:
    from aicrypto.pipeline.report import render  # plotly: only once there is something to draw

    files.write_whole(folder / REPORT_FILE, render(receipts, folder).encode())


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
