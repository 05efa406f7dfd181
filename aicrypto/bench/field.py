"""The exact complex field on tensors: what a product and a Fourier transform cost on one thread."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from aicrypto.algebra import P, fourier, m61, m61x2
from aicrypto.bench import Record, best_seconds

N_ELEMENTS = 2**16
SEED = 1


def products() -> Iterator[Record]:
    """`field.mul.ns`, `field.extmul.ns`: nanoseconds an element, in vectors of 2^16."""
    a, b = _operands()
    x, y = a[0].numpy().astype(object), b[0].numpy().astype(object)
    z, w = _rounded(a), _rounded(b)
    with _one_thread():
        base = best_seconds(lambda: m61.mul(a[0], b[0]))
        extension = best_seconds(lambda: m61x2.mul(a, b))
    exact = best_seconds(lambda: x * y % P)
    rounding = best_seconds(lambda: z * w)
    yield Record("field.mul.ns", _each_ns(base), "ns", "numpy on Python integers", _each_ns(exact))
    peer = "numpy complex128 (rounds)"
    yield Record("field.extmul.ns", _each_ns(extension), "ns", peer, _each_ns(rounding))


def fft() -> Iterator[Record]:
    """`field.fft.ms.2e16`: milliseconds for one transform of 2^16 elements."""
    a, _ = _operands()
    z = _rounded(a)
    with _one_thread():
        exact = best_seconds(lambda: fourier.fft(a))
    rounding = best_seconds(lambda: np.fft.fft(z))
    peer = "numpy.fft complex128 (rounds)"
    yield Record("field.fft.ms.2e16", 1e3 * exact, "ms", peer, 1e3 * rounding)


def _operands() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    a, b = m61x2.random((2, N_ELEMENTS), generator).unbind(1)
    return a, b


def _rounded(a: torch.Tensor) -> np.ndarray:
    """The same numbers as floating-point complex ones."""
    return torch.complex(*a.double().unbind()).numpy()


def _each_ns(seconds: float) -> float:
    return 1e9 * seconds / N_ELEMENTS


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread inside the block, as before after it."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
