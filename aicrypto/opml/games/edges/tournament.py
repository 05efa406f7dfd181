"""Honest parties and liars in one all-versus-all challenge, block by block.

Every party holds a whole history and moves its own edges: when one of them has had a rival for as
many blocks as the party needs to answer, it is bisected, or proven if it is one step long. A liar
follows the machine up to the height at which it begins to lie, and can choose how long it waits: a
quick one makes many edges at once, a slow one stretches the quarrel. `play` runs until the honest
root is confirmed and reports how long that took and what it cost either side.

Times are in blocks; moves are transactions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from aicrypto.opml.games.edges.challenge import EdgeChallenge, EdgeRefused, NextState, delay_bound
from aicrypto.opml.games.edges.identity import prefix_roots


@dataclass(frozen=True)
class Party:
    """A player: what it claims, and how many blocks it takes to answer a rival."""

    name: str
    history: tuple[bytes, ...]
    response: int
    arrives: int = 0

    @cached_property
    def roots(self) -> tuple[bytes, ...]:
        """History roots up to every height."""
        return prefix_roots(self.history)


@dataclass(frozen=True)
class Outcome:
    """How a challenge went.

    Attributes:
        confirmed_at: block in which the honest root was confirmed.
        bound: the block by which that had to happen.
        moves: transactions by party (two honest parties share edges: the first one to move pays).
        liars_confirmed: names of liars whose root was confirmed, always empty if the rules hold.
        n_edges: edges made by all.
    """

    confirmed_at: int
    bound: int
    moves: dict[str, int]
    liars_confirmed: tuple[str, ...]
    n_edges: int


def honest_history(genesis: bytes, next_state: NextState, height: int) -> tuple[bytes, ...]:
    """The states that the machine runs through, height + 1 of them."""
    states = [genesis]
    for _ in range(height):
        states.append(next_state(states[-1]))
    return tuple(states)


def lying_history(
    honest: Sequence[bytes], next_state: NextState, at: int, lie: bytes
) -> tuple[bytes, ...]:
    """A history whose state `at` is another one; from there the machine runs on.

    Raises:
        ValueError: if there is no such height above 0, or the lie is the truth.
    """
    if not 0 < at < len(honest):
        raise ValueError(f"at is {at}, must be in 1..{len(honest) - 1}")
    if lie == honest[at]:
        raise ValueError(f"lie is the honest state {at}")
    return (*honest[:at], *honest_history(lie, next_state, len(honest) - 1 - at))


def play(
    challenge: EdgeChallenge, honest: Sequence[Party], liars: Sequence[Party], limit: int = 100_000
) -> Outcome:
    """The outcome of a challenge in which everybody moves as soon as it wants to.

    Raises:
        ValueError: if nobody is honest, or the honest root is not confirmed within `limit` blocks.
    """
    if not honest:
        raise ValueError("honest is empty: nobody defends the truth")
    moves = {party.name: 0 for party in (*honest, *liars)}
    roots: dict[str, bytes] = {}
    for now in range(limit):
        for party in (*honest, *liars):
            _arrive(challenge, party, roots, now)
            moves[party.name] += _answer_all(challenge, party, now)
        confirmed = {name for name, root in roots.items() if challenge.is_confirmed(root, now)}
        if honest[0].name in confirmed:
            wrong = _others(roots, confirmed, roots[honest[0].name])
            return Outcome(now, _bound(challenge, honest), moves, wrong, len(challenge.edges))
    raise ValueError(f"limit is {limit} blocks, the honest root was not confirmed by then")


def _others(roots: dict[str, bytes], confirmed: set[str], root: bytes) -> tuple[str, ...]:
    """Who has another root confirmed."""
    return tuple(sorted(name for name in confirmed if roots[name] != root))


def _arrive(challenge: EdgeChallenge, party: Party, roots: dict[str, bytes], now: int) -> None:
    """Adds a party's root when its time has come."""
    if party.arrives == now:
        ends = party.roots[0], party.roots[challenge.height]
        roots[party.name] = challenge.add_root(*ends, now)


def _bound(challenge: EdgeChallenge, honest: Sequence[Party]) -> int:
    """The block by which the first honest party's root must be confirmed."""
    slowest = max(party.response for party in honest)
    return honest[0].arrives + delay_bound(challenge.confirm_period, challenge.height, slowest)


def _answer_all(challenge: EdgeChallenge, party: Party, now: int) -> int:
    """Answers every rivalled edge that agrees with the party's history; how many moves it took."""
    due = [
        name
        for name, standing in challenge.edges.items()
        if standing.is_waiting(now - party.response) and _holds(challenge, party, name)
    ]
    return sum(_answer(challenge, party, name, now) for name in due)


def _holds(challenge: EdgeChallenge, party: Party, name: bytes) -> bool:
    """Whether an edge says what the party's history says."""
    edge = challenge.edges[name].edge
    ends = party.roots[edge.start], party.roots[edge.end]
    return ends == (edge.start_root, edge.end_root)


def _answer(challenge: EdgeChallenge, party: Party, name: bytes, now: int) -> bool:
    """Bisects an edge or proves its step; a liar's step cannot be proven."""
    edge = challenge.edges[name].edge
    if edge.length > 1:
        challenge.bisect(name, party.history[: edge.end + 1], now)
        return True
    try:
        challenge.prove_step(name, party.history[: edge.start + 1])
    except EdgeRefused:
        return False
    return True
