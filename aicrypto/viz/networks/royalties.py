"""Where a payment to a work goes: through the family tree, down the generations, up in diamonds.

The amounts are computed by the exact engine. A family of five is drawn: one page, of which two data
sets were made, of which one model was made, whose answer is paid for.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from aicrypto import ip
from aicrypto.ip import HP, LAP, WIP, royalty
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

PAID = 1_000  # wei, without a fee
FAMILY = (
    ("data 1", ("page",)),
    ("data 2", ("page",)),
    ("model", ("data 1", "data 2")),
    ("answer", ("model",)),
)
PLACES = {
    "answer": (0, 0),
    "model": (1, 0),
    "data 1": (2, 0.7),
    "data 2": (2, -0.7),
    "page": (3, 0),
    "pool": (1.5, -1.7),
}
PUSHED = ("model", "data 1", "data 2", "page")
N_STEPS = 2 + len(PUSHED)  # paid, split, and a push for each ancestor
EMPTY, DARK, LIGHT = "#bbbbbb", "#222222", "#ffffff"


def draw_flow(policy: str = LAP, share: int = 10) -> go.Figure:
    """A payment to the family, animated: it arrives, is split, and is pushed to each ancestor.

    Every edge carries the share, in percent; boxes show what each vault and the pool hold, in wei.
    Shown at rest is the last step.
    """
    steps = [_played(policy, share, step) for step in range(N_STEPS)]
    lines = [_line(child, p, GREY, 1) for child, parents in FAMILY for p in parents]
    held, words = steps[-1]
    drawn = figure(*lines, _push_line(0), _boxes(held), title=words, height=470)
    changing = [len(lines), len(lines) + 1]
    drawn.frames = [
        go.Frame(
            name=str(step),
            data=[_push_line(step), _boxes(held)],
            traces=changing,
            layout={"title": {"text": words}},
        )
        for step, (held, words) in enumerate(steps)
    ]
    drawn.update_layout(updatemenus=[_PLAY], sliders=[_steps_bar()])
    return drawn.update_xaxes(range=[-0.5, 3.5]).update_yaxes(range=[-2.2, 1.2])


_AT_ONCE = {
    "frame": {"duration": 1200, "redraw": True},
    "transition": {"duration": 0},
    "mode": "immediate",
}
_PLAY = {
    "type": "buttons",
    "direction": "left",
    "x": 0,
    "y": 0,
    "yanchor": "top",
    "buttons": [{"label": "Play", "method": "animate", "args": [None, _AT_ONCE]}],
}


def _steps_bar() -> dict[str, object]:
    names = ("paid", "split", *(f"push {n}" for n in range(1, len(PUSHED) + 1)))
    jumps = [
        {"label": name, "method": "animate", "args": [[str(step)], _AT_ONCE]}
        for step, name in enumerate(names)
    ]
    return {"steps": jumps, "active": N_STEPS - 1, "x": 0.14, "len": 0.8, "y": 0.02}


def _boxes(held: dict[str, int]) -> go.Scatter:
    names = list(PLACES)
    fills = [_colour(name, held) for name in names]
    return go.Scatter(
        x=[PLACES[name][0] for name in names],
        y=[PLACES[name][1] for name in names],
        text=[f"<b>{name}</b><br>{held.get(name, 0)}" for name in names],
        mode="markers+text",
        marker={"size": 66, "symbol": "square", "color": fills},
        textfont={
            "size": 13,
            "color": [LIGHT if fill == BLUE else DARK for fill in fills],
        },
        hoverinfo="none",
        showlegend=False,
    )


def _played(policy: str, share: int, step: int) -> tuple[dict[str, int], str]:
    """What the boxes hold after the steps, and what happened last."""
    state = ip.State()
    try:
        for child, parents in FAMILY:
            royalty.link(state, child, parents, policy, [share * HP // 100] * len(parents))
    except ip.Refusal as refusal:
        return {}, f"{policy} at {share} %: {refusal.name}"
    if step == 0:
        return {"answer": PAID}, f"{PAID} wei arrive at the answer"
    ip.pay(state, "answer", WIP, PAID)
    pool = royalty.policy_pool(policy)
    words = f"{policy} at {share} %: {state.cash[pool, WIP]} wei go into the pool"
    for ancestor in PUSHED[: step - 1]:
        words = f"{policy} at {share} %: {ancestor} gets {_push(state, policy, ancestor)} wei"
    held = {work: state.income[work, WIP] for work in (*PUSHED, "answer")}
    return held | {"pool": state.cash[pool, WIP]}, words


def _push(state: ip.State, policy: str, ancestor: str) -> int:
    try:
        return ip.push(state, policy, "answer", ancestor, WIP)
    except ip.Refusal:  # less than a wei
        return 0


def _push_line(step: int) -> go.Scatter:
    """From the pool to whom the step pushes; the first two push to nobody."""
    return _line("pool", PUSHED[step - 2] if step >= 2 else "pool", RED, 4)


def _line(start: str, end: str, colour: str, width: int) -> go.Scatter:
    (x0, y0), (x1, y1) = PLACES[start], PLACES[end]
    return go.Scatter(
        x=[x0, x1],
        y=[y0, y1],
        mode="lines",
        line={"color": colour, "width": width},
        hoverinfo="none",
        showlegend=False,
    )


def _colour(name: str, held: dict[str, int]) -> str:
    if not held.get(name):
        return EMPTY
    return ORANGE if name == "pool" else BLUE


def draw_generations(share: int = 10) -> go.Figure:
    """What an ancestor so many generations up gets of a payment (%), if every edge has `share`."""
    reach = 100 // share
    far = list(range(1, 15))
    lrp = royalty.lrp_shares(_chain(share), "w0")
    kept = [100 * lrp[f"w{n}"] * (100 - share) / 100 / HP for n in far[:-1]]
    traces = [
        _curve(far[:reach], [float(share)] * min(reach, len(far)), "LAP", BLUE),
        _curve(far[:-1], [part or None for part in kept], "LRP", ORANGE),
    ]
    title = f"At {share} % each, LAP is full after {reach} generations; LRP fades"
    drawn = figure(
        *traces, title=title, x="generations above the payee", y="its part of the payment (%)"
    )
    drawn.update_yaxes(type="log", range=[-8, 2.1], dtick=2, exponentformat="power")
    return drawn.update_xaxes(range=[0.5, 14.5], dtick=1)


def _chain(share: int) -> royalty.Dag:
    return royalty.Dag.of((f"w{n}", {f"w{n + 1}": share * HP // 100}) for n in range(14))


def _curve(x: Sequence[int], y: Sequence[float | None], name: str, colour: str) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="lines+markers", name=name, line={"color": colour})


def draw_diamonds(owed: Sequence[float], written: float) -> go.Figure:
    """What a derivative owes (%) by the diamonds above it, beside what its licence says."""
    n = list(range(len(owed)))
    bars = go.Bar(
        x=n,
        y=list(owed),
        text=[f"{part:.3g}" for part in owed],
        textposition="outside",
        name="it owes",
        marker_color=RED,
    )
    says = go.Scatter(
        x=n, y=[written] * len(n), mode="lines", name="its licence says", line={"color": GREEN}
    )
    title = f"Each diamond doubles: {written:g} % in the licence, {owed[-1]:.3g} % owed"
    drawn = figure(
        bars, says, title=title, x="diamonds above the parent", y="part of its income (%)"
    )
    return drawn.update_yaxes(range=[0, 60]).update_xaxes(dtick=1)
