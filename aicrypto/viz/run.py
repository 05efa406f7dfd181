"""Figures of one pipeline run: who scored what, who was paid, where the time went."""

from collections.abc import Mapping

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, ORANGE, RED, figure

WEI_PER_ETHER = 10**18


def draw_seconds(seconds: Mapping[str, float]) -> go.Figure:
    """Bar chart of the wall time of every stage, its check included."""
    bars = go.Bar(x=list(seconds), y=list(seconds.values()), marker_color=BLUE)
    total = sum(seconds.values())
    return figure(bars, title=f"{total:.0f} seconds in all", x="stage", y="seconds")


def draw_scores(correct: Mapping[str, int], n_rows: int, int8: Mapping[str, int]) -> go.Figure:
    """Held-out accuracy of every miner's float network, and of the winner's int8 one."""

    def percent(scores: Mapping[str, int]) -> list[float]:
        return [100 * score / n_rows for score in scores.values()]

    return figure(
        go.Bar(x=list(correct), y=percent(correct), name="float", marker_color=BLUE),
        go.Bar(x=list(int8), y=percent(int8), name="int8", marker_color=ORANGE),
        title="What the miners' networks get right on rows that nobody trained on",
        x="miner",
        y="held-out rows right (%)",
    )


def draw_weights(
    weights: Mapping[str, Mapping[str, int]], consensus: Mapping[str, int]
) -> go.Figure:
    """What each validator gave each miner, and where consensus cuts it off."""
    miners = list(consensus)
    bars = [
        go.Bar(x=miners, y=[given[miner] for miner in miners], name=validator)
        for validator, given in weights.items()
    ]
    cut = go.Scatter(
        x=miners,
        y=[consensus[miner] for miner in miners],
        name="consensus",
        mode="markers",
        marker={"symbol": "line-ew-open", "size": 60, "color": RED, "line": {"width": 3}},
    )
    title = "Weights above the red line do not count: half of the stake must support them"
    return figure(*bars, cut, title=title, x="miner", y="weight (of 65,535)")


def draw_payouts(payouts_wei: Mapping[str, int]) -> go.Figure:
    """Bar chart of what each party was paid."""
    ether = [wei / WEI_PER_ETHER for wei in payouts_wei.values()]
    bars = go.Bar(x=list(payouts_wei), y=ether, marker_color=GREEN)
    total = sum(payouts_wei.values()) / WEI_PER_ETHER
    return figure(bars, title=f"{total:g} ether reached those who worked", x="party", y="ether")
