"""Multilinear polynomials over row numbers, and those that a verifier evaluates without data.

A column of n values is a polynomial in as many variables as a row number has bits, variable k being
bit k, lowest first; beyond row n it is zero. Some columns nobody needs to commit to, because their
value anywhere follows from their length in a few steps: chi (ones in the first n rows), rho (the
row numbers), and the equality polynomial cut off after n rows.

Scalars are integers modulo r of BN254. Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

from collections.abc import Sequence

from aicrypto.algebra.primes import BN254_FR as FR

R = FR.modulus


def weights(point: Sequence[int]) -> list[int]:
    """E(x): what every row weighs at the point, 2^len(point) scalars that sum to 1."""
    row_weights = [1]
    for x in reversed(point):
        high = [w * x % R for w in row_weights]
        pairs = zip(row_weights, high, strict=True)
        row_weights = [part for w, h in pairs for part in ((w - h) % R, h)]
    return row_weights


def evaluate(values: Sequence[int], point: Sequence[int]) -> int:
    """The column's value at the point, by folding one variable after the other.

    Raises:
        ValueError: if there are more values than 2^len(point).
    """
    if len(values) > 1 << len(point):
        raise ValueError(
            f"there are {len(values)} values, the point has room for {1 << len(point)}"
        )
    folded = list(values)
    for x in point:
        folded = fold(folded, x)
    return folded[0] % R if folded else 0


def fold(values: Sequence[int], x: int) -> list[int]:
    """The column with its lowest variable fixed to x; an odd row out has a zero beside it."""
    high = [*values[1::2], 0]
    return [(low + x * (up - low)) % R for low, up in zip(values[::2], high, strict=False)]


def chi(length: int, point: Sequence[int]) -> int:
    """The value of the column with ones in the first `length` rows: sum of their weights.

    >>> chi(5, [2, 3, 4])
    5
    """
    if length >> len(point):
        return 1
    total = 0
    for k, x in enumerate(point):
        total = 1 - (1 - total) * x if length >> k & 1 else total * (1 - x)
        total %= R
    return total


def rho(length: int, point: Sequence[int]) -> int:
    """The value of the column 0, 1, ..., length-1.

    With the first k variables, a full block of 2^k rows weighs 1 and has rho = sum 2^j·x_j; a
    longer column is a full lower half and a rest, whose row numbers are 2^k higher.
    """
    total, ones, full = 0, 0, 0
    for k, x in enumerate(point):
        if length >> k & 1:
            total = (1 - x) * full + x * (total + (ones << k))
            ones = 1 - (1 - ones) * x
        else:
            total, ones = (1 - x) * total, ones * (1 - x)
        total, ones, full = total % R, ones % R, (full + (x << k)) % R
    return full if length >> len(point) else total


def equality(length: int, x: Sequence[int], y: Sequence[int]) -> int:
    """The value at y of the first `length` entries of E(x), zero after them.

    Raises:
        ValueError: if the points have different numbers of variables.
    """
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} coordinates, y has {len(y)}")
    cut, whole = 0, 1
    for k, (a, b) in enumerate(zip(x, y, strict=True)):
        both, neither = a * b % R, (1 - a) * (1 - b) % R
        cut = (whole * neither + cut * both if length >> k & 1 else cut * neither) % R
        whole = whole * (both + neither) % R
    return whole if length >> len(x) else cut
