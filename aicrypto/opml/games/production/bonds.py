"""Bonds by depth: what a move in the production game costs to make.

A bond must at least pay whoever has to answer the move. Near the root an answer is a hash; at the
bottom it is an instruction executed on chain with a large proof. So the bond grows geometrically,
from 400,000 gas at the root to 750 times as much at the greatest depth, each at 200 gwei:

    bond(d) = 200 gwei * floor(400,000 * 750^(d/D))          0.08 ETH ... 60 ETH

and whoever spams claims deep in the tree must lock hundreds of ETH.

The contract computes the power in fixed-point numbers with 18 decimals, rounding down after every
operation; we round at the same places, so that every wei agrees (at the greatest depth it asks
one gas unit less than the formula). Amounts are wei.

Source: npm @eth-optimism/contracts-bedrock 0.17.3, FaultDisputeGame v1.2.0, getRequiredBond.
"""

from decimal import Decimal, localcontext

from aicrypto.opml.games.production.refusals import GameDepthExceeded

GWEI = 10**9
BASE_FEE_WEI = 200 * GWEI
BASE_GAS = 400_000
GROWTH = 750  # the deepest move is charged 300,000,000 gas
WAD = 10**18
DIGITS = 60  # of the exact values that are then rounded: more than 18 decimals of any of them


def required_bond(position_depth: int, max_depth: int) -> int:
    """Wei that a claim at this depth has to lock.

    Raises:
        GameDepthExceeded: if the depth is greater than `max_depth`.
        ValueError: if the depth is negative or the greatest depth is not positive.

    >>> required_bond(0, 73)
    80000000000000000
    """
    if position_depth > max_depth:
        raise GameDepthExceeded(f"depth is {position_depth}, the game ends at {max_depth}")
    if position_depth < 0 or max_depth < 1:
        raise ValueError(f"depth is {position_depth} of {max_depth}, must be >= 0 of >= 1")
    exponent = _log_wad(GROWTH * WAD) * (WAD // max_depth) // WAD
    factor = _exp_wad(_log_wad(_exp_wad(exponent)) * position_depth * WAD // WAD)
    return BASE_FEE_WEI * (BASE_GAS * factor // WAD)


def path_bond(max_depth: int) -> int:
    """Wei locked by one claim at every depth below the root: the price of a full quarrel."""
    return sum(required_bond(d, max_depth) for d in range(1, max_depth + 1))


def _log_wad(value: int) -> int:
    """Natural logarithm of value/10^18, times 10^18, rounded down."""
    with localcontext() as context:
        context.prec = DIGITS
        return int((Decimal(value) / WAD).ln() * WAD)


def _exp_wad(value: int) -> int:
    """Exponential of value/10^18, times 10^18, rounded down."""
    with localcontext() as context:
        context.prec = DIGITS
        return int((Decimal(value) / WAD).exp() * WAD)
