"""Containers: what a node can run, joined in which order, and which 32 bytes mean that.

In the deployed node a container is an image with a web server inside; here it is a Python function
from bytes to bytes. A job joins several in a graph, which says whose output is whose input:

    {"fetch": [], "clean": ["fetch"], "rank": ["clean"]}      a line, as subscriptions order it
    {"fetch": [], "clean": ["fetch"], "rank": ["fetch", "clean"]}

Containers without a source read the job's input. With one source they read its output as it is,
with several the RLP list of all outputs in the order named. The last container's output is the
job's, and there must be one that all others lead to.

A subscription names its line by a hash only, so a node hashes every line that it could run.
Source of names and rules: ritual-net/infernet-node@0e2d8cf, container_lookup.py and guardian.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from itertools import permutations

from aicrypto.evm.tries import encode
from aicrypto.ritual.subscriptions import SEPARATOR, container_id

MAX_CONTAINERS = 6  # 1,956 lines to hash; one more would make it 13,699


@dataclass(frozen=True)
class Output:
    """What a container gives: an answer, and what shows it to be right."""

    data: bytes
    proof: bytes = b""


Work = Callable[[bytes], Output]


@dataclass(frozen=True)
class Container:
    """A function, and for whom it works.

    Attributes:
        name: without commas.
        work: from input to output; whatever it raises makes the job fail.
        is_external: whether a job may begin with it.
        proves: whether its outputs carry proofs.
        allowed_ips: networks (such as "10.0.0.0/8") from which jobs are taken; none means all.
        allowed_addresses: owners whose subscriptions are served; none means all.
        allowed_delegates: owners whose signed subscriptions are served; none means all.
        least_payment: by accepted token, in its smallest unit; none means any, also nothing.
    """

    name: str
    work: Work
    is_external: bool = True
    proves: bool = False
    allowed_ips: tuple[str, ...] = ()
    allowed_addresses: tuple[str, ...] = ()
    allowed_delegates: tuple[str, ...] = ()
    least_payment: Mapping[str, int] = field(default_factory=dict)
    description: str = ""

    def __post_init__(self) -> None:
        if not self.name or SEPARATOR in self.name:
            raise ValueError(f"name is {self.name!r}, must have letters and no {SEPARATOR!r}")


class Catalogue(Mapping[str, Container]):
    """A node's containers by name, and its lines by hash.

    Raises:
        ValueError: if two have one name, or there are more than 6.
    """

    def __init__(self, containers: Iterable[Container]) -> None:
        every = list(containers)
        self._by_name = {one.name: one for one in every}
        if len(self._by_name) < len(every):
            raise ValueError("containers have a name twice")
        if len(every) > MAX_CONTAINERS:
            raise ValueError(f"containers are {len(every)}, must be at most {MAX_CONTAINERS}")
        self._by_hash = {container_id(SEPARATOR.join(line)): line for line in self._lines()}

    def __getitem__(self, name: str) -> Container:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def line(self, digest: bytes) -> tuple[str, ...]:
        """The containers that a subscription's `container_id` stands for; none if unknown."""
        return self._by_hash.get(digest, ())

    def _lines(self) -> Iterator[tuple[str, ...]]:
        for length in range(1, len(self) + 1):
            yield from permutations(self._by_name, length)


# Running

Graph = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Result:
    """What became of one container: an output, or an error in words."""

    container: str
    output: Output | None
    error: str = ""
    attempts: int = 1


def line_of(containers: Sequence[str]) -> dict[str, list[str]]:
    """The graph in which each container reads the one before it.

    >>> line_of(["fetch", "rank"])
    {'fetch': [], 'rank': ['fetch']}
    """
    return {name: list(containers[i - 1 : i] if i else []) for i, name in enumerate(containers)}


def order_of(graph: Graph) -> list[str]:
    """The containers in an order in which each comes after all that it reads.

    Raises:
        ValueError: if there is none because of a circle, a source is missing, or not exactly one
            container is read by no other.
    """
    missing = {name for sources in graph.values() for name in sources} - graph.keys()
    if missing:
        raise ValueError(f"graph reads {sorted(missing)}, which it does not have")
    order = list(TopologicalSorter(graph).static_order())  # CycleError is a ValueError
    last = graph.keys() - {name for sources in graph.values() for name in sources}
    if len(last) != 1:
        raise ValueError(f"graph ends in {sorted(last)}, must end in one container")
    return order


def run_graph(
    graph: Graph, containers: Mapping[str, Container], data: bytes, retries: int = 0
) -> list[Result]:
    """What became of each container, in order; the first that fails for good is the last one here.

    Args:
        graph: which container reads which.
        containers: by name.
        data: the job's input.
        retries: how often a container that has failed is run again.

    Raises:
        ValueError: as `order_of`.
    """
    results: list[Result] = []
    outputs: dict[str, bytes] = {}
    for name in order_of(graph):
        given = [outputs[source] for source in graph[name]]
        read = data if not given else given[0] if len(given) == 1 else encode([*given])
        result = _attempt(containers[name], read, retries)
        results.append(result)
        if result.output is None:
            return results
        outputs[name] = result.output.data
    return results


def _attempt(container: Container, data: bytes, retries: int) -> Result:
    error = ""
    for attempt in range(1, retries + 2):
        try:
            made = container.work(data)
            if not isinstance(made, Output):
                raise TypeError(f"work returned {type(made).__name__}, must return Output")
            return Result(container.name, made, attempts=attempt)
        except Exception as failure:  # a container may raise anything, and the node must go on
            error = f"{type(failure).__name__}: {failure}"
    return Result(container.name, None, error, retries + 1)
