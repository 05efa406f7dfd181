"""Two training runs that end differently: the first step, and in it the first operator, that part.

A run of S steps has checkpoint hashes 0..S, a step of O operators has state hashes 0..O; number 0
is common. Both lists are bisected as in `opml.games`: ceil(log2 S) + ceil(log2 O) rounds at most.
Then the referee runs that one operator, and whose hash differs from the referee's has cheated.

Source: Verde, arXiv 2502.19405; the transcript's format is ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aicrypto.opml.games import search

A, B, BOTH = "A", "B", "both"


@dataclass(frozen=True)
class Transcript:
    """Hashes of checkpoints 0..S, and of the states around the operators of the disputed step."""

    checkpoints: tuple[bytes, ...]
    operators: tuple[bytes, ...]


@dataclass(frozen=True)
class Verdict:
    """Where two runs part (counted from 1), rounds of both searches, and who cheated.

    All None and 0 if the runs end alike. `cheater` is "A", "B", or "both" if neither is right.
    """

    step: int | None = None
    operator: int | None = None
    step_rounds: int = 0
    operator_rounds: int = 0
    cheater: str | None = None


def first_difference(a: Sequence[bytes], b: Sequence[bytes]) -> tuple[int, int]:
    """Number of the first hash that differs, by bisection, and the rounds that took.

    Raises:
        ValueError: if the lists are not equally long, or hold fewer than two hashes, or do
            not begin alike and end differently.
    """
    if len(a) != len(b) or len(a) < 2:
        raise ValueError(f"{len(a)} and {len(b)} hashes, must be as many and at least 2")
    if a[0] != b[0] or a[-1] == b[-1]:
        raise ValueError("the hashes must begin alike and end differently")
    found = search(a.__getitem__, b.__getitem__, len(a) - 1)
    return found.hi, len(found.rounds)


def blame(hash_a: bytes, hash_b: bytes, right: bytes) -> str:
    """Who differs from the referee, of two who differ from each other."""
    if right not in (hash_a, hash_b):
        return BOTH
    return B if hash_a == right else A


def settle(a: Transcript, b: Transcript, referee: Callable[[int, int], bytes]) -> Verdict:
    """The verdict on two runs.

    Args:
        a: one provider's transcript.
        b: the other's.
        referee: the state hash after (step, operator), computed by running that operator alone.
    """
    if a.checkpoints[-1] == b.checkpoints[-1]:
        return Verdict()
    step, step_rounds = first_difference(a.checkpoints, b.checkpoints)
    operator, operator_rounds = first_difference(a.operators, b.operators)
    right = referee(step, operator)
    cheater = blame(a.operators[operator], b.operators[operator], right)
    return Verdict(step, operator, step_rounds, operator_rounds, cheater)
