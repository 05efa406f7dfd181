"""Exact arithmetic: p = 2^61 - 1 and its complex extension, big primes, elliptic curves.

`Fp2` and `P` are plain Python. The tensor modules `m61`, `m61x2`, `fourier` and `multilinear` load
torch, so they are loaded by whoever asks: `from aicrypto.algebra import m61`. Their inner loops are
in `kernels`: numba on a CPU, torch elsewhere, the same results. `primes`, `polynomials` and
`curves` compute on Python integers and load no torch.
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
