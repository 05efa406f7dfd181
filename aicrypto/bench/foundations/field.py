"""The exact complex field on tensors: products and transforms on one thread, and warming up."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from tempfile import TemporaryDirectory

import numpy as np
import torch

from aicrypto.algebra import P, fourier, m61, m61x2
from aicrypto.bench import Record, best_seconds, one_thread

N_ELEMENTS = 2**16
SEED = 1
FIRST_PRODUCT = "import torch; from aicrypto.algebra import m61; m61.mul(*torch.ones(2, 8).long())"


def products() -> Iterator[Record]:
    """`field.mul.ns`, `field.extmul.ns`: nanoseconds an element, in vectors of 2^16."""
    a, b = _operands(N_ELEMENTS)
    x, y = a[0].numpy().astype(object), b[0].numpy().astype(object)
    z, w = _rounded(a), _rounded(b)
    with one_thread():
        base = best_seconds(lambda: m61.mul(a[0], b[0]), repeats=50)
        extension = best_seconds(lambda: m61x2.mul(a, b), repeats=50)
    exact = best_seconds(lambda: x * y % P)
    rounding = best_seconds(lambda: z * w, repeats=50)
    yield Record("field.mul.ns", _each_ns(base), "ns", "numpy on Python integers", _each_ns(exact))
    peer = "numpy complex128 (rounds)"
    yield Record("field.extmul.ns", _each_ns(extension), "ns", peer, _each_ns(rounding))


def fft() -> Iterator[Record]:
    """`field.fft.ms.2e16`, `.2e20`: milliseconds for one transform of 2^16, of 2^20 elements."""
    for log_n in (16, 20):
        a, _ = _operands(1 << log_n)
        with one_thread():
            exact = best_seconds(partial(fourier.fft, a), repeats=20)
        rounding = best_seconds(partial(np.fft.fft, _rounded(a)), repeats=20)
        peer = "numpy.fft complex128 (rounds)"
        yield Record(f"field.fft.ms.2e{log_n}", 1e3 * exact, "ms", peer, 1e3 * rounding)


def warmup() -> Iterator[Record]:
    """`field.warmup.s`: a new process from its start to the first product, loops from the cache."""
    peer_seconds = min(_process_seconds("import torch") for _ in range(3))
    _process_seconds(FIRST_PRODUCT)
    seconds = min(_process_seconds(FIRST_PRODUCT) for _ in range(3))
    yield Record("field.warmup.s", seconds, "s", "a process that imports torch", peer_seconds)


def compilation() -> Iterator[Record]:
    """`field.compile.s`: the same with an empty cache."""
    with TemporaryDirectory() as empty:
        seconds = _process_seconds(FIRST_PRODUCT, NUMBA_CACHE_DIR=empty)
    yield Record("field.compile.s", seconds, "s")


def _operands(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    return m61x2.random((n,), generator), m61x2.random((n,), generator)


def _rounded(a: torch.Tensor) -> np.ndarray:
    """The same numbers as floating-point complex ones."""
    return torch.complex(*a.double().unbind()).numpy()


def _each_ns(seconds: float) -> float:
    return 1e9 * seconds / N_ELEMENTS


def _process_seconds(code: str, **environment: str) -> float:
    """Wall time of a new Python process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env={**os.environ, **environment}, check=True)
    return time.perf_counter() - start
