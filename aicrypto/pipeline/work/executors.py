"""Workers by name: threads, processes, or the machines of a dask cluster.

A run hands its independent jobs (pages to clean, networks to train, proofs to make) to any
`concurrent.futures.Executor` and takes the results in order. Jobs are pure, so the run's bytes do
not depend on who does them. We write no scheduler: `dask.distributed` brings its own.

    threads:4          as many threads of this process
    processes:2        as many processes on this machine
    dask://host:8786   the cluster whose scheduler listens there; its workers import aicrypto
"""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any, TypeVar

DASK = "dask://"
TIMEOUT_S = 10
MAX_WORKERS = 1024

Result = TypeVar("Result")


@contextlib.contextmanager
def executor_named(name: str | None) -> Iterator[Executor | None]:
    """The executor that a name means, until the block ends; None for no name: do it here.

    Raises:
        ValueError: for a name of another form, or dask without the package.
        OSError: if no scheduler answers there.
    """
    if name is None:
        yield None
    elif name.startswith(DASK):
        with _cluster(name.removeprefix(DASK)) as executor:
            yield executor
    else:
        with _pool(name) as executor:
            yield executor


def _pool(name: str) -> Executor:
    kind, _, number = name.partition(":")
    known = kind in ("threads", "processes") and number.isascii() and number.isdecimal()
    if not known or not 1 <= int(number) <= MAX_WORKERS:
        raise ValueError(
            f"executor is {name!r}, must be threads:N, processes:N (N in 1..{MAX_WORKERS})"
            f" or {DASK}HOST:PORT"
        )
    if kind == "threads":
        return ThreadPoolExecutor(int(number))
    # A forked child would inherit locks that other threads hold.
    return ProcessPoolExecutor(int(number), multiprocessing.get_context("spawn"))


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client  # 1 s to import: only who has a cluster waits for it
    except ImportError:
        raise ValueError(f"executor {DASK}{address} needs the package distributed") from None
    try:
        client = Client(f"tcp://{address}", timeout=TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(f"no dask scheduler answers at {address}: {error!s:.200}") from None
    with client:
        yield client.get_executor()


def to_end(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work comes to, in a thread of its own: a notebook's has a running loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def alone(job: Callable[..., Result], *arguments: object) -> Result:
    """The job's result, computed on one torch thread as the run itself computes.

    Sums of floats depend on how many threads share them; a worker of its own may have many.
    """
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
    return job(*arguments)
