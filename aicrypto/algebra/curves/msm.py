"""Multi-scalar multiplication: sum of k_i·P_i, where provers spend their time.

One by one, n multiplications of 254 bits cost 380·n additions. Pippenger's bucket method cuts the
scalars into windows of c bits; in each window it throws every point into the bucket of its digit
and then weighs the buckets by running sums. That takes about (254/c)·(n + 2^c) additions: 24 a
point at n = 4096. Signed digits, -2^(c-1)..2^(c-1), halve the buckets, because -P is free.

Small scalars need few windows: committing to int8 weights is twenty times cheaper than to field
elements, and negative scalars are as small as positive ones.

Sources: Pippenger 1976; Bernstein, Doumen, Lange, Oosterwijk, Faster batch forgery identification,
2012, section 4.
"""

from collections.abc import Sequence
from typing import Any

from aicrypto.algebra.curves.gaussian import FASTEST
from aicrypto.algebra.curves.weierstrass import (
    Affine,
    Curve,
    Jacobian,
    add,
    add_affine,
    double,
    infinity,
)
from aicrypto.algebra.plain import BadLength

FIXED_BASE_WINDOW = 6


def msm(
    curve: Curve, points: Sequence[Affine], scalars: Sequence[int], integer: Any = FASTEST
) -> Affine:
    """The sum of scalars[i]·points[i]; scalars are any integers, the empty sum is infinity.

    `integer` is the type that computes: gmpy2's where installed, or `int`.

    Raises:
        BadLength: if there are not as many scalars as points.
    """
    if len(points) != len(scalars):
        raise BadLength(f"there are {len(points)} points and {len(scalars)} scalars")
    pairs = zip(points, scalars, strict=True)
    terms = [(curve.fast(point, integer), k) for point, k in pairs if point and k]
    return curve.normalise([_by_windows(curve, terms, integer(curve.q))])[0]


def _by_windows(curve: Curve, terms: Sequence[tuple[Affine, int]], q: Any) -> Jacobian:
    """The sum of k·point over the terms, highest window first."""
    n_bits = max((abs(k).bit_length() for _, k in terms), default=0)
    window = window_bits(len(terms))
    digits = [signed_digits(k, window, n_bits) for _, k in terms]
    affine = [point for point, _ in terms]
    total = infinity(curve)
    for column in zip(*digits, strict=True):
        for _ in range(window):
            total = double(total, q)
        total = add(total, _weighted_sum(curve, affine, column, window, q), q)
    return total


def window_bits(n_points: int) -> int:
    """The best window found by measuring: 5 bits for 64 points, 8 for 1,024, 10 for 4,096."""
    return max(2, n_points.bit_length() - (2 if n_points < 512 else 3))


def signed_digits(scalar: int, window: int, n_bits: int) -> list[int]:
    """The scalar in base 2^window, highest digit first, digits in -2^(window-1)..2^(window-1).

    A digit above half the base becomes negative and carries one into the next.

    >>> signed_digits(7, 3, 3)  # 7 = 1·8 - 1
    [1, -1]
    """
    base, half = 1 << window, 1 << (window - 1)
    sign, rest, digits = (-1 if scalar < 0 else 1), abs(scalar), []
    for _ in range(n_bits // window + 1):
        digit = rest & (base - 1)
        digit -= base if digit > half else 0
        rest = (rest - digit) >> window
        digits.append(sign * digit)
    return digits[::-1]


def _weighted_sum(
    curve: Curve, points: Sequence[Any], digits: Sequence[int], window: int, q: Any
) -> Jacobian:
    """The sum of digit·point: bucket k collects the points of digit k, -P those of digit -k.

    Sum of k·bucket_k is the sum of all suffix sums, so two additions a bucket weigh them all.
    """
    buckets = [infinity(curve)] * ((1 << (window - 1)) + 1)
    for point, digit in zip(points, digits, strict=True):
        if digit > 0:
            buckets[digit] = add_affine(buckets[digit], point, q)
        elif digit < 0:
            buckets[-digit] = add_affine(buckets[-digit], (point[0], -point[1]), q)
    suffix = total = infinity(curve)
    for bucket in buckets[:0:-1]:
        suffix = add(suffix, bucket, q)
        total = add(total, suffix, q)
    return total


def multiples(curve: Curve, point: Affine, scalars: Sequence[int]) -> list[Affine]:
    """scalar·point for many scalars >= 0 and one point, as a setup needs them.

    A table of digit·2^(window·j)·point for every window j and digit turns each multiplication into
    43 additions without doublings; worth it from about 10 scalars.

    Raises:
        ValueError: if a scalar is negative.
    """
    if any(scalar < 0 for scalar in scalars):
        raise ValueError(f"scalars: {min(scalars)} is negative, must be at least 0")
    n_bits = max((scalar.bit_length() for scalar in scalars), default=0)
    table = _window_table(curve, point, n_bits // FIXED_BASE_WINDOW + 1)
    q, mask = FASTEST(curve.q), (1 << FIXED_BASE_WINDOW) - 1
    results = []
    for scalar in scalars:
        total = infinity(curve)
        for j, row in enumerate(table):
            total = add_affine(total, row[scalar >> (j * FIXED_BASE_WINDOW) & mask], q)
        results.append(total)
    return curve.normalise(results)


def _window_table(curve: Curve, point: Affine, n_windows: int) -> list[list[Affine]]:
    """Row j holds 0, 1, 2, ... times 2^(window·j)·point, affine."""
    q = FASTEST(curve.q)
    base, entries = add_affine(infinity(curve), curve.fast(point), q), []
    for _ in range(n_windows):
        entry = infinity(curve)
        for _ in range(1 << FIXED_BASE_WINDOW):
            entries.append(entry)
            entry = add(entry, base, q)
        base = entry
    flat = [curve.fast(affine) for affine in curve.normalise(entries)]
    size = 1 << FIXED_BASE_WINDOW
    return [flat[i : i + size] for i in range(0, len(flat), size)]
