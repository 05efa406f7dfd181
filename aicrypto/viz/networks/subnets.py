"""What consensus does to votes, what lies earn, and how subnets share a block's TAO.

All figures are computed by the exact engine. Stakes, weights and earnings are shown in percent.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from aicrypto.subnet import Rules, attacks
from aicrypto.subnet.fixed import ONE, U16_MAX
from aicrypto.viz.theme import BLUE, GREEN, ORANGE, PALETTE, SKY, figure

VALIDATORS, MINERS = slice(0, 4), slice(4, 9)
CUT = 0.0005  # less than this is rounding
LIGHT, DARK = "rgba(0,114,178,0.08)", BLUE


def draw_votes(honest: int = 55, kappa: int = 50, bond_penalty: int = 100) -> go.Figure:
    """Weights of honest validators and of a cabal, before and after the cut; all in percent."""
    rules = Rules(kappa=_u16(kappa), bonds_penalty=_u16(bond_penalty))
    result = attacks.cabal_epoch(honest / 100, rules)
    share = attacks.cabal(honest / 100, rules).share
    before = _dense(result.weights.to_lists(), 9)[VALIDATORS, MINERS]
    after = _dense(result.clipped.to_lists(), 9)[VALIDATORS, MINERS]
    text = [
        [_change(old, new) for old, new in zip(*rows, strict=True)]
        for rows in zip(before, after, strict=True)
    ]
    stakes = [honest / 2] * 2 + [(100 - honest) / 2] * 2
    who = ["honest", "honest", "cabal", "cabal"]
    names = [
        f"{name} {uid}, {stake:.4g} %"
        for uid, (name, stake) in enumerate(zip(who, stakes, strict=True))
    ]
    miners = ["4", "5", "6", "7", "8, the cabal's"]
    heat = go.Heatmap(
        z=100 * after,
        x=miners,
        y=names,
        text=text,
        texttemplate="%{text}",
        zmin=0,
        zmax=100,
        colorscale=[[0, LIGHT], [1, DARK]],
        colorbar={"title": {"text": "weight that<br>counts (%)"}},
    )
    title = f"A cabal with {100 - honest} % of the stake takes {100 * share:.1f} % of the pay"
    drawn = figure(heat, title=title, x="miner (uid)", y="validator, its stake")
    return drawn.update_yaxes(autorange="reversed", showgrid=False).update_xaxes(
        type="category", showgrid=False
    )


def draw_cabal(honest: Sequence[int], shares: Mapping[str, Sequence[float]]) -> go.Figure:
    """The cabal's part of the pay over the honest part of the stake (%), a line for each rule."""
    traces = [
        go.Scatter(
            x=list(honest),
            y=[100 * share for share in line],
            mode="lines+markers",
            name=name,
            line={"color": colour},
        )
        for colour, (name, line) in zip(PALETTE, shares.items(), strict=False)
    ]
    title = "Where its votes are cut, a minority earns more by voting honestly"
    return figure(
        *traces, title=title, x="honest validators' stake (%)", y="the cabal's part of the pay (%)"
    )


def draw_copier(parts: Mapping[str, Sequence[float]]) -> go.Figure:
    """A copier's dividends for its stake (%), by the epochs it is late; a bar for each rule."""
    traces = [
        go.Bar(
            x=list(range(len(line))),
            y=[100 * part for part in line],
            name=name,
            marker_color=colour,
        )
        for colour, (name, line) in zip((BLUE, ORANGE, GREEN), parts.items(), strict=True)
    ]
    title = "Whoever copies is late, and being late costs dividends"
    drawn = figure(
        *traces, title=title, x="epochs that the copy is late", y="dividends for the stake held (%)"
    )
    return drawn.update_xaxes(dtick=1).update_yaxes(range=[0, 110])


def draw_emission(shares: Mapping[str, Sequence[float]], names: Sequence[str]) -> go.Figure:
    """How a block's TAO is shared out between the named subnets (%), by each set of rules."""
    traces = [
        go.Bar(
            x=list(shares),
            y=[100 * line[i] for line in shares.values()],
            name=name,
            marker_color=colour,
        )
        for i, (name, colour) in enumerate(zip(names, (BLUE, ORANGE, GREEN, SKY), strict=False))
    ]
    title = "The same subnets by two rules: whoever burns is paid less"
    return figure(
        *traces, title=title, x="rules since", y="share of a block's TAO (%)"
    ).update_layout(barmode="stack")


def _u16(percent: int) -> int:
    return percent * U16_MAX // 100


def _dense(rows: Sequence[Sequence[Sequence[int]]], n: int) -> np.ndarray:
    dense = np.zeros((n, n))
    for i, row in enumerate(rows):
        for column, value in row:
            dense[i, column] = value / ONE
    return dense


def _change(old: float, new: float) -> str:
    """A cell's text: what was written, and what is left of it."""
    if abs(old - new) < CUT:
        return f"{100 * new:.3g}"
    return f"{100 * old:.3g} → {100 * new:.3g}"
