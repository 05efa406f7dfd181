"""Ranks as processes of this machine, for tests, lessons and a first try.

The launcher holds the store, so that no rank's death takes it away, and ranks speak through the
loopback device. They find the variables that torchrun would set. Where the system can, they are
forked from one process that has imported torch: four ranks then start as fast as one.
"""

import multiprocessing
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LOOPBACK = "127.0.0.1"
LIMIT_S = 300.0
SCRIPT = "aicrypto.training.ranks.script"
LOG_LEVEL = "TORCH_CPP_LOG_LEVEL"
STDOUT, STDERR = 1, 2


@dataclass(frozen=True)
class Ended:
    """A process that ended.

    Attributes:
        status: exit status; negative if a signal killed it.
        text: standard output, one line of JSON where all went well.
        error: standard error.
    """

    rank: int
    status: int
    text: str
    error: str


def launch(arguments: Sequence[str], n_ranks: int, limit_s: float = LIMIT_S) -> list[Ended]:
    """All ranks of `python -m aicrypto.training.ranks ARGUMENTS`, after they have ended.

    What still runs after `limit_s` is killed.

    Raises:
        ValueError: if no rank is asked for.
    """
    import torch.distributed as dist

    if n_ranks < 1:
        raise ValueError(f"n_ranks is {n_ranks}, must be >= 1")
    limit = timedelta(seconds=limit_s)
    store = dist.TCPStore(  # type: ignore[attr-defined]
        LOOPBACK, 0, is_master=True, timeout=limit, wait_for_workers=False
    )
    with TemporaryDirectory() as folder:
        environments = [variables(rank, n_ranks, store.port) for rank in range(n_ranks)]
        statuses = _run(tuple(arguments), environments, Path(folder), limit_s)
        said = [_said(Path(folder), str(rank)) for rank in range(n_ranks)]
    return [Ended(rank, status, *said[rank]) for rank, status in enumerate(statuses)]


def variables(rank: int, n_ranks: int, port: int) -> dict[str, str]:
    """What torchrun would set for a rank, and which network device gloo is to use."""
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    interface = {"GLOO_SOCKET_IFNAME": names[0]} if names else {}
    return {
        **interface,
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(n_ranks),
        "MASTER_ADDR": LOOPBACK,
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }


def _run(
    arguments: tuple[str, ...],
    environments: Sequence[dict[str, str]],
    folder: Path,
    limit_s: float,
) -> list[int]:
    """Exit statuses of the ranks."""
    start = _context().Process
    processes = [start(target=_rank, args=(arguments, env, folder)) for env in environments]
    try:
        with _quiet():
            for process in processes:
                process.start()
        for process in processes:
            process.join(limit_s)
    finally:
        for process in processes:
            _end(process)
    return [process.exitcode or 0 for process in processes]


def _end(process: Any) -> None:
    """Kills the process if it runs, and waits for it; one that never started is left alone."""
    if process.pid is not None:
        process.kill()
        process.join()


def _context() -> Any:
    """How processes are started here."""
    forking = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forking else "spawn")
    context.set_forkserver_preload([SCRIPT])
    return context


@contextmanager
def _quiet() -> Iterator[None]:
    """Processes started inside do not report each wait that ends: torch reads this at import."""
    given = os.environ.get(LOG_LEVEL)
    os.environ.setdefault(LOG_LEVEL, "ERROR")
    try:
        yield
    finally:
        if given is None:
            del os.environ[LOG_LEVEL]


def _files(folder: Path, rank: str) -> tuple[Path, Path]:
    return folder / f"{rank}.out", folder / f"{rank}.err"


def _said(folder: Path, rank: str) -> tuple[str, str]:
    out, err = (path.read_text() if path.exists() else "" for path in _files(folder, rank))
    return out, err


def _rank(arguments: tuple[str, ...], environment: dict[str, str], folder: Path) -> None:
    """A rank's process: whatever it writes goes into two files."""
    for number, path in zip((STDOUT, STDERR), _files(folder, environment["RANK"]), strict=True):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.environ.update(environment)
    from aicrypto.training.ranks.script import main

    sys.exit(main(arguments))
