"""Polynomials over a big prime field, as lists of coefficients or of values on roots of unity.

Coefficients stand lowest first: [c0, c1, c2] is c0 + c1·X + c2·X². Commitments and circuits move
between coefficients and the values at 1, omega, omega², ... by the number-theoretic transform, the
FFT of a prime field, in (n/2)·log2(n) products instead of n².

Every function takes the field first and refuses values outside it. Source: Cooley and Tukey 1965;
for the barycentric formula Berrut and Trefethen 2004; the domain is circom's, generator^((r-1)/n).
"""

from collections.abc import Sequence
from itertools import pairwise

from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import PrimeField

Coefficients = list[int]


def evaluate(field: PrimeField, coefficients: Sequence[int], x: int) -> int:
    """The value at x by Horner's rule; the empty polynomial is 0."""
    field.element(x, "x")
    value = 0
    for coefficient in reversed(field.elements(coefficients, "coefficients")):
        value = (value * x + coefficient) % field.modulus
    return value


def multiply(field: PrimeField, a: Sequence[int], b: Sequence[int]) -> Coefficients:
    """The product, with len(a) + len(b) - 1 coefficients, by the schoolbook rule."""
    a, b = field.elements(a, "a"), field.elements(b, "b")
    product = [0] * max(len(a) + len(b) - 1, 0)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return [value % field.modulus for value in product]


def add(field: PrimeField, a: Sequence[int], b: Sequence[int]) -> Coefficients:
    """The sum, as long as the longer operand."""
    a, b = sorted((field.elements(a, "a"), field.elements(b, "b")), key=len)
    return [(x + y) % field.modulus for x, y in zip(a, b, strict=False)] + b[len(a) :]


def scale(field: PrimeField, coefficients: Sequence[int], factor: int) -> Coefficients:
    """Every coefficient times the factor."""
    field.element(factor, "factor")
    return [c * factor % field.modulus for c in field.elements(coefficients, "coefficients")]


def divide_by_linear(
    field: PrimeField, coefficients: Sequence[int], z: int
) -> tuple[Coefficients, int]:
    """Quotient by X - z, one coefficient shorter, and remainder, which is the value at z.

    Synthetic division: from the top, q_{i-1} = c_i + z·q_i.
    """
    field.element(z, "z")
    quotient, carry = [], 0
    for coefficient in reversed(field.elements(coefficients, "coefficients")):
        quotient.append(carry)
        carry = (coefficient + z * carry) % field.modulus
    return quotient[:0:-1], carry


def vanishing(field: PrimeField, xs: Sequence[int]) -> Coefficients:
    """The product of all X - x: zero at the xs and nowhere else."""
    product = [1]
    for x in field.elements(xs, "xs"):
        shifted = [0, *product]
        lower = [*(x * c for c in product), 0]
        product = [(a - b) % field.modulus for a, b in zip(shifted, lower, strict=True)]
    return product


def interpolate(field: PrimeField, xs: Sequence[int], ys: Sequence[int]) -> Coefficients:
    """The len(xs) coefficients of the one polynomial of that length through all (x, y).

    Lagrange: basis polynomial j is vanishing/(X - x_j), divided by its own value at x_j.

    Raises:
        BadLength: if there are not as many ys as xs.
        ValueError: if an x repeats.
    """
    xs, ys = field.elements(xs, "xs"), field.elements(ys, "ys")
    if len(xs) != len(ys):
        raise BadLength(f"there are {len(xs)} xs and {len(ys)} ys")
    _require_distinct(xs)
    whole = vanishing(field, xs)
    bases = [divide_by_linear(field, whole, x)[0] for x in xs]
    norms = field.batch_inverse([evaluate(field, b, x) for b, x in zip(bases, xs, strict=True)])
    weights = [y * norm % field.modulus for y, norm in zip(ys, norms, strict=True)]
    return [
        sum(w * b for w, b in zip(weights, column, strict=True)) % field.modulus
        for column in zip(*bases, strict=True)
    ]


def ntt(field: PrimeField, coefficients: Sequence[int], shift: int = 1) -> list[int]:
    """The values at shift, shift·omega, shift·omega², ...: as many as there are coefficients.

    Raises:
        BadLength: if their number is no power of two.
        NoSuchRoot: if the field has no root of that order.
    """
    field.element(shift, "shift")
    shifted = _times_powers(field, field.elements(coefficients, "values"), shift)
    return _transform(shifted, _domain(field, len(shifted)), field.modulus)


def inverse_ntt(field: PrimeField, values: Sequence[int], shift: int = 1) -> Coefficients:
    """The coefficients whose `ntt` the values are; errors are the same."""
    field.element(shift, "shift")
    roots = _domain(field, len(values))
    backwards = [roots[0], *roots[:0:-1]]
    raw = _transform(field.elements(values), backwards, field.modulus)
    scaled = scale(field, raw, field.inverse(len(values) % field.modulus))
    return _times_powers(field, scaled, field.inverse(shift))


def lagrange_at(field: PrimeField, n: int, x: int) -> list[int]:
    """The values at x of the n polynomials that are 1 at one n-th root of unity, 0 at the others.

    L_k(x) = omega^k·(x^n - 1) / (n·(x - omega^k)), so values at the roots are read off at x
    without interpolating: p(x) = sum_k p(omega^k)·L_k(x).
    """
    roots = _domain(field, n)
    if field.element(x, "x") in roots:
        return [int(x == root) for root in roots]
    scaled = (pow(x, n, field.modulus) - 1) * pow(n, -1, field.modulus)
    inverses = field.batch_inverse([(x - root) % field.modulus for root in roots])
    return [
        root * scaled * inverse % field.modulus
        for root, inverse in zip(roots, inverses, strict=True)
    ]


def _require_distinct(xs: Sequence[int]) -> None:
    for low, high in pairwise(sorted(xs)):
        if low == high:
            raise ValueError(f"xs holds {low} twice, points must differ")


def _domain(field: PrimeField, n: int) -> list[int]:
    """1, omega, ..., omega^(n-1)."""
    if n < 1 or n & (n - 1):
        raise BadLength(f"length is {n}, must be a power of two")
    return _times_powers(field, [1] * n, field.root_of_unity(n))


def _times_powers(field: PrimeField, values: list[int], base: int) -> list[int]:
    """Value k times base^k."""
    power, scaled = 1, []
    for value in values:
        scaled.append(value * power % field.modulus)
        power = power * base % field.modulus
    return scaled


def _transform(values: list[int], roots: list[int], modulus: int) -> list[int]:
    """The values at all roots: even and odd coefficients first, at the squares of the roots.

    p(X) = even(X²) + X·odd(X²), and omega^(k + n/2) = -omega^k.
    """
    if len(values) == 1:
        return values
    even = _transform(values[::2], roots[::2], modulus)
    odd = _transform(values[1::2], roots[::2], modulus)
    turned = [root * value % modulus for root, value in zip(roots, odd, strict=False)]
    low = [(a + b) % modulus for a, b in zip(even, turned, strict=True)]
    high = [(a - b) % modulus for a, b in zip(even, turned, strict=True)]
    return low + high
