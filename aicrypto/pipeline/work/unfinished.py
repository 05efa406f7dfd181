"""A run that was killed goes on from its last whole receipt, to the same bytes.

A run lives in a folder `.unfinished-*` until it is complete. There, besides the evidence of each
stage that has ended, lies a *mark* of the stage: its receipt, and what happened on the chain since
the last mark. Both are written whole or not at all, the mark last; a stage without mark, or whose
evidence is not the receipt's, did not happen.

To go on, the chain's history is repeated from the marks, each stage's product is made from its
evidence, and the next stage begins. Nothing else is handed from stage to stage, and everything
random comes from the seed, so the result cannot be told from an uninterrupted one's (but for the
seconds).
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from aicrypto.commit.untrusted import parse_json
from aicrypto.evm import Chain, Journal, Reverted
from aicrypto.evm.accounts import derive_account
from aicrypto.evm.journal import Entry, Mint, Warp
from aicrypto.pipeline import receipts as files
from aicrypto.pipeline.receipts import Json, Receipt, Stage, encode, intact
from aicrypto.pipeline.state import Options, State, begin

PREFIX = ".unfinished-"
DESCRIPTION_FILE = "description.json"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Unfinished:
    """A run's folder before its end."""

    path: Path

    @classmethod
    def new(cls, runs: Path, description: Json) -> "Unfinished":
        """A new one below `runs`; OSError if it cannot be written."""
        runs.mkdir(parents=True, exist_ok=True)
        made = cls(Path(tempfile.mkdtemp(dir=runs, prefix=PREFIX)))
        made.folder.mkdir()
        files.write_whole(made.path / DESCRIPTION_FILE, encode(description))
        return made

    @classmethod
    def latest(cls, runs: Path) -> "Unfinished":
        """The newest below `runs`; ValueError if there is none."""
        found = [path.parent for path in runs.glob(f"{PREFIX}*/run")]
        if not found:
            raise ValueError(f"{runs} holds no unfinished run to go on with")
        return cls(max(found, key=lambda path: path.stat().st_mtime_ns))

    @property
    def folder(self) -> Path:
        """Where evidence lies, and in the end all that is published."""
        return self.path / "run"

    @property
    def description(self) -> Json:
        """What the run was asked to do."""
        return dict(parse_json((self.path / DESCRIPTION_FILE).read_bytes()))

    def discard(self) -> None:
        """Removes it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def mark(self, before: State, after: State) -> None:
        """Notes that a stage has ended."""
        journal, receipt = after.chain.journal, after.receipts[-1]
        news = replace(journal, entries=journal.entries[before.n_entries :])
        told = {
            "receipt": asdict(receipt),
            "journal": news.to_bytes().hex(),
            "names": list(after.chain.accounts),
            "gas": after.job.gas,
        }
        files.write_whole(self._mark_of(len(after.receipts), receipt.stage), encode(told))

    def _mark_of(self, number: int, stage: str) -> Path:
        return self.path / f"{number}_{stage}.mark"

    def state(
        self, stages: Sequence[Stage], progress: Progress, executor: Executor | None
    ) -> State:
        """The state after the last whole receipt, or a run's first."""
        options = options_in(self.description)
        marks = self._whole(stages)
        self._clear({str(mark["receipt"]["file"]) for mark in marks})
        state = begin(options, self.folder, progress, executor)
        if marks:
            _repeat(state.chain, marks)
            state.job.gas.update(marks[-1]["gas"])
        for mark, stage in zip(marks, stages, strict=False):
            state = self._with_stage(state, stage, mark)
        return replace(state, n_entries=len(state.chain.journal.entries) if marks else 0)

    def _clear(self, kept: set[str]) -> None:
        """Removes what stages that did not end have left behind."""
        for path in self.folder.iterdir():
            if path.name not in kept:
                path.unlink()

    def _with_stage(self, state: State, stage: Stage, mark: Json) -> State:
        receipt = Receipt(**mark["receipt"])
        evidence = intact(receipt, self.folder)
        assert evidence is not None
        assert stage.restore is not None
        after = replace(
            state,
            evidence={**state.evidence, stage.name: evidence},
            receipts=(*state.receipts, receipt),
        )
        product = stage.restore(after, evidence)
        return replace(after, products={**state.products, type(product): product})

    def _whole(self, stages: Sequence[Stage]) -> list[Json]:
        """The marks of the first stages that are whole and can be restored."""
        found: list[Json] = []
        for number, stage in enumerate(stages, 1):
            path = self._mark_of(number, stage.name)
            if stage.restore is None or not path.is_file():
                break
            mark = files.decode(path.read_bytes())
            if intact(Receipt(**mark["receipt"]), self.folder) is None:
                break
            found.append(mark)
        return found


def _repeat(chain: Chain, marks: Sequence[Json]) -> None:
    """Brings a run's fresh chain to where the marks end."""
    journals = [Journal.from_bytes(bytes.fromhex(mark["journal"])) for mark in marks]
    entries = [entry for journal in journals for entry in journal.entries]
    begun = chain.journal.entries
    if list(begun) != entries[: len(begun)]:
        raise ValueError("the unfinished run began otherwise: another version of the code made it")
    for entry in entries[len(begun) :]:
        _do(chain, entry)
    chain.accounts |= {name: derive_account(chain.seed, name) for name in marks[-1]["names"]}


def _do(chain: Chain, entry: Entry) -> None:
    if isinstance(entry, Mint):
        chain.mint(entry.address, entry.wei)
    elif isinstance(entry, Warp):
        chain.warp(entry.seconds)
    else:
        with suppress(Reverted):  # it was a failure then, too
            chain.send_raw(entry)


def options_in(description: Json) -> Options:
    """The options in a run's description."""
    told = {name: description[name] for name in Options.__dataclass_fields__}
    return Options(**told | {"topics": tuple(told["topics"])})
