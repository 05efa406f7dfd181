"""Taking scores away: for what a peer did not deliver, delivered late, wrong, or copied.

Only a positive final score is slashed, except by the two severest events. Whoever is skipped in the
gather while few peers got through at all loses everything: so the deployed code has it, though the
name of its variable suggests the opposite intent.

Source: tplr-ai/templar @c2397ac5 neurons/validator.py.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aicrypto.training.gauntlet.overlap import overlap_level
from aicrypto.training.gauntlet.scores import Peer

MISSING_FACTOR = SKIPPED_FACTOR = INACTIVE_FACTOR = POOR_SYNC_FACTOR = 0.75
NEGLIGIBLE = 1e-4  # a final score below this becomes 0
LOW_SUCCESS = 0.4  # success rate of the gather below which a skipped peer is wiped
MOST_BEHIND = 3.0
HIGH_OVERLAP_FACTOR = 0.5


@dataclass(frozen=True)
class Event:
    """Something to be slashed for.

    Attributes:
        kind: missing_gradient, skipped_in_gather, inactive, poor_sync, invalid_gradient, overlap or
            reset.
        success_rate: of the gather, for skipped_in_gather.
        success, avg_steps_behind: of the check of the model's state, for poor_sync.
        overlap: part of shared positions, for overlap.
    """

    kind: str
    success_rate: float = 1.0
    success: bool = True
    avg_steps_behind: float = 0.0
    overlap: float = 0.0


def slash(peer: Peer, event: Event) -> Peer:
    """The peer after the event.

    Raises:
        ValueError: for an event of unknown kind.
    """
    if event.kind not in _RULES:
        raise ValueError(f"event is {event.kind!r}, must be one of {', '.join(_RULES)}")
    return _RULES[event.kind](peer, event)


def _both(peer: Peer, factor: float) -> Peer:
    if peer.final <= 0:
        return peer
    return replace(peer, final=peer.final * factor, binary_ma=peer.binary_ma * factor)


def _both_or_nothing(peer: Peer, factor: float) -> Peer:
    """Both scores times the factor; what is left of the final score counts only if noticeable."""
    cut = _both(peer, factor)
    return replace(cut, final=0.0) if peer.final > 0 and cut.final < NEGLIGIBLE else cut


def _missing(peer: Peer, _: Event) -> Peer:
    return _both_or_nothing(peer, MISSING_FACTOR)


def _skipped(peer: Peer, event: Event) -> Peer:
    return _both_or_nothing(peer, SKIPPED_FACTOR if event.success_rate >= LOW_SUCCESS else 0.0)


def _inactive(peer: Peer, _: Event) -> Peer:
    return replace(peer, final=peer.final * INACTIVE_FACTOR) if peer.final > 0 else peer


def _poor_sync(peer: Peer, event: Event) -> Peer:
    late = not event.success or event.avg_steps_behind > MOST_BEHIND
    return _both(peer, POOR_SYNC_FACTOR) if late else peer


def _invalid(peer: Peer, _: Event) -> Peer:
    return replace(peer, final=0.0) if peer.final > 0 else peer


def _overlap(peer: Peer, event: Event) -> Peer:
    level = overlap_level(event.overlap)
    if level in ("max", "mega"):
        return _reset(peer, event)
    return _both(peer, HIGH_OVERLAP_FACTOR) if level == "high" else peer


def _reset(peer: Peer, _: Event) -> Peer:
    return replace(peer, final=0.0, binary_ma=0.0)


_RULES: dict[str, Callable[[Peer, Event], Peer]] = {
    "missing_gradient": _missing,
    "skipped_in_gather": _skipped,
    "inactive": _inactive,
    "poor_sync": _poor_sync,
    "invalid_gradient": _invalid,
    "overlap": _overlap,
    "reset": _reset,
}
