"""How often a lie slips through random checks, counted and computed."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from aicrypto.viz.theme import PALETTE, figure


def draw_misses(missed: Mapping[int, Sequence[float]]) -> go.Figure:
    """Share of lies that pass 1, 2, 3, ... checks modulo each prime: dots counted, lines p^-k."""
    traces = []
    for colour, (prime, shares) in zip(PALETTE, missed.items(), strict=False):
        rounds = list(range(1, len(shares) + 1))
        computed = [prime**-k for k in rounds]
        line = {"color": colour, "dash": "dot"}
        traces += [
            go.Scatter(x=rounds, y=list(shares), mode="markers", name=f"modulo {prime}"),
            go.Scatter(x=rounds, y=computed, mode="lines", line=line, showlegend=False),
        ]
        traces[-2].marker = {"color": colour, "size": 10}
    title = "Each further check divides the liar's luck by the prime"
    drawn = figure(*traces, title=title, x="random columns tried", y="share of lies that pass")
    drawn.update_xaxes(dtick=1)
    return drawn.update_yaxes(type="log", dtick=1, tickformat=".0e")
