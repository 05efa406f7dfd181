"""The map of the course: eleven systems, what each is trusted for, and what catches it lying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

NOBODY = "nobody"


@dataclass(frozen=True)
class System:
    """One system of the course.

    Attributes:
        place: column and row on the map; value flows from left to right.
        trusted_for: what the others take from it.
        caught_by: the mechanism that replaces trust in it, and the lesson that builds it.
    """

    name: str
    place: tuple[int, int]
    trusted_for: str
    caught_by: str
    lesson: str


SYSTEMS = (
    System(
        "Grass", (0, 1), "pages are what the web served", "signed receipts, Merkle ledger", "06"
    ),
    System("Space and Time", (1, 2), "query answers are complete and right", "proof of SQL", "07"),
    System(
        "Story", (1, 0), "owners get the share they are due", "royalties paid by contract", "08"
    ),
    System("Bittensor", (2, 1), "the best model wins", "consensus weighted by stake", "09"),
    System("Sentient", (3, 0), "the model is whose it says it is", "fingerprints", "10"),
    System("Modulus", (3, 2), "the answer is this model's", "zkML: a proof by sumcheck", "12"),
    System("ORA", (4, 2), "a large model ran correctly", "opML: dispute of one step", "14"),
    System("Ritual", (4, 1), "the job was done before it was paid", "proofs before payment", "16"),
    System(
        "Future Primitive", (4, 0), "an agent owns what it earned", "token-bound accounts", "17"
    ),
    System("Olas", (5, 2), "a service keeps running", "several operators, a threshold", "18"),
    System("MyShell", (5, 0), "makers are paid at each use", "composition with shares", "18"),
)
TOP_ROW = 2
PARTS = {"data": 0.5, "training": 2, "answers": 3.2, "agents": 4.5}  # name and column
# (giver, taker): the taker builds on what the giver says.
RELIES = (
    ("Grass", "Space and Time"),
    ("Grass", "Story"),
    ("Space and Time", "Bittensor"),
    ("Story", "Bittensor"),
    ("Bittensor", "Sentient"),
    ("Bittensor", "Modulus"),
    ("Modulus", "ORA"),
    ("Modulus", "Ritual"),
    ("Sentient", "Ritual"),
    ("ORA", "Ritual"),
    ("Ritual", "Olas"),
    ("Ritual", "MyShell"),
    ("Future Primitive", "Olas"),
    ("Future Primitive", "MyShell"),
)


def downstream(name: str) -> set[str]:
    """Everybody who builds, directly or not, on what that system says."""
    found: set[str] = set()
    todo = [name]
    while todo:
        giver = todo.pop()
        takers = {taker for source, taker in RELIES if source == giver} - found
        found |= takers
        todo += takers
    return found


def draw_systems(liar: str = NOBODY) -> go.Figure:
    """The map; with a liar, all whom it would mislead are marked; the title says what notices."""
    misled = downstream(liar)
    caught_by = {system.name: system.caught_by for system in SYSTEMS}
    title = "Eleven systems: value flows from left to right"
    if liar in caught_by:
        title = f"If {liar} lies, {len(misled)} others are misled; caught by: {caught_by[liar]}"
    dots = _dots([_look(system.name, liar, misled) for system in SYSTEMS])
    drawn = figure(*_arrows(), dots, *_headings(), title=title, height=480)
    return drawn.update_xaxes(range=[-0.5, 5.5]).update_yaxes(range=[-0.9, 2.6])


def draw_lit(verified: Mapping[str, bool]) -> go.Figure:
    """The map with each system lit by its receipts: whether they hold, by the system's name.

    A system without an entry had no part in the run and stays dark.
    """
    lit = sum(verified.values())
    looks = [_light(verified.get(system.name)) for system in SYSTEMS]
    title = f"{lit} of {len(SYSTEMS)} systems lit: all of their receipts hold"
    drawn = figure(*_arrows(), _dots(looks), *_headings(), title=title, height=480)
    return drawn.update_xaxes(range=[-0.5, 5.5]).update_yaxes(range=[-0.9, 2.6])


def names() -> Sequence[str]:
    """Nobody, then every system: the choices of the map's control."""
    return [NOBODY, *(system.name for system in SYSTEMS)]


def _look(name: str, liar: str, misled: set[str]) -> tuple[str, str]:
    """Colour and symbol of a system: never the colour alone."""
    if name == liar:
        return RED, "x"
    return (ORANGE, "diamond") if name in misled else (BLUE, "circle")


def _light(holds: bool | None) -> tuple[str, str]:
    """Colour and symbol of a system whose receipts hold, do not, or do not exist."""
    if holds is None:
        return GREY, "circle-open"
    return (GREEN, "circle") if holds else (RED, "x")


def _dots(looks: Sequence[tuple[str, str]]) -> go.Scatter:
    """One dot per system, in these colours and symbols."""
    colours, symbols = zip(*looks, strict=True)
    columns, rows = zip(*(system.place for system in SYSTEMS), strict=True)
    return go.Scatter(
        x=columns,
        y=rows,
        mode="markers+text",
        marker={"size": 30, "color": colours, "symbol": symbols},
        text=[f"{system.name}<br>{system.lesson}" for system in SYSTEMS],
        textposition=["top center" if row == TOP_ROW else "bottom center" for row in rows],
        hovertext=[f"{s.name}: {s.trusted_for}<br>caught by {s.caught_by}" for s in SYSTEMS],
        hoverinfo="text",
        showlegend=False,
    )


def _headings() -> list[go.Scatter]:
    """What each part of the map is about, along its lower edge."""
    columns = list(PARTS.values())
    text = [f"<b>{part}</b>" for part in PARTS]
    row = [-0.75] * len(PARTS)
    style = {"mode": "text", "hoverinfo": "skip", "showlegend": False}
    return [go.Scatter(x=columns, y=row, text=text, **style)]


def _arrows() -> list[go.Scatter]:
    """Lines from givers to takers, an arrow head at each middle."""
    place = {system.name: system.place for system in SYSTEMS}
    lines = []
    for giver, taker in RELIES:
        (x0, y0), (x1, y1) = place[giver], place[taker]
        lines.append(
            go.Scatter(
                x=[x0, (x0 + x1) / 2, x1],
                y=[y0, (y0 + y1) / 2, y1],
                mode="lines+markers",
                marker={"symbol": "arrow", "size": [0, 12, 0], "angleref": "previous"},
                line={"color": GREY, "width": 1},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return lines
