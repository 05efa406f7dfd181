"""A painter's images, the hours until a result counts, the questions that a theft takes.

Images are grey levels 0..16, times hours.
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import UInt8

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

BRIGHTEST = 16
FEW, HIGH, LOW = 4, 320, 220  # images that fill the height; pixels for these, and for more
GAP = 1  # empty columns between images
FRAME = {"color": GREY, "width": 1}
WAITING, FINAL = "rgba(230,159,0,0.45)", "rgba(0,158,115,0.6)"


def draw_images(
    images: Mapping[str, UInt8[np.ndarray, "side side"]], title: str = "What the painter drew"
) -> go.Figure:
    """Images side by side, each with its name above."""
    side = len(next(iter(images.values())))
    strip = np.full((side, (side + GAP) * len(images) - GAP), np.nan, np.float32)
    for number, image in enumerate(images.values()):
        start = number * (side + GAP)
        strip[:, start : start + side] = image
    heat = go.Heatmap(
        z=strip[::-1], zmin=0, zmax=BRIGHTEST, colorscale="Greys", colorbar={"title": "grey level"}
    )
    drawn = figure(heat, title=title, height=HIGH if len(images) <= FEW else LOW)
    for number, name in enumerate(images):
        centre = number * (side + GAP) + (side - 1) / 2
        drawn.add_annotation(x=centre, y=side - 0.5, yanchor="bottom", text=name, showarrow=False)
        low, high = centre - side / 2, centre + side / 2
        drawn.add_shape(type="rect", x0=low, x1=high, y0=-0.5, y1=side - 0.5, line=FRAME)
    return drawn.update_yaxes(scaleanchor="x")


def draw_finality(overturned: int = 20, window: int = 24) -> go.Figure:
    """Hours in which a result may still change, if a dispute replaces it after `overturned`.

    A receiver that trusts the callback pays at hour 0; one that asks waits until the green.
    """
    final = overturned + window if overturned < window else window
    bars = [("may still change", WAITING, 0, final), ("final", FINAL, final, 2 * window + 4)]
    traces = [
        go.Bar(
            y=["result"], x=[end - start], base=[start], orientation="h", name=name, marker_color=c
        )
        for name, c, start, end in bars
    ]
    moments = [(0, "callback", RED), (final, "isFinalized", GREEN)]
    if overturned < window:
        moments.insert(1, (overturned, "overturned", ORANGE))
    title = f"Paid at the callback: {final} hours too early"
    drawn = figure(*traces, title=title, x="hours since the answer", y=" ", height=260)
    for hour, name, colour in moments:
        drawn.add_vline(x=hour, line={"color": colour, "width": 3})
        drawn.add_annotation(x=hour, y=0.62, text=name, showarrow=False, xanchor="left")
    return drawn.update_layout(barmode="overlay")


def draw_theft(queries: Mapping[int, int]) -> go.Figure:
    """Answers that equations over the reals need for the private layers, by how many there are."""
    layers, needed = list(queries), list(queries.values())
    colours = [RED, *[BLUE] * (len(layers) - 1)]
    text = [f"{needed[0]:,} are enough", *(f"{n:,} or more" for n in needed[1:])]
    bars = go.Bar(x=layers, y=needed, marker_color=colours, text=text, textposition="outside")
    title = f"One private layer: gone after {needed[0]:,} answers"
    drawn = figure(bars, title=title, x="private layers", y="answers, by equations")
    return drawn.update_xaxes(dtick=1).update_yaxes(range=[0, 1.15 * max(needed)])
