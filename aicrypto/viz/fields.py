"""Finite fields as pictures: roots of unity, agreeing polynomials, a folded cube, a biased draw."""

from cmath import exp, pi
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import combinations, product
from math import dist, hypot

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, RED, figure

# The prime 2^5 - 1 stands in for 2^61 - 1: its circle re² + im² = 1 has 2^5 points to draw.
# 2 + 20i generates it, as 2 + 1033321771269002680i generates the large one.
TOY_P, TOY_LOG_ORDER = 31, 5
TOY_GENERATOR = (2, 20)
PI_DIGITS = (3, 1, 4, 1, 5, 9, 2, 6)
# Where the first variable leads on paper. No line of a fold then runs through a corner by chance:
# at quarters of the cube they pass at least 0.05 from it.
DEPTH = (0.6, 0.4)
# Plotly's words for the sides of a dot, and the way from its centre.
SIDES = {
    f"{up} {aside}": (dx, dy)
    for (up, dy), (aside, dx) in product(
        {"top": 1, "middle": 0, "bottom": -1}.items(), {"left": -1, "center": 0, "right": 1}.items()
    )
    if dx or dy
}

Point = tuple[float, float]


def draw_roots(log_n: int = 3) -> go.Figure:
    """The 2^log_n roots of unity, side by side: ordinary complex numbers, and pairs modulo 31.

    Root j carries the number j on both sides. Pale dots are the other points of either circle. On
    the right, a coordinate above 15 is drawn as the negative number that it equals: 30 as -1.
    """
    n = 1 << log_n
    rounded, exact = rounded_circle(), exact_circle()
    step = len(exact) // n
    drawn = figure(
        _dots(rounded, GREY, 5),
        _numbered(rounded, step, BLUE),
        _dots(exact, GREY, 5).update(xaxis="x2", yaxis="y2"),
        _numbered(exact, step, ORANGE).update(xaxis="x2", yaxis="y2"),
        title=f"The {n} roots of unity: rounded on the left, exact on the right",
        x="real part",
        y="imaginary part",
        height=440,
    )
    drawn.update_layout(
        showlegend=False,
        xaxis={"domain": [0, 0.44], "range": [-1.4, 1.4], "dtick": 0.5},
        yaxis={"range": [-1.4, 1.4], "dtick": 0.5},
        xaxis2={
            "domain": [0.56, 1],
            "range": [-17.5, 17.5],
            "title": {"text": "real part (modulo 31, 30 as −1)"},
        },
        yaxis2={
            "anchor": "x2",
            "range": [-17.5, 17.5],
            "title": {"text": "imaginary part (modulo 31)"},
        },
    )
    return drawn


def draw_agreements(agreements: Sequence[int], degree: int, p: int) -> go.Figure:
    """Bars: in how many of p places two polynomials agreed; a line marks the bound, the degree."""
    counted = Counter(agreements)
    places = list(range(degree + 3))
    shares = [100 * counted[k] / len(agreements) for k in places]
    bars = go.Bar(x=places, y=shares, marker_color=BLUE, text=[f"{s:.2g}" for s in shares])
    bars.textposition = "outside"
    drawn = figure(
        bars,
        title=f"Two polynomials of degree {degree} agree in {degree} places at most, mostly fewer",
        x=f"places with the same value (of {p})",
        y="share of pairs (%)",
    )
    drawn.update_xaxes(dtick=1).update_yaxes(range=[0, 1.15 * max(shares)])
    line = {"color": RED, "dash": "dash"}
    note = {"annotation_text": "impossible", "annotation_xshift": 8}
    return drawn.add_vline(x=degree + 0.5, line=line, **note)


def draw_fold(
    r1: float = 0.5, r2: float = 0.5, r3: float = 0.75, values: Sequence[float] = PI_DIGITS
) -> go.Figure:
    """Eight values on the corners of a cube, folded to four, two and one at (r1, r2, r3).

    Real numbers, for the eye; the rule is the same modulo a prime.
    """
    traces = [_edges([], GREY), _labelled([], values, "8 values", GREY)]
    folded, point = list(values), list[float]()
    names = {BLUE: "4: first variable fixed", GREEN: "2: second too", RED: "1: the value at r"}
    for r, (colour, name) in zip((r1, r2, r3), names.items(), strict=True):
        half = len(folded) // 2
        folded = [a + r * (b - a) for a, b in zip(folded[:half], folded[half:], strict=True)]
        point.append(r)
        traces += [_edges(point, colour), _labelled(point, folded, name, colour)]
    title = f"Three folds: at r = ({r1:g}, {r2:g}, {r3:g}) the list has the value {folded[0]:.2f}"
    drawn = figure(*traces, title=title, height=440)
    across, up = (_span([c for t in traces for c in t[axis] if c is not None]) for axis in "xy")
    drawn.update_xaxes(range=across).update_yaxes(range=up, scaleanchor="x")
    return drawn.update_layout(width=760, margin_b=10, legend={"y": 0.5, "yanchor": "middle"})


