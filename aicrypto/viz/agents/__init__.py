"""Figures of agents: what they own, who owns them, and how they work together."""

from aicrypto.viz.agents.composing import draw_reviews, draw_rounds, draw_thresholds
from aicrypto.viz.agents.ownership import draw_address, draw_circle, draw_powers

__all__ = [
    "draw_address",
    "draw_circle",
    "draw_powers",
    "draw_reviews",
    "draw_rounds",
    "draw_thresholds",
]
