"""Patron badges: a share in an app's income, at a price that rises with every badge.

    the n-th badge costs 10 n Shell Coins           so n badges cost 5 n (n + 1)
    a badge's holder shares in 40 % of the points that *others'* use brings (`royalties`)
    returned, a badge refunds 90 % of what it cost, and its place is sold again at that price
    one person holds at most 3 of an app's badges, and buys one an hour at most

What a discounted place costs is our reading ("returning one opens a discounted slot"): the refund.
So a returned badge leaves a tenth of its price behind and a resold one brings back what was
refunded: the reserve always holds 90 % of every badge that is out. Money is units, 10^6 to a coin;
refunds are rounded down. Source: MyShell's documentation of patron badges; there is no contract.
"""

from collections import Counter
from dataclasses import dataclass, field

from aicrypto.agents.refusals import Refusal, demand

COIN = 10**6  # units
STEP = 10 * COIN  # what the first badge costs, and by how much each is dearer than the last
REFUND_PERCENT = 90
MAX_BADGES, PAUSE_S = 3, 3600


@dataclass(frozen=True)
class Badge:
    """One badge.

    Attributes:
        number: from 1, in order of issue.
        holder: whose it is.
        cost: what the holder paid, in units.
        bought_at: when, in seconds.
    """

    number: int
    holder: str
    cost: int
    bought_at: int


@dataclass
class Badges:
    """The badges of one app.

    Attributes:
        held: badges that are out, by number.
        places: discounted ones to be sold again: price and number.
        issued: how many there have ever been.
        reserve: units that the sales have left.
        last_bought_at: by each person.
    """

    held: dict[int, Badge] = field(default_factory=dict)
    places: list[tuple[int, int]] = field(default_factory=list)
    issued: int = 0
    reserve: int = 0
    last_bought_at: dict[str, int] = field(default_factory=dict)

    @property
    def price(self) -> int:
        """Of the next badge: the cheapest discounted place, else a new one."""
        return min(self.places)[0] if self.places else STEP * (self.issued + 1)

    def buy(self, who: str, now: int, paid: int) -> Badge:
        """A badge.

        Raises:
            Refusal: `too many badges`, `too soon`, `wrong price`.
        """
        demand(self.count(who) < MAX_BADGES, "too many badges")
        last = self.last_bought_at.get(who)
        demand(last is None or now >= last + PAUSE_S, "too soon")
        demand(paid == self.price, "wrong price")
        number = self._take_place()
        badge = Badge(number, who, paid, now)
        self.held[number], self.last_bought_at[who] = badge, now
        self.reserve += paid
        return badge

    def give_back(self, who: str, number: int) -> int:
        """The refund for a badge, which is out no more; Refusal `not yours`."""
        badge = self.held.get(number)
        if badge is None or badge.holder != who:
            raise Refusal("not yours")
        del self.held[number]
        refund = refund_of(badge)
        self.places.append((refund, number))
        self.reserve -= refund
        return refund

    def count(self, who: str) -> int:
        """How many badges somebody holds."""
        return sum(badge.holder == who for badge in self.held.values())

    def sharing(self, user: str) -> list[str]:
        """Holders who share in a use by that user, one entry for each badge: nobody in his own."""
        return [badge.holder for badge in self.held.values() if badge.holder != user]

    @property
    def holders(self) -> Counter[str]:
        """Badges by holder."""
        return Counter(badge.holder for badge in self.held.values())

    @property
    def is_solvent(self) -> bool:
        """Whether all badges that are out could be returned at once."""
        return self.reserve >= sum(map(refund_of, self.held.values()))

    def _take_place(self) -> int:
        """The number of the badge sold next."""
        if self.places:
            cheapest = min(self.places)
            self.places.remove(cheapest)
            return cheapest[1]
        self.issued += 1
        return self.issued


def refund_of(badge: Badge) -> int:
    """Units for a returned badge.

    >>> refund_of(Badge(1, "ann", 10 * COIN, 0)) // COIN
    9
    """
    return badge.cost * REFUND_PERCENT // 100


def total_cost(n: int) -> int:
    """Units that the first n badges cost together: 5 n (n + 1) coins."""
    return STEP * n * (n + 1) // 2
