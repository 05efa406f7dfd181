"""How emission is shared out between subnets: four sets of rules in sixteen months.

    price        February 2025: by the moving average of each subnet's token price
    flow         late 2025: by the moving average of TAO that people put in less what they took out
    net flow     May 2026: the same, less what the protocol itself put in
    burn-aware   since June 2026: price times the part of miner emission that was not burned

Prices and shares have 64 fractional bits, moving prices 32, each step floored; flows are rao with
64 fractional bits and a sign. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/
coinbase/subnet_emissions.rs, staking/stake_utils.rs (update_moving_price).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.subnet.fixed import BITS, WIDE, over, times

PRICE_ALPHA = 12885  # 0.000003 with 32 fractional bits
HALVING_BLOCKS = 201_600
FLOW_ALPHA = 29_597_889_189_277  # of 2^63: half-life 216 000 blocks
FLOW_ALPHA_BITS = 63
WHOLE = 1 << WIDE


@dataclass(frozen=True)
class Subnet:
    """What the burn-aware rule looks at; 32 fractional bits."""

    moving_price: int
    miner_burned: int = 0
    emission_enabled: bool = True


def moving_price(old: int, price: int, blocks: int, halving_blocks: int = HALVING_BLOCKS) -> int:
    """The moving average after a block; `price` has 64 fractional bits and counts up to one.

    The speed grows with the age of the subnet, from 0 to 3e-6. Known flaw: with 32 fractional bits
    the average stops 8.1e-5 below a price that stays, and never leaves 0 for a price below 8e-5.
    """
    speed = times(PRICE_ALPHA << BITS, over(blocks, blocks + halving_blocks, WIDE), WIDE)
    moved = times(speed, min(price, WHOLE), WIDE)
    return (moved + times(WHOLE - speed, old << BITS, WIDE)) >> BITS


def price_shares(prices: Sequence[int]) -> list[int]:
    """Each moving price over their sum."""
    return _proportional([price << BITS for price in prices])


def burn_aware_shares(subnets: Sequence[Subnet]) -> list[int]:
    """Price shares times what is not burned, over the sum; price shares if everybody burns all."""
    by_price = price_shares([subnet.moving_price for subnet in subnets])
    kept = [
        times(share, WHOLE - min(subnet.miner_burned << BITS, WHOLE), WIDE)
        for share, subnet in zip(by_price, subnets, strict=True)
    ]
    return _proportional(kept) if any(kept) else by_price


def moving_flow(old: int, flow_rao: int) -> int:
    """The moving average of net inflow after a block; both may be negative."""
    return old + (((flow_rao << WIDE) - old) * FLOW_ALPHA >> FLOW_ALPHA_BITS)


def flow_shares(flows: Sequence[int], cutoff: int = 0) -> list[int]:
    """Shares by inflow above a floor: the worst subnet's, but at least `cutoff`, at most 0."""
    floor = max(cutoff, min([0, *flows]))
    return _proportional([max(flow - floor, 0) for flow in flows])


def net_flow_shares(flows: Sequence[int], protocol: Sequence[int], cutoff: int = 0) -> list[int]:
    """Shares by inflow less the protocol's own, which counts at most as much as the users'."""
    users, own = (sum(max(flow, 0) for flow in side) for side in (flows, protocol))
    scale = min(WHOLE, over(users, own, WIDE)) if own else WHOLE
    net = [f - (p * scale >> WIDE) for f, p in zip(flows, protocol, strict=True)]
    return flow_shares(net, cutoff)


def among_enabled(shares: Sequence[int], enabled: Sequence[bool]) -> list[int]:
    """Shares of those that take part, over their sum; new subnets start disabled."""
    if all(enabled):
        return list(shares)
    return _proportional([share if on else 0 for share, on in zip(shares, enabled, strict=True)])


def emissions(block_emission_rao: int, shares: Sequence[int]) -> list[int]:
    """Rao for each subnet, with 32 fractional bits."""
    return [block_emission_rao * share >> (WIDE - BITS) for share in shares]


def _proportional(amounts: Sequence[int]) -> list[int]:
    total = sum(amounts)
    return [over(amount, total, WIDE) for amount in amounts]
