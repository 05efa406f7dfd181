"""A painter's images, the hours until a result counts, the questions that a theft takes.

Images are grey levels 0..16, times hours.
"""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from jaxtyping import UInt8

from aicrypto.viz.theme import BLUE, GREEN, ORANGE, RED, figure

BRIGHTEST = 16
GAP = 1  # empty columns between images
WAITING, FINAL = "rgba(230,159,0,0.45)", "rgba(0,158,115,0.6)"


def draw_images(
    images: Mapping[str, UInt8[np.ndarray, "side side"]], title: str = "What the painter drew"
) -> go.Figure:
    """Images side by side, each with its name above."""
    side = len(next(iter(images.values())))
    strip = np.full((side, (side + GAP) * len(images) - GAP), np.nan)
    for number, image in enumerate(images.values()):
        start = number * (side + GAP)
        strip[:, start : start + side] = image
    heat = go.Heatmap(
        z=strip[::-1], zmin=0, zmax=BRIGHTEST, colorscale="Greys", colorbar={"title": "grey level"}
    )
    drawn = figure(heat, title=title, height=320)
    for number, name in enumerate(images):
        centre = number * (side + GAP) + (side - 1) / 2
        drawn.add_annotation(x=centre, y=side, text=name, showarrow=False)
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
    """The fewest answers that determine the private layers, by how many layers are private."""
    layers, needed = list(queries), list(queries.values())
    colours = [RED, *[BLUE] * (len(layers) - 1)]
    text = [f"{needed[0]:,} are enough", *(f"at least {n:,}" for n in needed[1:])]
    bars = go.Bar(x=layers, y=needed, marker_color=colours, text=text, textposition="outside")
    title = f"One private layer: gone after {needed[0]:,} answers"
    drawn = figure(bars, title=title, x="private layers", y="answers needed")
    return drawn.update_xaxes(dtick=1).update_yaxes(range=[0, 1.15 * max(needed)])
