"""Which nodes fetch this page: several neighbourhoods, many regions, more work for the reliable.

`route` divides a hand of jobs in every region by reputation; the hand is dealt out evenly spread,
and divided anew when it is used up. The copies of one page go to different /24 blocks, because
blocks are what votes count.
"""

from collections.abc import Mapping, Sequence, Set

from aicrypto.crawl.incentives.farms import block
from aicrypto.crawl.incentives.routing import Candidate, route

HAND = 32  # jobs per region divided at a time


class Dealer:
    """Deals jobs to nodes; the same questions in the same order get the same answers."""

    def __init__(self, min_reputation: int) -> None:
        self._min_reputation = min_reputation
        self._hands: dict[str, list[str]] = {}
        self._turn = 0

    def choose(self, nodes: Sequence[Candidate], ips: Mapping[str, str], copies: int) -> list[str]:
        """Ids of at most `copies` nodes in different blocks, from as many regions as there are."""
        regions = sorted({node.geo for node in nodes})
        start = self._turn % max(len(regions), 1)
        self._turn += 1
        chosen: list[str] = []
        before = -1
        while before < len(chosen) < copies:
            before = len(chosen)
            for geo in regions[start:] + regions[:start]:
                if len(chosen) < copies:
                    chosen += self._next(geo, nodes, _free(nodes, ips, chosen))
        return chosen

    def _next(self, geo: str, nodes: Sequence[Candidate], free: Set[str]) -> list[str]:
        """The next node of the region that is free, from this hand or a new one; or none."""
        for _ in range(2):
            for key in self._hands.get(geo, []):
                if key in free:
                    self._hands[geo].remove(key)
                    return [key]
            self._hands[geo] = self._deal(geo, nodes)
        return []

    def _deal(self, geo: str, nodes: Sequence[Candidate]) -> list[str]:
        """A hand of jobs, every node's share spread evenly over it."""
        jobs, _ = route(nodes, {geo: HAND}, self._min_reputation)
        places = [((i + 0.5) / n, key) for key, n in jobs.items() for i in range(n)]
        return [key for _, key in sorted(places, key=lambda place: place[0])]


def _free(nodes: Sequence[Candidate], ips: Mapping[str, str], chosen: Sequence[str]) -> set[str]:
    """Nodes online outside the blocks of the chosen ones."""
    taken = {block(ips[key]) for key in chosen}
    return {node.id for node in nodes if node.online and block(ips[node.id]) not in taken}
