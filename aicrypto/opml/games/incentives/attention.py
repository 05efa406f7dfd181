"""Attention challenges: validators prove now and then that they really compute.

If nobody cheats, checking earns nothing, so validators stop checking. The remedy: a validator must
answer a call, but whether it is called depends on the result itself, which is revealed only after
the time to answer:

    called  <=>  keccak(address ‖ result hash ‖ nonce) < p · 2^256

Only who has computed the result knows in time. A lazy validator either keeps silent, and is slashed
when it was called, or answers anyway, and is slashed when it was not.

Probabilities are exact fractions; address 20 bytes, result hash and nonce 32 bytes. Money is in any
one unit. Source: ORA's documentation asks that randomly chosen validators respond or be penalised;
this formula is our own.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import checked_digest, keccak256

ADDRESS_BYTES = 20
RANGE = 1 << 256


def is_called(address: bytes, result_hash: bytes, nonce: bytes, p_num: int, p_den: int) -> bool:
    """Whether a validator must answer about a result, which happens with chance p_num/p_den.

    Raises:
        ValueError: if a length or the fraction is out of range.
    """
    if len(address) != ADDRESS_BYTES:
        raise ValueError(f"address has {len(address)} bytes, must have {ADDRESS_BYTES}")
    if p_num < 0 or p_den <= 0:
        raise ValueError(f"p is {p_num}/{p_den}, must be a fraction >= 0")
    checked_digest("result_hash", result_hash)
    drawn = keccak256(address, result_hash, checked_digest("nonce", nonce))
    return int.from_bytes(drawn, "big") < p_num * RANGE // p_den


def is_slashed(called: bool, answered: bool) -> bool:
    """Whether a validator loses its stake: it was silent when called, or claimed a call falsely."""
    return called != answered


@dataclass(frozen=True)
class Attention:
    """The terms of an attention challenge.

    Attributes:
        probability: chance of being called.
        cost: what computing the result costs a validator.
        slash: what a wrong answer or silence costs.
    """

    probability: float
    cost: float
    slash: float

    @property
    def diligent_payoff(self) -> float:
        """Expected gain of a validator that computes: it always answers rightly."""
        return -self.cost

    @property
    def lazy_payoff(self) -> float:
        """Expected gain of one that guesses the likelier answer without computing."""
        return -self.slash * min(self.probability, 1 - self.probability)

    @property
    def smallest_slash(self) -> float:
        """Slash above which computing pays; infinite where the answer is no secret."""
        doubt = min(self.probability, 1 - self.probability)
        return self.cost / doubt if doubt else float("inf")
