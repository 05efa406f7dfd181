"""Ratings from matches: a skill mu and its uncertainty sigma, after Plackett and Luce.

A match is a ranking of players. Who beats stronger players gains more; with every match sigma
falls, and `tau` keeps it from vanishing. What counts is the *ordinal* mu - 3 sigma: how good a
player surely is, so that a newcomer starts at 0 and has to show it.

Source: Weng and Lin, JMLR 12 (2011) 267-300; PyPI openskill 6.2.0, PlackettLuce.rate, one player a
team; constants of tplr-ai/templar @c2397ac5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

MU, SIGMA = 25.0, 25.0 / 3  # of a newcomer
BETA, TAU = 7.0, 0.1  # luck in one match; doubt added before each (the library: 25/6, 25/300)
KAPPA = 1e-4  # least factor by which the variance may shrink
N_SIGMAS = 3  # of the ordinal


@dataclass(frozen=True)
class Rating:
    """Skill and its uncertainty."""

    mu: float = MU
    sigma: float = SIGMA


def ordinal(rating: Rating) -> float:
    """Skill less three uncertainties.

    >>> ordinal(Rating())
    0.0
    """
    return rating.mu - N_SIGMAS * rating.sigma


def rate(
    ratings: Sequence[Rating], scores: Sequence[float], beta: float = BETA, tau: float = TAU
) -> list[Rating]:
    """All players' ratings after one match; the higher score is better, equal ones tie.

    Raises:
        ValueError: if the numbers of players and scores differ.
    """
    if len(ratings) != len(scores):
        raise ValueError(f"{len(ratings)} ratings and {len(scores)} scores, must be as many")
    sigmas = [math.hypot(rating.sigma, tau) for rating in ratings]
    c = math.sqrt(sum(sigma**2 + beta**2 for sigma in sigmas))
    powers = [math.exp(rating.mu / c) for rating in ratings]
    ranks = _ranks(scores)
    sums = [_sum_from(rank, powers, ranks) for rank in ranks]
    rated = []
    for i, (rating, s) in enumerate(zip(ratings, sigmas, strict=True)):
        omega, delta = _gains(i, powers, ranks, sums)
        variance = max(1 - delta * (s / c) ** 2 * s / c, KAPPA)
        rated.append(Rating(rating.mu + omega * s**2 / c, s * math.sqrt(variance)))
    return rated


def _ranks(scores: Sequence[float]) -> list[int]:
    """How many were strictly better than each."""
    return [sum(other > score for other in scores) for score in scores]


def _sum_from(rank: int, powers: Sequence[float], ranks: Sequence[int]) -> float:
    """Of the powers of all who did not do better than that rank."""
    return sum(power for power, other in zip(powers, ranks, strict=True) if other >= rank)


def _gains(
    i: int, powers: Sequence[float], ranks: Sequence[int], sums: Sequence[float]
) -> tuple[float, float]:
    """How much better than expected player i did, and how much that says about its skill."""
    omega = delta = 0.0
    for q, rank in enumerate(ranks):
        if rank > ranks[i]:
            continue
        chance, tied = powers[i] / sums[q], ranks.count(rank)
        omega += ((q == i) - chance) / tied
        delta += chance * (1 - chance) / tied
    return omega, delta
