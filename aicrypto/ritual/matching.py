"""Matching of jobs to nodes by surplus, with prices under which telling the truth is best.

Each user values its job, each node has a cost for every set of jobs: a setup cost if it works at
all, one cost per job, and a capacity. The surplus of a matching is what served users gain less what
nodes spend; the market takes the greatest. Each user and node then keeps its *marginal
contribution*: the surplus less what it would be without them. So a user pays what its presence
costs the others, whatever it bid, and gains nothing from a lie (Vickrey, Clarke, Groves). The price
of that: payments to nodes may exceed payments of users; `Prices.deficit` says by how much.

`optimum` is exact and takes 3^jobs steps, `greedy` is for a thousand jobs and has no such promise.

Source: ritual.net on Resonance for surplus and auction; the payment rule is ours.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

Money = int | float
MAX_EXACT_JOBS = 12


@dataclass(frozen=True)
class Offer:
    """What a node can do.

    Attributes:
        setup: cost of working at all.
        capacity: how many jobs it takes.
        cost: of each job that it can do.
    """

    setup: Money
    capacity: int
    cost: Mapping[str, Money]


@dataclass(frozen=True)
class Matching:
    """Who does what.

    Attributes:
        node_of: node by job; jobs that nobody does are missing.
        surplus: values served less costs.
    """

    node_of: Mapping[str, str]
    surplus: Money


@dataclass(frozen=True)
class Prices:
    """Marginal contributions: what each user and each node keeps of the surplus."""

    matching: Matching
    user_utility: Mapping[str, Money]
    node_profit: Mapping[str, Money]

    @property
    def deficit(self) -> Money:
        """What the auctioneer must add; negative where it keeps something."""
        kept = sum(self.user_utility.values()) + sum(self.node_profit.values())
        return kept - self.matching.surplus


@dataclass(frozen=True)
class Market:
    """Bids for jobs and offers of nodes."""

    values: Mapping[str, Money]
    offers: Mapping[str, Offer]

    def __post_init__(self) -> None:
        if len(self.values) > MAX_EXACT_JOBS:
            raise ValueError(f"values has {len(self.values)} jobs, must be <= {MAX_EXACT_JOBS}")

    @cached_property
    def jobs(self) -> list[str]:
        """Jobs in order: job i is bit i of a set."""
        return list(self.values)

    @cached_property
    def gains(self) -> dict[str, dict[int, Money]]:
        """For each node the sets of jobs on which it makes a gain, with that gain."""
        return {name: self._gains(offer) for name, offer in self.offers.items()}

    def best(self, without: str | None = None) -> list[Money]:
        """Greatest surplus for every set of jobs that may be served, by all nodes but one."""
        return _fold([gains for name, gains in self.gains.items() if name != without], self._size)

    @property
    def _size(self) -> int:
        return 1 << len(self.jobs)

    def _gains(self, offer: Offer) -> dict[int, Money]:
        gains: dict[int, Money] = {0: -offer.setup}
        for i, job in enumerate(self.jobs):
            if job not in offer.cost:
                continue
            margin = self.values[job] - offer.cost[job]
            for jobs in [jobs for jobs in gains if jobs.bit_count() < offer.capacity]:
                gains[jobs | 1 << i] = gains[jobs] + margin
        del gains[0]  # a node that does nothing has no setup cost
        return {jobs: gain for jobs, gain in gains.items() if gain > 0}


def optimum(values: Mapping[str, Money], offers: Mapping[str, Offer]) -> Matching:
    """A matching of the greatest surplus; ValueError beyond 12 jobs."""
    market = Market(values, offers)
    tables: list[list[Money]] = [[0] * 2 ** len(values)]
    names = list(market.gains)
    for name in names:
        tables.append(_fold_one(tables[-1], market.gains[name]))
    node_of: dict[str, str] = {}
    free = 2 ** len(values) - 1
    for name, before, after in zip(names[::-1], tables[-2::-1], tables[:0:-1], strict=True):
        taken = _taken(before, after[free], market.gains[name], free)
        node_of |= {job: name for i, job in enumerate(market.jobs) if taken >> i & 1}
        free &= ~taken
    return Matching(node_of, tables[-1][-1])


def prices(values: Mapping[str, Money], offers: Mapping[str, Offer]) -> Prices:
    """The best matching and what everybody keeps; ValueError beyond 12 jobs."""
    market = Market(values, offers)
    best = market.best()
    surplus, every = best[-1], len(best) - 1
    users = {job: surplus - best[every & ~(1 << i)] for i, job in enumerate(market.jobs)}
    nodes = {name: surplus - market.best(without=name)[-1] for name in offers}
    return Prices(optimum(values, offers), users, nodes)


def surplus_of(
    node_of: Mapping[str, str], values: Mapping[str, Money], offers: Mapping[str, Offer]
) -> Money:
    """Surplus of any matching.

    Raises:
        ValueError: if a node cannot do what it is given.
    """
    surplus: Money = 0
    for name in set(node_of.values()):
        offer, jobs = offers[name], [job for job, node in node_of.items() if node == name]
        if len(jobs) > offer.capacity or any(job not in offer.cost for job in jobs):
            raise ValueError(f"node {name} has {len(jobs)} jobs and cannot do them all")
        surplus += sum(values[job] - offer.cost[job] for job in jobs) - offer.setup
    return surplus


def greedy(values: Mapping[str, Money], offers: Mapping[str, Offer]) -> Matching:
    """A good matching of many jobs: the best pairs first, then nodes that do not pay are dropped.

    Cost: sorting all pairs once, and looking through them in every round of dropping.
    """
    pairs = sorted(_pairs(values, offers))
    dropped: set[str] = set()
    while True:
        node_of = _fill(pairs, offers, dropped)
        gains = {name: _gain(name, node_of, values, offers) for name in set(node_of.values())}
        losing = sorted(name for name, gain in gains.items() if gain < 0)
        if not losing:
            return Matching(node_of, surplus_of(node_of, values, offers))
        dropped.add(min(losing, key=gains.__getitem__))


def _fill(
    pairs: Iterable[tuple[Money, str, str]], offers: Mapping[str, Offer], dropped: Set[str]
) -> dict[str, str]:
    room = {name: offer.capacity for name, offer in offers.items() if name not in dropped}
    node_of: dict[str, str] = {}
    for _, job, name in pairs:
        if job not in node_of and room.get(name, 0) > 0:
            node_of[job] = name
            room[name] -= 1
    return node_of


def _pairs(
    values: Mapping[str, Money], offers: Mapping[str, Offer]
) -> Iterator[tuple[Money, str, str]]:
    """Every job and node that gain together, with the gain's opposite."""
    for name, offer in offers.items():
        for job, cost in offer.cost.items():
            if job in values and values[job] > cost:
                yield cost - values[job], job, name


