"""Asynchronous calls over the blocks of their lives: committed, computed, included, settled.

The lives are `ritual.chain.Life`; where each stands at a block is the chain's own rule, which calls
settled what is included. Fees move one block later, as in `ritual.chain.blocks`, and so here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from aicrypto.ritual.chain import Fees, Life, Status, status_of
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, figure

INCLUDED, SETTLED = "included, not yet paid", "settled"
COLOURS = {
    "committed, being computed": ORANGE,
    "output known": BLUE,
    INCLUDED: PURPLE,
    SETTLED: GREEN,
    "expired, unpaid": RED,
    "rejected": GREY,
}
FREE = Fees(0, 0, 0)
LIVES = {  # of the lesson: committed, time to live, computed, included
    "poem": Life(1, 3, 1, 2),
    "song": Life(1, 3, 4, 5),
    "film": Life(2, 3, 6, 7),
    "novel": Life(3, 3),
}
MEANINGS = {
    Status.PENDING: "committed, being computed",
    Status.FULFILLED: "output known",
    Status.SETTLED: SETTLED,
    Status.EXPIRED: "expired, unpaid",
    Status.REJECTED: "rejected",
}


def draw_calls(until: int = 7, lives: Mapping[str, Life] = LIVES) -> go.Figure:
    """One row for each call, coloured by where it stands after each block up to `until`.

    Wallets can pay. A call's row begins with the block that commits to it. `lives` are the
    lesson's four, if not given.
    """
    stands = [
        (name, block, _meaning(life, block))
        for name, life in lives.items()
        for block in range(life.commit_block, until + 1)
    ]
    present = {meaning for _, _, meaning in stands}
    traces = [_bars(stands, meaning) for meaning in COLOURS if meaning in present]
    n_settled = sum(at == until and now == SETTLED for _, at, now in stands)
    title = f"After block {until}, {n_settled} of {len(lives)} calls are settled"
    drawn = figure(*traces, title=title, x="block", y="call")
    drawn.update_layout(barmode="overlay", legend={"orientation": "h", "y": -0.38})
    order = {"categoryorder": "array", "categoryarray": list(lives)}
    return drawn.update_xaxes(dtick=1).update_yaxes(autorange="reversed", type="category", **order)


def _meaning(life: Life, block: int) -> str:
    """Where a call stands after a block; the one that includes it pays nobody yet."""
    status = status_of(_known(life, block), block, FREE.total, FREE)
    if status is Status.SETTLED and life.inclusion_block == block:
        return INCLUDED
    return MEANINGS[status]


def _known(life: Life, block: int) -> Life:
    """What is known of a life at a block: nothing of later ones."""
    done = life.fulfilled_block is not None and life.fulfilled_block <= block
    return life if done else replace(life, fulfilled_block=None, inclusion_block=None)


def _bars(stands: Sequence[tuple[str, int, str]], meaning: str) -> go.Bar:
    """The blocks after which calls stand like this."""
    spots = [(name, block) for name, block, now in stands if now == meaning]
    return go.Bar(
        base=[block - 0.5 for _, block in spots],
        x=[1] * len(spots),
        y=[name for name, _ in spots],
        orientation="h",
        marker={"color": COLOURS[meaning], "line": {"width": 1, "color": "white"}},
        name=meaning,
    )
