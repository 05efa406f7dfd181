"""Who earns what from whom: shares over a graph of derivatives, in exact integers.

A work has ordered parents, set once when it is registered, so the graph has no cycles. Each edge
carries the share that its licence promised. Two policies turn edges into shares of all ancestors:

* LAP, absolute: an ancestor gets its edge's share of every payment below it, once for every path
  by which the payment reaches that edge. A diamond pays the top twice. The shares of all ancestors
  sum to the stack, which may not pass 100 %.
* LRP, relative: the payee passes the edge's share up, and its parent keeps most of that and passes
  on a share of it, each hand rounding down. Shares shrink with distance; the stack is that of the
  direct parents alone.

Shares are integers, `HP` = 10^8 = 100 %. Edges of the other policy count as 0, yet carry paths.
Cost: one visit per edge above the payee; `aicrypto.ip.royalty.tensors` does levels at once.
Source: Chaintable/story-geth@4ccfd54 core/vm/ipgraph.go.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from aicrypto.ip.state import HP, MAX_PARENTS

BRANCHES = 3  # parents of a work in a random tree


@dataclass(frozen=True)
class Dag:
    """A graph of derivatives under one policy.

    Attributes:
        parents: of every work that has any, in the order of registration.
        shares: of the edges, by (child, parent); an edge that is missing has none.
    """

    parents: Mapping[str, tuple[str, ...]]
    shares: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, links: Iterable[tuple[str, Mapping[str, int]]]) -> "Dag":
        """The graph of such links: child, and the share that each parent was promised.

        Raises:
            ValueError: if a child comes twice or a share is negative.
        """
        parents: dict[str, tuple[str, ...]] = {}
        shares: dict[tuple[str, str], int] = {}
        for child, promised in links:
            if child in parents:
                raise ValueError(f"child {child!r} is linked twice")
            if min(promised.values(), default=0) < 0:
                raise ValueError(f"shares of {child!r} are {promised}, must not be negative")
            parents[child] = tuple(promised)
            shares |= {(child, parent): share for parent, share in promised.items()}
        return cls(parents, shares)


def topological(parents: Mapping[str, tuple[str, ...]], payee: str) -> list[str]:
    """The payee and all its ancestors, every work before its parents.

    Raises:
        ValueError: if the graph has a cycle.
    """
    is_left = {payee: False}
    order: list[str] = []
    walk = [(payee, iter(parents.get(payee, ())))]
    while walk:
        work, rest = walk[-1]
        parent = next(rest, None)
        if parent is None:
            is_left[work] = True
            order.append(work)
            walk.pop()
        elif parent not in is_left:
            is_left[parent] = False
            walk.append((parent, iter(parents.get(parent, ()))))
        elif not is_left[parent]:
            raise ValueError(f"parents: {parent!r} is its own ancestor")
    return order[::-1]


def paths(dag: Dag, payee: str) -> dict[str, int]:
    """In how many ways a payment to the payee reaches it and each ancestor."""
    count: dict[str, int] = defaultdict(int, {payee: 1})
    for work in topological(dag.parents, payee):
        for parent in dag.parents.get(work, ()):
            count[parent] += count[work]
    return dict(count)


def lap_shares(dag: Dag, payee: str) -> dict[str, int]:
    """What LAP gives each ancestor of every payment to the payee, and the payee's own entry HP.

    >>> diamond = Dag.of([("B", {"A": 5}), ("C", {"A": 7}), ("D", {"B": 10, "C": 20})])
    >>> lap_shares(diamond, "D")["A"]
    12
    """
    earned: dict[str, int] = defaultdict(int)
    count = paths(dag, payee)
    for work in count:
        for parent in dag.parents.get(work, ()):
            earned[parent] += count[work] * dag.shares.get((work, parent), 0)
    return {**earned, payee: HP}


def lrp_shares(dag: Dag, payee: str) -> dict[str, int]:
    """What reaches each ancestor under LRP before it passes its own parents' part on.

    >>> lrp_shares(Dag.of([("B", {"A": HP // 20}), ("C", {"B": HP // 10})]), "C")["A"] / HP
    0.005
    """
    earned: dict[str, int] = defaultdict(int, {payee: HP})
    for work in topological(dag.parents, payee):
        for parent in dag.parents.get(work, ()):
            earned[parent] += earned[work] * dag.shares.get((work, parent), 0) // HP
    return dict(earned)


def random_dag(
    rng: Random, n_ancestors: int = 1024, n_diamonds: int = 256, relative: bool = False
) -> Dag:
    """A graph of that many ancestors above "w0", with up to that many more ways to meet again.

    Every ancestor is a parent of a random work that came before it in the list w0, w1, ..., and
    further edges are drawn between random works. Shares are small enough for LAP's stack, or, if
    `relative`, large enough that some of LRP's reach far up.
    """
    parents = _random_parents(rng, n_ancestors, n_diamonds)
    most = HP if relative else HP // (8 * n_ancestors)
    dag = Dag.of(
        (f"w{i}", {p: rng.randint(1, most // len(its)) for p in its}) for i, its in parents.items()
    )
    stack = 0 if relative else sum(lap_shares(dag, "w0").values()) - HP
    shares = {edge: share * HP // max(HP, stack) for edge, share in dag.shares.items()}
    return Dag(dag.parents, shares)


def _random_parents(rng: Random, n_ancestors: int, n_diamonds: int) -> dict[int, list[str]]:
    parents: dict[int, list[str]] = {}
    for i, j in _random_edges(rng, n_ancestors, n_diamonds):
        its = parents.setdefault(i, [])
        if len(its) < MAX_PARENTS and f"w{j}" not in its:
            its.append(f"w{j}")
    return parents


def _random_edges(rng: Random, n_ancestors: int, n_diamonds: int) -> Iterator[tuple[int, int]]:
    """Child and parent of each edge: first a tree of up to three parents a work, then some more."""
    waiting = [0] * BRANCHES
    for j in range(1, n_ancestors + 1):
        yield waiting.pop(rng.randrange(len(waiting))), j
        waiting += [j] * BRANCHES
    for _ in range(n_diamonds):
        i, j = sorted(rng.sample(range(n_ancestors + 1), 2))
        yield i, j


def ancestors(parents: Mapping[str, tuple[str, ...]], *works: str) -> set[str]:
    """All ancestors of the works."""
    found: set[str] = set()
    waiting = list(works)
    while waiting:
        new = [p for p in parents.get(waiting.pop(), ()) if p not in found]
        found.update(new)
        waiting += new
    return found
