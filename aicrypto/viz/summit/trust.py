"""Whom a run rests on: what each receipt assumes, who is caught where, where trust is thin."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import comb, prod

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, FAINT, ORANGE, cells, figure

STAKES = (40, 30, 15, 15)  # of the run's validators, in percent
LEAST_EXPONENT = -9  # of ten, in percent: the axis begins below all that is shown


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
    percent = [100 * chance for chance in found.values()]
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
    drawn = figure(bars, title=title, x="chance that it fails (%)", y="fails if these lie")
    ticks = [10.0**exponent for exponent in range(LEAST_EXPONENT + 1, 3, 2)]
    marks = {"tickvals": ticks, "ticktext": [f"{tick:.4g}" for tick in ticks]}
    drawn.update_xaxes(type="log", range=[LEAST_EXPONENT, 2.6], **marks)
    return drawn.update_yaxes(autorange="reversed")


def draw_blame(
    failing: Mapping[str, Sequence[str]], stages: Sequence[str], starts: Mapping[str, str]
) -> go.Figure:
    """A row for each liar, a column for each receipt: where the lie is, and what fails.

    Args:
        failing: by liar, the stages whose receipts fail, in order.
        stages: of the run, in order.
        starts: by liar, the stage whose evidence was forged.
    """
    rows = [
        [_blamed(stage in failing[liar], stage == starts[liar]) for stage in stages]
        for liar in failing
    ]
    text = [[sign for sign, _ in row] for row in rows]
    marked = [[colour for _, colour in row] for row in rows]
    own = sum(next(iter(found), "") == starts[liar] for liar, found in failing.items())
    drawn = figure(
        cells(list(stages), list(failing), text, marked),
        title=f"{own} of {len(failing)} lies (●) fail first (×) where they are told",
        x="receipt, in the run's order",
        y="who lies",
        height=160 + 30 * len(failing),
    )
    drawn.update_xaxes(tickangle=-45)
    return drawn.update_yaxes(autorange="reversed", gridcolor=FAINT)


def _blamed(fails: bool, lied: bool) -> tuple[str, int]:
    """Signs and colour of a receipt."""
    return "●" * lied + "×" * fails, int(fails)


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
