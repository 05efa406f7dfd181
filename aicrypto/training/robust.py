"""Averages that a minority of liars cannot move far (Byzantine-robust aggregation).

The mean has no such bound: one vector out of n moves it anywhere. Each function here takes the
workers' vectors as rows and gives one vector of the same length. A rule's *breakdown* is how many
of n rows may be arbitrary before the result is: the mean 0, the trimmed mean f by choice, medians
and distances fewer than half. What stays possible below the breakdown: many small lies in one
direction, each inside the spread of the honest ("a little is enough", arXiv 1902.06156).

Sources: coordinate median and trimmed mean, arXiv 1803.01498; Krum, arXiv 1703.02757; geometric
median, arXiv 1912.13445; centred clipping, arXiv 2012.10333.
"""

import torch
from jaxtyping import Float
from torch import Tensor

Rows = Float[Tensor, "n d"]
Vector = Float[Tensor, " d"]
SMOOTHING = 1e-6  # of distances in the geometric median, so that none divides by 0
TINY = 1e-8  # keeps a zero norm from dividing; the deployed system's


def mean(rows: Rows) -> Vector:
    """The plain mean, which one row can move anywhere."""
    return rows.mean(0)


def coordinate_median(rows: Rows) -> Vector:
    """The middle value of each coordinate, the mean of the two middle ones for an even number."""
    ordered, n = rows.sort(dim=0).values, len(rows)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def trimmed_mean(rows: Rows, f: int) -> Vector:
    """The mean of each coordinate without its f lowest and f highest values.

    Raises:
        ValueError: unless 2 f < n and f >= 0.
    """
    n = len(rows)
    if f < 0 or 2 * f >= n:
        raise ValueError(f"f is {f}, must be in 0..{(n - 1) // 2} for {n} rows")
    return rows.sort(dim=0).values[f : n - f].mean(0)


def krum(rows: Rows, f: int, m: int = 1) -> Vector:
    """The mean of the m rows that lie closest to their n - f - 2 nearest neighbours.

    Whole rows are taken or left, so that the result of m = 1 is somebody's honest vector.

    Raises:
        ValueError: unless n >= 2 f + 3 and 1 <= m <= n - f.
    """
    n = len(rows)
    if f < 0 or n < 2 * f + 3 or not 1 <= m <= n - f:
        raise ValueError(f"n is {n}, f {f}, m {m}: must be n >= 2 f + 3 and 1 <= m <= n - f")
    squares = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist").square()
    nearest = squares.sort(dim=1).values[:, 1 : n - f - 1]  # column 0 is the row itself
    chosen = nearest.sum(1).argsort(stable=True)[:m]
    return rows[chosen].mean(0)


def geometric_median(rows: Rows, n_iterations: int = 50) -> Vector:
    """The point with the least sum of distances to all rows, by Weiszfeld's iteration."""
    point: Vector = coordinate_median(rows)
    for _ in range(n_iterations):
        weights: Vector = 1 / (rows - point).norm(dim=1).clamp(min=SMOOTHING)
        point = (weights[:, None] * rows).sum(0) / weights.sum()
    return point


def limited_mean(rows: Rows) -> Vector:
    """The mean after rows longer than the median row are shortened to its length.

    Bounds how far a liar moves the mean, not in which direction; the deployed system's rule.
    """
    return (norm_limits(rows.norm(dim=1))[:, None] * rows).mean(0)


def norm_limits(norms: Float[Tensor, " n"]) -> Float[Tensor, " n"]:
    """Factors in 0..1 that bring every norm down to the lower median of all."""
    return (norms.median() / (norms + TINY)).clamp(max=1.0)


def centred_clip(rows: Rows, centre: Vector, radius: float, n_iterations: int = 1) -> Vector:
    """The centre moved by the mean of the rows' distances from it, each cut to the radius.

    Args:
        rows: the workers' vectors.
        centre: for instance the result of the round before.
        radius: the most that one row may pull in an iteration, times 1/n.
        n_iterations: each starts from the last one's centre.

    Raises:
        ValueError: if the radius is not positive.
    """
    if radius <= 0:
        raise ValueError(f"radius is {radius}, must be > 0")
    for _ in range(n_iterations):
        away = rows - centre
        factors = (radius / away.norm(dim=1).clamp(min=SMOOTHING)).clamp(max=1.0)
        centre = centre + (factors[:, None] * away).mean(0)
    return centre
