"""What trust costs, over the value that hangs on an answer: one line for each way.

Prices are the connector's own. Both axes are logarithmic, in ETH.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import plotly.graph_objects as go

from aicrypto.ritual.routing import Economy, Effort, Quote, Way, quotes
from aicrypto.viz.theme import BLUE, GREEN, ORANGE, PURPLE, figure

ETHER = 10**18
VALUES = [round(10 ** (k / 10 - 3), 4) for k in range(51)]  # ETH: 0.001 to 100
COLOURS = {
    Way.OPTIMISTIC: ORANGE,
    Way.SAMPLING: PURPLE,
    Way.COMMITTEE: GREEN,
    Way.PROOF: BLUE,
}
SHADE = "rgba(128,128,128,0.35)"
LOG_PRICES = (-3.3, -0.7)


def draw_ways(
    proving: int = 20, patient: bool = True, work_s: float = 1.0, economy: Economy | None = None
) -> go.Figure:
    """Price and risk of every way to trust a job's answer.

    Args:
        proving: how many times the work a proof takes.
        patient: whether the job can wait a week, as the optimistic way wants.
        work_s: seconds of the work itself.
        economy: of the market; the connector's default if None.
    """
    effort = Effort(work_s, work_s * proving, has_game=patient)
    found = [quotes(effort, economy or Economy(), round(value * ETHER)) for value in VALUES]
    best = [row[0] for row in found]
    envelope = _line("cheapest", best, {"color": SHADE, "width": 12})
    title = "Cheapest: " + ", then ".join(_spans([one.way for one in best]))
    axes = "value at risk (ETH)", "price and risk (ETH)"
    drawn = figure(envelope, *_lines(found), title=title, x=axes[0], y=axes[1])
    drawn.update_xaxes(type="log").update_yaxes(type="log", range=LOG_PRICES)
    return drawn


def _lines(found: Sequence[Sequence[Quote]]) -> Iterator[go.Scatter]:
    possible = {one.way for one in found[0]}
    for way, colour in COLOURS.items():
        if way in possible:
            yield _line(way.value, [_of(way, row) for row in found], {"color": colour, "width": 2})


def _of(way: Way, row: Sequence[Quote]) -> Quote:
    return next(one for one in row if one.way is way)


def _line(name: str, row: Sequence[Quote], line: dict[str, object]) -> go.Scatter:
    y = [round(one.total_wei / ETHER, 5) for one in row]
    return go.Scatter(x=VALUES, y=y, name=name, mode="lines", line=line)


def _spans(best: Sequence[Way]) -> list[str]:
    """Each way with the value up to which it is cheapest."""
    said, end = [], 0
    for way, run in groupby(best):
        end += len(list(run))
        upto = f" up to {VALUES[end - 1]:.2g} ETH" if end < len(VALUES) else ""
        said.append(way.value + upto)
    return said
