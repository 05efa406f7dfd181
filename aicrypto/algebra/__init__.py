"""Exact arithmetic over p = 2^61 - 1 and its complex extension.

`Fp2` and `P` are plain Python. The tensor modules `m61`, `m61x2`, `fourier` and `multilinear` load
torch, so they are loaded by whoever asks: `from aicrypto.algebra import m61`.
"""

from aicrypto.algebra.plain import (
    BadLength,
    Fp2,
    NonCanonical,
    NonResidue,
    NoSuchRoot,
    P,
    ZeroInverse,
)

__all__ = ["BadLength", "Fp2", "NoSuchRoot", "NonCanonical", "NonResidue", "P", "ZeroInverse"]
