"""From a subnet's emission to accounts: owner, miners, validators, root, and their nominators.

    18 % owner; of the rest half to miners, half to validators, of which root's stake takes its part

At the epoch, a validator's dividend is divided in the ratio of its root stake (weighted) to its
alpha stake; the pots of root and of validators are shared in proportion to these parts. The owner
of the hotkey keeps a take, 18 % unless told otherwise; the rest goes to whoever staked on it.

Rao, and 32 fractional bits floored at every step. Source: opentensor/subtensor @14bc6f9f
pallets/subtensor/src/coinbase/run_coinbase.rs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.subnet.economy.pool import TAO_WEIGHT, tao_weight_bits
from aicrypto.subnet.fixed import BITS, ONE, U16_MAX, WIDE, over, times

OWNER_CUT_U16 = 11796  # 18 %
TAKE_U16 = 11796


@dataclass(frozen=True)
class Split:
    """Rao for each group; what floors take away (less than 4 rao) is not paid."""

    owner: int
    server: int
    validator: int
    root: int


@dataclass(frozen=True)
class Hotkey:
    """A validator's stakes in rao, and its dividend of the epoch in any unit."""

    alpha_stake: int
    root_stake: int
    dividend: int


@dataclass(frozen=True)
class Dividend:
    """What a hotkey gets: alpha and root with 32 fractional bits, and the same as whole rao."""

    alpha_bits: int
    root_bits: int
    alpha_take: int
    alpha_nominators: int
    root_take: int
    root_nominators: int


def alpha_split(
    alpha_out: int, root: int, owner_cut_u16: int = OWNER_CUT_U16, owner_cut_enabled: bool = True
) -> Split:
    """A block's alpha in four parts; `root` is the root proportion."""
    owner = alpha_out * over(owner_cut_u16, U16_MAX) if owner_cut_enabled else 0
    rest = (alpha_out << BITS) - owner
    server, root_part = rest >> 1, times(root, rest) >> 1
    validator = rest - server - root_part
    return Split(*(part >> BITS for part in (owner, server, validator, root_part)))


def stake_weight(alpha_stake: int, tao_stake: int, tao_weight: int = TAO_WEIGHT) -> int:
    """What a hotkey weighs in consensus, 64 fractional bits: alpha plus TAO × its weight."""
    return (alpha_stake << WIDE) + (tao_stake * tao_weight_bits(tao_weight) << (WIDE - BITS))


def validator_dividends(
    hotkeys: Sequence[Hotkey],
    pending_validator_alpha: int,
    pending_root_alpha: int,
    take_u16: int = TAKE_U16,
    tao_weight: int = TAO_WEIGHT,
) -> list[Dividend]:
    """The pots of validators and of root, shared out."""
    roots = [_root_part(hotkey, tao_weight_bits(tao_weight)) for hotkey in hotkeys]
    alphas = [(h.dividend << BITS) - root for h, root in zip(hotkeys, roots, strict=True)]
    take = over(take_u16, U16_MAX)
    from_alpha = _shared(pending_validator_alpha, alphas)
    from_root = _shared(pending_root_alpha, roots)
    return [
        Dividend(alpha, root, *_with_take(alpha, take), *_with_take(root, take))
        for alpha, root in zip(from_alpha, from_root, strict=True)
    ]


def _root_part(hotkey: Hotkey, weight: int) -> int:
    """The part of a dividend that root stake earned."""
    weighted = hotkey.root_stake * weight
    return hotkey.dividend * over(weighted, (hotkey.alpha_stake << BITS) + weighted)


def _shared(pot: int, parts: Sequence[int]) -> list[int]:
    """A pot in proportion to the parts."""
    total = sum(parts)
    return [pot * over(part, total) for part in parts]


def _with_take(paid: int, take: int) -> tuple[int, int]:
    """Rao for the hotkey's owner and for nominators."""
    own = min(times(take, paid), paid) if take <= ONE else paid
    return own >> BITS, (paid - own) >> BITS
