"""Yuma Consensus in floats, for thousands of subnets at once: Monte-Carlo, sweeps, attacks.

The steps of `epoch` on dense tensors: b subnets of n uids, of which the first v are validators.
Consensus, incentive and dividends stay within one unit of u16 of the exact engine; money is never
paid by it. Settings are numbers or tensors with one value for each subnet, so that a sweep over
kappa is one call. On CPU the batch is cut so that a part fits the cache; on CUDA it runs whole.

Left out: what depends on blocks (inactivity, newcomers) and the order of rows. Every validator has
an entry for every uid but itself, so nothing is omitted (quirks of liquid alpha aside).

Fractions are in 0..1. Source: opentensor/subtensor @14bc6f9f epoch/run_epoch.rs; epsilon of the
median: measured against the exact engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from aicrypto.subnet.fixed import U16_MAX
from aicrypto.subnet.yuma.state import Neurons, Rules

MEDIAN_EPSILON = 1e-12
CACHE_NUMBERS = 1 << 16  # of one tensor that is worked on at a time on CPU
EXP_LIMIT = 20.0

Table = Float[Tensor, "b v n"]
Setting = float | Float[Tensor, " b"]


@dataclass(frozen=True)
class Settings:
    """A subnet's rules as fractions; the flags hold for the whole batch."""

    kappa: Setting = 32767 / U16_MAX
    bonds_penalty: Setting = 1.0
    moving_average: Setting = 0.9
    alpha_low: Setting = 45875 / U16_MAX
    alpha_high: Setting = 58982 / U16_MAX
    steepness: Setting = 10.0
    yuma3: bool = False
    liquid_alpha: bool = False

    @classmethod
    def of(cls, rules: Rules) -> "Settings":
        """The same settings in the exact engine's units."""
        parts = (rules.kappa, rules.bonds_penalty, rules.alpha_low, rules.alpha_high)
        kappa, penalty, low, high = (part / U16_MAX for part in parts)
        kept = rules.bonds_moving_average / 1e6
        steepness = rules.steepness / 100
        return cls(kappa, penalty, kept, low, high, steepness, rules.yuma3, rules.liquid_alpha)


class Knobs(NamedTuple):
    """The numbers of `Settings` as tensors of shape (b, 1, 1)."""

    kappa: Tensor
    bonds_penalty: Tensor
    moving_average: Tensor
    alpha_low: Tensor
    alpha_high: Tensor
    steepness: Tensor


@dataclass(frozen=True)
class Batch:
    """Subnets before an epoch.

    Attributes:
        stake: of every uid, in any unit. weights: of validators, on any scale, at least 0.
        bonds: stored, in 0..1. votes: validators with a permit that are active.
    """

    stake: Float[Tensor, "b n"]
    weights: Table
    bonds: Table
    votes: Bool[Tensor, "b v"]

    @classmethod
    def of(cls, subnets: Sequence[Neurons], n_validators: int, device: str = "cpu") -> "Batch":
        """The batch of exact states; all must have as many uids."""
        n = subnets[0].n
        total = [sum(neurons.stake) or 1 for neurons in subnets]
        stake = [[s / t for s in neurons.stake] for neurons, t in zip(subnets, total, strict=True)]
        weights = torch.zeros(len(subnets), n, n, dtype=torch.float64)
        bonds = torch.zeros_like(weights)
        for at, neurons in enumerate(subnets):
            for table, rows in ((weights, neurons.weights), (bonds, neurons.bonds)):
                values = torch.from_numpy(rows.values).double()
                table[at, torch.from_numpy(rows.rows), torch.from_numpy(rows.columns)] = values
        permits = torch.tensor([neurons.permits[:n_validators] for neurons in subnets])
        return cls(
            torch.tensor(stake, dtype=torch.float64, device=device),
            weights[:, :n_validators].to(device),
            (bonds[:, :n_validators] / U16_MAX).to(device),
            permits.to(device),
        )


@dataclass(frozen=True)
class BatchEpoch:
    """What an epoch leaves; `dividends` and `trust` have one element for each validator."""

    consensus: Float[Tensor, "b n"]
    incentive: Float[Tensor, "b n"]
    dividends: Float[Tensor, "b v"]
    trust: Float[Tensor, "b v"]
    bonds: Table


