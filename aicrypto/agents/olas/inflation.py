"""How many OLAS come to be: a table for ten years, then two percent a year; what a bond pays.

The contract has two tables, the planned one and the one that allows for what was not minted in the
first years. A year has 365 days and counts from the launch of the token, `revert` before (it is a
uint256). Units: 10^-18 OLAS.

Locked OLAS (veOLAS) are votes: they decay linearly to nothing at the end of the lock.
Source: autonolas-tokenomics@ad17cc1e TokenomicsConstants.sol, GenericBondCalculator.sol;
autonolas-governance@9527ff6b veOLAS.sol.
"""

from collections.abc import Sequence

from aicrypto.agents.refusals import REVERT, demand

ONE = 10**18
YEAR_S = 365 * 24 * 3600
WEEK_S = 7 * 24 * 3600
LOCK_S = 4 * YEAR_S  # 126,144,000 s: the longest lock
GROWTH_PERCENT = 2  # a year, from the eleventh on
N_TABLE = 10
U192, U256 = 2**192, 2**256

# OLAS of the years 0..9: minted in the year, and the cap at its end.
PLANNED = (
    *(3_159_000, 40_254_084, 40_400_000, 25_260_023, 26_017_823),
    *(26_798_358, 27_602_309, 28_430_378, 29_283_289, 30_161_788),
)
PLANNED_CAPS = (
    *(529_659_000, 569_913_084, 610_313_084, 635_573_107, 661_590_930),
    *(688_389_288, 715_991_597, 744_421_975, 773_705_264, 803_867_052),
)
ACTUAL = (0, 17_148_331, 24_524_294, *PLANNED[3:])
ACTUAL_CAPS = (
    *(526_500_000, 543_648_331, 568_172_625, 593_432_648, 619_450_471),
    *(646_248_829, 673_851_138, 702_281_516, 731_564_805, 761_726_593),
)


def inflation(year: int) -> int:
    """What is minted in a year, as planned."""
    return _inflation(year, PLANNED)


def supply_cap(year: int) -> int:
    """What there may be at the end of a year, as planned."""
    return _cap(year, PLANNED_CAPS)


def actual_inflation(year: int) -> int:
    """What is minted in a year, after correction."""
    return _inflation(year, ACTUAL)


def actual_supply_cap(year: int) -> int:
    """What there may be at the end of a year, after correction."""
    return _cap(year, ACTUAL_CAPS)


def bond_payout(idf: int, price_lp: int, tokens: int) -> int:
    """OLAS for a bond of so many liquidity tokens at a price, raised by the discount factor `idf`.

    Raises:
        Refusal: `PRBMath_MulDiv_Overflow`, `Overflow`, for a value that does not fit.

    >>> bond_payout(ONE, 2 * ONE, ONE) == 2 * ONE
    True
    """
    value = price_lp * tokens
    demand(value < U256, "PRBMath_MulDiv_Overflow")
    demand(value < U192, "Overflow")
    return idf * value // ONE**2


def votes(locked: int, end: int, now: int) -> int:
    """Votes now of OLAS that are locked until a time; a lock ends at the beginning of a week."""
    slope = locked // LOCK_S
    return slope * max(0, end // WEEK_S * WEEK_S - now)


def _inflation(year: int, table: Sequence[int]) -> int:
    demand(year >= 0, REVERT)
    if year < N_TABLE:
        return table[year] * ONE
    return _cap(year - 1, ACTUAL_CAPS) * GROWTH_PERCENT // 100


def _cap(year: int, table: Sequence[int]) -> int:
    demand(year >= 0, REVERT)
    if year < N_TABLE:
        return table[year] * ONE
    cap = ACTUAL_CAPS[-1] * ONE  # both tables go on from here
    for _ in range(year - N_TABLE + 1):
        cap += cap * GROWTH_PERCENT // 100
    return cap
