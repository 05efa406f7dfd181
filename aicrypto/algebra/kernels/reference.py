"""The torch engine: every operation in whole-tensor steps, on any device.

int64 holds an element of F_p but not a product of two. So factors are cut into limbs,
x = x0 + 2^31·x1, and three sums of limb products (low, middle, high) stand for the product

    low + 2^31·middle + 2^62·high.

Modulo p this is cheap: 2^61 = 1, so a bit that leaves at the top comes in again at the bottom.

Source: protocol zkml-1 of this project, sections 1 and 4; the transform is Stockham's (Cochran et
al., What is the fast Fourier transform?, 1967).
"""

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra.plain import Fp2, P

LOW_31 = 2**31 - 1
LOW_30 = 2**30 - 1

Elements = Int64[Tensor, "..."]  # over F_p, any shape
Complex = Int64[Tensor, "2 ..."]  # over F_{p²}: two planes
Limbs = tuple[Tensor, Tensor]


def add(a: Elements, b: Elements) -> Elements:
    """The sum over F_p."""
    return _below_p(a + b)


def subtract(a: Elements, b: Elements) -> Elements:
    """The difference over F_p."""
    difference = a - b
    return torch.where(difference < 0, difference + P, difference)


def multiply_base(a: Elements, b: Elements) -> Elements:
    """The product over F_p."""
    (a0, a1), (b0, b1) = split_limbs(a), split_limbs(b)
    return join_limbs(a0 * b0, a0 * b1 + a1 * b0, a1 * b1)


def split_limbs(a: Elements) -> Limbs:
    """The limbs (x0, x1) of x = x0 + 2^31·x1: 31 and 30 bits."""
    return a & LOW_31, a >> 31


def sum_of_two_products(a: Limbs, b: Limbs, c: Limbs, d: Limbs) -> Elements:
    """a·b + c·d for factors given in limbs, with one reduction instead of three."""
    (a0, a1), (b0, b1), (c0, c1), (d0, d1) = a, b, c, d
    low = a0 * b0 + c0 * d0
    middle = a0 * b1 + a1 * b0 + c0 * d1 + c1 * d0
    high = a1 * b1 + c1 * d1
    return join_limbs(low, middle, high)


def join_limbs(low: Tensor, middle: Tensor, high: Tensor) -> Elements:
    """The canonical value of low + 2^31·middle + 2^62·high.

    The sums may hold two limb products each, even of the non-canonical value p. Their largest
    values, 2(2^31-1)², 4(2^31-1)(2^30-1) and 2(2^30-1)², make the five terms below add up to at
    most 2^63 - 2^31 - 6: int64 just holds them. A third product would not fit.
    """
    folded = 2 * high + (middle >> 30) + ((middle & LOW_30) << 31) + (low & P) + (low >> 61)
    return _below_p((folded & P) + (folded >> 61))


def multiply(a: Complex, b: Complex) -> Complex:
    """The product over F_{p²}; the real part a_re·b_re - a_im·b_im adds the negative of b_im."""
    a_re, a_im = split_limbs(a[0]), split_limbs(a[1])
    b_re, b_im = split_limbs(b[0]), split_limbs(b[1])
    minus_b_im = split_limbs(P - b[1])
    real = sum_of_two_products(a_re, b_re, a_im, minus_b_im)
    imaginary = sum_of_two_products(a_re, b_im, a_im, b_re)
    return torch.stack((real, imaginary))


def scale(a: Complex, factor: Elements) -> Complex:
    """The product of elements of F_{p²} with factors in F_p: half the work of `multiply`."""
    return torch.stack((multiply_base(a[0], factor), multiply_base(a[1], factor)))


def total(a: Elements, dim: int = -1) -> Elements:
    """The sum over one dimension of up to 2^32 terms: both halves of the words are added apart."""
    low, high = split_limbs(a)
    return join_limbs(low.sum(dim), high.sum(dim), a.new_zeros(()))


def dot(a: Complex, b: Complex) -> Complex:
    """The sum of products over F_{p²} along the last dimension."""
    return total(multiply(a, b))


def fold(values: Int64[Tensor, "2 n"], r: Fp2) -> Int64[Tensor, "2 half"]:
    """The line left + r·(right - left) through the halves of a vector."""
    left, right = values.chunk(2, dim=-1)
    return add(left, multiply(subtract(right, left), _scalar(r, values)))


def round_polynomial(f: Int64[Tensor, "2 n"], g: Int64[Tensor, "2 n"]) -> tuple[Fp2, Fp2]:
    """h(0) sums the products of the left halves, the leading coefficient those of the slopes."""
    f_left, f_right = f.chunk(2, dim=-1)
    g_left, g_right = g.chunk(2, dim=-1)
    at_zero = dot(f_left, g_left)
    leading = dot(subtract(f_right, f_left), subtract(g_right, g_left))
    return Fp2(*at_zero.tolist()), Fp2(*leading.tolist())


def fft(coefficients: Int64[Tensor, "2 *batch n"], omega: Fp2) -> Int64[Tensor, "2 *batch n"]:
    """The values at 1, omega, ..., omega^(n-1), in this order; (n/2)·log2(n) multiplications.

    With left and right half of the coefficients, omega^(n/2) = -1 gives
        value 2j     = transform of  left + right             at (omega²)^j,
        value 2j + 1 = transform of (left - right)_t·omega^t  at (omega²)^j.
    So one transform becomes two of half the length, then four, until all have length 1. Each step
    writes its parity bit in front of the earlier ones, so the values come out in order.
    """
    n = coefficients.shape[-1]
    roots = _powers(omega, n // 2, coefficients)
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
    even = add(left, right)
    odd = multiply(subtract(left, right), twiddles)
    by_position = [half.unflatten(-1, (-1, n_transforms)) for half in (even, odd)]
    return torch.stack(by_position, dim=-2).flatten(-3)


def _powers(omega: Fp2, n: int, like: Tensor) -> Int64[Tensor, "2 n"]:
    """1, omega, ..., omega^(n-1) for n = 2^k (or none for n = 0), by doubling the known part."""
    powers = _scalar(Fp2(1), like)[:, None]
    while powers.shape[-1] < n:
        step = _scalar(omega ** powers.shape[-1], like)
        powers = torch.cat((powers, multiply(powers, step)), dim=-1)
    return powers


def _scalar(value: Fp2, like: Tensor) -> Int64[Tensor, "2"]:
    return like.new_tensor([value.re, value.im])


def _below_p(a: Elements) -> Elements:
    """The canonical form of values below 2p."""
    return torch.where(a >= P, a - P, a)
