"""Figures of games about a result: how a dispute is searched, timed and paid for (lesson 14)."""

from aicrypto.viz.games.dispute import draw_clocks, draw_delay, draw_market, draw_search

__all__ = ["draw_clocks", "draw_delay", "draw_market", "draw_search"]
