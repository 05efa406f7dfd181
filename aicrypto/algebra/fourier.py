"""The fast Fourier transform without rounding, and the Reed-Solomon code it computes.

Values of a polynomial sum_c a_c·X^c at the n-th roots of unity 1, omega, omega², ... over F_{p²}:
what `numpy.fft` does, exact. n is a power of two up to 2^61. One convention differs: engineers
transform with e^(-2·pi·i/n), here value j stands at omega^j.

A polynomial of degree below C is known by any C of its values. Sending n > C values therefore makes
a code: two different messages of C coefficients agree in fewer than C of n places. Commitments use
this to turn one changed number into many (Ligero, FRI).

Arrays are (2, *batch, n) as in `m61x2`: transforms run over the last axis, for a whole batch.

Sources: Stockham's self-sorting transform (Cochran et al., What is the fast Fourier transform?,
1967); for the code, protocol zkml-1 of this project, section 6.
"""

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.algebra.plain import BadLength, P


def fft(coefficients: Int64[Tensor, "2 *batch n"]) -> Int64[Tensor, "2 *batch n"]:
    """Values at 1, omega, ..., omega^(n-1), in this order; (n/2)·log2(n) multiplications.

    With left and right half of the coefficients, omega^(n/2) = -1 gives
        value 2j     = transform of  left + right             at (omega²)^j,
        value 2j + 1 = transform of (left - right)_t·omega^t  at (omega²)^j.
    So one transform becomes two of half the length, then four, until all have length 1. Each step
    writes its parity bit in front of the earlier ones, so the values come out in order.

    Raises:
        BadLength: if n is no power of two.
    """
    n = coefficients.shape[-1]
    if n < 1 or n & (n - 1):
        raise BadLength(f"length is {n}, must be a power of two")
    roots = _powers_of_omega(n, coefficients.device)
    state, n_transforms = coefficients, 1
    while n_transforms < n:
        state = _halve_transforms(state, roots, n_transforms)
        n_transforms *= 2
    return state


def _halve_transforms(
    state: Int64[Tensor, "2 *batch n"], roots: Int64[Tensor, "2 half"], n_transforms: int
) -> Int64[Tensor, "2 *batch n"]:
    """Every transform replaced by its two half-length ones.

    The last axis is (position t, transform): position major, so that the halves of all transforms
    are the halves of the axis. It leaves as (position, parity, transform).
    """
    left, right = state.chunk(2, dim=-1)
    twiddles = roots[:, ::n_transforms].repeat_interleave(n_transforms, dim=-1)
    even = m61x2.add(left, right)
    odd = m61x2.mul(m61x2.sub(left, right), twiddles)
    by_position = [half.unflatten(-1, (-1, n_transforms)) for half in (even, odd)]
    return torch.stack(by_position, dim=-2).flatten(-3)


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
    return fft(torch.nn.functional.pad(coefficients, (0, n - n_coefficients)))


def _powers_of_omega(n: int, device: torch.device) -> Int64[Tensor, "2 half"]:
    """1, omega, ..., omega^(n/2 - 1) for omega of order n, by doubling the known part."""
    omega = m61x2.root_of_unity(n.bit_length() - 1)
    powers = m61x2.from_base(torch.ones(1, dtype=torch.int64, device=device))
    while powers.shape[-1] < n // 2:
        step = m61x2.from_scalar(omega ** powers.shape[-1], device)
        powers = torch.cat((powers, m61x2.mul(powers, step)), dim=-1)
    return powers
