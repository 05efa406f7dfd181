"""Closing an epoch: how much was minted in it, what bonds may be promised, what comes next.

A checkpoint acts when an epoch has lasted long enough, and at most 364 days. In the block of a
donation it is refused, so that nobody borrows votes, donates and settles in one transaction.

The inflation of a second changes with the year, so an epoch across the end of a year is divided
there. The bonds of an epoch are credited at its beginning by its planned length; what it lasted
longer is added at its end.
Source: autonolas-tokenomics@ad17cc1e Tokenomics.sol, v1.3.0.
"""

from aicrypto.agents.olas.inflation import ONE, YEAR_S, inflation
from aicrypto.agents.olas.tokenomics import MAX_EPOCH_S, Epoch, Tokenomics
from aicrypto.agents.refusals import demand


def checkpoint(economy: Tokenomics, time: int, block: int) -> bool:
    """Whether the epoch was closed.

    Raises:
        Refusal: `SameBlockNumberViolation`.
    """
    demand(block != economy.donation_block, "SameBlockNumberViolation")
    past = economy.current
    begun = economy.epochs[economy.epoch - 1].end
    if not economy.epoch_len <= time - begun <= MAX_EPOCH_S:
        return False
    old_year = economy.year
    minted = _mint(economy, begun, time)
    past.top_ups, past.end = minted, time
    past.staking_incentive += minted * past.fractions.staking // 100
    late_bond = minted * past.fractions.max_bond // 100 - economy.max_bond
    economy.effective_bond += max(0, late_bond)
    economy.epoch_len = economy.requests.epoch_len or economy.epoch_len
    economy.threshold = economy.requests.threshold or economy.threshold
    is_changed = economy.requests.is_any or economy.year > old_year
    economy.begin_next(idf(economy, past))
    economy.max_bond = _next_bond(economy, time, is_changed)
    economy.effective_bond += economy.max_bond
    return True


def idf(economy: Tokenomics, past: Epoch) -> int:
    """The factor by which bonds pay more after an epoch: for new owners and a fuller treasury."""
    if not past.donations:
        return ONE
    treasury = past.donations * past.fractions.treasury // 100
    developers = treasury * economy.devs_per_capital // ONE + past.n_new_owners * ONE
    growth = developers * economy.code_per_dev // ONE * ONE // (100 * ONE)
    return ONE + min(growth, economy.epsilon_rate)


def _mint(economy: Tokenomics, begun: int, time: int) -> int:
    """OLAS of the epoch; the year goes on if it is over."""
    year = (time - economy.launch) // YEAR_S
    old_pace = economy.inflation_per_second
    if year <= economy.year:
        return old_pace * (time - begun)
    year_end = economy.launch + year * YEAR_S
    economy.year = year
    economy.inflation_per_second = inflation(year) // YEAR_S
    return (year_end - begun) * old_pace + (time - year_end) * economy.inflation_per_second


def _next_bond(economy: Tokenomics, time: int, is_changed: bool) -> int:
    """OLAS credited to bonds for the epoch that begins, if it lasts as long as planned."""
    fraction, pace = economy.current.fractions.max_bond, economy.inflation_per_second
    end = time + economy.epoch_len
    year = (end - economy.launch) // YEAR_S
    if year > economy.year:
        year_end = economy.launch + year * YEAR_S
        new_pace = inflation(year) // YEAR_S
        return ((year_end - time) * pace + (end - year_end) * new_pace) * fraction // 100
    return economy.epoch_len * pace * fraction // 100 if is_changed else economy.max_bond
