"""Figures of the AI oracle: what a model drew, when a result counts, a key's way, theft."""

from aicrypto.viz.oracle.lookup import draw_trie
from aicrypto.viz.oracle.results import draw_finality, draw_images, draw_theft

__all__ = ["draw_finality", "draw_images", "draw_theft", "draw_trie"]
