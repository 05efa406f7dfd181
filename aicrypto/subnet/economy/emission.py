"""How much is minted: one TAO a block at first, half at every half of what is left to come.

Bitcoin halves by height, Bittensor by issuance: at 10.5, 15.75, ... million of 21 million. The same
curve with a subnet's own token (alpha) gives its emission.

Amounts are rao, 10^-9 of a token. Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/
coinbase/block_emission.rs.
"""

from aicrypto.subnet.fixed import BITS, ONE, over

RAO = 10**9
MAX_SUPPLY_RAO = 21_000_000 * RAO
FULL_EMISSION_RAO = RAO


def block_emission(issuance_rao: int) -> int:
    """Rao minted in a block when that much has been issued.

    The number of halvings is the binary logarithm of 1 / (1 - issued share), floored.

    >>> [block_emission(tao * RAO) for tao in (0, 10_500_000, 15_750_000, 21_000_000)]
    [1000000000, 500000000, 250000000, 0]
    """
    if issuance_rao >= MAX_SUPPLY_RAO:
        return 0
    left = ONE - over(issuance_rao, MAX_SUPPLY_RAO)
    return FULL_EMISSION_RAO >> halvings(left)


def halvings(left: int) -> int:
    """How often emission has halved when a part `left` (32 fractional bits) is still to come."""
    inverse = (1 << 2 * BITS) // left
    return inverse.bit_length() - (BITS + 1)
