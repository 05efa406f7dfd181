"""Figures of the lessons: pure `draw_*(state) -> go.Figure`, one house style, one `explore`.

A `draw_*` function builds its figure with `figure`; a lesson shows it as it is, or lets the
learner move its arguments with `explore(draw_x, n_leaves=(1, 16))`.
"""

from aicrypto.viz.theme import PALETTE, described, figure
from aicrypto.viz.widgets import explore

__all__ = ["PALETTE", "described", "explore", "figure"]
