"""Liquid alpha: bonds that move faster where a validator's weight was ahead of consensus.

    alpha_ij = low + (high - low) · sigmoid(steepness · (d - 1/2))
    d = how far the weight is above consensus when buying, or the bond above the weight when selling

Only Yuma 3 knows it, and only if the owner turns it on. Two properties of the chain's code follow
from how rows are read, and both are kept: a bond whose miner has no entry in the weight row is gone
at once, while an entry of 0 lets it decay; and a row that is not sorted is partly overlooked.

I32F32. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/run_epoch.rs
(compute_liquid_alpha_values, alpha_sigmoid) and math.rs (exp_safe, mat_ema_alpha_sparse).
"""

from dataclasses import dataclass

import numpy as np

from aicrypto.subnet.fixed import BITS, ONE, Fixed, divide, fixed, multiply
from aicrypto.subnet.yuma.rows import Rows, row_order

EXP_LIMIT = 20 << BITS
EXP_TERMS = 31
# e as the fixed-point library writes it, with 23 fractional bits; the series would give ...1554.
EXP_ONE = 11674931200
HALF = ONE // 2
STEEPNESS_PARTS = -100


@dataclass(frozen=True)
class LiquidAlpha:
    """The consensus to be ahead of, the slowest and quickest alpha, and how sharply it turns."""

    consensus: Fixed
    low: int
    high: int
    steepness: int


def exp(x: Fixed) -> Fixed:
    """e^x for x within ±20: a series of 31 terms, but for x = 1 a constant."""
    x = np.clip(x, -EXP_LIMIT, EXP_LIMIT)
    size = np.abs(x)
    term, total = size, size + ONE
    for i in range(2, EXP_TERMS + 1):
        term = multiply(term, size) // i
        total = total + term
    value = np.where(x < 0, divide(np.array([ONE]), total), total)
    return np.where(x == ONE, EXP_ONE, value)


def alpha_sigmoid(liquid: LiquidAlpha, consensus: Fixed, weight: Fixed, bond: Fixed) -> Fixed:
    """The speed of each bond: towards `high` the further it is ahead."""
    buying = np.clip(weight - consensus, 0, ONE)
    selling = np.clip(bond - weight, 0, ONE)
    ahead = np.where(weight >= bond, buying, selling) - HALF
    slope = divide(np.array([liquid.steepness << BITS]), np.array([STEEPNESS_PARTS << BITS]))
    sigmoid = divide(np.array([ONE]), ONE + exp(multiply(slope, ahead)))
    alpha = liquid.low + multiply(sigmoid, np.array([liquid.high - liquid.low]))
    return fixed(np.maximum(liquid.low, np.minimum(alpha, liquid.high)))


def liquid_bonds(weights: Rows, held: Rows, liquid: LiquidAlpha) -> Rows:
    """Bonds after an epoch, in the order of the weight rows; bonds without a weight vanish."""
    users, order = row_order(weights.n, weights, held)
    places = weights.place(order)
    seen_weights, seen_bonds = _scanned(weights), _scanned(held)
    size = len(users) * weights.n
    bonds, known_weight, known_bond = (np.zeros(size, dtype=np.int64) for _ in range(3))
    bonds[held.place(order)] = held.values
    known_weight[seen_weights.place(order)] = seen_weights.values
    known_bond[seen_bonds.place(order)] = seen_bonds.values
    consensus = liquid.consensus[weights.columns]
    alpha = alpha_sigmoid(liquid, consensus, known_weight[places], known_bond[places])
    decayed = multiply(ONE - alpha, bonds[places])
    bought = np.maximum(0, multiply(alpha, weights.values))
    grown = weights.with_values(np.minimum(ONE, decayed + bought))
    return grown.where(grown.values > 0)


def _scanned(matrix: Rows) -> Rows:
    """The entries that the chain's scan sees: those with a higher uid than all before in the row.

    It walks uids and entries side by side and never back: an entry with a lower uid than one before
    it is passed over, and counts as 0.
    """
    keys = matrix.rows * matrix.n + matrix.columns
    before = np.maximum.accumulate(np.concatenate([[-1], keys[:-1]])) if len(keys) else keys
    return matrix.where(keys > before)
