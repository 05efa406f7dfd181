"""Ways to make an answer trustworthy, and what each costs when so much hangs on it.

*Value at risk* is what a false answer would bring whoever gives it. One rule prices all ways: a lie
must not be worth more than the truth. Where a lie cannot be ruled out, what it costs on average is
part of the price, as *risk*.

    proof       whoever can check it needs nobody; proving costs many times the work
    optimistic  true unless somebody objects within the window
    sampling    the work is done again with a chance; the second node may be corrupt as well
    committee   n nodes answer, sealed, and the majority counts; false if most are corrupt

With optimistic and sampling honesty is bought. The deployed contracts lock as much of a node's
money as they pay it. Caught with chance c, a liar loses pay and lock; not caught, he gains the
value, and he has saved the work. So the wage must be at least

    ((1 - c) * value + work) / (c * (2 - fees))

Wages are linear in the value, a committee grows with its logarithm, a proof does not care: which is
cheapest depends on how much hangs on the answer, and on how long one can wait. Money is in wei, and
prices include the protocol's fee.

Source: locked payment and window: ritual-net/infernet-sdk@b183dc3; the prices are ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import ceil, comb

BPS = 10_000
WEEK_S = 604_800
MAX_COMMITTEE = 41
STEPS = 100  # chances that sampling tries


class Way(StrEnum):
    """A way to make an answer trustworthy."""

    PROOF = "proof"
    OPTIMISTIC = "optimistic"
    SAMPLING = "sampling"
    COMMITTEE = "committee"


@dataclass(frozen=True)
class Economy:
    """What things cost at a market, and whom one meets there.

    Attributes:
        second_wei: price of a second of a node's work.
        gas_wei: price of a unit of gas.
        fee_bps: the protocol's, on each side.
        corrupt: share of nodes that lie if it pays.
        watched: chance that somebody repeats an answer within the window.
        deliver_gas, judge_gas: of a delivery, and of a word about it.
        seal_s: how long a committee seals its answers.

    Raises:
        ValueError: if a field is out of its range.
    """

    second_wei: int = 10**15
    gas_wei: int = 2 * 10**9
    fee_bps: int = 511
    corrupt: float = 0.1
    watched: float = 0.99
    deliver_gas: int = 300_000
    judge_gas: int = 80_000
    window_s: float = WEEK_S
    seal_s: float = 60

    def __post_init__(self) -> None:
        for name in ("second_wei", "gas_wei", "deliver_gas", "judge_gas", "window_s", "seal_s"):
            if not getattr(self, name) >= 0:  # nor is nan
                raise ValueError(f"{name} is {getattr(self, name)}, must be >= 0")
        if not 0 <= 2 * self.fee_bps < BPS:
            raise ValueError(f"fee_bps is {self.fee_bps}, must be in 0..{BPS // 2 - 1}")
        if not 0 <= self.corrupt < 1:
            raise ValueError(f"corrupt is {self.corrupt}, must be >= 0 and < 1")
        if not 0 < self.watched <= 1:
            raise ValueError(f"watched is {self.watched}, must be > 0 and <= 1")


@dataclass(frozen=True)
class Effort:
    """What a job takes.

    Attributes:
        work_s: seconds to answer once.
        prove_s: seconds more for a proof; None if there is none.
        verify_gas: of a proof that a contract checks; 0 if the buyer checks it himself.
        has_game: whether a referee can find a false answer by looking at one step.
        is_repeatable: whether honest nodes give the same bytes.
    """

    work_s: float
    prove_s: float | None = None
    verify_gas: int = 0
    has_game: bool = False
    is_repeatable: bool = True


@dataclass(frozen=True)
class Quote:
    """What a way costs for one job.

    Attributes:
        wage_wei: what each node is paid for an answer, fees included; it locks as much.
        price_wei: what the buyer spends.
        risk_wei: what false answers cost on average beyond that.
        latency_s: until the answer counts.
        n_nodes: that answer.
        chance: that the work is done again.
    """

    way: Way
    wage_wei: int
    price_wei: int
    risk_wei: int
    latency_s: float
    n_nodes: int = 1
    chance: float = 0.0

    @property
    def total_wei(self) -> int:
        """Price and risk."""
        return self.price_wei + self.risk_wei


def quote(way: Way, effort: Effort, economy: Economy, value_wei: int) -> Quote | None:
    """What a way costs with so much at risk; None if the work does not allow it."""
    if way is Way.PROOF:
        return _proof(effort, economy)
    if not effort.is_repeatable or (way is Way.OPTIMISTIC and not effort.has_game):
        return None
    return {Way.OPTIMISTIC: _optimistic, Way.SAMPLING: _sampling, Way.COMMITTEE: _committee}[way](
        effort, economy, value_wei
    )


def quotes(effort: Effort, economy: Economy, value_wei: int) -> list[Quote]:
    """All ways that the work allows, the cheapest first."""
    found: Iterable[Quote | None] = (quote(way, effort, economy, value_wei) for way in Way)
    return sorted(filter(None, found), key=lambda one: one.total_wei)


def honest_wage(effort: Effort, economy: Economy, value_wei: int, caught: float) -> int:
    """The least wage under which a lie that is caught with that chance is not worth it."""
    gain = (1 - caught) * value_wei + effort.work_s * economy.second_wei
    return ceil(gain / (caught * (2 - 2 * economy.fee_bps / BPS)))


@cache
def majority_chance(n_nodes: int, corrupt: float) -> float:
    """Chance that more than half of so many nodes, drawn at random, are corrupt.

    >>> round(majority_chance(5, 0.1), 4)
    0.0086
    """
    more = range(n_nodes // 2 + 1, n_nodes + 1)
    return sum(comb(n_nodes, k) * corrupt**k * (1 - corrupt) ** (n_nodes - k) for k in more)


def _proof(effort: Effort, economy: Economy) -> Quote | None:
    if effort.prove_s is None:
        return None
    seconds = effort.work_s + effort.prove_s
    wage = _wage(economy, seconds, economy.deliver_gas + effort.verify_gas)
    extra = 0 if effort.verify_gas else economy.judge_gas * economy.gas_wei
    return Quote(Way.PROOF, wage, wage + extra, 0, seconds)


def _optimistic(effort: Effort, economy: Economy, value_wei: int) -> Quote:
    honest = honest_wage(effort, economy, value_wei, economy.watched)
    wage = max(honest, _wage(economy, effort.work_s, economy.deliver_gas))
    return Quote(Way.OPTIMISTIC, wage, wage, 0, effort.work_s + economy.window_s)


def _sampling(effort: Effort, economy: Economy, value_wei: int) -> Quote:
    """The cheapest chance of a second look under which a lie does not pay."""
    plain = _wage(economy, effort.work_s, economy.deliver_gas)
    again = _wage(economy, effort.work_s, economy.judge_gas)
    seconds = 2 * effort.work_s
    options = []
    for step in range(1, STEPS + 1):
        chance = step / STEPS
        caught = chance * (1 - economy.corrupt)
        wage = max(plain, honest_wage(effort, economy, value_wei, caught))
        price = wage + ceil(chance * again)
        options.append(Quote(Way.SAMPLING, wage, price, 0, seconds, chance=chance))
    return min(options, key=lambda one: one.price_wei)


def _committee(effort: Effort, economy: Economy, value_wei: int) -> Quote:
    """The committee whose price and risk are least together."""
    wage = _wage(economy, effort.work_s, economy.deliver_gas + economy.judge_gas)
    seconds = effort.work_s + economy.seal_s
    sizes = range(3, MAX_COMMITTEE + 1, 2)
    options = [
        Quote(Way.COMMITTEE, wage, n * wage, _risk(n, economy, value_wei), seconds, n)
        for n in sizes
    ]
    return min(options, key=lambda one: one.total_wei)


def _risk(n_nodes: int, economy: Economy, value_wei: int) -> int:
    return ceil(value_wei * majority_chance(n_nodes, economy.corrupt))


def _wage(economy: Economy, seconds: float, gas: int) -> int:
    """What must be paid so that seconds and gas are left after fees."""
    cost = ceil(seconds * economy.second_wei) + gas * economy.gas_wei
    return -(-cost * BPS // (BPS - 2 * economy.fee_bps))
