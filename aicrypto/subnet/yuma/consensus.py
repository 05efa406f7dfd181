"""Consensus on a weight: the largest that validators with enough stake support; the rest is cut.

    consensus_j = the largest w such that validators with at least kappa of the stake weigh j by w
    incentive_j ~ sum_i stake_i · min(W_ij, consensus_j)

A minority can't lift anybody above what the majority gives, and a validator that tries loses trust
and bonds. At kappa = 1/2 this is the stake-weighted median of a column.

All numbers are I32F32. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/math.rs
(weighted_median_col_sparse, col_clip_sparse).
"""

import numpy as np
from jaxtyping import Int64

from aicrypto.subnet.fixed import Fixed, fixed, multiply, normalised, proportion
from aicrypto.subnet.yuma.rows import Rows, scatter


def weighted_median(stake: Int64[np.ndarray, " votes"], scores: Fixed, minority: int) -> Fixed:
    """The least score such that the stake at or below it exceeds `minority`, column by column.

    The largest score if none does, 0 if there are no scores. The chain searches like quicksort and
    comes to the same: stakes are integers, so no order of adding them changes a sum.

    >>> weighted_median(np.array([40, 40, 20]), np.array([50, 40, 90]), minority=50)
    array(50)
    """
    if not len(stake):
        return np.zeros(scores.shape[1:], dtype=np.int64)
    order = np.argsort(scores, axis=0, kind="stable")
    at_or_below = np.cumsum(stake[order], axis=0)
    enough = at_or_below > minority
    first = np.where(enough.any(axis=0), enough.argmax(axis=0), len(stake) - 1)
    place = np.take_along_axis(order, np.expand_dims(first, 0), axis=0)
    return fixed(np.take_along_axis(scores, place, axis=0)[0])


def consensus(weights: Rows, active_stake: Fixed, kappa: int) -> Fixed:
    """Every uid's consensus weight; who wrote no entry for a uid weighs it by 0."""
    voters = np.flatnonzero(active_stake > 0)
    stake = normalised(active_stake[voters])
    number = np.full(weights.n, -1)
    number[voters] = np.arange(len(voters))
    votes = weights.where(number[weights.rows] >= 0)
    scores = np.zeros(len(voters) * weights.n, dtype=np.int64)
    scores[votes.place(number)] = votes.values
    minority = int(stake.sum()) - proportion(kappa)
    return weighted_median(stake, scores.reshape(len(voters), weights.n), minority)


def clip(weights: Rows, limits: Fixed) -> Rows:
    """Entries above the consensus cut to it; those that would become 0 are removed."""
    limit = limits[weights.columns]
    kept = (weights.values <= limit) | (limit > 0)
    return weights.with_values(np.minimum(weights.values, limit)).where(kept)


def ranks(clipped: Rows, active_stake: Fixed) -> Fixed:
    """Each uid's stake-weighted sum of clipped weights, every product floored by itself."""
    parts = multiply(active_stake[clipped.rows], clipped.values)
    return scatter(clipped.columns, parts, clipped.n)
