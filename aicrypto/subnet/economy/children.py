"""Child keys: a validator lends parts of its stake's weight, and shares what is earned with it.

A parent that does not want to run software for every subnet names up to five children with
proportions of its stake. Consensus sees the stake with the child; dividends flow back, less the
child's take (at most 18 %) where the owners differ.

Proportions are parts of 2^64 - 1, amounts rao; 32 fractional bits floored at every step. Source:
opentensor/subtensor @14bc6f9f pallets/subtensor/src/staking/set_children.rs, coinbase/
run_coinbase.rs (get_parent_child_dividends_distribution).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.subnet.economy.pool import TAO_WEIGHT, tao_weight_bits
from aicrypto.subnet.fixed import BITS, ONE, U16_MAX, U64_MAX, over, times

MAX_CHILDREN = 5


@dataclass(frozen=True)
class Parent:
    """A hotkey that lends: proportion to this child, stakes, whether the owner is the same."""

    proportion: int
    root: int
    alpha: int
    same_coldkey: bool


@dataclass(frozen=True)
class Child:
    """The earning hotkey: own stakes, what it lends on, its take, and what the subnet recycles."""

    root: int
    alpha: int
    proportions: tuple[int, ...] = ()
    take_u16: int = 0
    burn: int = 0


@dataclass(frozen=True)
class Distribution:
    """Rao for each parent and the child, rao recycled, and the child's own part of the stake."""

    parents: list[int]
    child: int
    recycled: int
    self_contribution: int


def inherited_stake(
    stake: int, child_proportions: Sequence[int], parents: Sequence[tuple[int, int]]
) -> int:
    """Stake as consensus sees it: less what is lent, plus what is borrowed.

    `parents` are pairs of proportion and the parent's stake.
    """
    lent = sum(_part(stake, proportion) for proportion in child_proportions)
    borrowed = sum(_part(theirs, proportion) for proportion, theirs in parents)
    return max(0, (stake << BITS) - lent + borrowed) >> BITS


def childkey_dividends(
    dividend: int, child: Child, parents: Sequence[Parent], tao_weight: int = TAO_WEIGHT
) -> Distribution:
    """A dividend divided by who brought the stake that earned it."""
    weight = tao_weight_bits(tao_weight)
    own = _own_contribution(child, weight)
    lent = [
        _part(p.alpha, p.proportion) + times(_part(p.root, p.proportion), weight) for p in parents
    ]
    total = (own << BITS) + sum(lent)
    gross = [dividend * over(part, total) for part in lent]
    pairs = list(zip(parents, gross, strict=True))
    burns = [_unless_same(parent, over(child.burn, U64_MAX), part) for parent, part in pairs]
    takes = [_unless_same(parent, over(child.take_u16, U16_MAX), part) for parent, part in pairs]
    net = [g - burn - take for g, burn, take in zip(gross, burns, takes, strict=True)]
    kept = (dividend << BITS) - sum(gross) + sum(takes)
    recycled = sum(burn >> BITS for burn in burns)
    return Distribution([part >> BITS for part in net], kept >> BITS, recycled, own)


def _own_contribution(child: Child, weight: int) -> int:
    """The stake that the child did not lend on."""
    rest = max(0, ONE - sum(over(proportion, U64_MAX) for proportion in child.proportions))
    return (child.alpha * rest + times(child.root * rest, weight)) >> BITS


def _part(stake: int, proportion: int) -> int:
    return stake * over(proportion, U64_MAX)


def _unless_same(parent: Parent, rate: int, gross: int) -> int:
    """A charge between different owners."""
    return 0 if parent.same_coldkey else times(rate, gross)