def _gain(
    name: str, node_of: Mapping[str, str], values: Mapping[str, Money], offers: Mapping[str, Offer]
) -> Money:
    margins = [values[j] - offers[name].cost[j] for j, node in node_of.items() if node == name]
    return sum(margins) - offers[name].setup if margins else 0


def _fold(gains: list[dict[int, Money]], size: int) -> list[Money]:
    table: list[Money] = [0] * size
    for node in gains:
        table = _fold_one(table, node)
    return table


def _fold_one(table: list[Money], gains: Mapping[int, Money]) -> list[Money]:
    """Best surplus by set of jobs, when one more node may take any part of the set."""
    after = list(table)
    every = len(table) - 1
    for taken, gain in gains.items():
        rest = every & ~taken
        others = rest  # all sets that do not meet `taken`
        while True:
            after[taken | others] = max(after[taken | others], table[others] + gain)
            if not others:
                break
            others = (others - 1) & rest
    return after


def _taken(before: list[Money], total: Money, gains: Mapping[int, Money], free: int) -> int:
    """The set that a node takes of those that are free, in a best matching."""
    if before[free] == total:
        return 0
    fitting = [jobs for jobs in gains if not jobs & ~free]
    return max(fitting, key=lambda jobs: before[free & ~jobs] + gains[jobs])
