"""One epoch of Yuma Consensus, bit for bit as the chain computes it.

    stake, weights, old bonds  ->  consensus  ->  incentive (miners) and dividends (validators)

Every `tempo` blocks the chain turns what validators wrote into money: permits for the next epoch,
new bonds, and for each uid a part of the emission. Miners share by incentive, validators by
dividends, and the lowest in emission is the first to lose its place.

Steps are numbered as the functions stand here. All fractions are I32F32 (`fixed`), integers
throughout: any two machines agree to the last bit. `batch` is the same in floats, for thousands of
subnets at once.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/run_epoch.rs (epoch_sparse).
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool

from aicrypto.subnet.fixed import BITS, Fixed, divide, fixed, normalised, proportion, to_u16
from aicrypto.subnet.yuma import bonds as bonding
from aicrypto.subnet.yuma.bonds import BondStep
from aicrypto.subnet.yuma.consensus import clip, consensus, ranks
from aicrypto.subnet.yuma.liquid import LiquidAlpha
from aicrypto.subnet.yuma.rows import Rows
from aicrypto.subnet.yuma.state import Epoch, Neurons, Rules, Stored

NO_BLOCK = -1  # stands for a commit that there is not

Flags = Bool[np.ndarray, " n"]


def epoch(neurons: Neurons, rules: Rules, block: int, rao: int, last_step_block: int = 0) -> Epoch:
    """What an epoch at `block` computes and stores; `rao` is what it may pay out.

    Args:
        neurons: stakes, weights and bonds before the epoch.
        rules: the subnet's settings.
        block: the current block.
        rao: emission for miners and validators since the last epoch.
        last_step_block: block of the last epoch that ran, 0 if unknown.
    """
    inactive = _inactive(neurons, rules, block)
    stake = _stake(neurons, rules)
    may_vote = _permits_before(neurons)
    active = normalised(np.where(inactive | ~may_vote, 0, stake))
    weights = _weights(neurons, rules, may_vote)
    limits = consensus(weights, active, rules.kappa)
    clipped = clip(weights, limits)
    incentive = normalised(ranks(clipped, active))
    source = bonding.weights_for_bonds(weights, clipped, rules.bonds_penalty)
    held = _held(neurons, rules, block, last_step_block)
    step = _bonds(rules, source, held, active, incentive, limits)
    permits = _new_permits(neurons, rules, stake)
    trust = clipped.row_sums()
    stored = Stored(
        to_u16(stake),
        to_u16(limits),
        to_u16(incentive),
        to_u16(step.dividends),
        to_u16(trust),
        _stored_bonds(step.stored, permits),
        *_paid(incentive, step.dividends, stake, active, rao),
    )
    return Epoch(
        inactive.astype(int).tolist(),
        stake,
        active,
        tuple(permits.tolist()),
        weights,
        limits,
        clipped,
        trust,
        incentive,
        step.dividends,
        step.bonds,
        step.delta,
        stored,
    )


def after(neurons: Neurons, result: Epoch) -> Neurons:
    """The neurons with what the epoch stored: new permits and bonds."""
    return replace(neurons, permits=result.permits, bonds=result.stored.bonds)


def _inactive(neurons: Neurons, rules: Rules, block: int) -> Flags:
    """1. Who has set no weights for too long."""
    quiet = [last + rules.activity_cutoff < block for last in neurons.last_update]
    return np.array(quiet, dtype=bool)


def _stake(neurons: Neurons, rules: Rules) -> Fixed:
    """2. Shares of the stake; too little counts as none, except for the owner."""
    counted = [
        0 if stake < rules.min_stake and uid != neurons.owner_uid else stake
        for uid, stake in enumerate(neurons.stake)
    ]
    total = sum(counted)
    return fixed([(stake << BITS) // total if total else 0 for stake in counted])


def _permits_before(neurons: Neurons) -> Flags:
    """3. Who may vote in this epoch: permits of the last one, and the owner."""
    may = np.array(neurons.permits, dtype=bool)
    if neurons.owner_uid is not None:
        may[neurons.owner_uid] = True
    return may


def _new_permits(neurons: Neurons, rules: Rules, stake: Fixed) -> Flags:
    """4. Permits for the next epoch: the largest stakes; among equal ones the higher uid."""
    permits = np.asarray(stake != 0)
    surplus = neurons.n - rules.max_allowed_validators
    if surplus >= 0:
        permits[np.argsort(stake, kind="stable")[:surplus]] = False
    if neurons.owner_uid is not None:
        permits[neurons.owner_uid] = True
    return permits


def _weights(neurons: Neurons, rules: Rules, may_vote: Flags) -> Rows:
    """5. Rows of those who may vote, over their sums.

    An entry falls out if it is about oneself (the owner's stays), or about a uid that registered
    after the weights were set or committed: a newcomer does not inherit its predecessor's score.
    """
    given, registered = neurons.weights, fixed(neurons.registered)
    about = registered[given.columns]
    keep = may_vote[given.rows] & (fixed(neurons.last_update)[given.rows] > about)
    owner = NO_BLOCK if neurons.owner_uid is None else neurons.owner_uid
    keep &= (given.columns != given.rows) | (given.rows == owner)
    if rules.commit_reveal:
        commits = [NO_BLOCK if block is None else block for block in neurons.commit_blocks]
        committed = fixed(commits)[given.rows]
        keep &= (committed == NO_BLOCK) | (committed >= about)
    kept = given.where(keep)
    kept = kept.with_values(kept.values << BITS)
    sums = kept.row_sums()[kept.rows]
    return kept.with_values(np.where(sums > 0, divide(kept.values, sums), kept.values))


def _held(neurons: Neurons, rules: Rules, block: int, last_step_block: int) -> Rows:
    """6. Old bonds, less those in uids that registered since the last epoch."""
    last = last_step_block + 1 if last_step_block else max(0, block - rules.tempo)
    registered = fixed(neurons.registered)
    return neurons.bonds.where(registered[neurons.bonds.columns] < last)


def _bonds(
    rules: Rules, source: Rows, held: Rows, active: Fixed, incentive: Fixed, limits: Fixed
) -> BondStep:
    """7. Bonds and dividends by the rules that the subnet has chosen."""
    alpha = bonding.alpha_of(rules.bonds_moving_average)
    if not rules.yuma3:
        return bonding.classic(source, held, active, incentive, alpha)
    if rules.liquid_alpha and limits.any():
        low, high = proportion(rules.alpha_low), proportion(rules.alpha_high)
        liquid = LiquidAlpha(limits, low, high, rules.steepness)
        return bonding.yuma3(source, held, active, incentive, liquid)
    return bonding.yuma3(source, held, active, incentive, alpha)


def _paid(
    incentive: Fixed, dividends: Fixed, stake: Fixed, active: Fixed, rao: int
) -> tuple[list[int], list[int], list[int]]:
    """8. Rao for serving, for validating, and for both together; rounding dust is not paid.

    Where nobody earned anything, stake is paid instead, so that a new subnet can start.
    """
    total = fixed([int(incentive.sum()) + int(dividends.sum())])
    if total[0]:
        parts = [divide(x, total) for x in (incentive, dividends, incentive + dividends)]
    else:
        instead = active if active.any() else stake
        parts = [incentive, instead, instead]
    server, validator, both = ([max(0, x * rao >> BITS) for x in p.tolist()] for p in parts)
    return server, validator, both


def _stored_bonds(bonds: Rows, permits: Flags) -> Rows:
    """9. Bonds in u16, of those with a new permit; entries that round to 0 are kept."""
    kept = bonds.where(permits[bonds.rows])
    return kept.with_values(fixed(to_u16(kept.values)))
