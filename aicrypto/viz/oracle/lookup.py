"""The tree over a few keys, and the way of one key in it: to its leaf, or to where it would be.

Paths are nibbles, one a byte, as `aicrypto.evm.tries.nibbles_of` gives them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, RED, figure

SHOWN = 3  # nibbles of a key in the title
BELOW = 0.22  # levels from a leaf to its name
DROP = 0.8  # levels from a branch to its empty child
ITS_LEAF, OTHER_LEAF = "its leaf", "another key's leaf"
EMPTY, STRETCH = "an empty child", "a stretch of other paths"
COLOURS = {ITS_LEAF: GREEN, OTHER_LEAF: RED}
LEGEND = {"orientation": "h", "y": -0.02}


@dataclass(frozen=True)
class Spot:
    """A node of the tree, where it is drawn.

    Attributes:
        start: nibbles that lead to it.
        end: the same and those that all keys below share; of a leaf the whole key.
        x: in leaves from the left.
        level: nodes above it.
        is_leaf: whether one key alone is left.
    """

    start: bytes
    end: bytes
    x: float
    level: int
    is_leaf: bool


def draw_trie(paths: Sequence[bytes], wanted: bytes) -> go.Figure:
    """The tree over `paths`; coloured is the proof that `wanted` is in it, or is not.

    A stretch that all keys below share is written on the edge into its branch, and is counted as
    the extension that it is.
    """
    spots = _grow(sorted(paths), range(len(paths)), b"", 0)
    proof = [spot for spot in spots if wanted.startswith(spot.start)]
    last, end = proof[-1], _ending(proof[-1], wanted)
    others = [spot for spot in spots if spot not in proof]
    traces = [_dots(others, "not in the proof", GREY), _dots(proof, "the proof", BLUE)]
    if end in COLOURS:
        traces.append(_dots([last], end, COLOURS[end]))
    title = _title(wanted, proof, end)
    drawn = figure(*_lines(spots, proof), *traces, _names(spots), title=title)
    for spot in spots[1:]:
        drawn.add_annotation(**_label(spot, spots))
    if end == EMPTY:
        drawn.add_trace(_hole(last))
        _name(drawn, last.x, last.level + DROP, f"{wanted[len(last.end)]:x}: nothing")
    return drawn.update_layout(legend=LEGEND, margin={"b": 30})


def _ending(last: Spot, wanted: bytes) -> str:
    """What the way of `wanted` ends at, whose last node this is."""
    if wanted == last.end:
        return ITS_LEAF
    if last.is_leaf:
        return OTHER_LEAF
    return EMPTY if wanted.startswith(last.end) else STRETCH


def _title(wanted: bytes, proof: Sequence[Spot], end: str) -> str:
    n_nodes = sum(1 + (_is_long(spot) and wanted.startswith(spot.end)) for spot in proof)
    nodes = f"{n_nodes} nodes lead" if n_nodes > 1 else "1 node leads"
    result = "there" if end == ITS_LEAF else "absent"
    return f"Key {_hex(wanted[:SHOWN])}… is {result}: {nodes} to {end}"


def _grow(paths: Sequence[bytes], places: Sequence[int], start: bytes, level: int) -> list[Spot]:
    """The nodes over sorted paths that all begin with `start`, parents first."""
    first, last = paths[0], paths[-1]
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=True))
    end = first[: sum(1 for _ in pairs)]
    middle = (places[0] + places[-1]) / 2
    here = Spot(start, end, middle, level, len(paths) == 1)
    below = (
        [] if here.is_leaf else [_grow(*group, level + 1) for group in _groups(paths, places, end)]
    )
    return [here, *(spot for spots in below for spot in spots)]


def _groups(
    paths: Sequence[bytes], places: Sequence[int], end: bytes
) -> Iterator[tuple[list[bytes], list[int], bytes]]:
    """For each child of the branch at `end`: its paths, their places, what leads to it."""
    for nibble in range(16):
        start = end + bytes([nibble])
        held = [n for n, path in enumerate(paths) if path.startswith(start)]
        if held:
            yield [paths[n] for n in held], [places[n] for n in held], start


def _parent(spot: Spot, spots: Sequence[Spot]) -> Spot:
    return next(other for other in spots if other.end == spot.start[:-1])


def _lines(spots: Sequence[Spot], proof: Sequence[Spot]) -> Iterator[go.Scatter]:
    """The edges beside the way, and those on it."""
    for is_way, line in ((False, {"color": GREY, "width": 1}), (True, {"color": BLUE, "width": 4})):
        xs, ys = list[float | None](), list[float | None]()
        for spot in (spot for spot in spots[1:] if (spot in proof) == is_way):
            parent = _parent(spot, spots)
            xs += [parent.x, spot.x, None]
            ys += [-parent.level, -spot.level, None]
        yield go.Scatter(x=xs, y=ys, mode="lines", line=line, showlegend=False, hoverinfo="skip")


def _dots(spots: Sequence[Spot], name: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[spot.x for spot in spots],
        y=[-spot.level for spot in spots],
        mode="markers",
        marker={
            "size": 15,
            "color": colour,
            "symbol": ["square" if spot.is_leaf else "circle" for spot in spots],
        },
        name=name,
        text=[f"{'leaf' if spot.is_leaf else 'branch'} {_hex(spot.end[:6])}" for spot in spots],
        hoverinfo="text",
    )


def _names(leaves: Sequence[Spot]) -> go.Scatter:
    """The first nibbles of every key, below its leaf."""
    leaves = [spot for spot in leaves if spot.is_leaf]
    return go.Scatter(
        x=[leaf.x for leaf in leaves],
        y=[-leaf.level - BELOW for leaf in leaves],
        mode="text",
        text=[f"{_hex(leaf.end[:SHOWN])}…" for leaf in leaves],
        hoverinfo="skip",
        showlegend=False,
    )


def _is_long(spot: Spot) -> bool:
    """Whether an extension leads to this branch."""
    return not spot.is_leaf and len(spot.end) > len(spot.start)


def _hole(branch: Spot) -> go.Scatter:
    """The way from a branch to a child that is not there."""
    return go.Scatter(
        x=[branch.x, branch.x],
        y=[-branch.level, -branch.level - DROP],
        mode="lines+markers",
        line={"color": RED, "dash": "dot"},
        marker={"size": [0, 13], "symbol": "x-thin", "line": {"width": 3, "color": RED}},
        name=EMPTY,
        hoverinfo="skip",
    )


def _label(spot: Spot, spots: Sequence[Spot]) -> dict[str, object]:
    """The nibbles on the edge into a node: which child it is, and the stretch that follows."""
    parent = _parent(spot, spots)
    stretch = b"" if spot.is_leaf else spot.end[len(spot.start) :]
    return {
        "x": (parent.x + 3 * spot.x) / 4,
        "y": -(parent.level + 3 * spot.level) / 4,
        "text": _hex(spot.start[-1:] + stretch),
        "showarrow": False,
        "xshift": -9 if spot.x < parent.x else 9,
        "yshift": 5,
    }


def _name(drawn: go.Figure, x: float, level: float, text: str) -> None:
    drawn.add_annotation(
        x=x, y=-level, text=text, showarrow=False, xanchor="left", xshift=9, font={"color": RED}
    )


def _hex(path: bytes) -> str:
    return "".join(f"{nibble:x}" for nibble in path)
