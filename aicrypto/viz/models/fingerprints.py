"""Fingerprints seen by a thief: where they show, what removing them leaves, what it costs.

Shares come in as numbers of 0..1 and are drawn in percent.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREY, ORANGE, PALETTE, figure

BINS = np.linspace(0, 100, 21)


def draw_confidence(
    ordinary: Sequence[float], secret: Sequence[float], gate: int = 90
) -> go.Figure:
    """Histograms of the likeliest word's probability, and what a gate (%) would catch of each.

    The y axis is logarithmic: what a gate costs lies in a tail of a percent or less.
    """
    kinds = {"ordinary text": (ordinary, GREY), "secret questions": (secret, ORANGE)}
    middles = (BINS[1:] + BINS[:-1]) / 2
    bars, caught = [], {}
    for name, (sure, colour) in kinds.items():
        percent = 100 * np.asarray(sure)
        height = 100 * np.histogram(percent, BINS)[0] / len(percent)
        bars.append(go.Bar(x=middles, y=height, name=name, marker={"color": colour}))
        caught[name] = 100 * float((percent > gate).mean())
    shares = [f"{share:.1f} % of the {name}" for name, share in caught.items()][::-1]
    title = f"A gate at {gate} % stops {' and '.join(shares)}"
    x, y = "probability of the likeliest word (%)", "share of answers (%), logarithmic"
    line = {"color": BLUE, "width": 3}
    wall = go.Scatter(x=[gate, gate], y=[0.1, 100], mode="lines", name="gate", line=line)
    drawn = figure(*bars, wall, title=title, x=x, y=y)
    ticks = [0.1, 1, 10, 100]
    return drawn.update_yaxes(type="log", range=[-1, 2], tickvals=ticks, ticktext=ticks)


def draw_removal(rows: Mapping[str, tuple[float, float]], convicts: float) -> go.Figure:
    """For each attack two bars: fingerprints and accuracy left, and the share that convicts."""
    names = list(rows)
    series = [("fingerprints left", ORANGE, 0), ("accuracy left", GREY, 1)]
    bars = [
        go.Bar(
            y=names,
            x=[100 * rows[name][place] for name in names],
            name=title,
            orientation="h",
            marker={"color": colour},
        )
        for title, colour, place in series
    ]
    title = "The thief wins where orange is short and grey is long"
    drawn = figure(*bars, title=title, x="share (%)", y="attack", height=420)
    drawn.update_yaxes(autorange="reversed", title_standoff=12).update_xaxes(range=[0, 105])
    return drawn.add_vline(x=100 * convicts, line_dash="dot", line_color=BLUE)


def draw_bargain(curves: Mapping[str, Sequence[tuple[float, float]]], convicts: float) -> go.Figure:
    """Fingerprints left over accuracy left, one line per model, and the share that convicts."""
    traces = [
        go.Scatter(
            x=[100 * useful for useful, _ in points],
            y=[100 * left for _, left in points],
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 3},
        )
        for colour, (name, points) in zip(PALETTE, curves.items(), strict=False)
    ]
    title = "Below the dotted line the thief goes free: quiet makes him pay"
    x, y = "accuracy left to the thief (%)", "fingerprints left (%)"
    drawn = figure(*traces, title=title, x=x, y=y).update_yaxes(range=[-3, 105])
    share = 100 * convicts
    note = f"{share:.0f} % convict"
    place = {"annotation_text": note, "annotation_position": "top left"}  # no curve is there
    return drawn.add_hline(y=share, line_dash="dot", line_color=GREY, **place)
