"""Bisection: how two parties who computed different results find the first step they differ in.

Both agree on the start and disagree on the end. One hash per round and segment narrows the interval
until one instruction is left, which a referee executes. A run of n steps takes at most
ceil(log_arity n) rounds, and the cost does not depend on what the program computes.

The challenger takes the smallest segment whose end differs from its own; if it has no quarrel with
any (a baseless challenge) the last one. Where both lie, the earlier lie is found, so the claim of a
liar can survive a game against another liar: that is why a claim stays open to further challengers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicrypto.opml.games.faults import Run
from aicrypto.opml.games.terms import CHALLENGER, PROPOSER, split_points
from aicrypto.opml.machine import step

Commitment = Callable[[int], bytes]


@dataclass(frozen=True)
class Round:
    """One exchange: the interval's points, the proposer's hashes there, the chosen segment."""

    points: tuple[int, ...]
    hashes: tuple[bytes, ...]
    segment: int


@dataclass(frozen=True)
class Search:
    """Where a bisection ended: agreement on `lo`, disagreement on `hi`, its neighbour."""

    lo: int
    hi: int
    rounds: tuple[Round, ...]

    @property
    def segments(self) -> list[int]:
        """The segments chosen, in order."""
        return [one.segment for one in self.rounds]


@dataclass(frozen=True)
class Verdict:
    """Outcome of a two-party dispute.

    Attributes:
        n_steps: claimed length.
        search: None where there was nothing to dispute.
        h_lo, h_hi: the proposer's hashes around the disputed step.
        winner: "proposer" or "challenger", None without dispute.
    """

    n_steps: int
    claimed: bytes
    search: Search | None = None
    h_lo: bytes = b""
    h_hi: bytes = b""
    winner: str | None = None


def choose_segment(own: Commitment, points: Sequence[int], hashes: Sequence[bytes]) -> int:
    """Number of the first segment whose end differs from one's own hash; the last if none does.

    Args:
        own: hash by index of one's own trace.
        points: the interval's points, ends included.
        hashes: the opponent's hashes at the inner points.
    """
    differing = (i for i, (p, h) in enumerate(zip(points[1:], hashes, strict=False)) if own(p) != h)
    return next(differing, len(points) - 2)


def search(proposer: Commitment, challenger: Commitment, n_steps: int, arity: int = 2) -> Search:
    """The bisection of [0, n_steps] between two traces that differ at its end.

    Raises:
        ValueError: if there is nothing to bisect, or the arity is below 2.
    """
    if n_steps < 1 or arity < 2:
        raise ValueError(f"n_steps is {n_steps}, arity {arity}: must be >= 1 and >= 2")
    lo, hi, rounds = 0, n_steps, list[Round]()
    while hi - lo > 1:
        points = split_points(lo, hi, arity)
        hashes = tuple(proposer(point) for point in points[1:-1])
        segment = choose_segment(challenger, points, hashes)
        rounds.append(Round(tuple(points), hashes, segment))
        lo, hi = points[segment], points[segment + 1]
    return Search(lo, hi, tuple(rounds))


def dispute(proposer: Run, challenger: Run, arity: int = 2) -> Verdict:
    """The two-party game about a claim: who is right, and about which step."""
    n_steps = proposer.n_steps
    claimed = proposer.commitment(n_steps)
    if challenger.commitment(n_steps) == claimed:
        return Verdict(n_steps, claimed)
    found = search(proposer.commitment, challenger.commitment, n_steps, arity)
    h_lo, h_hi = proposer.commitment(found.lo), proposer.commitment(found.hi)
    witness = proposer.witness(found.lo)
    after = step(witness.state, witness.insn_proof, witness.mem_proof)
    winner = PROPOSER if after.hash == h_hi else CHALLENGER
    return Verdict(n_steps, claimed, found, h_lo, h_hi, winner)
