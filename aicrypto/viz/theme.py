"""The look of every figure: colours that colour-blind readers tell apart, on any background.

JupyterLab is light for one reader and dark for the next, so backgrounds are transparent and text
and axes have a mid-grey that keeps a contrast of at least 4:1 on white and on #111111. Plotly
stores its template inside each figure; ours takes 0.6 kB where the default takes 7 kB.
"""

import re
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

# Okabe and Ito (2008), "Color Universal Design". Their black would vanish on dark: grey instead.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, RED, YELLOW, GREY = "#56B4E9", "#D55E00", "#F0E442", "#777777"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW)
CLEAR, FAINT = "rgba(0,0,0,0)", "rgba(128,128,128,0.15)"
AXIS = {
    "gridcolor": "rgba(128,128,128,0.25)",
    "linecolor": GREY,
    "ticks": "outside",
    "zeroline": False,
    "automargin": True,
}
TEMPLATE = {
    "layout": {
        "colorway": PALETTE,
        "font": {"family": "system-ui, sans-serif", "size": 14, "color": GREY},
        "title": {"x": 0, "xanchor": "left", "font": {"size": 16}},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "legend": {"bgcolor": CLEAR},
        "margin": {"l": 60, "r": 20, "t": 50, "b": 50},
        "xaxis": AXIS,
        "yaxis": AXIS,
    }
}


def cells(x: Any, y: Any, text: Any, marked: Any) -> go.Heatmap:
    """A table of `text` cells, rows of a matrix; those that are `marked` by 1 are orange."""
    return go.Heatmap(
        x=x,
        y=y,
        z=marked,
        text=text,
        texttemplate="%{text}",
        colorscale=[[0, FAINT], [1, ORANGE]],
        zmin=0,
        zmax=1,
        showscale=False,
        xgap=2,
        ygap=2,
        hoverinfo="none",
    )


def figure(*traces: Any, title: str, x: str = "", y: str = "", height: int = 360) -> go.Figure:
    """A figure of `traces` in house style.

    `x` and `y` are axis titles and name their unit: "leaves", "proof size (bytes)". With neither,
    the axes are hidden, as a drawing of a tree or a network wants it. `height` is in pixels.
    """
    shown = bool(x or y)
    axes = {
        "xaxis": {"title": {"text": x}, "visible": shown},
        "yaxis": {"title": {"text": y}, "visible": shown},
    }
    layout = {"template": TEMPLATE, "title": {"text": title}, "height": height, **axes}
    return go.Figure(data=list(traces), layout=layout)


def described(picture: Mapping[str, Any]) -> str:
    """What a figure shows, in words, for those who cannot see it: title, axes, and what is drawn.

    `picture` is a figure as plotly's JSON. Titles of this course say what is to be seen.

    >>> bars = go.Bar(x=[1, 2], y=[3, 4], name="half")
    >>> described(figure(bars, title="A half stays", x="round", y="left (%)").to_plotly_json())
    'A half stays. Across: round. Upwards: left (%). Bars: half.'
    """
    layout = picture["layout"]
    title, across, upwards = (
        _plain(part.get("title", {}).get("text", ""))
        for part in (layout, layout.get("xaxis", {}), layout.get("yaxis", {}))
    )
    shown: dict[str, list[str]] = {}
    for trace in picture["data"]:
        if name := trace.get("name"):
            shown.setdefault(_kind(trace), []).append(_plain(name))
    drawn = [(kind, ", ".join(dict.fromkeys(names))) for kind, names in shown.items()]
    parts = [("", title), ("Across", across), ("Upwards", upwards), *drawn]
    return ". ".join(f"{what}: {text}".removeprefix(": ") for what, text in parts if text) + "."


def _kind(trace: Mapping[str, Any]) -> str:
    """The word for how a trace is drawn."""
    if trace.get("type", "scatter") == "scatter":
        return "Lines" if "lines" in trace.get("mode", "lines") else "Points"
    return {"bar": "Bars", "heatmap": "Cells"}.get(trace["type"], "Drawn")


def _plain(text: str) -> str:
    """A title without tags, in one line, without its full stop."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split()).rstrip(".")
