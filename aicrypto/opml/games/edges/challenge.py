"""The all-versus-all challenge: every claim about one history quarrels at once, honest ones as one.

Rules, in the manner of Arbitrum's BoLD, with one level of heights:

* An edge's clock runs while it has no rival. A rivalled edge stops for good and is bisected; from
  then on its children's clocks count for it: time(edge) = own + min(time(lower), time(upper)).
* A rivalled edge of length one is decided by a one-step proof, worth unlimited time.
* The edge whose time reaches `confirm_period` is confirmed. There is no turn and no opponent: one
  honest party answers every liar with the same children.

**Delay.** On every path from the honest root down, exactly one edge's clock runs, except between a
rival's arrival and the honest answer. So if honest answers take at most r blocks, the honest root
is confirmed at most `confirm_period + r * (log2(height) + 1)` blocks after it was made, however
many liars there are and however they time their moves (`delay_bound`). A tournament of two-party
games, one opponent after the other, is delayed by every liar anew.

Times are in blocks. The one-step proof here is a prefix of states whose roots are recomputed; on a
real chain it is a Merkle proof and one executed instruction. Likewise who bisects an edge shows the
history that its ends commit to, where a real chain takes a prefix proof: without it anybody could
give the honest edge a false middle, and so children that nobody can defend.

Source: npm @arbitrum/nitro-contracts 3.2.0, EdgeChallengeManagerLib; the delay argument is ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from aicrypto.opml.games.edges.identity import Edge, bisection_height, history_root, prefix_roots

UNLIMITED = 1 << 62  # what a one-step proof is worth, in blocks

NextState = Callable[[bytes], bytes]


class EdgeRefused(ValueError):
    """A move that the challenge's rules forbid."""


@dataclass
class Standing:
    """An edge's fate so far.

    Attributes:
        made_at: block of its creation.
        rivalled_at: block in which its first rival appeared.
        children: names of the lower and the upper half.
        is_proven: whether a one-step proof was accepted.
    """

    edge: Edge
    made_at: int
    rivalled_at: int | None = None
    children: tuple[bytes, bytes] | None = None
    is_proven: bool = False

    def is_waiting(self, since: int) -> bool:
        """Whether it got a rival by then, and nobody has answered for it."""
        if self.rivalled_at is None or self.rivalled_at > since:
            return False
        return self.children is None and not self.is_proven


@dataclass
class EdgeChallenge:
    """One challenge about histories of `height` steps from one genesis state.

    Attributes:
        height: a power of two.
        next_state: the machine that a one-step proof executes.
        confirm_period: blocks without rival that confirm an edge.
        genesis_root: history root of the genesis state, which every root edge starts from.
    """

    height: int
    next_state: NextState
    confirm_period: int
    genesis_root: bytes
    origin: bytes = bytes(32)
    edges: dict[bytes, Standing] = field(default_factory=dict)
    _sides: dict[bytes, list[bytes]] = field(default_factory=dict)
    n_moves: int = 0

    def add_root(self, genesis_root: bytes, end_root: bytes, now: int) -> bytes:
        """Name of a root edge; a claim that stands already is not made anew.

        Raises:
            EdgeRefused: if it starts elsewhere, where it would have no rival.
        """
        if genesis_root != self.genesis_root:
            raise EdgeRefused(
                f"genesis_root is {genesis_root.hex()}, must be {self.genesis_root.hex()}"
            )
        return self._add(Edge(self.origin, 0, genesis_root, self.height, end_root, 0), now)

    def bisect(self, name: bytes, history: Sequence[bytes], now: int) -> tuple[bytes, bytes]:
        """Names of the two halves of a rivalled edge.

        Args:
            name: the edge.
            history: the states from genesis up to and including the edge's end.
            now: the block.

        Raises:
            EdgeRefused: if it has no rival, is bisected already, or the history is not the edge's.
            HeightDiffLtTwo: if its length is one.
        """
        standing = self.edges[name]
        if standing.rivalled_at is None or standing.children is not None:
            raise EdgeRefused(f"edge {name.hex()} has no rival, or is bisected")
        edge = standing.edge
        middle = bisection_height(edge.start, edge.end)
        middle_root = _middle_root(edge, middle, history)
        ends = (edge.origin, edge.start, edge.start_root), (edge.end, edge.end_root, edge.level)
        lower = self._add(Edge(*ends[0], middle, middle_root, edge.level), now)
        upper = self._add(Edge(edge.origin, middle, middle_root, *ends[1]), now)
        standing.children = lower, upper
        self.n_moves += 1
        return lower, upper

    def prove_step(self, name: bytes, prefix: Sequence[bytes]) -> None:
        """Decides an edge of length one by executing its step.

        Args:
            name: the edge.
            prefix: the states up to and including the edge's start.

        Raises:
            EdgeRefused: if the edge is longer, the prefix is another history, or the step leads
                elsewhere.
        """
        edge = self.edges[name].edge
        if edge.length != 1 or len(prefix) != edge.start + 1:
            raise EdgeRefused(f"edge has length {edge.length}, prefix has {len(prefix)} states")
        if history_root(prefix) != edge.start_root:
            raise EdgeRefused("prefix is not the history that the edge starts from")
        if history_root([*prefix, self.next_state(prefix[-1])]) != edge.end_root:
            raise EdgeRefused("the step does not lead to the edge's end")
        self.edges[name].is_proven = True
        self.n_moves += 1

    def time(self, name: bytes, now: int) -> int:
        """Blocks that count for an edge at block `now`."""
        standing = self.edges[name]
        if standing.is_proven:
            return UNLIMITED
        until = now if standing.rivalled_at is None else standing.rivalled_at
        own = max(0, until - standing.made_at)
        if standing.children is None:
            return own
        return own + min(self.time(child, now) for child in standing.children)

    def is_confirmed(self, name: bytes, now: int) -> bool:
        """Whether an edge's time has reached the confirmation period."""
        return self.time(name, now) >= self.confirm_period

    def rivals(self, name: bytes) -> list[bytes]:
        """Names of the edges that differ from this one in the end root only."""
        sides = self._sides[self.edges[name].edge.mutual_id]
        return [side for side in sides if side != name]

    def _add(self, edge: Edge, now: int) -> bytes:
        name = edge.edge_id
        if name in self.edges:
            return name
        sides = self._sides.setdefault(edge.mutual_id, [])
        self.edges[name] = Standing(edge, now, now if sides else None)
        for rival in sides:
            standing = self.edges[rival]
            if standing.rivalled_at is None:
                standing.rivalled_at = now
        sides.append(name)
        return name


def _middle_root(edge: Edge, middle: int, history: Sequence[bytes]) -> bytes:
    """Root at the height `middle` of the one history that an edge's ends commit to."""
    roots = prefix_roots(history)
    ends = (roots[edge.start], roots[-1]) if len(roots) > edge.start else ()
    if len(roots) != edge.end + 1 or ends != (edge.start_root, edge.end_root):
        raise EdgeRefused(f"history of {len(history)} states is not the one that the edge claims")
    return roots[middle]


def delay_bound(confirm_period: int, height: int, response: int) -> int:
    """Blocks after which the honest root is confirmed at the latest.

    Args:
        confirm_period: blocks that confirm an edge.
        height: steps in a history, a power of two.
        response: blocks that an honest answer takes at most.
    """
    return confirm_period + response * (height.bit_length() - 1 + 1)


def tournament_delay(n_liars: int, clock: int) -> int:
    """Blocks that liars can delay one honest party which meets them one after the other."""
    return n_liars * 2 * clock
