"""SNARKs as pictures: constraints as two curves, PLONK's copies, the price of a proven product."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise

import plotly.graph_objects as go

from aicrypto.algebra.primes import BN254_FR
from aicrypto.proof.plonk import Gate, Gates
from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, cells, figure

# Lesson 05's two constraints, 2·3 = 6 at X = 1 and (6 + 2)·1 = y at X = -1, by coefficients.
LEFT, RIGHT = (5.0, -3.0), (2.0, 1.0)  # a = 5 - 3X, b = 2 + X
OUTPUTS = (6.0, 8.0)  # c at 1 and at -1, where y is true
QUOTIENT = -3.0  # h, in a·b - c = h·(X² - 1)
ROWS = (1, -1)
PLACES = [k / 20 for k in range(-36, 37)]

COLUMNS = ("cell a", "cell b", "cell c")
BESIDE = 0.38  # of a cell's width, from its text to the line that passes it


def draw_rows(lie: int = 2) -> go.Figure:
    """a·b, c and c + h·Z at every X, if the claimed output of the second constraint is 8 + lie."""
    y = OUTPUTS[1] + lie
    c = (OUTPUTS[0] + y) / 2, (OUTPUTS[0] - y) / 2
    colours = [GREEN if product(x) == _at(c, x) else RED for x in ROWS]
    verdict = "row 2 breaks, and nearly every X tells" if RED in colours else "a·b is c + h·Z"
    drawn = figure(
        _line(product, "a·b", {"color": BLUE, "width": 8}).update(opacity=0.4),
        _line(partial(_at, c), "c", {"color": GREY, "dash": "dot"}),
        _line(partial(bridge, c), "c + h·Z", {"color": ORANGE, "width": 2.5}),
        _dots(c, ROWS, colours),
        title=f"y = {y:g}: {verdict}",
        x="X (row 1 stands at 1, row 2 at −1)",
        y="value",
        height=420,
    )
    return drawn.update_yaxes(range=[-3, 19])


def product(x: float) -> float:
    """a·b at x."""
    return _at(LEFT, x) * _at(RIGHT, x)


def bridge(c: Sequence[float], x: float) -> float:
    """The value of c + h·Z at x."""
    return _at(c, x) + QUOTIENT * (x * x - 1)


def draw_copies(gates: Gates, names: Mapping[int, str], wire: str = "s") -> go.Figure:
    """The table of gates, three cells each; all cells that must hold copies of `wire` are joined.

    `names` says what each wire is called; wires that PLONK added are sum 1, sum 2, ...
    """
    added = range(len(gates.additions))
    known = {**names, **{gates.system.n_wires + k: f"sum {k + 1}" for k in added}}
    labels = [_labels(gate, known) for gate in gates.gates]
    copies = [(x, y) for y, row in enumerate(labels) for x in range(3) if row[x] == wire]
    drawn = figure(
        _table(labels, wire),
        _cycle(copies),
        title=f"{len(labels)} gates; {wire} stands in {len(copies)} cells, joined by one cycle",
        y="gate",
        height=140 + 23 * len(labels),
    )
    drawn.update_xaxes(tickvals=[0, 1, 2], ticktext=COLUMNS, side="top", showgrid=False)
    said = [equation(gate, known) for gate in gates.gates]
    drawn.update_yaxes(tickvals=[*range(len(said))], ticktext=said, title="", showgrid=False)
    return drawn.update_yaxes(autorange="reversed").update_layout(margin_t=110)


def draw_price(counted: Mapping[str, int]) -> go.Figure:
    """Operations, one bar a kind, on a logarithmic axis; the first kind is what the rest is for."""
    kinds, numbers = list(counted), list(counted.values())
    bars = go.Bar(
        x=numbers,
        y=kinds,
        orientation="h",
        marker_color=[BLUE, *[ORANGE] * (len(kinds) - 1)],
        text=[f"{number:,} ({_times(number / numbers[0])})" for number in numbers],
        textposition="auto",
        hoverinfo="none",
    )
    drawn = figure(
        bars,
        title=f"{numbers[-1] / numbers[0]:,.0f} {kinds[-1]} for each of the {kinds[0]}",
        x="operations (number)",
        y="kind",
        height=320,
    )
    drawn.update_xaxes(
        type="log", tickformat=",d", dtick=1, range=[3, math.log10(max(numbers)) + 0.2]
    )
    return drawn.update_yaxes(autorange="reversed", title="")


def _times(factor: float) -> str:
    return f"{factor:,.0f} ×" if factor >= 10 else f"{factor:.3g} ×"


def equation(gate: Gate, names: Mapping[int, str]) -> str:
    """What a gate says, with the wires' names: "w0·x0 − p0 = 0"; a public input is "y = public".

    >>> equation(Gate(a=1, b=2, c=3, qm=1, qo=BN254_FR.modulus - 1), {1: "x", 2: "y", 3: "z"})
    'x·y − z = 0'
    """
    if gate.a is not None and gate == Gate(gate.a, ql=1):
        return f"{names[gate.a]} = public"
    a, b, c = _labels(gate, names)
    parts = [(gate.qm, f"{a}·{b}"), (gate.ql, a), (gate.qr, b), (gate.qo, c), (gate.qc, "")]
    said = " ".join(_term(BN254_FR.signed(factor), name) for factor, name in parts if factor)
    return f"{said.removeprefix('+ ')} = 0"


def _term(factor: int, name: str) -> str:
    """ "+ 2·x" or "− x"; a factor too long to read is a letter: "+ k·x"."""
    sign, size = ("+", factor) if factor > 0 else ("−", -factor)
    shown = str(size) if size < 1_000 else "k"
    if not name:
        return f"{sign} {shown}"
    return f"{sign} {name}" if size == 1 else f"{sign} {shown}·{name}"


def _labels(gate: Gate, names: Mapping[int, str]) -> list[str]:
    return ["" if wire is None else names[wire] for wire in gate.wires]


def _table(labels: Sequence[Sequence[str]], wire: str) -> go.Heatmap:
    """The cells with their wires' names, those of one wire coloured."""
    marked = [[int(label == wire) for label in row] for row in labels]
    return cells([0, 1, 2], [*range(len(labels))], labels, marked)


