"""From losses to scores: did the upload help, did the peer do its own work, is it up to date?

A validator applies each upload, scaled by 0.2, to the model and measures the loss before and after
on the peer's *assigned* data and on *random* data. Helping on random data ranks the peers of a
window in one match (`openskill`). A peer that trained on its assigned data helps there more than on
random data; who did not, loses that bet about half of the time, and a moving average notices.

    final = ordinal * max(0, moving average) * sync score

Source: tplr-ai/templar @c2397ac5 neurons/validator.py, hparams/hparams.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aicrypto.training.gauntlet.openskill import BETA, TAU, Rating, ordinal, rate

EVALUATION_SCALE = 0.2  # part of an upload that is applied for measuring
BINARY_ALPHA = 0.05  # weight of the newest bet in the moving average
MAX_BEHIND, SYNC_POWER = 5.0, 2.5


@dataclass(frozen=True)
class Peer:
    """What a validator remembers of a peer.

    Attributes:
        binary_ma: moving average of the bet on assigned data, -1..1.
        rating: skill and uncertainty.
        final: the score that counts.
        gradient_score: of the last window.
    """

    binary_ma: float = 0.0
    rating: Rating = field(default_factory=Rating)
    final: float = 0.0
    gradient_score: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """Losses (nats) on assigned and on random data, and how many steps the peer's model is late."""

    own_before: float
    own_after: float
    random_before: float
    random_after: float
    avg_steps_behind: float = 0.0


def gradient_score(before: float, after: float) -> float:
    """The part of the loss that the upload removed; 0 if there was none to remove."""
    return (before - after) / before if before > 0 else 0.0


def sync_score(avg_steps_behind: float) -> float:
    """1 for an up-to-date model, 0 for one that is 5 steps behind or more; nobody is ahead.

    >>> round(sync_score(1.0), 3)
    0.572
    """
    late = min(max(avg_steps_behind, 0.0), MAX_BEHIND) / MAX_BEHIND
    return float(max(0.0, (1 - late) ** SYNC_POWER))


def score_window(
    peers: Mapping[int, Peer],
    evaluations: Mapping[int, Evaluation],
    binary_alpha: float = BINARY_ALPHA,
    beta: float = BETA,
    tau: float = TAU,
) -> dict[int, Peer]:
    """The evaluated peers after a window; newcomers start fresh.

    Ratings and final scores change only if at least two peers were evaluated.
    """
    seen = {
        uid: _measured(peers.get(uid, Peer()), e, binary_alpha) for uid, e in evaluations.items()
    }
    if len(seen) < 2:
        return seen
    before = [peer.rating for peer in seen.values()]
    scores = [peer.gradient_score for peer in seen.values()]
    rated = dict(zip(seen, rate(before, scores, beta, tau), strict=True))
    return {
        uid: _final(replace(peer, rating=rated[uid]), evaluations[uid])
        for uid, peer in seen.items()
    }


def _measured(peer: Peer, e: Evaluation, alpha: float) -> Peer:
    on_random = gradient_score(e.random_before, e.random_after)
    own_work = gradient_score(e.own_before, e.own_after) > on_random
    moving = (1 - alpha) * peer.binary_ma + alpha * (1 if own_work else -1)
    return replace(peer, binary_ma=moving, gradient_score=on_random)


def _final(peer: Peer, e: Evaluation) -> Peer:
    bet = max(0.0, peer.binary_ma)
    return replace(peer, final=ordinal(peer.rating) * bet * sync_score(e.avg_steps_behind))
