"""Who may come in, at what price, and who must go: burns, locks, immunity, pruning.

A place costs a burn that each registration raises by 26 % and time halves every 360 blocks: a
Dutch auction that never ends. A full subnet replaces the uid with the lowest emission, miner or
validator alike; newcomers are immune for 4096 blocks. Subnets themselves compete for 128 places by
the moving average of their price, and cost a lock that doubles with each one.

Rao and blocks. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/subnets/registration.rs
(pruning), subnets/subnet.rs (lock cost), utils/ (decay of the burn).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from aicrypto.subnet.economy.emission import RAO
from aicrypto.subnet.fixed import BITS, ONE, U64_MAX, WIDE, times

MIN_BURN, MAX_BURN = 500_000, 100 * RAO
START_BURN = RAO // 10
BURN_HALF_LIFE = 360
BUMP = 23242897532874035200  # 1.26 with 64 fractional bits
IMMUNITY_BLOCKS = 4096
MIN_NON_IMMUNE = 10
MAX_SUBNETS = 128
SUBNET_IMMUNITY_BLOCKS = 1_296_000
MIN_LOCK = 1000 * RAO
LOCK_INTERVAL = 100_800
ROOT = 0


@dataclass(frozen=True)
class Seat:
    """What decides about a uid: emission of the last epoch, block of registration."""

    emission: int
    registered: int


@dataclass(frozen=True)
class Listing:
    """What decides about a subnet: moving price (32 fractional bits), block of registration."""

    netuid: int
    moving_price: int
    registered: int


@cache
def decay_factor(half_life: int) -> int:
    """The largest factor (32 fractional bits) that `half_life` blocks turn into at most a half.

    >>> decay_factor(360)
    4286705684
    """
    if half_life == 0:
        return ONE
    low, high = 0, ONE
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _power(middle, half_life) <= ONE // 2 else (low, middle - 1)
    return low


def burn_after(
    burn: int,
    blocks: int,
    half_life: int = BURN_HALF_LIFE,
    min_burn: int = MIN_BURN,
    max_burn: int = MAX_BURN,
) -> int:
    """The burn after that many blocks without a registration, floored at every block."""
    if half_life == 0:
        return burn
    factor = decay_factor(half_life)
    for _ in range(blocks):
        burn = min(max(times(burn, factor), min_burn), max_burn)
    return burn


def burn_bumped(
    burn: int, bump: int = BUMP, min_burn: int = MIN_BURN, max_burn: int = MAX_BURN
) -> int:
    """The burn after a registration; `bump` has 64 fractional bits and counts at least one."""
    return min(max(times(burn, max(bump, 1 << WIDE), WIDE), min_burn), max_burn)


def lock_cost(
    last_lock: int,
    last_block: int,
    block: int,
    min_lock: int = MIN_LOCK,
    interval: int = LOCK_INTERVAL,
) -> int:
    """TAO to lock for a new subnet: twice the last, falling to it over `interval` blocks."""
    start = last_lock * (1 if last_block == 0 else 2)
    fallen = last_lock // interval * max(0, block - last_block)
    return max(min_lock, start - fallen)


def prune_uid(
    seats: Sequence[Seat],
    block: int,
    immunity: int = IMMUNITY_BLOCKS,
    min_non_immune: int = MIN_NON_IMMUNE,
    immortal: Collection[int] = (),
) -> int | None:
    """The uid to replace: lowest emission, then oldest, then lowest uid; None if there is none.

    While no more than `min_non_immune` are without immunity, one of the immune is taken instead. A
    quirk of the chain: if none is immune then, nobody can be replaced.
    """
    chosen: dict[bool, list[tuple[int, int, int]]] = {True: [], False: []}
    for uid, seat in enumerate(seats):
        if uid not in immortal:
            is_immune = max(0, block - seat.registered) < immunity
            chosen[is_immune].append((seat.emission, seat.registered, uid))
    ranked = chosen[len(chosen[False]) <= min_non_immune]
    return min(ranked)[2] if ranked else None


def prune_subnet(
    listings: Sequence[Listing], block: int, immunity: int = SUBNET_IMMUNITY_BLOCKS
) -> int | None:
    """The subnet to replace: lowest moving price, then oldest; None if all are immune."""
    exposed = [s for s in listings if s.netuid != ROOT and block >= s.registered + immunity]
    chosen = min(exposed, key=lambda s: (s.moving_price, s.registered), default=None)
    return chosen.netuid if chosen else None


def _power(base: int, exponent: int) -> int:
    """Square and multiply with 32 fractional bits, floored and capped as the chain does."""
    result = ONE
    while exponent:
        if exponent & 1:
            result = min(result * base >> BITS, U64_MAX)
        base, exponent = min(base * base >> BITS, U64_MAX), exponent >> 1
    return result