def _cycle(copies: Sequence[tuple[int, int]]) -> go.Scatter:
    """A closed line with a dot in each cell, none for a wire that stands nowhere."""
    path = _around(copies) if copies else []
    dots = {(x + BESIDE, y) for x, y in copies}
    return go.Scatter(
        x=[x for x, _ in path],
        y=[y for _, y in path],
        mode="lines+markers",
        line={"color": BLUE, "width": 2},
        marker={"size": [7 if point in dots else 0 for point in path]},
        hoverinfo="none",
    )


def _around(copies: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """The corners of a path down along the right of the cells' texts, and back on their left."""
    (first_x, first_y), (last_x, last_y) = copies[0], copies[-1]
    path: list[tuple[float, float]] = [(first_x + BESIDE, first_y)]
    for (x, y), (next_x, next_y) in pairwise(copies):
        path += [(x + BESIDE, y + 0.5), (next_x + BESIDE, y + 0.5), (next_x + BESIDE, next_y)]
    path += [(last_x + BESIDE, last_y + 0.5), (first_x - BESIDE, last_y + 0.5)]
    return [*path, (first_x - BESIDE, first_y - 0.5), (first_x + BESIDE, first_y - 0.5), path[0]]


def _at(coefficients: Sequence[float], x: float) -> float:
    return coefficients[0] + coefficients[1] * x


def _line(f: Callable[[float], float], name: str, line: Mapping[str, object]) -> go.Scatter:
    ys = [f(x) for x in PLACES]
    shape = {**line, "shape": "spline"}
    return go.Scatter(x=PLACES, y=ys, name=name, mode="lines", line=shape, hoverinfo="skip")


def _dots(c: Sequence[float], xs: Sequence[int], colours: Sequence[str]) -> go.Scatter:
    """Dots on c at the rows, green where a·b agrees."""
    return go.Scatter(
        x=list(xs),
        y=[_at(c, x) for x in xs],
        name="rows",
        mode="markers",
        marker={"color": list(colours), "size": 12},
        hovertemplate="c(%{x}) = %{y}<extra></extra>",
    )
