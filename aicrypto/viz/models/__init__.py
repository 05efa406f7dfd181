"""Figures of language models: how sure they are, and what thieves take from them."""

from aicrypto.viz.models.fingerprints import draw_bargain, draw_confidence, draw_removal

__all__ = ["draw_bargain", "draw_confidence", "draw_removal"]
