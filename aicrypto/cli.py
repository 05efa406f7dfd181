"""The command line: `python -m aicrypto pipeline | verify | conform | bench | course | warm`.

Exit status: 0 if all is well, 1 if something that was checked is not, 2 if the work could not be
done; then one line says what was wrong and what to do. Set AICRYPTO_DEBUG=1 to see the traceback as
well.
"""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aicrypto import __version__

if TYPE_CHECKING:
    from numba.core.dispatcher import Dispatcher

    from aicrypto.pipeline import Result

DEVICES = ("auto", "cpu", "cuda")
RANDOM = "random"  # tampering without a stage
# Modules whose functions are compiled when they are imported.
KERNELS = (
    *(f"words.{name}" for name in ("loops", "butterflies", "coding", "combining", "paths")),
    *("words.points", "words.integers", "talk.hashing", "talk.follow", "talk.sums"),
)
COMPILED_MODULES = (
    *(f"aicrypto.algebra.kernels.{name}" for name in KERNELS),
    *(f"aicrypto.opml.machine.{name}" for name in ("memory.hashing", "riscv.loop")),
    "aicrypto.crawl.duplicates.loops",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status of one command."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (ValueError, OSError) as error:
        if os.environ.get("AICRYPTO_DEBUG"):
            raise
        print(f"aicrypto: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("aicrypto: interrupted; a pipeline goes on with --resume", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aicrypto", description="Decentralised AI from scratch.")
    parser.add_argument("--version", action="version", version=f"aicrypto {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_pipeline(
        commands.add_parser("pipeline", help="run the whole chain of value on real input")
    )

    check = commands.add_parser("verify", help="check a run's receipts without trusting the run")
    check.add_argument("receipts", type=Path, metavar="RUN", help="runs/<time>, or its receipts")
    check.set_defaults(command=_verify)

    conform = commands.add_parser("conform", help="run conformance vectors")
    conform.add_argument("paths", nargs="+", type=Path, metavar="FILE_OR_FOLDER")
    conform.set_defaults(command=_conform)

    bench = commands.add_parser("bench", help="measure, beside peers where there are any")
    bench.add_argument("names", nargs="*", metavar="NAME", help="for instance field or field.mul")
    bench.add_argument("--json", action="store_true", help="one JSON object a line")
    bench.add_argument("--save", action="store_true", help="store the records in data/bench")
    bench.add_argument("--readme", action="store_true", help="write README's tables from records")
    bench.add_argument("--check", action="store_true", help="with --readme: only compare")
    bench.set_defaults(command=_bench)

    course = commands.add_parser("course", help="unpack the lessons, and what they read")
    course.add_argument("folder", type=Path, metavar="DIR", help="a new folder, or an empty one")
    course.set_defaults(command=_course)

    warm = commands.add_parser("warm", help="compile the fast loops once, for all later processes")
    warm.set_defaults(command=_warm)
    return parser


def _add_pipeline(run: argparse.ArgumentParser) -> None:
    """Adds what the main job can be told."""
    run.add_argument("--site", metavar="URL", help="crawl this site (default: Python's own docs)")
    run.add_argument("--topics", metavar="A,B,...", default="", help="keep only these topics")
    run.add_argument("--device", default="auto", help="auto, cpu or cuda (default: auto)")
    run.add_argument("--seed", type=int, default=0, help="repeat a run (default: 0)")
    run.add_argument(
        "--tamper",
        metavar="STAGE",
        help="alter that stage's evidence: must be caught; 'random': change a complete run's files"
        " at random, --times so often, and see that exactly the right receipts fail",
    )
    run.add_argument("--times", type=int, default=100, help="changes of --tamper random")
    run.add_argument("--run", type=Path, metavar="FOLDER", help="the run of --tamper random")
    run.add_argument(
        "--resume", action="store_true", help="go on with the newest run that was interrupted"
    )
    run.add_argument(
        "--executor", metavar="NAME", help="threads:N, processes:N or dask://HOST:PORT"
    )
    run.add_argument(
        "--scale",
        action="store_true",
        help="instead of a run, measure its parts at growing size, and what that costs",
    )
    run.add_argument("--runs", type=Path, default=Path("runs"), help="folder of results")
    run.set_defaults(command=_pipeline)


def _pipeline(options: argparse.Namespace) -> int:
    import torch

    torch.set_num_threads(1)  # networks this small lose more to waiting than threads win
    if options.scale:
        return _scale(options)
    if options.tamper == RANDOM and options.run:
        return _campaign(options.run, options)
    result = _run(options)
    if options.tamper == RANDOM and result.ok:
        return _campaign(result.folder, options)
    return 0 if result.ok else 1


def _run(options: argparse.Namespace) -> "Result":
    """A run, new or resumed, shown as it goes."""
    from aicrypto.pipeline import Options, device_named, resume, run
    from aicrypto.pipeline.console import Console
    from aicrypto.pipeline.work.executors import executor_named

    topics = tuple(topic for topic in options.topics.split(",") if topic)
    device = device_named(options.device)
    tamper = None if options.tamper == RANDOM else options.tamper
    asked = Options(options.site, topics, device, options.seed, tamper)
    with executor_named(options.executor) as executor, Console() as console:
        if options.resume:
            result = resume(options.runs, console, executor)
        else:
            result = run(asked, options.runs, console, executor)
    console.summary(result)
    return result


def _scale(options: argparse.Namespace) -> int:
    from aicrypto.pipeline.console import print_growth
    from aicrypto.pipeline.receipts import write_whole
    from aicrypto.pipeline.scale.model import measure
    from aicrypto.pipeline.scale.page import render
    from aicrypto.pipeline.work.executors import executor_named

    with executor_named(options.executor) as executor:
        growths = print_growth(measure(executor=executor))
    options.runs.mkdir(parents=True, exist_ok=True)
    path = options.runs / f"scale-{time.strftime('%Y%m%d-%H%M%S')}.html"
    write_whole(path, render(growths, options.executor or "one core").encode())
    print(f"with figures: {path}")
    return 0


def _campaign(folder: Path, options: argparse.Namespace) -> int:
    from aicrypto.pipeline.console import Trials
    from aicrypto.pipeline.trials.campaign import campaign

    with Trials(options.times) as trials:
        campaign(folder, options.times, options.seed, trials.observe)
    trials.summary()
    return 0 if trials.all_right else 1


def _verify(options: argparse.Namespace) -> int:
    from aicrypto.pipeline import verify
    from aicrypto.pipeline.console import print_receipts

    path = options.receipts
    receipts = verify(path / "receipts.json" if path.is_dir() else path)
    print_receipts(receipts)
    return 0 if all(receipt.verified for receipt in receipts) else 1


def _conform(options: argparse.Namespace) -> int:
    from aicrypto import conform

    reports = []
    for path in conform.vector_files(options.paths):
        reports.append(conform.run(conform.load(path)))
        print(reports[-1], flush=True)
    for failure in (failure for report in reports for failure in report.failures):
        print(f"  {failure}")
    return 0 if all(report.ok for report in reports) else 1


def _bench(options: argparse.Namespace) -> int:
    from aicrypto import bench
    from aicrypto.bench import readme

    stored = Path("data/bench")
    if options.readme:
        return readme.update(Path("README.md"), stored, only_check=options.check)
    records = []
    for name in bench.select(options.names):
        for record in bench.run(name):
            records.append(record)
            print(record.to_json() if options.json else record, flush=True)
    if options.save:
        for path in bench.save(records, stored):
            print(f"stored in {path}", file=sys.stderr)
    return 0


def _course(options: argparse.Namespace) -> int:
    from aicrypto import courseware

    written = courseware.unpack(options.folder)
    print(f"{written} files written to {options.folder}")
    print(f'next: pip install "aicrypto[notebooks]"; jupyter lab {options.folder / "notebooks"}')
    return 0


def _warm(_: argparse.Namespace) -> int:
    from aicrypto.algebra.kernels.jit import sweep

    print("compiling what the cache lacks (under a minute, once)", flush=True)
    swept = sweep()
    if swept:
        print(f"{swept} caches of earlier sources removed", flush=True)
    for name in COMPILED_MODULES:
        start = time.perf_counter()
        functions = _compiled_functions(name)
        fresh = sum(bool(function.stats.cache_misses) for function in functions)
        seconds = time.perf_counter() - start
        print(f"{name}: {len(functions)} functions, {fresh} compiled, {seconds:.1f} s", flush=True)
    return 0


def _compiled_functions(module: str) -> list["Dispatcher"]:
    """The module's functions that numba keeps in its cache."""
    from numba.core.dispatcher import Dispatcher

    members = vars(importlib.import_module(module)).values()
    return [
        member for member in members if isinstance(member, Dispatcher) and member.stats.cache_path
    ]
