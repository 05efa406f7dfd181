"""1,000 jobs and 100 nodes matched by surplus; the peer is an assignment without setup costs.

That peer (scipy's, where it is installed) is optimal for what it solves, and can't say when a node
should not work at all: with setup costs its surplus is a bound that nothing reaches.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from random import Random

import numpy as np

from aicrypto.bench import Record, best_seconds
from aicrypto.ritual import Offer, greedy, optimum

N_JOBS, N_NODES, N_SMALL, N_MARKETS = 1_000, 100, 8, 40
VALUE, COST, SETUP, CAPACITY = (20, 120), (10, 80), (0, 60), (5, 20)
PEER = "scipy's assignment, no setup costs"

Bids = tuple[dict[str, int], dict[str, Offer]]


def matching() -> Iterator[Record]:
    """Seconds and surplus of the greedy matching; its share of the optimum on small markets."""
    values, offers = market(Random(1), N_JOBS, N_NODES)
    seconds = best_seconds(lambda: greedy(values, offers), 3)
    found = greedy(values, offers).surplus
    names = "ritual.matching_1000x100_s", "ritual.matching_surplus"
    if find_spec("scipy") is None:
        yield Record(names[0], seconds, "s")
        yield Record(names[1], found, "")
    else:
        peer_seconds = best_seconds(lambda: _assign(values, offers), 3)
        yield Record(names[0], seconds, "s", PEER, peer_seconds)
        yield Record(names[1], found, "", PEER, _assign(values, offers))
    small = [market(Random(seed), N_SMALL, N_SMALL // 2) for seed in range(N_MARKETS)]
    ours, best = (sum(rule(*bids).surplus for bids in small) for rule in (greedy, optimum))
    yield Record("ritual.matching_small_surplus", ours, "", "exact optimum", best)


def market(rng: Random, n_jobs: int, n_nodes: int) -> Bids:
    """Random values, costs, capacities and setup costs."""
    values = {f"job {i}": rng.randint(*VALUE) for i in range(n_jobs)}
    offers = {
        f"node {i}": Offer(
            rng.randint(*SETUP), rng.randint(*CAPACITY), {job: rng.randint(*COST) for job in values}
        )
        for i in range(n_nodes)
    }
    return values, offers


def _assign(values: dict[str, int], offers: dict[str, Offer]) -> float:
    """Surplus of the best assignment if working were free to begin."""
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    jobs = np.array(list(values.values()))[:, None]
    costs = np.array([[offer.cost[job] for offer in offers.values()] for job in values])
    places = np.repeat(np.arange(len(offers)), [offer.capacity for offer in offers.values()])
    gains = np.maximum(jobs - costs, 0)[:, places]
    return float(gains[linear_sum_assignment(gains, maximize=True)].sum())
