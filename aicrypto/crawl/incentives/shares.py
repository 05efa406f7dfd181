"""Dividing whole things fairly: the largest-remainder rule, for jobs among nodes and points.

Money, points and jobs do not split into fractions. Everybody first gets the whole part of an exact
pro-rata share; what is left goes, one each, to the largest remainders. Nothing is lost or minted:
the parts always add up to the total.
"""

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """`total` divided in proportion to the weights, in their order; ties go to the earlier.

    All zeros if no weight is positive: then there is nobody to divide among.

    Raises:
        ValueError: if the total or a weight is negative.

    >>> largest_remainder(1_000_000, [1, 2, 3])
    [166667, 333333, 500000]
    """
    if total < 0 or any(weight < 0 for weight in weights):
        raise ValueError(f"total {total} and weights {list(weights)} must not be negative")
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
