"""What a person sees of a run: live progress, then the table of receipts."""

from collections import Counter
from collections.abc import Iterable
from types import TracebackType

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aicrypto.pipeline.receipts import Receipt
from aicrypto.pipeline.runner import Result
from aicrypto.pipeline.scale.model import Growth
from aicrypto.pipeline.scale.page import COLUMNS, lines
from aicrypto.pipeline.trials.campaign import Trial, Verdict


class Console:
    """Watches a run and shows it; a context manager."""

    def __init__(self) -> None:
        self._console = RichConsole()
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:10}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._task = self._progress.add_task("", visible=False)

    def __enter__(self) -> "Console":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def start(self, stage: str) -> None:
        """Shows a new bar for the stage."""
        self._task = self._progress.add_task(stage, total=None)

    def progress(self, done: int, total: int) -> None:
        """Moves the bar."""
        self._progress.update(self._task, completed=done, total=total)

    def finish(self, receipt: Receipt) -> None:
        """Replaces the bar by the verdict."""
        self._progress.update(self._task, visible=False)
        self._console.print(f"{_mark(receipt)} {receipt.stage:10} {receipt.seconds:5.1f} s")

    def summary(self, result: Result) -> None:
        """Prints the receipts and where everything lies."""
        print_receipts(result.receipts)
        fresh = "agrees" if result.confirmed else "[red]disagrees[/red]"
        self._console.print(f"A fresh process that saw only the files {fresh}.")
        self._console.print(f"Receipts and report: {result.folder}/report.html", soft_wrap=True)
        self._console.print(
            f"Check them yourself: python -m aicrypto verify {result.folder}/receipts.json",
            soft_wrap=True,
        )


class Trials:
    """Watches a tamper campaign; a context manager."""

    def __init__(self, times: int) -> None:
        self._progress = Progress(
            TextColumn("tampering "), BarColumn(), TimeElapsedColumn(), console=RichConsole()
        )
        self._task = self._progress.add_task("", total=times)
        self._outcomes: Counter[str] = Counter()
        self._wrong: list[Trial] = []

    def __enter__(self) -> "Trials":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def observe(self, trial: Trial) -> None:
        """Counts a trial."""
        self._progress.advance(self._task)
        self._outcomes[_named(trial.expected)] += trial.ok
        if not trial.ok:
            self._wrong.append(trial)

    @property
    def all_right(self) -> bool:
        """Whether exactly the right receipts failed each time."""
        return not self._wrong

    def summary(self) -> None:
        """Prints what failed how often, and where that was wrong."""
        table = Table("what had to fail, and did", "times", title="Random changes of a run's files")
        for name, times in sorted(self._outcomes.items()):
            table.add_row(name, str(times))
        console = RichConsole()
        console.print(table)
        for trial in self._wrong:
            told = f"{trial.change.file}, {trial.change.what}: {_named(trial.found)} failed"
            console.print(escape(f"{told}, {_named(trial.expected)} had to"), style="red")
        right = self._outcomes.total()
        times = right + len(self._wrong)
        console.print(f"exactly the right receipts failed in {right} of {times} trials")


def _named(failed: Verdict) -> str:
    if failed is None:
        return "the receipts file as a whole"
    return ", ".join(sorted(failed)) or "none: nothing claimed was changed"


def print_receipts(receipts: Iterable[Receipt]) -> None:
    """Prints one line per receipt, and how many hold."""
    table = Table("", "stage", "claim", "evidence", "s", title="Receipts")
    receipts = list(receipts)
    for receipt in receipts:
        claim = f"{receipt.claim}\n({receipt.reason})" if receipt.reason else receipt.claim
        cells = (
            receipt.stage,
            escape(claim),
            escape(f"{receipt.sha256[:12]}…"),
            f"{receipt.seconds:.1f}",
        )
        table.add_row(_mark(receipt), *cells)
    holding = sum(receipt.verified for receipt in receipts)
    console = RichConsole()
    console.print(table)
    console.print(f"{holding} of {len(receipts)} receipts verified")


def print_growth(measured: Iterable[Growth]) -> list[Growth]:
    """All growths, printed as a table once they are measured."""
    console, growths = RichConsole(), []
    for growth in measured:
        console.print(f"measured: {growth.name}")
        growths.append(growth)
    table = Table(*COLUMNS, title="What growth costs, in seconds")
    for line in lines(growths):
        table.add_row(*line)
    console.print(table)
    console.print("The last column is on paper: nobody measured it.")
    return growths


def _mark(receipt: Receipt) -> str:
    return "[green]true [/green]" if receipt.verified else "[red]FALSE[/red]"
