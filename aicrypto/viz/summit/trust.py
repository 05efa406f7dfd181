"""Whom a run rests on: what each receipt assumes, who is caught where, where trust is thin."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import comb, prod

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, FAINT, GREEN, GREY, ORANGE, RED, cells, figure

NOBODY = "nobody"
STAKES = (40, 30, 15, 15)  # of the run's validators, in percent
LEAST_PERCENT = 1e-4


def at_least(k: int, n: int, p: float) -> float:
    """The chance that k or more of n parties lie, if each does with chance p, by itself.

    >>> at_least(1, 2, 0.5), at_least(2, 2, 0.5)
    (0.75, 0.25)
    """
    return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


def majority(stakes: Sequence[int], p: float) -> float:
    """The chance that liars hold more than half of the stake."""
    found = 0.0
    for lies in product((False, True), repeat=len(stakes)):
        if 2 * sum(s for s, one in zip(stakes, lies, strict=True) if one) > sum(stakes):
            found += prod(p if one else 1 - p for one in lies)
    return found


def chances(p: float) -> dict[str, float]:
    """The chance that those who must be honest are not, by what they do in the run."""
    return {
        "a key by one party": p,
        "a miner's word on its rows": p,
        "2 of 3 copies of a page": at_least(2, 3, p),
        "most of the stake": majority(STAKES, p),
        "3 of 5 indexers": at_least(3, 5, p),
        "all of 5 who made a key": p**5,
        "all of 5 who watch": p**5,
    }


def draw_thin(dishonest: int = 10) -> go.Figure:
    """Bars on a logarithmic axis: how likely each group fails if so many percent are dishonest."""
    found = chances(dishonest / 100)
    percent = [max(LEAST_PERCENT, 100 * chance) for chance in found.values()]
    alone = 100 * found["a key by one party"]
    colours = [ORANGE if 100 * chance >= alone else BLUE for chance in found.values()]
    bars = go.Bar(
        x=percent,
        y=list(found),
        orientation="h",
        marker_color=colours,
        text=[f"{value:.3g} %" for value in percent],
    )
    many = 100 * found["3 of 5 indexers"]
    title = f"{dishonest} % lie: one party fails in {alone:.0f} %, 3 of 5 in {many:.2g} %"
    drawn = figure(bars, title=title, x="chance that it fails (%)", y="who must be honest")
    ticks = [10.0**exponent for exponent in range(-4, 3)]
    marks = {"tickvals": ticks, "ticktext": [f"{tick:.4g}" for tick in ticks]}
    drawn.update_xaxes(type="log", range=[-4, 2], **marks)
    return drawn.update_yaxes(autorange="reversed")


def draw_caught(
    caught: Mapping[str, tuple[str, str]],
    stages: Sequence[str],
    starts: Mapping[str, str],
    liar: str = NOBODY,
) -> go.Figure:
    """The run as a line of receipts: where the liar lied, and where the verifier stopped.

    Args:
        caught: by party, the first stage whose receipt fails, and the reason.
        stages: of the run, in order.
        starts: by party, the stage at which it lies.
        liar: whom to show.
    """
    stop, reason = caught.get(liar, (stages[-1], ""))
    start = starts.get(liar, stages[-1])
    at = stages.index(stop) if reason else len(stages)
    colours, symbols = zip(*(_look(i - at) for i in range(len(stages))), strict=True)
    dots = go.Scatter(
        x=list(range(len(stages))),
        y=[0] * len(stages),
        mode="markers",
        marker={"size": 22, "color": colours, "symbol": symbols},
        hovertext=list(stages),
        hoverinfo="text",
    )
    title = f"{liar} lies in {start}: {stop} fails, “{reason[:60]}”" if reason else "nobody lies"
    drawn = figure(dots, title=title, x="receipt, in the run's order", height=240)
    drawn.update_xaxes(tickvals=list(range(len(stages))), ticktext=list(stages), tickangle=-45)
    return drawn.update_yaxes(visible=False)


def _look(after: int) -> tuple[str, str]:
    """Colour and symbol of a receipt before, at and after the first that fails."""
    if after < 0:
        return GREEN, "circle"
    return (GREY, "circle-open") if after else (RED, "x")


def draw_trust(table: Sequence[tuple[str, Sequence[bool], str]], kinds: Sequence[str]) -> go.Figure:
    """The trust table: a row for each receipt, a column for each thing that must be believed."""
    rows = [stage for stage, _, _ in table]
    marked = [[int(one) for one in rests] for _, rests, _ in table]
    text = [["●" if one else "" for one in rests] for _, rests, _ in table]
    drawn = figure(
        cells(list(kinds), rows, text, marked),
        title=f"What {len(rows)} true receipts still ask you to believe",
        x="what must be believed",
        y="receipt",
        height=120 + 26 * len(rows),
    )
    return drawn.update_yaxes(autorange="reversed", gridcolor=FAINT)
