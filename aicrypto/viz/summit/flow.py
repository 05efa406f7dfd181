"""Who paid whom in a run: a band for every payment, as wide as the money in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, PURPLE, figure

WEI_PER_ETHER = 10**18
BAND = "rgba(86,180,233,0.35)"
LABEL_CHARS = 28
SMALL_PERCENT = 2  # of all that is spent: who takes less is no band of its own
OTHERS = f"others, each below {SMALL_PERCENT} %"


@dataclass(frozen=True)
class Payment:
    """Wei from one party to another, and the rule by which they went."""

    giver: str
    taker: str
    wei: int
    rule: str


def draw_value(payments: Sequence[Payment]) -> go.Figure:
    """Sankey diagram of the payments, in ether; what flows through a party enters and leaves it.

    Who takes less than `SMALL_PERCENT` of all is one of the `OTHERS`, who are drawn as one and keep
    what they get: bands as thin as hairs show nothing.
    """
    spent = _spent(payments) / WEI_PER_ETHER
    payments = _merged(payments)
    givers = {payment.giver for payment in payments}
    takers = {payment.taker for payment in payments}
    names = sorted(givers | takers)
    bands = go.Sankey(
        valueformat=".4~f",
        valuesuffix=" ether",
        node={
            "label": [_short(name) for name in names],
            "color": [_colour(name in givers, name in takers) for name in names],
            "pad": 16,
            "thickness": 16,
        },
        link=_bands(payments, names),
    )
    height = 180 + 22 * len(takers - givers)
    drawn = figure(bands, title=f"Where {spent:.4g} ether went: from left to right", height=height)
    return drawn.update_layout(font={"size": 12})


def _spent(payments: Sequence[Payment]) -> int:
    """Wei of those who only pay."""
    takers = {payment.taker for payment in payments}
    return sum(payment.wei for payment in payments if payment.giver not in takers)


def _small(payments: Sequence[Payment]) -> set[str]:
    """Those who take less than `SMALL_PERCENT` of all that is spent."""
    taken = Counter[str]()
    for payment in payments:
        taken[payment.taker] += payment.wei
    limit = _spent(payments) * SMALL_PERCENT
    return {name for name, wei in taken.items() if 100 * wei < limit}


def _merged(payments: Sequence[Payment]) -> list[Payment]:
    """One payment for each pair of parties, those who take little drawn as one."""
    small, found = _small(payments), dict[tuple[str, str], Payment]()
    for payment in payments:
        if payment.giver in small:
            continue
        taker = OTHERS if payment.taker in small else payment.taker
        known = found.get((payment.giver, taker), Payment(payment.giver, taker, 0, ""))
        rule = f"{known.rule}, {payment.rule}".removeprefix(", ")
        found[payment.giver, taker] = replace(known, wei=known.wei + payment.wei, rule=rule)
    return list(found.values())


def _bands(payments: Sequence[Payment], names: Sequence[str]) -> dict[str, Any]:
    number = {name: i for i, name in enumerate(names)}
    return {
        "source": [number[p.giver] for p in payments],
        "target": [number[p.taker] for p in payments],
        "value": [p.wei / WEI_PER_ETHER for p in payments],
        "label": [p.rule for p in payments],
        "color": BAND,
    }


def draw_steps(seconds: Sequence[tuple[str, float]], gas: Sequence[tuple[str, int]]) -> go.Figure:
    """Bars side by side: seconds of every stage, its check included; gas of those on chain."""
    bars = [
        go.Bar(
            y=[name for name, _ in seconds],
            x=[value for _, value in seconds],
            orientation="h",
            marker_color=BLUE,
            hovertemplate="%{y}: %{x:.2f} s<extra></extra>",
        ),
        go.Bar(
            y=[name for name, _ in gas],
            x=[value / 1e6 for _, value in gas],
            orientation="h",
            marker_color=ORANGE,
            xaxis="x2",
            hovertemplate="%{y}: %{x:.3f} million gas<extra></extra>",
        ),
    ]
    total = sum(value for _, value in seconds)
    spent = sum(value for _, value in gas) / 1e6
    title = f"{total:.0f} seconds and {spent:.1f} million gas in all"
    drawn = figure(*bars, title=title, x="seconds", y="stage", height=120 + 26 * len(seconds))
    drawn.update_yaxes(autorange="reversed")
    return drawn.update_layout(
        showlegend=False,
        xaxis={"domain": [0, 0.46]},
        xaxis2={"domain": [0.54, 1], "title": {"text": "million gas"}, "anchor": "y"},
    )


def draw_sizes(sizes: Sequence[tuple[str, int, int]]) -> go.Figure:
    """Bars on a logarithmic axis: bytes of every stage's evidence, and of the proof in it."""
    proofs = [(stage, proof) for stage, _, proof in sizes if proof]
    stages, evidence = [stage for stage, *_ in sizes], [n_bytes for _, n_bytes, _ in sizes]
    bars = [
        go.Bar(x=stages, y=evidence, name="evidence", marker_color=GREY),
        go.Bar(x=[*dict(proofs)], y=[*dict(proofs).values()], name="the proof in it"),
    ]
    bars[1].marker.color = GREEN
    least = min(dict(proofs).values(), default=0)
    title = f"What a stranger downloads to check: proofs from {least:,} bytes"
    return figure(*bars, title=title, x="stage", y="bytes").update_yaxes(type="log")


def _short(name: str) -> str:
    return name if len(name) <= LABEL_CHARS else f"{name[: LABEL_CHARS - 1]}…"


def _colour(gives: bool, takes: bool) -> str:
    """Who only pays, who passes on, who keeps."""
    if gives and takes:
        return PURPLE
    return ORANGE if gives else GREEN
