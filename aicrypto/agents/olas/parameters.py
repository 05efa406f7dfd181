"""What the DAO may change, most of it from the next epoch on; and what bonds and staking move.

Values out of bounds are ignored or refused, as each function says. Amounts are in 10^-18 OLAS.
Source: autonolas-tokenomics@ad17cc1e Tokenomics.sol, v1.3.0; a number wider than its field is cut
to the field before it is looked at, as the contract's casts do.
"""

from collections.abc import Sequence

from aicrypto.agents.olas.inflation import ONE, YEAR_S, actual_inflation
from aicrypto.agents.olas.tokenomics import MAX_EPOCH_S, MIN_EPOCH_S, Fractions, Tokenomics
from aicrypto.agents.refusals import PANIC, REVERT, demand

MIN_VALUE = 10**14  # of devsPerCapital and codePerDev
MAX_EPSILON_RATE = 17 * ONE
MAX_STAKING_WEIGHT = 10_000
U32, U72, U96, U256 = (2**bits - 1 for bits in (32, 72, 96, 256))


def change_parameters(
    economy: Tokenomics,
    devs_per_capital: int,
    code_per_dev: int,
    epsilon_rate: int,
    epoch_len: int,
    threshold: int,
) -> None:
    """Changes what is in bounds: the first three at once, the others from the next epoch on."""
    if devs_per_capital & U72 > MIN_VALUE:
        economy.devs_per_capital = devs_per_capital & U72
    if code_per_dev & U72 > MIN_VALUE:
        economy.code_per_dev = code_per_dev & U72
    if 0 < epsilon_rate <= MAX_EPSILON_RATE:
        economy.epsilon_rate = epsilon_rate
    if MIN_EPOCH_S <= epoch_len & U32 <= MAX_EPOCH_S:
        economy.requests.epoch_len = epoch_len & U32
    if threshold & U96:
        economy.requests.threshold = threshold & U96
    economy.requests.is_any = True


def change_fractions(economy: Tokenomics, fractions: Sequence[int]) -> None:
    """Shares of the next epoch, in percent.

    Args:
        economy: whose shares.
        fractions: of donations for components and agents; of inflation for bonds, components,
            agents and staking.

    Raises:
        Refusal: `WrongAmount`.
    """
    component, agent, max_bond, top_up_component, top_up_agent, staking = fractions
    demand(component + agent <= 100, "WrongAmount")
    top_ups = (top_up_component, top_up_agent)
    demand(max_bond + sum(top_ups) + staking <= 100, "WrongAmount")
    economy.requests.fractions = Fractions((component, agent), max_bond, top_ups, staking)
    economy.requests.is_any = True


def change_staking(economy: Tokenomics, max_incentive: int, min_weight: int) -> None:
    """Bounds of staking contracts from the next epoch on.

    Raises:
        Refusal: `ZeroValue`, `Overflow`.
    """
    demand(max_incentive > 0 and min_weight > 0, "ZeroValue")
    demand(max_incentive <= U96 and min_weight <= MAX_STAKING_WEIGHT, "Overflow")
    economy.requests.staking_bounds = max_incentive, min_weight
    economy.requests.is_any = True


def reserve_bond(economy: Tokenomics, amount: int) -> bool:
    """Whether a bond programme of that amount fits; it is promised then. `revert` below 0."""
    demand(amount >= 0, REVERT)
    if economy.effective_bond < amount:
        return False
    economy.effective_bond -= amount
    return True


def refund_bond(economy: Tokenomics, amount: int) -> None:
    """What a bond programme did not use may be promised again.

    Raises:
        Refusal: `Overflow`, `Panic`; `revert` below 0.
    """
    demand(amount >= 0, REVERT)
    economy.effective_bond = _fitting(economy.effective_bond + amount)


def refund_staking(economy: Tokenomics, amount: int) -> None:
    """What staking contracts did not use is this epoch's again.

    Raises:
        Refusal: `Overflow`, `Panic`; `revert` below 0.
    """
    demand(amount >= 0, REVERT)
    epoch = economy.current
    epoch.staking_incentive = _fitting(epoch.staking_incentive + amount)


def update_inflation(economy: Tokenomics, fractions: Sequence[int], time: int) -> None:
    """Goes over to the corrected table and to other shares of inflation, in this epoch already.

    Args:
        economy: whose inflation.
        fractions: for bonds, components, agents and staking, percent.
        time: now.

    Raises:
        Refusal: `Overflow` if a year ends before this epoch does, `WrongAmount`.
    """
    begun = economy.epochs[economy.epoch - 1].end
    year = (time + economy.epoch_len - economy.launch) // YEAR_S
    demand(year <= economy.year, "Overflow")
    demand(year <= (begun - economy.launch) // YEAR_S, "Overflow")
    demand(sum(fractions) <= 100, "WrongAmount")
    max_bond, component, agent, staking = fractions
    epoch = economy.current
    rewards = epoch.fractions.rewards
    epoch.fractions = Fractions(rewards, max_bond, (component, agent), staking)
    epoch.staking_incentive = 0
    economy.inflation_per_second = actual_inflation(economy.year) // YEAR_S
    bond = economy.epoch_len * economy.inflation_per_second * max_bond // 100
    economy.max_bond = economy.effective_bond = bond


def _fitting(amount: int) -> int:
    demand(amount <= U256, PANIC)
    demand(amount <= U96, "Overflow")
    return amount
