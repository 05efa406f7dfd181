"""Why anybody checks: the verifier's dilemma, attention challenges, checks drawn at random."""

from aicrypto.opml.games.incentives.attention import Attention, is_called, is_slashed
from aicrypto.opml.games.incentives.dilemma import Market, equilibrium, simulate
from aicrypto.opml.games.incentives.sampling import Terms

__all__ = [
    "Attention",
    "Market",
    "Terms",
    "equilibrium",
    "is_called",
    "is_slashed",
    "simulate",
]
