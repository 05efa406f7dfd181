"""Figures of the compute market: bids, ways to trust an answer, asynchronous calls."""

from aicrypto.viz.market.bids import draw_bids
from aicrypto.viz.market.calls import draw_calls
from aicrypto.viz.market.costs import draw_ways

__all__ = ["draw_bids", "draw_calls", "draw_ways"]
