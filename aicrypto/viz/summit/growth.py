"""How seconds grow with the size of a load: points, the line through the small ones, the check."""

from collections.abc import Mapping

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREY, ORANGE, figure

N_STEPS = 20  # of the line, which bends on logarithmic axes


def draw_growth(
    unit: str, small: Mapping[int, float], full: tuple[int, float], base: float, each: float
) -> go.Figure:
    """Seconds against size, both axes logarithmic.

    Args:
        unit: what is counted.
        small: measured seconds by size, through which the line was fitted.
        full: the large size and its measured seconds, which the line has not seen.
        base: the line's seconds at size 0.
        each: its seconds a unit.
    """
    line, points = (
        _line(small, full[0], base, each),
        go.Scatter(
            x=list(small),
            y=list(small.values()),
            name="measured",
            mode="markers",
            marker_color=BLUE,
        ),
    )
    check = go.Scatter(
        x=[full[0]],
        y=[full[1]],
        name="measured to check",
        mode="markers",
        marker={"color": ORANGE, "size": 12, "symbol": "diamond"},
    )
    foretold = base + each * full[0]
    title = f"{full[0]:,} {unit}: {foretold:.3g} s foretold, {full[1]:.3g} s measured"
    drawn = figure(line, points, check, title=title, x=unit, y="seconds")
    return drawn.update_xaxes(type="log").update_yaxes(type="log")


def _line(small: Mapping[int, float], last: int, base: float, each: float) -> go.Scatter:
    first = min(small)
    sizes = [first * (last / first) ** (i / N_STEPS) for i in range(N_STEPS + 1)]
    return go.Scatter(
        x=sizes,
        y=[base + each * size for size in sizes],
        name="line through the small ones",
        mode="lines",
        line={"color": GREY, "dash": "dot"},
    )