def draw_bias(by_remainder: Sequence[int], by_rejection: Sequence[int]) -> go.Figure:
    """How often each challenge was drawn, by two methods; the fair share as a line."""
    last = len(by_remainder) - 1
    fair = round(sum(by_rejection) / (last + 1), 1)
    drawn = figure(
        _cloud(by_remainder, "by remainder", ORANGE),
        _cloud(by_rejection, "by rejection", BLUE),
        go.Scatter(x=[0, last], y=[fair, fair], name="fair share", mode="lines", line_color=GREY),
        title="A remainder favours small challenges, rejection none",
        x=f"challenge (0 to {last})",
        y="times drawn",
    )
    return drawn.update_yaxes(rangemode="tozero").update_layout(legend_itemsizing="constant")


def _cloud(counts: Sequence[int], name: str, colour: str) -> go.Scatter:
    marker = {"color": colour, "size": 5}
    return go.Scatter(y=list(counts), name=name, mode="markers", marker=marker)


def rounded_circle() -> list[Point]:
    """32 points of the ordinary unit circle, from 1 on, counter-clockwise."""
    n = 1 << TOY_LOG_ORDER
    return [(z.real, z.imag) for z in (exp(2j * pi * k / n) for k in range(n))]


def exact_circle() -> list[Point]:
    """The powers of the generator modulo 31, each coordinate between -15 and 15."""
    (a, b), (re, im) = TOY_GENERATOR, (1, 0)
    points = list[Point]()
    for _ in range(1 << TOY_LOG_ORDER):
        points.append((_signed(re), _signed(im)))
        re, im = (re * a - im * b) % TOY_P, (re * b + im * a) % TOY_P
    return points


def _signed(x: int) -> int:
    return x - TOY_P if x > TOY_P // 2 else x


def _dots(points: Sequence[Point], colour: str, size: int) -> go.Scatter:
    xs, ys = zip(*points, strict=True)
    marker = {"color": colour, "size": size, "opacity": 0.4}
    return go.Scatter(x=xs, y=ys, mode="markers", marker=marker, hoverinfo="skip")


def _numbered(circle: Sequence[Point], step: int, colour: str) -> go.Scatter:
    """Every step-th point as a large dot that carries its number."""
    points = circle[::step]
    xs, ys = zip(*points, strict=True)
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers+text",
        marker={"color": colour, "size": 10},
        text=[str(j) for j in range(len(points))],
        textposition=_free_sides(points, circle),
        hovertemplate="root %{text}: (%{x}, %{y})<extra></extra>",
    )


def _free_sides(points: Sequence[Point], circle: Sequence[Point]) -> list[str]:
    """For each point the side on which its label keeps away from other dots and labels."""
    reach = 0.07 * max(x for x, _ in circle)
    labels, sides = list[Point](), list[str]()
    for point in points:
        taken = [*(dot for dot in circle if dot != point), *labels]
        sides.append(max(SIDES, key=partial(_room, point, taken, reach)))
        labels.append(_beside(point, sides[-1], reach))
    return sides


def _beside(point: Point, side: str, reach: float) -> Point:
    """Where the label of a point stands."""
    return point[0] + reach * SIDES[side][0], point[1] + reach * SIDES[side][1]


def _room(point: Point, taken: Sequence[Point], reach: float, side: str) -> Point:
    """The distance from the label to what is nearest, as far as it matters; then how outward."""
    spot, (dx, dy) = _beside(point, side, reach), SIDES[side]
    nearest = min(dist(spot, other) for other in taken)
    return min(nearest, 2.8 * reach), (point[0] * dx + point[1] * dy) / hypot(dx, dy)


def _span(coordinates: Sequence[float]) -> Point:
    """The range of an axis that shows all coordinates, with room for labels."""
    return min(coordinates) - 0.25, max(coordinates) + 0.25


def _project(x1: float, x2: float, x3: float) -> Point:
    """Where a point of the cube stands on paper: x3 to the right, x2 up, x1 into the depth."""
    return x3 + DEPTH[0] * x1, x2 + DEPTH[1] * x1


def _corners(point: Sequence[float]) -> list[tuple[float, ...]]:
    """The corners that are left once the first variables are fixed, in the order of the table."""
    corners: list[tuple[float, ...]] = [tuple(point)]
    while len(corners[0]) < 3:
        corners = [(*corner, bit) for corner in corners for bit in (0, 1)]
    return corners


def _labelled(
    point: Sequence[float], values: Sequence[float], name: str, colour: str
) -> go.Scatter:
    """Dots at the corners that are left, each with its value."""
    xs, ys = zip(*(_project(*corner) for corner in _corners(point)), strict=True)
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers+text",
        marker={"color": colour, "size": 10},
        text=[f"{value:.3g}" for value in values],
        textposition="bottom right" if len(values) == 1 else "top left",
        textfont={"color": colour},
        name=name,
        hoverinfo="text",
    )


def _edges(point: Sequence[float], colour: str) -> go.Scatter:
    """Lines between the corners that are left and differ in one variable."""
    xs, ys = list[float | None](), list[float | None]()
    for a, b in combinations(_corners(point), 2):
        if sum(u != v for u, v in zip(a, b, strict=True)) == 1:
            (x0, y0), (x1, y1) = _project(*a), _project(*b)
            xs, ys = [*xs, x0, x1, None], [*ys, y0, y1, None]
    lines = go.Scatter(x=xs, y=ys, mode="lines", line_color=colour, hoverinfo="skip")
    return lines.update(showlegend=False, opacity=0.5)
