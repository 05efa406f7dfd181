"""A network of homes that fetch pages: who lives where and is paid, and what a lie can reach."""

from collections.abc import Mapping, Sequence
from math import comb

import plotly.graph_objects as go

from aicrypto.crawl.metering import Receipt
from aicrypto.crawl.players import Line, Part, Report
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, figure

LARGEST = 46  # pixels
LABELLED_HEIGHT, LABEL_ROOM = 420, 0.055  # pixels; part of the axis that a line of text takes
Pair = tuple[Part, Line]


def draw_nodes(parts: Sequence[Part], report: Report) -> go.Figure:
    """Every node at its region and address block; the dot's area is what it billed and got through.

    Points stand beside the dots; nodes that were caught are orange and have none.
    """
    pairs = list(zip(parts, report.lines, strict=True))
    traces = [
        _dots([pair for pair in pairs if not pair[1].caught], "paid", GREEN, pairs),
        _dots([pair for pair in pairs if pair[1].caught], "caught", ORANGE, pairs),
    ]
    n_caught = len(report.caught)
    title = f"{len(parts) - n_caught} nodes share the points, {n_caught} were caught"
    drawn = figure(*traces, title=title, x="region", y="address block 10.0.y.*", height=420)
    return drawn.update_yaxes(dtick=1, range=[len(parts) - 0.4, -1]).update_layout(
        margin={"r": 110}
    )


def _dots(chosen: Sequence[Pair], name: str, colour: str, everybody: Sequence[Pair]) -> go.Scatter:
    most = max(line.bytes_metered for _, line in everybody) or 1
    return go.Scatter(
        x=[part.place.geo for part, _ in chosen],
        y=[int(part.place.ip.split(".")[2]) for part, _ in chosen],
        text=[f"{line.name}<br>{line.points:,}" for _, line in chosen],
        mode="markers+text",
        textposition="middle right",
        name=name,
        marker={
            "size": [10 + LARGEST * (line.bytes_metered / most) ** 0.5 for _, line in chosen],
            "color": colour,
            "opacity": 0.7,
        },
        cliponaxis=False,
    )


def draw_earnings(receipts: Sequence[bytes], names: Mapping[bytes, str]) -> go.Figure:
    """Payload kilobytes of every node over the accepted receipts of all, in their order.

    `names` has a name for each node's key; nodes without a receipt stay on the axis. Names stand
    at the ends of their lines, together where lines end together.
    """
    lines: dict[bytes, list[float]] = {key: [0.0] for key in names}
    for receipt in map(Receipt.from_bytes, receipts):
        for key, line in lines.items():
            line.append(round(line[-1] + receipt.payload_bytes / 1000 * (key == receipt.node), 1))
    traces = [_steps(line, names[key]) for key, line in lines.items()]
    title = "Every true receipt lifts its node (blue); cheats (orange) stay at the bottom"
    drawn = figure(
        *traces,
        _ends(traces),
        title=title,
        x="accepted receipts of all nodes",
        y="metered so far (kB)",
        height=LABELLED_HEIGHT,
    )
    return drawn.update_layout(showlegend=False, margin={"r": 210})


def _steps(line: Sequence[float], name: str) -> go.Scatter:
    colour = BLUE if name.startswith("honest") else ORANGE
    look = {"shape": "hv", "color": colour}
    return go.Scatter(x=list(range(len(line))), y=line, mode="lines", name=name, line=look)


def _ends(lines: Sequence[go.Scatter]) -> go.Scatter:
    """The names at the right ends of lines, moved up where they would cover each other."""
    named: dict[float, list[str]] = {}
    for line in sorted(lines, key=lambda line: line.y[-1]):
        named.setdefault(line.y[-1], []).append(line.name)
    heights: list[float] = []
    for end in named:
        lowest = heights[-1] + LABEL_ROOM * max(named) if heights else end
        heights.append(max(end, lowest))
    return go.Scatter(
        x=[len(lines[0].y) - 1] * len(named),
        y=heights,
        text=[" " + ", ".join(together) for together in named.values()],
        mode="text",
        textposition="middle right",
        textfont={"size": 12},
        cliponaxis=False,
        hoverinfo="skip",
    )


def draw_capture(copies: int = 3) -> go.Figure:
    """Chance that one hand's page is accepted (%), over its part of the neighbourhoods (%)."""
    held = list(range(0, 101, 2))
    traces = [
        go.Scatter(
            x=held,
            y=[100 * capture(part / 100, n) for part in held],
            mode="lines",
            name="1 copy" if n == 1 else f"{n} copies",
            line={"color": colour},
        )
        for n, colour in ((1, GREY), (copies, BLUE))
    ]
    title = (
        f"{copies} fetches a page: a tenth of the places wins {capture(0.1, copies):.2%} of pages"
    )
    drawn = figure(
        *traces, title=title, x="neighbourhoods in one hand (%)", y="pages that it decides (%)"
    )
    return drawn.add_vline(x=50, line={"dash": "dot", "color": GREY})


def capture(part: float, copies: int) -> float:
    """Chance that more than half of `copies` independent places are in a hand that holds `part`."""
    needed = range(copies // 2 + 1, copies + 1)
    return sum(comb(copies, k) * part**k * (1 - part) ** (copies - k) for k in needed)
