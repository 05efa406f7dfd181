"""The tamper campaign: a run's files are changed at random, and `verify` must say where each time.

What must fail is known without verifying. A changed evidence file falsifies the receipt that names
it. Changed receipts falsify those that now claim something else, or the whole file where it is no
receipts file any more. Whatever nobody claims (seconds, the description of the run) may change.

Every trial is one call of the public `verify` on the changed folder. It remembers what followed
from evidence, by the digests of all that went in (`Memory`), so that only what a change touches is
computed again.
"""

import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import RECEIPTS_FILE, Memory, Receipt, encode
from aicrypto.pipeline.runner import NAMES, verify
from aicrypto.pipeline.trials.changes import CLAIMED, Change, draw

Verdict = frozenset[str] | None  # stages whose receipts fail; None: this is no receipts file


@dataclass(frozen=True)
class Trial:
    """A change, what had to fail, and what did."""

    change: Change
    expected: Verdict
    found: Verdict

    @property
    def ok(self) -> bool:
        """Whether exactly the right receipts failed."""
        return self.expected == self.found


def campaign(
    folder: Path, times: int, seed: int, observe: Callable[[Trial], None] = lambda trial: None
) -> list[Trial]:
    """So many trials of a run, which stays as it is: a copy is changed.

    Args:
        folder: a finished run.
        times: how many changes.
        seed: of the changes.
        observe: told of each trial.

    Raises:
        ValueError: if the run's receipts do not all hold before, or times is below 1.
    """
    if times < 1:
        raise ValueError(f"times is {times}, must be at least 1")
    stored, _ = files.load(folder / RECEIPTS_FILE)
    memory, trials = Memory(), []
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in (RECEIPTS_FILE, *(receipt.file for receipt in stored)):
            shutil.copy(folder / name, copy / name)
        contents = {path.name: path.read_bytes() for path in copy.iterdir()}
        before = failing(copy, memory)
        if before:
            raise ValueError(f"{folder}: the receipts of {', '.join(sorted(before))} fail already")
        for number in range(times):
            change = draw(contents, random.Random(f"{seed}:{number}"))
            trials.append(_tried(copy, change, stored, memory))
            (copy / change.file).write_bytes(contents[change.file])
            observe(trials[-1])
    return trials


def _tried(copy: Path, change: Change, stored: Sequence[Receipt], memory: Memory) -> Trial:
    path = copy / change.file
    if change.data is None:
        path.unlink()
    else:
        path.write_bytes(change.data)
    return Trial(change, must_fail(path, stored), failing(copy, memory))


def failing(folder: Path, memory: Memory | None = None) -> Verdict:
    """The stages whose receipts do not hold; None if the file is no receipts file."""
    try:
        return frozenset(
            receipt.stage
            for receipt in verify(folder / RECEIPTS_FILE, memory)
            if not receipt.verified
        )
    except ValueError:
        return None


def must_fail(changed: Path, stored: Sequence[Receipt]) -> Verdict:
    """The stages whose receipts must fail now that this file is changed, or gone."""
    if changed.name != RECEIPTS_FILE:
        named = {receipt.file: receipt.stage for receipt in stored}
        return frozenset([named[changed.name]])
    try:
        told, _ = files.load(changed)
    except ValueError:
        return None
    before, after = _claims(stored), _claims(told)
    if tuple(after) != NAMES or len(told) != len(NAMES):
        return None
    return frozenset(stage for stage in NAMES if before[stage] != after[stage])


def _claims(receipts: Sequence[Receipt]) -> dict[str, bytes]:
    """All that each receipt claims, by its stage."""
    return {r.stage: encode({name: getattr(r, name) for name in CLAIMED}) for r in receipts}
