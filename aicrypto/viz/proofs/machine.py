"""The machine of lesson 13 as a picture: one step of a run, with all that it touches.

A film is a run made ready to be drawn: for each step the instruction, the registers, the two paths
through the memory tree, and what a contract charged for it. Gas is measured by whoever calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from aicrypto.opml.code import disassemble
from aicrypto.opml.code.encoding import ABI_NAMES
from aicrypto.opml.machine import EMPTY_ROOTS, MemoryTree, Trace
from aicrypto.viz.theme import BLUE, CLEAR, GREEN, GREY, ORANGE, figure

LEVELS, LEAF_BITS = 27, 5
LISTING, REGISTERS, TREE = (0, 0.37), (0.39, 0.57), (0.66, 1)  # parts of the width
TOP, BOTTOM = (0.36, 1), (0, 0.22)  # parts of the height
SIDE = 0.4  # how far a sibling stands from its path
CURRENT = "rgba(230,159,0,0.35)"


@dataclass(frozen=True)
class Style:
    """How one path is drawn: on which side of the fork, and as what."""

    side: int
    name: str
    colour: str
    width: int


STYLES = Style(-1, "instruction", BLUE, 8), Style(1, "data", ORANGE, 3)


@dataclass(frozen=True)
class Moment:
    """One step of a run.

    Attributes:
        regs: before the step and after it.
        touched: addresses of instruction and data; the latter None where there is none.
        held: for each of them, which of the siblings on the way up hold something.
        gas: of the transaction that executes this step.
    """

    regs: tuple[tuple[int, ...], tuple[int, ...]]
    touched: tuple[int, int | None]
    held: tuple[tuple[bool, ...], tuple[bool, ...]]
    gas: int


@dataclass(frozen=True)
class Film:
    """A run: the instructions that it meets (address and text), and its steps."""

    listing: Mapping[int, str]
    moments: Sequence[Moment]


def film(trace: Trace, gas: Sequence[int]) -> Film:
    """Every step of a short run; `gas` has one number for each."""
    moments, listing = list[Moment](), dict[int, str]()
    for index, price in enumerate(gas):
        before, after, tree = trace.state(index), trace.state(index + 1), trace.tree(index)
        listing[before.pc] = disassemble(int.from_bytes(tree.read(before.pc, 4), "little"))
        data = trace.machine(index).accessed()
        held = _held(tree, before.pc), () if data is None else _held(tree, data)
        regs = before.regs, after.regs
        moments.append(Moment(regs, (before.pc, data), held, price))
    return Film(listing, moments)


def draw_step(run: Film, step: int = 3) -> go.Figure:
    """Program, registers after the step, tree paths, and gas, of one step of a film."""
    now = run.moments[step]
    n_proofs = 1 if now.touched[1] is None else 2
    title = f"Step {step}: {run.listing[now.touched[0]]}; {n_proofs * LEVELS} siblings"
    drawn = figure(
        _listing(run, now),
        _registers(run, now),
        *_paths(now),
        _prices(run, step),
        title=f"{title}, {now.gas:,} gas",
        x="step",
        y="gas",
        height=640,
    )
    drawn.layout.xaxis.domain, drawn.layout.yaxis.domain = (0, 1), BOTTOM
    drawn.layout.yaxis.range = [0, 80_000]
    drawn.layout.xaxis2 = {"domain": TREE, "anchor": "y2", "visible": False, "range": [-2, 2]}
    drawn.layout.yaxis2 = {
        "domain": TOP,
        "anchor": "x2",
        "title": {"text": "level (0: leaves, 27: root)"},
        "dtick": 9,
    }
    return drawn.update_layout(legend={"orientation": "h", "y": 0.31, "x": 0.3}, margin_t=60)


def _held(tree: MemoryTree, address: int) -> tuple[bool, ...]:
    leaf = address >> LEAF_BITS
    nodes = [tree.node(level, (leaf >> level) ^ 1) for level in range(LEVELS)]
    return tuple(node != EMPTY_ROOTS[level] for level, node in enumerate(nodes))


def _table(heads: Sequence[str], columns: Sequence[Sequence[str]], marked: Sequence[bool],
           width: tuple[float, float]) -> go.Table:  # fmt: skip
    fill = [CURRENT if mark else CLEAR for mark in marked]
    font = {"color": GREY, "size": 12}
    return go.Table(
        header={"values": heads, "fill_color": CLEAR, "font": font, "align": "left"},
        cells={"values": columns, "fill_color": [fill], "font": font, "align": "left"},
        columnwidth=[2, 3],  # of each other
        domain={"x": width, "y": TOP},
    )


def _listing(run: Film, now: Moment) -> go.Table:
    addresses = sorted(run.listing)
    columns = [f"{a:#x}" for a in addresses], [run.listing[a] for a in addresses]
    marked = [a == now.touched[0] for a in addresses]
    return _table(("pc", "instruction"), columns, marked, LISTING)


def _registers(run: Film, now: Moment) -> go.Table:
    """The registers that the run ever uses, and their values after the step."""
    used = [r for r in range(32) if any(moment.regs[1][r] for moment in run.moments)]
    before, after = now.regs
    values = [str(after[r] - (after[r] >> 31 << 32)) for r in used]
    marked = [before[r] != after[r] for r in used]
    return _table(("register", "after"), ([ABI_NAMES[r] for r in used], values), marked, REGISTERS)


def _paths(now: Moment) -> list[go.Scatter]:
    """From the root to one or two leaves: one line until they part, siblings at their sides."""
    leaves = [address >> LEAF_BITS for address in now.touched if address is not None]
    fork = (leaves[0] ^ leaves[-1]).bit_length()
    lines, siblings = list[go.Scatter](), list[tuple[float, int, bool]]()
    for leaf, held, style in zip(leaves, now.held, STYLES, strict=False):
        lines.append(_line(fork, style))
        siblings += _siblings(leaf, held, fork, style.side)
    holding = _dots(siblings, True, "sibling with something in it", GREEN)
    return [*lines, holding, _dots(siblings, False, "empty sibling", GREY)]


def _place(level: int, fork: int, side: int) -> int:
    return side if level < fork else 0


def _line(fork: int, style: Style) -> go.Scatter:
    levels = list(range(LEVELS, -1, -1))
    xs = [_place(level, fork, style.side) for level in levels]
    line = {"color": style.colour, "width": style.width}
    return go.Scatter(
        x=xs, y=levels, mode="lines", name=style.name, line=line, xaxis="x2", yaxis="y2"
    )


def _siblings(
    leaf: int, held: Sequence[bool], fork: int, side: int
) -> list[tuple[float, int, bool]]:
    """Left of the path where the path goes right. At the fork each path is the other's sibling."""
    places = list[tuple[float, int, bool]]()
    for level, full in enumerate(held):
        if level != fork - 1:
            direction = -SIDE if leaf >> level & 1 else SIDE
            places.append((_place(level, fork, side) + direction, level, full))
    return places


def _dots(
    places: Sequence[tuple[float, int, bool]], full: bool, name: str, colour: str
) -> go.Scatter:
    shown = [(x, y) for x, y, holds in places if holds == full]
    xs, ys = [x for x, _ in shown], [y for _, y in shown]
    size, symbol = (10, "circle") if full else (6, "circle-open")
    marker = {"color": colour, "size": size, "symbol": symbol}
    return go.Scatter(x=xs, y=ys, mode="markers", name=name, marker=marker, xaxis="x2", yaxis="y2")


def _prices(run: Film, step: int) -> go.Bar:
    prices = [moment.gas for moment in run.moments]
    steps = list(range(len(prices)))
    colours = [ORANGE if index == step else BLUE for index in steps]
    return go.Bar(x=steps, y=prices, marker_color=colours, showlegend=False)
