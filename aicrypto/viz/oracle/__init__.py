"""Figures of the AI oracle: what a model drew, when a result counts, what theft takes."""

from aicrypto.viz.oracle.results import draw_finality, draw_images, draw_theft

__all__ = ["draw_finality", "draw_images", "draw_theft"]
