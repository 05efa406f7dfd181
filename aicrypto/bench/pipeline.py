"""The whole pipeline: seconds of a run and of its stages on each device, and what growth costs."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from aicrypto.bench import Record, one_thread


class _Silent:
    def start(self, stage: str) -> None:
        """Says nothing."""

    def progress(self, done: int, total: int) -> None:
        """Says nothing."""

    def finish(self, receipt: object) -> None:
        """Says nothing."""


def stages() -> Iterator[Record]:
    """`pipeline.s` and `pipeline.s.<stage>`: one run on Python's documentation server.

    A stage's seconds include its check; the whole includes the fresh process that checks again. It
    is measured on the CPU, and where there is CUDA, once more there (`pipeline.s.<stage>.cuda`),
    beside the CPU's seconds.
    """
    import torch

    on_cpu = _seconds("cpu")
    for name, taken in on_cpu.items():
        yield Record(name, taken, "s")
    if torch.cuda.is_available():
        for name, taken in _seconds("cuda").items():
            yield Record(f"{name}.cuda", taken, "s", "cpu", on_cpu[name], device="cuda")


def _seconds(device: str) -> dict[str, float]:
    """Seconds of one run there, in all and of each stage, by the record's name."""
    from aicrypto.pipeline import Options, run

    with tempfile.TemporaryDirectory() as folder, one_thread():
        start = time.perf_counter()
        result = run(Options(device=device), Path(folder), _Silent())
        seconds = {"pipeline.s": time.perf_counter() - start}
    if not result.ok:
        raise RuntimeError("a receipt does not hold")
    return seconds | {f"pipeline.s.{r.stage}": r.seconds for r in result.receipts}


def growth() -> Iterator[Record]:
    """`pipeline.scale.*`: the full size of each load, beside what the line through small ones says.

    10,000 appraisals in hourly batches, 10 million rows, 1,000 nodes, a network of 4.7 million
    parameters, in seconds of one core.
    """
    from aicrypto.pipeline.scale.model import measure

    with one_thread():
        for grown in measure():
            full, foretold = grown.load.full, grown.foretold(grown.load.full)
            name = f"pipeline.scale.{grown.name}.s"
            yield Record(name, grown.seconds[full], "s", "the cost model", foretold)
