"""Bonds: a validator's share in a miner, grown by weighing it early; dividends are paid along them.

Classic bonds are shares that add up to one for each miner, bought with stake × weight. Yuma 3 keeps
for each validator how firmly it has weighed a miner, whatever its stake, and multiplies by stake
only when it pays: small validators no longer lose by rounding and by being late.

Either way bonds are a moving average, so who finds a good miner first owns more of it for a while,
and who copies yesterday's weights is always late.

I32F32 unless said otherwise. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/
run_epoch.rs and math.rs (mat_ema_sparse, inplace_col_normalize_sparse).
"""

from dataclasses import dataclass

import numpy as np

from aicrypto.subnet.fixed import (
    BITS,
    HIGHEST,
    ONE,
    U16_MAX,
    Fixed,
    divide,
    multiply,
    normalised,
    proportion,
)
from aicrypto.subnet.yuma.liquid import LiquidAlpha, liquid_bonds
from aicrypto.subnet.yuma.rows import Rows, row_order, scatter

PARTS = 1_000_000  # bonds_moving_average is in millionths


@dataclass(frozen=True)
class BondStep:
    """Bonds after an epoch, how they are stored, and the dividends that they earn."""

    bonds: Rows
    stored: Rows
    dividends: Fixed
    delta: Rows | None


def weights_for_bonds(weights: Rows, clipped: Rows, bonds_penalty: int) -> Rows:
    """What bonds grow from: weights at penalty 0, clipped weights at 65535, else in between.

    In between, rows are sorted and zeros dropped; at the ends they stay as written.
    """
    beta = proportion(bonds_penalty)
    if beta in (0, ONE):
        return clipped if beta else weights
    users, order = row_order(weights.n, weights)
    cut = np.zeros(len(users) * weights.n, dtype=np.int64)
    cut[clipped.place(order)] = clipped.values
    difference = cut[weights.place(order)] - weights.values
    mixed = weights.with_values(weights.values + multiply(fixed_scalar(beta), difference))
    by_column = np.lexsort((mixed.columns, mixed.rows))
    return Rows(mixed.n, mixed.rows, mixed.columns[by_column], mixed.values[by_column]).where(
        mixed.values[by_column] > 0
    )


def moving_average(new: Rows, old: Rows, alpha: int) -> Rows:
    """The average alpha · new + (1 - alpha) · old, each product floored; sorted, positive only."""
    users, order = row_order(new.n, new, old)
    size = len(users) * new.n
    total = scatter(new.place(order), multiply(fixed_scalar(alpha), new.values), size)
    total += scatter(old.place(order), multiply(fixed_scalar(ONE - alpha), old.values), size)
    places = np.flatnonzero(total > 0)
    return Rows(new.n, users[places // new.n], places % new.n, total[places])


def alpha_of(bonds_moving_average: int) -> int:
    """How much of a bond is new: one less the moving average; negative if that is above 10^6."""
    return ONE - min((bonds_moving_average << BITS) // PARTS, HIGHEST)


def classic(weights: Rows, old: Rows, stake: Fixed, incentive: Fixed, alpha: int) -> BondStep:
    """Shares of each miner, bought with stake × weight; `old` in u16 as stored."""
    held = old.with_values(old.values << BITS).columns_normalised()
    bought = weights.with_values(multiply(weights.values, stake[weights.rows]))
    delta = bought.columns_normalised()
    bonds = moving_average(delta, held, alpha).columns_normalised()
    stored = bonds.columns_divided_by(bonds.column_maxima())
    return BondStep(bonds, stored, normalised(_earned(bonds, incentive)), delta)


def yuma3(
    weights: Rows,
    old: Rows,
    stake: Fixed,
    incentive: Fixed,
    alpha: int | LiquidAlpha,
) -> BondStep:
    """Firmness in 0..1, whatever the stake; `alpha` is one speed, or liquid: one for each bond."""
    held = old.with_values(divide(old.values << BITS, fixed_scalar(U16_MAX << BITS)))
    if isinstance(alpha, LiquidAlpha):
        bonds = liquid_bonds(weights, held, alpha)
    else:
        bonds = moving_average(weights, held, alpha)
    earned = _earned(bonds.columns_normalised(), incentive)
    return BondStep(bonds, bonds, normalised(multiply(earned, stake)), None)


def fixed_scalar(value: int) -> Fixed:
    """One number as an array of one, which numpy multiplies without warnings."""
    return np.array([value], dtype=np.int64)


def _earned(bonds: Rows, incentive: Fixed) -> Fixed:
    """What each validator's bonds bring: its share of every miner's incentive."""
    return scatter(bonds.rows, multiply(incentive[bonds.columns], bonds.values), bonds.n)
