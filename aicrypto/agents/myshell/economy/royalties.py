"""Who is paid when an app is used: makers of its parts, patrons, and its creator.

MyShell publishes no rule for creators' royalties and no contract; **the numbers of `Policy` are
ours**, and so is the rule:

    an app's use brings `points` (integers, the smallest unit)
    every part used, however often, earns its maker   points * bps // 10,000
    patrons (badges of others than the user) share    points * 40 %      (that share is MyShell's)
    the creator takes the rest, with all roundings

Nobody is sent anything: amounts are owed, and each takes his own (pull payments), so that one payee
who cannot be paid stops nobody. The purse holds what is owed at every moment, to the unit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aicrypto.agents.refusals import demand

WHOLE_BPS = 10_000
PATRONS_BPS = 4_000  # of what others' use brings; MyShell's documentation, patron badges


@dataclass(frozen=True)
class Policy:
    """How an app's income is split.

    Attributes:
        creator: who made the app.
        rates_bps: basis points of each part that the app may use.
        patrons_bps: for the holders of patron badges.

    Raises:
        ValueError: if a rate is negative, or they are more than the whole together.
    """

    creator: str
    rates_bps: Mapping[str, int]
    patrons_bps: int = PATRONS_BPS

    def __post_init__(self) -> None:
        rates = [*self.rates_bps.values(), self.patrons_bps]
        if min(rates) < 0 or sum(rates) > WHOLE_BPS:
            raise ValueError(f"rates are {rates}, must be >= 0 and at most {WHOLE_BPS} together")

    def split(
        self, points: int, used: Iterable[str], makers: Mapping[str, str], patrons: Sequence[str]
    ) -> dict[str, int]:
        """What each earns of a use; the sum is `points`.

        Args:
            points: what the use brings.
            used: names of the parts used.
            makers: of every part.
            patrons: one entry for each badge whose holder shares.

        Raises:
            ValueError: for negative points.
            Refusal: `unknown part` for one that the policy or `makers` does not name.
        """
        if points < 0:
            raise ValueError(f"points is {points}, must be >= 0")
        shares: Counter[str] = Counter()
        for part in dict.fromkeys(used):
            demand(part in self.rates_bps and part in makers, "unknown part")
            shares[makers[part]] += points * self.rates_bps[part] // WHOLE_BPS
        for patron in patrons:
            shares[patron] += points * self.patrons_bps // WHOLE_BPS // len(patrons)
        shares[self.creator] += points - shares.total()
        return dict(shares)


@dataclass
class Purse:
    """What came in, what is owed, what went out.

    Attributes:
        balance: in the purse.
        owed: to each, not yet taken.
        paid_in: of all time.
        paid_out: of all time.
    """

    balance: int = 0
    owed: Counter[str] = field(default_factory=Counter)
    paid_in: int = 0
    paid_out: int = 0

    def credit(self, points: int, shares: Mapping[str, int]) -> None:
        """Takes a payment in and owes it to several.

        Raises:
            ValueError: if the shares are not the payment, or one is negative.
        """
        if sum(shares.values()) != points or min(shares.values(), default=0) < 0:
            raise ValueError(f"shares are {dict(shares)}, must be >= 0 and sum to {points}")
        self.balance += points
        self.paid_in += points
        self.owed.update(shares)

    def withdraw(self, who: str) -> int:
        """What was owed to somebody, who has it now; Refusal `nothing owed` if that is nothing."""
        amount = self.owed.pop(who, 0)
        demand(amount > 0, "nothing owed")
        self.balance -= amount
        self.paid_out += amount
        return amount

    @property
    def is_solvent(self) -> bool:
        """Whether everything that is owed is there, and nothing else."""
        flows = self.paid_in - self.paid_out
        return self.balance == self.owed.total() == flows and self.balance >= 0
