"""How well a node has served: completeness, consistency, timeliness, availability.

The form of the score, a weighted sum of these four, is Grass's (documentation, page Router); its
weights are unpublished and the four measures below are this course's own. Each lies in 0..1.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MEASURES = ("completeness", "consistency", "timeliness", "availability")
POINTS = 100  # a perfect score as an integer, which routing weighs with


class WeightsMustSumToOne(ValueError):
    """The four weights do not add up to 1."""


@dataclass(frozen=True)
class Service:
    """One session as the validator saw it.

    Attributes:
        expected: payload bytes of the copy that the majority confirmed.
        delivered: payload bytes that this node gave.
        agreed: whether its copy was that of the majority.
        latency_ms: from request to answer.
    """

    expected: int
    delivered: int
    agreed: bool
    latency_ms: int


@dataclass(frozen=True)
class Standing:
    """The four measures and their weighted sum, all in 0..1."""

    completeness: float
    consistency: float
    timeliness: float
    availability: float
    reputation: float

    @property
    def points(self) -> int:
        """The reputation in whole points, 0..100: what routing and the ledger of nodes use."""
        return math.floor(self.reputation * POINTS + 0.5)


def standing(
    weights: Mapping[str, float],
    sessions: Sequence[Service],
    target_ms: int,
    live_seconds: float,
    window_seconds: float,
) -> Standing:
    """A node's standing over a window of time.

    Completeness is the share of expected bytes delivered, extra ones not counted; consistency the
    share of sessions that agreed; timeliness 1 for answers within `target_ms`, then falling as
    target / latency; availability the share of the window that the node was connected. The first
    three are 0 without sessions: a reputation is earned.

    Raises:
        WeightsMustSumToOne: if they do not.
        ValueError: if a weight is missing or the window is not positive.
    """
    if set(weights) != set(MEASURES):
        raise ValueError(f"weights name {sorted(weights)}, must name {sorted(MEASURES)}")
    if abs(math.fsum(weights.values()) - 1) > 1e-9:
        raise WeightsMustSumToOne(f"weights add up to {math.fsum(weights.values())}, must be 1")
    if window_seconds <= 0:
        raise ValueError(f"window_seconds is {window_seconds}, must be positive")
    measures = (
        _completeness(sessions),
        sum(s.agreed for s in sessions) / len(sessions) if sessions else 0.0,
        _timeliness(sessions, target_ms),
        min(1.0, live_seconds / window_seconds),
    )
    weighted = (weights[name] * value for name, value in zip(MEASURES, measures, strict=True))
    return Standing(*measures, math.fsum(weighted))


def _completeness(sessions: Sequence[Service]) -> float:
    expected = sum(s.expected for s in sessions)
    return sum(min(s.delivered, s.expected) for s in sessions) / expected if expected else 0.0


def _timeliness(sessions: Sequence[Service], target_ms: int) -> float:
    if not sessions:
        return 0.0
    on_time = (min(1.0, target_ms / s.latency_ms) if s.latency_ms else 1.0 for s in sessions)
    return math.fsum(on_time) / len(sessions)
