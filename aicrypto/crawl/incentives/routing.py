"""Which node gets which work: by region first, then in proportion to reputation.

A client asks for pages as seen from a region. Inside the region the jobs are divided among nodes
that are online and in good standing, in proportion to their reputation points. The form (traffic by
reputation and regional demand) is Grass's, the rule of division this course's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aicrypto.crawl.incentives.shares import largest_remainder


@dataclass(frozen=True)
class Candidate:
    """A node as the router's list shows it.

    Attributes:
        geo: region, for instance a country code.
        reputation: whole points.
        online: whether it is connected now.
    """

    id: str
    geo: str
    reputation: int
    online: bool


def route(
    nodes: Sequence[Candidate], demand: Mapping[str, int], min_reputation: int
) -> tuple[dict[str, int], dict[str, int]]:
    """Jobs per node (every node is listed), and the demand per region that nobody can serve.

    >>> nodes = [Candidate("a", "DE", 90, True), Candidate("b", "DE", 10, True)]
    >>> route(nodes, {"DE": 7, "JP": 5}, min_reputation=1)
    ({'a': 6, 'b': 1}, {'JP': 5})
    """
    jobs = {node.id: 0 for node in nodes}
    unserved = {}
    for geo, wanted in demand.items():
        able = _able(nodes, geo, min_reputation)
        if sum(able.values()) == 0:
            unserved[geo] = wanted
        parts = largest_remainder(wanted, list(able.values()))
        jobs |= dict(zip(able, parts, strict=True))
    return jobs, unserved


def _able(nodes: Sequence[Candidate], geo: str, min_reputation: int) -> dict[str, int]:
    """Weight by node, of those that may serve the region."""
    online = (node for node in nodes if node.geo == geo and node.online)
    return {n.id: max(n.reputation, 0) for n in online if n.reputation >= min_reputation}
