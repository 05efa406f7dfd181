"""One checkpoint of a staking contract, as a pure function: who was active, who earns, who goes.

Every service earns the same per second, whatever its bond, if its activity since the last
checkpoint reaches a ratio; one that is inactive for too long is evicted. Activity is what a
checker says. The deployed one counts transactions of the service's multisig, which cost next to
nothing on a cheap chain; `paid_work`, a repair of ours, counts deliveries that somebody paid for.

Times are seconds, rewards wei, ratios per second with 18 decimals.
Source: autonolas-registries@1c5606f3 StakingBase.sol, StakingActivityChecker.sol.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from aicrypto.agents.refusals import demand

ONE = 10**18
MIN_DEPOSIT = 2  # wei; a bond of one stands for a bond in tokens

Counters = tuple[int, ...]  # of a multisig: transactions, and, for `paid_work`, paid deliveries
Checker = Callable[[Counters, Counters, int], bool]  # now, at the last checkpoint, seconds between


@dataclass(frozen=True)
class Terms:
    """What a staking contract is made with.

    A service must stay longer than it may be idle, or it would hold a slot without any work.

    Raises:
        Refusal: `ZeroValue`, `LowerThan`, for what no contract can be made with.
    """

    max_services: int
    rewards_per_second: int
    min_deposit: int
    min_periods: int
    max_inactive_periods: int
    period: int
    emission_time: int
    n_instances: int

    def __post_init__(self) -> None:
        """Checks as the contract does when it is made."""
        are_given = all(value > 0 for name, value in vars(self).items() if name != "min_deposit")
        demand(are_given, "ZeroValue")
        demand(self.min_periods >= self.max_inactive_periods, "LowerThan")
        demand(self.min_deposit >= MIN_DEPOSIT, "LowerThan")

    @property
    def emissions(self) -> int:
        """Wei that a full contract pays out in its time."""
        return self.rewards_per_second * self.max_services * self.emission_time


@dataclass(frozen=True)
class Stake:
    """A service that is staked, or was evicted and has not left yet.

    Attributes:
        owner: who staked it, and may claim and unstake.
        distribution: how rewards are paid (`staking`).
        start: when it was staked.
        counters: its activity at the last checkpoint.
        reward: wei not claimed yet.
        inactivity: seconds without enough activity, in a row.
    """

    owner: str
    distribution: int
    start: int
    counters: Counters
    reward: int = 0
    inactivity: int = 0


@dataclass(frozen=True)
class Pool:
    """The state of a staking contract.

    Attributes:
        checked_at: time of the last checkpoint.
        service_ids: staked services, in the contract's order.
        stakes: of these and of evicted ones.
        available: wei of rewards that nobody has earned yet.
        epoch: number of checkpoints so far.
    """

    checked_at: int
    service_ids: tuple[int, ...] = ()
    stakes: Mapping[int, Stake] = field(default_factory=lambda: MappingProxyType({}))
    available: int = 0
    epoch: int = 0

    @property
    def owed(self) -> int:
        """Wei available or earned: what the contract must hold."""
        return self.available + sum(stake.reward for stake in self.stakes.values())


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint did.

    Attributes:
        pool: the state after it.
        rewards: wei by service, of those that were active.
        evicted: services that were inactive for too long.
    """

    pool: Pool
    rewards: Mapping[int, int]
    evicted: tuple[int, ...]


def nonce_ratio(ratio: int) -> Checker:
    """The deployed checker: transactions per second reach the ratio."""

    def is_active(now: Counters, before: Counters, seconds: int) -> bool:
        """Whether the first counter rose quickly enough."""
        rise = now[0] - before[0]
        return seconds > 0 and rise > 0 and rise * ONE // seconds >= ratio

    return is_active


def paid_work(ratio: int) -> Checker:
    """A checker of ours: paid deliveries per second reach the ratio, a transaction for each."""

    def is_active(now: Counters, before: Counters, seconds: int) -> bool:
        """Whether the second counter rose quickly enough, and no quicker than the first."""
        sent, paid = now[0] - before[0], now[1] - before[1]
        return seconds > 0 and 0 < paid <= sent and paid * ONE // seconds >= ratio

    return is_active


def take_checkpoint(
    pool: Pool, terms: Terms, time: int, counters: Mapping[int, Counters], checker: Checker
) -> Checkpoint:
    """What a checkpoint at that time does: nothing before a period is over, or without rewards.

    Args:
        pool: the state before.
        terms: of the contract.
        time: of the checkpoint, seconds.
        counters: activity of every staked service by now.
        checker: decides whether a service was active.
    """
    is_due = time - pool.checked_at >= terms.period
    if not (pool.service_ids and is_due and pool.available):
        return Checkpoint(pool, {}, ())
    worked, idle = _seconds(pool, time, counters, checker)
    earned = {i: terms.rewards_per_second * seconds for i, seconds in worked.items()}
    rewards = _fit(earned, pool.available)
    stakes = dict(pool.stakes)
    for service_id in pool.service_ids:
        new = replace(stakes[service_id], counters=counters[service_id])
        stakes[service_id] = _after(new, rewards.get(service_id, 0), idle.get(service_id, 0))
    limit = terms.max_inactive_periods * terms.period
    evicted = tuple(i for i in pool.service_ids if stakes[i].inactivity > limit)
    left = pool.available - sum(rewards.values())
    staying = without(pool.service_ids, evicted)
    return Checkpoint(Pool(time, staying, stakes, left, pool.epoch + 1), rewards, evicted)


def without(service_ids: Sequence[int], leaving: Sequence[int]) -> tuple[int, ...]:
    """The set after some have left, the last first; the last member moves into each hole."""
    members = list(service_ids)
    for index in reversed([i for i, member in enumerate(service_ids) if member in leaving]):
        members[index] = members[-1]
        members.pop()
    return tuple(members)


def _seconds(
    pool: Pool, time: int, counters: Mapping[int, Counters], checker: Checker
) -> tuple[dict[int, int], dict[int, int]]:
    """Seconds since the last checkpoint of services that were active, and of those that were not.

    A service that was staked later counts from then.
    """
    worked: dict[int, int] = {}
    idle: dict[int, int] = {}
    for service_id in pool.service_ids:
        stake = pool.stakes[service_id]
        seconds = time - max(pool.checked_at, stake.start)
        is_active = checker(counters[service_id], stake.counters, seconds)
        (worked if is_active else idle)[service_id] = seconds
    return worked, idle


def _after(stake: Stake, reward: int, idle: int) -> Stake:
    """The stake with a reward, and seconds without activity; none make up for all before."""
    inactivity = stake.inactivity + idle if idle else 0
    return replace(stake, reward=stake.reward + reward, inactivity=inactivity)


def _fit(earned: Mapping[int, int], available: int) -> dict[int, int]:
    """The rewards; if there is not enough, in proportion, and the first gets what rounding left."""
    total = sum(earned.values())
    if total <= available:
        return dict(earned)
    rewards = {service_id: wei * available // total for service_id, wei in earned.items()}
    rewards[next(iter(earned))] += available - sum(rewards.values())
    return rewards
