"""The all-versus-all edge game: names of edges, the challenge's rules, and parties that play it."""

from aicrypto.opml.games.edges.challenge import (
    EdgeChallenge,
    EdgeRefused,
    delay_bound,
    tournament_delay,
)
from aicrypto.opml.games.edges.identity import Edge, HeightDiffLtTwo, bisection_height, history_root
from aicrypto.opml.games.edges.tournament import (
    Outcome,
    Party,
    honest_history,
    lying_history,
    play,
)

__all__ = [
    "Edge",
    "EdgeChallenge",
    "EdgeRefused",
    "HeightDiffLtTwo",
    "Outcome",
    "Party",
    "bisection_height",
    "delay_bound",
    "history_root",
    "honest_history",
    "lying_history",
    "play",
    "tournament_delay",
]
