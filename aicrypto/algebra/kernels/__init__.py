"""Two engines behind the few operations that proofs spend their time in.

`compiled` runs on CPU: loops over 64-bit words that numba compiles once, for the machine at hand,
and keeps in a cache. `reference` runs wherever torch runs, CUDA included, and is short enough to be
read. Both compute the same canonical values, bit for bit; the tests compare them. `engine_for`
chooses by where the tensors are, so whatever stands above is written once.

AICRYPTO_ENGINE=torch in the environment takes `reference` on CPU as well. numba is imported when a
CPU tensor comes in for the first time, not before; `python -m aicrypto warm` fills its cache.
"""

import os
from functools import cache
from types import ModuleType
from typing import Protocol

from torch import Tensor

from aicrypto.algebra.kernels import reference
from aicrypto.algebra.plain import Fp2

ENGINE_VARIABLE = "AICRYPTO_ENGINE"
ENGINE_NAMES = ("", "compiled", "torch")


class Engine(Protocol):
    """What either engine can do.

    Arrays over F_p are int64 tensors of any shape; arrays over F_{p²} have a first dimension of two
    planes before that shape, as in `m61x2`. Values are canonical. Shapes broadcast as in torch.
    Lengths are the caller's to check.
    """

    def add(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum over F_p."""

    def subtract(self, a: Tensor, b: Tensor) -> Tensor:
        """The difference over F_p."""

    def multiply_base(self, a: Tensor, b: Tensor) -> Tensor:
        """The product over F_p."""

    def multiply(self, a: Tensor, b: Tensor) -> Tensor:
        """The product over F_{p²}, with one reduction for each coordinate."""

    def scale(self, a: Tensor, factor: Tensor) -> Tensor:
        """The product of elements of F_{p²} with factors in F_p."""

    def dot(self, a: Tensor, b: Tensor) -> Tensor:
        """The sum of products over F_{p²} along the last dimension, up to 2^32 terms."""

    def fold(self, values: Tensor, r: Fp2) -> Tensor:
        """The line left + r·(right - left) through the halves of a vector over F_{p²}."""

    def round_polynomial(self, f: Tensor, g: Tensor) -> tuple[Fp2, Fp2]:
        """The values h(0) and leading coefficient of h(X) = sum of fold(f, X)·fold(g, X)."""

    def fft(self, coefficients: Tensor, omega: Fp2) -> Tensor:
        """The values at 1, omega, omega², ... of each row of n = 2^k; omega^(n/4) is i."""


def engine_for(*tensors: Tensor) -> Engine:
    """The engine for operands that are where these tensors are.

    Raises:
        ValueError: if AICRYPTO_ENGINE names no engine.
    """
    name = os.environ.get(ENGINE_VARIABLE, "")
    if name not in ENGINE_NAMES:
        raise ValueError(f"{ENGINE_VARIABLE} is {name!r}, must be one of {ENGINE_NAMES}")
    if name == "torch":
        return reference
    for tensor in tensors:  # every operation passes here: `all` would take longer
        if not tensor.is_cpu:
            return reference
    return _compiled()


def whole_for(*tensors: Tensor) -> ModuleType | None:
    """Loops that do whole steps of proofs on these tensors, see `whole`; None if there are none."""
    if engine_for(*tensors) is reference:
        return None
    return _whole()


def protocols_for(*tensors: Tensor) -> ModuleType | None:
    """Loops that hold whole conversations, see `protocols`; None if there are none."""
    if engine_for(*tensors) is reference:
        return None
    return _protocols()


@cache
def _compiled() -> Engine:
    """Imported once; asking Python whether a module is imported takes as long as a short loop."""
    from aicrypto.algebra.kernels import compiled

    return compiled


@cache
def _protocols() -> ModuleType:
    from aicrypto.algebra.kernels import protocols

    return protocols


@cache
def _whole() -> ModuleType:
    from aicrypto.algebra.kernels import whole

    return whole
