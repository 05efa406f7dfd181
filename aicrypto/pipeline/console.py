"""What a person sees of a run: live progress, then the table of receipts."""

from collections.abc import Iterable
from types import TracebackType

from rich.console import Console as RichConsole
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from aicrypto.pipeline.receipts import Receipt
from aicrypto.pipeline.runner import Result


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


def _mark(receipt: Receipt) -> str:
    return "[green]true [/green]" if receipt.verified else "[red]FALSE[/red]"
