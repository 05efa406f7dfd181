"""Figures of lesson 12: lookups as poles, a prover's time and its overhead, what a proof leaks."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, PALETTE, RED, figure

TABLE = range(5)
HONEST = (1, 3, 3)  # the values that stay in the table; the fourth one moves
MAX_HEIGHT = 12.0  # beyond it a pole is cut off
FIRST, STEP = -1.005, 0.02  # of the places of alpha: they miss the poles, which are at quarters
PLACES = (FIRST + STEP * np.arange(301)).round(3)

SHAPES = ("", "/", "x", ".", "-", "\\", "+", "|")  # of bars: never the colour alone

Curve = list[float | None]


def sums(moved: float, alphas: Sequence[float]) -> tuple[list[float], list[float]]:
    """Both sums of fractions: over the values 1, 3, 3, moved; over the table with its counts.

    A prover who cannot count `moved`, as it is no table entry, books it under the nearest one.
    """
    counts = [HONEST.count(entry) + (entry == round(moved)) for entry in TABLE]
    left = [sum(1 / (a - v) for v in (*HONEST, moved)) for a in alphas]
    right = [sum(m / (a - t) for m, t in zip(counts, TABLE, strict=True)) for a in alphas]
    return left, right


def draw_poles(moved: float = 2.25) -> go.Figure:
    """Both sums as functions of alpha, for real numbers: equal curves, or a pole too many."""
    left, right = sums(moved, PLACES.tolist())
    agree = max(abs(a - b) for a, b in zip(left, right, strict=True)) < 1e-9
    verdict = "in the table: one curve" if agree else "not in the table: a pole of its own"
    drawn = figure(
        _curve(right, "Σ m/(α − t), table", {"color": BLUE, "width": 7}).update(opacity=0.4),
        _curve(left, "Σ 1/(α − v), values", {"color": ORANGE, "width": 2.5}),
        title=f"Values 1, 3, 3, {moved:g}; {moved:g} is {verdict}",
        x="α (number)",
        y="sum of fractions",
        height=400,
    )
    if not agree:
        drawn.add_vline(x=moved, line={"color": RED, "dash": "dot"})
    drawn.update_xaxes(dtick=1)
    return drawn.update_yaxes(range=[-MAX_HEIGHT, MAX_HEIGHT])


def draw_steps(seconds: Mapping[int, Mapping[str, float]]) -> go.Figure:
    """Bars of a prover's time for each batch size, stacked by step, as shares of the total."""
    batches = list(seconds)
    totals = {batch: sum(steps.values()) for batch, steps in seconds.items()}
    pictures = {batch: f"{batch} pictures" if batch > 1 else "1 picture" for batch in batches}
    names = [f"{pictures[batch]}<br>{1000 * totals[batch]:.0f} ms" for batch in batches]
    bars = [
        go.Bar(
            x=names,
            y=[100 * seconds[batch][step] / totals[batch] for batch in batches],
            name=step,
            marker={"color": colour, "pattern": {"shape": shape}},
        )
        for step, colour, shape in zip(seconds[batches[0]], (*PALETTE, GREY), SHAPES, strict=False)
    ]
    title = "Where the prover's time goes"
    drawn = figure(
        *bars, title=title, x="batch, and all its time", y="share of time (%)", height=420
    )
    return drawn.update_layout(barmode="stack", legend={"traceorder": "reversed"})


def draw_overhead(
    measured: Mapping[str, Mapping[int, float]],
    single: Mapping[str, float],
    published: Mapping[str, float],
) -> go.Figure:
    """Proving over running, by inputs in a proof.

    Other systems' figures are markers where they are for one input, and dotted lines where they are
    of another definition.
    """
    lines = [
        go.Scatter(x=list(ratio), y=list(ratio.values()), name=name, mode="lines+markers")
        for name, ratio in measured.items()
    ]
    for line, colour, symbol in zip(lines, (BLUE, GREEN), ("circle", "diamond"), strict=False):
        line.update(line={"color": colour}, marker={"symbol": symbol, "size": 9})
    batches = sorted({batch for ratio in measured.values() for batch in ratio})
    markers = [
        go.Scatter(
            x=[1],
            y=[value],
            name=name,
            mode="markers",
            marker={"color": RED, "symbol": "x", "size": 11},
        )
        for name, value in single.items()
    ]
    others = [
        go.Scatter(
            x=[batches[0], batches[-1]],
            y=[value, value],
            name=name,
            mode="lines",
            line={"color": colour, "dash": "dot"},
        )
        for (name, value), colour in zip(published.items(), (ORANGE, GREY), strict=False)
    ]
    drawn = figure(
        *lines,
        *markers,
        *others,
        title="What a proof costs, counted in runs of the network",
        x="inputs in one proof (number)",
        y="proving / running in float32",
        height=420,
    )
    drawn.update_xaxes(type="log", tickvals=batches)
    drawn.update_yaxes(type="log", dtick=1, exponentformat="power")
    return drawn.update_layout(legend={"orientation": "h", "y": -0.25, "x": 0})


def draw_leak(counts: Mapping[str, Mapping[int, int]]) -> go.Figure:
    """What two proofs say about activations: how many neurons have each quotient, back to back.

    The first picture's bars stand upwards, the second's hang; left of the line a neuron is silent.
    """
    bars = [
        go.Bar(
            x=list(found),
            y=[sign * count for count in found.values()],
            name=name,
            marker_color=colour,
            width=1,
            hovertemplate="q = %{x}<extra>%{fullData.name}</extra>",
        )
        for sign, colour, (name, found) in zip((1, -1), (BLUE, ORANGE), counts.items(), strict=True)
    ]
    most = max(max(found.values()) for found in counts.values())
    drawn = figure(
        *bars,
        title="Read off from two proofs: how many neurons said what",
        x="quotient q of a hidden neuron; silent where q ≤ 0",
        y="neurons (number)",
    )
    drawn.add_vline(x=0.5, line={"color": GREY, "dash": "dot"})
    ticks = list(range(-most, most + 1))
    drawn.update_yaxes(tickvals=ticks, ticktext=[str(abs(tick)) for tick in ticks])
    return drawn.update_layout(barmode="overlay")


def _curve(heights: Sequence[float], name: str, line: Mapping[str, object]) -> go.Scatter:
    """A curve that is interrupted at its poles."""
    shown: Curve = [round(y, 2) if abs(y) < MAX_HEIGHT else None for y in heights]
    return go.Scatter(x0=FIRST, dx=STEP, y=shown, name=name, mode="lines", line=line)
