"""Figures of one pipeline run: who scored what, who was paid, where the time went."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

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


def draw_royalty(earned_wei: Mapping[str, int], parents: Mapping[str, Sequence[str]]) -> go.Figure:
    """The family of works from the one that was paid up to the first ones, and what each earned."""
    at = _positions(parents)
    ether = {work: wei / WEI_PER_ETHER for work, wei in earned_wei.items()}
    works = go.Scatter(
        x=[at[work][0] for work in ether],
        y=[at[work][1] for work in ether],
        text=[f"{work}: {amount:.4f}" for work, amount in ether.items()],
        mode="markers+text",
        textposition="middle right",
        marker={"size": [6 + 100 * amount for amount in ether.values()], "color": GREEN},
    )
    title = f"{sum(ether.values()):.4f} ether for the answer flowed back to every work behind it"
    lines = _family_lines(parents, at)
    shown = figure(lines, works, title=title, x="generations back", height=480)
    shown.update_xaxes(range=[-0.2, 1 + max(x for x, _ in at.values())], dtick=1)
    return shown.update_layout(showlegend=False, yaxis={"visible": False})


def _family_lines(
    parents: Mapping[str, Sequence[str]], at: Mapping[str, tuple[float, float]]
) -> go.Scatter:
    """A line from every work to each of its parents."""
    ends = [(at[work], at[parent]) for work, above in parents.items() for parent in above]
    return go.Scatter(
        x=[x for (start, _), (end, _) in ends for x in (start, end, None)],
        y=[y for (_, start), (_, end) in ends for y in (start, end, None)],
        mode="lines",
        line={"color": GREY, "width": 1},
        hoverinfo="skip",
    )


def _positions(parents: Mapping[str, Sequence[str]]) -> dict[str, tuple[float, float]]:
    """Generation and height of each work: a generation back for every step of the longest way."""
    back = dict.fromkeys(parents, 0)
    for _ in parents:
        for work, above in parents.items():
            back |= {parent: max(back[parent], back[work] + 1) for parent in above}
    rows: dict[int, list[str]] = {}
    for work, generation in back.items():
        rows.setdefault(generation, []).append(work)
    return {
        work: (float(generation), (place + 1) / (len(row) + 1))
        for generation, row in rows.items()
        for place, work in enumerate(row)
    }