def batch_epoch(batch: Batch, settings: Settings) -> BatchEpoch:
    """One epoch of every subnet; pass `bonds` on as the next batch's.

    Bonds are rounded down to u16 as the chain stores them. About 0.3 s for 1024 subnets of 64
    validators on one thread.
    """
    b, v, n = batch.weights.shape
    own = torch.eye(v, n, dtype=torch.bool, device=batch.weights.device)
    on_cpu = batch.weights.device.type == "cpu"
    size = max(1, CACHE_NUMBERS // (v * n)) if on_cpu else b
    tensors = [batch.stake, batch.weights, batch.bonds, batch.votes]
    tensors += [_spread(getattr(settings, name), batch.weights) for name in Knobs._fields]
    pieces = zip(*(tensor.split(size) for tensor in tensors), strict=True)
    parts = [_epoch(Batch(*p[:4]), Knobs(*p[4:]), settings, own) for p in pieces]
    return BatchEpoch(*map(torch.cat, zip(*map(_results, parts), strict=True)))


def _epoch(batch: Batch, knobs: Knobs, settings: Settings, own: Bool[Tensor, "v n"]) -> BatchEpoch:
    """One epoch of a part of the batch."""
    v = batch.weights.shape[1]
    active = _normalised(batch.stake[:, :v] * batch.votes, dim=1)
    weights = batch.weights.masked_fill(own | ~batch.votes[..., None], 0.0)
    weights = _normalised(weights, dim=2)
    consensus = _weighted_median(active, weights, knobs.kappa)
    clipped = torch.minimum(weights, consensus[:, None])
    incentive = _normalised((active[:, None] @ clipped)[:, 0], dim=1)
    source = torch.lerp(weights, clipped, knobs.bonds_penalty)
    if settings.yuma3:
        bonds = _yuma3_bonds(batch.bonds, weights, source, consensus, knobs, settings.liquid_alpha)
        dividends = (_normalised(bonds, dim=1) @ incentive[..., None])[..., 0] * active
        stored = bonds
    else:
        new = _normalised(source * active[..., None], dim=1)
        old = _normalised(batch.bonds, dim=1)
        bonds = _normalised(torch.lerp(new, old, knobs.moving_average), dim=1)
        dividends = (bonds @ incentive[..., None])[..., 0]
        stored = bonds / _or_one(bonds.amax(dim=1, keepdim=True))
    stored = torch.floor(stored * U16_MAX) / U16_MAX
    return BatchEpoch(
        consensus, incentive, _normalised(dividends, dim=1), clipped.sum(dim=2), stored
    )


def _results(part: BatchEpoch) -> tuple[Tensor, ...]:
    """The fields in order."""
    return part.consensus, part.incentive, part.dividends, part.trust, part.bonds


def _weighted_median(active: Float[Tensor, "b v"], weights: Table, kappa: Tensor) -> Tensor:
    """The largest weight that at least kappa of the active stake supports, for every column."""
    order = _order(weights)
    stake = active.unsqueeze(2).expand_as(weights).gather(1, order)
    at_or_below = stake.cumsum_(dim=1)
    minority = active.sum(dim=1)[:, None, None] - kappa + MEDIAN_EPSILON
    below = (at_or_below <= minority).sum(dim=1, keepdim=True)
    place = below.clamp(max=weights.shape[1] - 1)
    return weights.gather(1, order.gather(1, place))[:, 0]


def _order(weights: Table) -> Int64[Tensor, "b v n"]:
    """Places of each column's weights from the least on; numpy sorts thrice as fast on CPU."""
    if weights.device.type == "cpu":
        return torch.from_numpy(np.argsort(weights.numpy(), axis=1))
    return weights.argsort(dim=1)


def _yuma3_bonds(
    old: Table,
    weights: Table,
    source: Table,
    consensus: Float[Tensor, "b n"],
    knobs: Knobs,
    liquid_alpha: bool,
) -> Table:
    """Bonds after the moving average, at one speed or, with liquid alpha, at one for each bond."""
    plain = torch.lerp(source, old, knobs.moving_average)
    if not liquid_alpha:
        return plain
    limit = consensus[:, None]
    buying, selling = (source - limit).clamp(0, 1), (old - source).clamp(0, 1)
    ahead = torch.where(source >= old, buying, selling)
    slope = (knobs.steepness * (ahead - 0.5)).clamp(-EXP_LIMIT, EXP_LIMIT)
    low, high = knobs.alpha_low, knobs.alpha_high
    alpha = low + torch.sigmoid(slope) * (high - low)
    alpha = torch.maximum(low, torch.minimum(alpha, high))
    penalty = knobs.bonds_penalty
    whole = (penalty == 0) | (penalty == 1)  # in between, zeros are dropped from the rows
    listed = (source > 0) | (whole & (weights == 0))
    liquid = torch.lerp(old, source, alpha).clamp(max=1) * listed
    return torch.where(consensus.any(dim=1)[:, None, None], liquid, plain)


def _normalised(a: Tensor, dim: int) -> Tensor:
    """Every element over its sum along a dimension; zeros where that is 0."""
    return a / _or_one(a.sum(dim=dim, keepdim=True))


def _or_one(divisor: Tensor) -> Tensor:
    return torch.where(divisor == 0, torch.ones_like(divisor), divisor)


def _spread(setting: Setting, like: Table) -> Float[Tensor, "b 1 1"]:
    """One value for each subnet."""
    value = torch.as_tensor(setting, dtype=like.dtype, device=like.device)
    return value.reshape(-1, 1, 1).expand(like.shape[0], 1, 1)
