"""Who has paid in and who has earned: the marketplace's balance tracker for the chain's own money.

A requester pays in advance: with the request, or before it. A delivery moves the price to the mech,
which takes its earnings out later, less the marketplace's fee. Whatever is paid in is in one of
three places until it leaves: `requesters`, `mechs`, or `fees` (and `pending`, for requests that
wait). Amounts are in wei, the fee in hundredths of a percent (basis points).
Source: valory-xyz/ai-registry-mech@53811b7e, BalanceTrackerFixedPriceNative.sol.
"""

from collections import Counter
from dataclasses import dataclass, field

from aicrypto.agents.refusals import REVERT, demand

BASIS = 10_000  # basis points of the whole


def split_payment(balance_wei: int, fee_bps: int) -> tuple[int, int]:
    """What a mech and the marketplace get of a balance: the fee is rounded up.

    Raises:
        Refusal: `ZeroValue` if the balance is below 2, or nothing is left for the mech.

    >>> split_payment(10_001, 100)
    (9900, 101)
    """
    demand(balance_wei >= 2, "ZeroValue")
    fee = -(-balance_wei * fee_bps // BASIS)
    demand(balance_wei > fee, "ZeroValue")
    return balance_wei - fee, fee


@dataclass
class BalanceTracker:
    """Balances of one kind of payment.

    Attributes:
        requesters: what each can still spend.
        mechs: what each has earned and not taken out.
        pending: what waits with requests that nobody has delivered yet.
        fees: what the marketplace has kept.
        paid_in: all that has ever come in.
        paid_out: all that mechs have taken out.
    """

    requesters: Counter[str] = field(default_factory=Counter)
    mechs: Counter[str] = field(default_factory=Counter)
    pending: int = 0
    fees: int = 0
    paid_in: int = 0
    paid_out: int = 0

    def deposit(self, account: str, wei: int) -> None:
        """Money for an account's later requests, from anybody; `revert` below 0 (a uint256)."""
        demand(wei >= 0, REVERT)
        self.requesters[account] += wei
        self.paid_in += wei

    def charge(self, requester: str, wei: int, brought_wei: int = 0) -> None:
        """Sets a price aside, after what the requester brings along.

        Raises:
            Refusal: `InsufficientBalance`; `revert` for an amount below 0.
        """
        demand(min(wei, brought_wei) >= 0, REVERT)
        demand(self.requesters[requester] + brought_wei >= wei, "InsufficientBalance")
        self.deposit(requester, brought_wei)
        self.requesters[requester] -= wei
        self.pending += wei

    def settle(self, mech: str, charged: list[tuple[str, int, int]]) -> None:
        """Pays a mech for deliveries: (requester, price set aside, price asked for) each.

        What was set aside and is not asked for goes back.

        Raises:
            Refusal: `ZeroValue` if nothing is asked for; `revert` for an amount below 0.
        """
        demand(all(min(aside, asked) >= 0 for _, aside, asked in charged), REVERT)
        earned = sum(asked for _, _, asked in charged)
        demand(earned > 0, "ZeroValue")
        for requester, aside, asked in charged:
            self.requesters[requester] += aside - asked
            self.pending -= aside
        self.mechs[mech] += earned

    def withdraw(self, mech: str, fee_bps: int) -> tuple[int, int]:
        """What the mech takes out, and the fee.

        Raises:
            Refusal: `ZeroValue` as in `split_payment`.
        """
        payment, fee = split_payment(self.mechs[mech], fee_bps)
        self.mechs[mech] = 0
        self.fees += fee
        self.paid_out += payment
        return payment, fee

    def is_conserved(self) -> bool:
        """Whether every wei that came in is somewhere, and nobody holds less than nothing."""
        held = *self.requesters.values(), *self.mechs.values(), self.pending, self.fees
        return self.paid_in == sum(held) + self.paid_out and min(held) >= 0
