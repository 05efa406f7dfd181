"""Training together in pictures: loss against bytes, waiting for the line, who is paid, who ruins.

Losses in nats, bytes as one worker sends them. The line's figure follows from the message format
alone; its model is one of 8 billion weights with the compute time of the deployed run.
"""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from aicrypto.training.federation import Curve, Record
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, PALETTE, RED, figure

WEIGHTS = 8e9
STEP_S = 270 / 30  # 4.5 minutes of compute for a window of 30 steps
CHUNK, BITS = 4096, 14  # values of a chunk; bits of a kept one
FLOAT_BITS, MEGA = 32, 1e6
STEPS = (1, 2, 5, 10, 20, 30, 50, 100, 200, 500)


def draw_bytes(curves: Mapping[str, Curve], start: float, floor: float) -> go.Figure:
    """Test loss (nats) over the bytes that one worker has sent so far, a line for each method."""
    traces = []
    for colour, (name, curve) in zip(PALETTE, curves.items(), strict=False):
        sent = [curve.n_bytes * (window + 1) for window in range(len(curve.losses))]
        traces.append(_line(name, sent, curve.losses, colour))
    title = "The same loss for a few hundred times fewer bytes"
    drawn = figure(*traces, title=title, x="sent by one worker (bytes)", y="test loss (nats)")
    drawn.add_hline(y=floor, line_dash="dot", line_color=GREY, annotation_text="the floor")
    return drawn.update_xaxes(type="log", dtick=1).update_yaxes(range=[floor - 0.1, start])


def draw_waiting(line_mbit: int = 500, kept: int = 64) -> go.Figure:
    """Part of the time (%) spent sending, over the steps between two exchanges, for three methods.

    Args:
        line_mbit: what the line takes up, in megabit/s.
        kept: values kept of a chunk of 4,096.
    """
    whole_s = WEIGHTS * FLOAT_BITS / (line_mbit * MEGA)
    sparse_s = WEIGHTS * kept / CHUNK * BITS / (line_mbit * MEGA)
    dense = 100 * whole_s / (whole_s + STEP_S)
    traces = [
        _line("every step", STEPS, [dense] * len(STEPS), ORANGE),
        _line("whole, once a window", STEPS, [_part(whole_s, h) for h in STEPS], BLUE),
        _line("compressed, once a window", STEPS, [_part(sparse_s, h) for h in STEPS], GREEN),
    ]
    title = f"8 billion weights, 30 steps: {_part(sparse_s, 30):.1f} % of the time is sending"
    drawn = figure(
        *traces, title=title, x="steps between two exchanges", y="time spent sending (%)"
    )
    return drawn.update_xaxes(type="log", tickvals=STEPS).update_yaxes(range=[0, 105])


def draw_scores(records: Sequence[Record], window: int = 5) -> go.Figure:
    """Final scores of all peers up to a window (from 1); a dot's upload counts, a cross's not."""
    shown, traces = records[:window], list[go.Scatter]()
    for colour, name in zip((GREEN, RED, ORANGE, BLUE), sorted(shown[-1].scores), strict=False):
        finals = [max(one.scores[name].final, 0.0) + 0.0 for one in shown]
        symbols = ["circle" if name in one.used else "x" for one in shown]
        line = _line(name, range(1, window + 1), finals, colour)
        traces.append(line.update(marker={"symbol": symbols, "size": 9}))
    title = f"After window {window}: a dot was aggregated, a cross was not"
    drawn = figure(*traces, title=title, x="window", y="final score (points)")
    highest = max(peer.final for one in records for peer in one.scores.values())
    drawn.update_xaxes(range=[0.5, len(records) + 0.5], dtick=1)
    return drawn.update_yaxes(range=[-0.02 * highest, 1.1 * highest])


def draw_poison(losses: Mapping[str, Sequence[float]]) -> go.Figure:
    """Test loss (nats) over windows, a line for each way of averaging."""
    traces = [
        _line(name, range(len(line)), line, colour)
        for colour, (name, line) in zip((RED, ORANGE, GREEN, BLUE), losses.items(), strict=False)
    ]
    title = "One liar among four: the mean is ruined, the judged one learns"
    drawn = figure(*traces, title=title, x="window", y="test loss (nats)")
    return drawn.update_yaxes(type="log")


def _line(name: str, x: Sequence[float], y: Sequence[float], colour: str) -> go.Scatter:
    return go.Scatter(x=list(x), y=list(y), name=name, mode="lines+markers", line={"color": colour})


def _part(send_s: float, n_steps: int) -> float:
    return 100 * send_s / (send_s + n_steps * STEP_S)
