"""The fast Fourier transform without rounding, and the Reed-Solomon code it computes.

Values of a polynomial sum_c a_c·X^c at the n-th roots of unity 1, omega, omega², ... over F_{p²}:
what `numpy.fft` does, exact. n is a power of two up to 2^61. One convention differs: engineers
transform with e^(-2·pi·i/n), here value j stands at omega^j.

A polynomial of degree below C is known by any C of its values. Sending n > C values therefore makes
a code: two different messages of C coefficients agree in fewer than C of n places. Commitments use
this to turn one changed number into many (Ligero, FRI).

Arrays are (2, *batch, n) as in `m61x2`: transforms run over the last axis, for a whole batch.

How the transform goes: `kernels.reference` shortly, `kernels.words.coding` fast. Source:
protocol zkml-1 of this project, section 6 (the code).
"""

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61x2
from aicrypto.algebra.plain import BadLength, P


def fft(coefficients: Int64[Tensor, "2 *batch n"]) -> Int64[Tensor, "2 *batch n"]:
    """Values at 1, omega, ..., omega^(n-1), in this order; about (n/2)·log2(n) multiplications.

    Raises:
        BadLength: if n is no power of two.
    """
    n = coefficients.shape[-1]
    if n < 1 or n & (n - 1):
        raise BadLength(f"length is {n}, must be a power of two")
    omega = m61x2.root_of_unity(n.bit_length() - 1)
    return kernels.engine_for(coefficients).fft(coefficients, omega)


def inverse_fft(values: Int64[Tensor, "2 *batch n"]) -> Int64[Tensor, "2 *batch n"]:
    """The coefficients whose `fft` the values are.

    As with ordinary complex numbers: conjugate, transform, conjugate, divide by n.

    Raises:
        BadLength: if n is no power of two.
    """
    transformed = m61x2.conj(fft(m61x2.conj(values)))
    return m61x2.scale(transformed, values.new_tensor(pow(values.shape[-1], -1, P)))


def reed_solomon_encode(
    coefficients: Int64[Tensor, "2 *batch c"], n: int
) -> Int64[Tensor, "2 *batch n"]:
    """The codeword of n values; two codewords differ in at least n - c + 1 places.

    Raises:
        BadLength: if n is no power of two, or if there are no or more than n coefficients.
    """
    n_coefficients = coefficients.shape[-1]
    if not 1 <= n_coefficients <= n:
        raise BadLength(f"coefficients: there are {n_coefficients}, must be in 1..{n}")
    whole = kernels.whole_for(coefficients)
    if whole is not None and _is_power_of_two(n_coefficients) and _is_power_of_two(n):
        rows = coefficients.reshape(2, -1, n_coefficients)
        codewords: Int64[Tensor, "2 rows n"] = whole.encode(
            rows, n, m61x2.root_of_unity(n.bit_length() - 1)
        )
        return codewords.reshape(*coefficients.shape[:-1], n)
    return fft(torch.nn.functional.pad(coefficients, (0, n - n_coefficients)))


def _is_power_of_two(n: int) -> bool:
    return n >= 1 and n & (n - 1) == 0
