"""Figures of agents: what they own and who owns them."""

from aicrypto.viz.agents.ownership import draw_address, draw_circle, draw_powers

__all__ = ["draw_address", "draw_circle", "draw_powers"]
