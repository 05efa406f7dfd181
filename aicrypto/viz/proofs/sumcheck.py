"""Sumcheck as pictures: a game round by round, the luck of a liar, who multiplies how much."""

from collections.abc import Callable, Mapping, Sequence
from cProfile import Profile
from dataclasses import dataclass
from fractions import Fraction
from types import CodeType
from typing import TypeVar

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREEN, GREY, ORANGE, PALETTE, RED, figure

# The two tables of Figure 1: the digits of pi and of e.
LEFT, RIGHT = (3, 1, 4, 1, 5, 9, 2, 6), (2, 7, 1, 8, 2, 8, 1, 8)
# The challenges at which the liar of Figure 1 is not noticed.
LUCKY = (Fraction(-1, 4), Fraction(5, 4))
PLACES = [Fraction(k, 40) - Fraction(1, 2) for k in range(81)]  # where its curves are drawn
PANELS = ((0, 0.27), (0.365, 0.635), (0.73, 1))

Quadratic = tuple[Fraction, Fraction, Fraction]  # coefficients of 1, X, X²
Result = TypeVar("Result")


@dataclass(frozen=True)
class Round:
    """One round: what is claimed, the true quadratic, the one that the prover says, the answer.

    Attributes:
        claim: what `said` must give at 0 and 1 together.
        terms: how many products the claim is about.
    """

    claim: Fraction
    terms: int
    true: Quadratic
    said: Quadratic
    challenge: Fraction

    @property
    def next_claim(self) -> Fraction:
        """The value said at the challenge."""
        return at(self.said, self.challenge)


def at(h: Quadratic, x: Fraction | int) -> Fraction:
    """The value of a quadratic."""
    return h[0] + x * (h[1] + x * h[2])


def play(lie: float, challenges: Sequence[float]) -> tuple[list[Round], Fraction]:
    """The rounds about the sum of LEFT·RIGHT, claimed too large by `lie`, and the last product.

    Ordinary numbers, for the eye. In every round a liar adds the multiple of a quadratic with zeros
    at LUCKY that makes the false claim fit at 0 and 1.
    """
    f, g, rounds = list(map(Fraction, LEFT)), list(map(Fraction, RIGHT)), list[Round]()
    claim = sum(map(Fraction.__mul__, f, g), Fraction(lie))
    for x in map(Fraction, challenges):
        true = _quadratic(f, g)
        (a, b), wrong = LUCKY, claim - at(true, 0) - at(true, 1)
        scale = wrong / (a * b + (1 - a) * (1 - b))
        said = (true[0] + scale * a * b, true[1] - scale * (a + b), true[2] + scale)
        rounds.append(Round(claim, len(f), true, said, x))
        claim, f, g = rounds[-1].next_claim, _fold(f, x), _fold(g, x)
    return rounds, f[0] * g[0]


def draw_game(
    lie: int = 40, challenge_1: float = 0.5, challenge_2: float = 0.25, challenge_3: float = 0.75
) -> go.Figure:
    """A game of three rounds about a sum of eight products, one panel a round.

    `lie` is what the prover adds to the true sum; the challenges are the referee's.
    """
    rounds, product = play(lie, (challenge_1, challenge_2, challenge_3))
    last, claim = rounds[-1].next_claim, rounds[0].claim
    verdict = "accepted" if last == product else f"refused: the tables say {float(product):.4g}"
    title = f"Claimed {claim}, true {claim - lie}; in the end {float(last):.4g}"
    traces = [
        trace.update(xaxis=f"x{n}", yaxis=f"y{n}", showlegend=n == 1)
        for n, one in enumerate(rounds, start=1)
        for trace in _panel(one)
    ]
    drawn = figure(*traces, title=f"{title}, {verdict}", x="X", y="h(X), a sum of products")
    for n, (one, domain) in enumerate(zip(rounds, PANELS, strict=True), start=1):
        drawn.layout[f"xaxis{n}"] = {"domain": domain, "title": {"text": "X"}, "dtick": 0.5}
        drawn.layout[f"yaxis{n}"] = {"anchor": f"x{n}", "title": drawn.layout.yaxis.title}
        drawn.add_annotation(**_heading(n, one, domain))
    for n in (2, 3):
        drawn.layout[f"yaxis{n}"].title = {"text": ""}
    return drawn.update_layout(
        height=460, margin_t=90, legend={"orientation": "h", "y": -0.22, "x": 0}
    )


def draw_luck(counted: Mapping[int, float], n_rounds: int) -> go.Figure:
    """Share of false claims that pass, by the number n of possible challenges; theory as a line.

    A liar bets on two challenges a round, and is caught if it loses every bet: with the chance
    (1 - 2/n)^rounds.
    """
    choices = list(counted)
    theory = go.Scatter(
        x=choices,
        y=[1 - (1 - 2 / n) ** n_rounds for n in choices],
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        name=f"chance: 1 − (1 − 2/n)^{n_rounds}",
    )
    dots = go.Scatter(
        x=choices,
        y=list(counted.values()),
        mode="markers",
        marker={"color": ORANGE, "size": 10},
        name="counted",
    )
    drawn = figure(
        theory,
        dots,
        title="Twice as many possible challenges, half the liar's luck",
        x="possible challenges, n (number)",
        y="false claims accepted (share)",
    )
    drawn.update_xaxes(type="log", tickvals=choices)
    return drawn.update_yaxes(type="log", tickformat=".1~%", tickvals=[0.5, 0.2, 0.1, 0.05, 0.02])


def calls(
    function: Callable[..., object], run: Callable[..., Result], *arguments: object
) -> tuple[int, Result]:
    """How often `run(*arguments)` calls a function written in Python, and what it returns.

    >>> calls(at, at, (Fraction(1), Fraction(2), Fraction(3)), 2)
    (1, Fraction(17, 1))
    """
    profile = Profile()
    result = profile.runcall(run, *arguments)
    code: CodeType = function.__code__
    found = [entry.callcount for entry in profile.getstats() if entry.code is code]
    return sum(found), result


def draw_costs(counted: Mapping[int, Mapping[str, int]]) -> go.Figure:
    """Multiplications around a product of two n × n matrices: for each n, by who multiplies."""
    sizes = list(counted)
    lines = [
        go.Scatter(x=sizes, y=[counted[n][who] for n in sizes], name=who, line={"color": colour})
        for colour, who in zip(PALETTE, counted[sizes[0]], strict=False)
    ]
    drawn = figure(
        *lines,
        title="Multiplying grows with n³, proving and checking with n², rounds with log n",
        x="rows and columns, n",
        y="multiplications (number)",
        height=400,
    )
    drawn.update_xaxes(type="log", tickvals=sizes)
    return drawn.update_yaxes(type="log", tickformat=",d", dtick=1)


def _fold(table: Sequence[Fraction], x: Fraction) -> list[Fraction]:
    half = len(table) // 2
    return [a + x * (b - a) for a, b in zip(table[:half], table[half:], strict=True)]


def _quadratic(f: Sequence[Fraction], g: Sequence[Fraction]) -> Quadratic:
    """The sum over the pairs of halves of (a + X·(b - a))·(c + X·(d - c))."""
    half = len(f) // 2
    pairs = list(zip(f[:half], f[half:], g[:half], g[half:], strict=True))
    return (
        sum((a * c for a, _, c, _ in pairs), Fraction(0)),
        sum((a * (d - c) + (b - a) * c for a, b, c, d in pairs), Fraction(0)),
        sum(((b - a) * (d - c) for a, b, c, d in pairs), Fraction(0)),
    )


def _panel(one: Round) -> list[go.Scatter]:
    """The two curves, what the claim is compared with, and the answer to the challenge."""
    return [
        _curve(one.true, "true", {"color": BLUE, "width": 7}).update(opacity=0.45),
        _curve(one.said, "said by the prover", {"color": ORANGE, "width": 2.5}),
        _labelled(one.said, [0, 1], "h(0) + h(1) = claim", GREEN),
        _labelled(one.said, [one.challenge], "h at the challenge = next claim", RED),
    ]


def _curve(h: Quadratic, name: str, line: Mapping[str, object]) -> go.Scatter:
    return go.Scatter(
        x=list(map(float, PLACES)),
        y=[float(at(h, x)) for x in PLACES],
        name=name,
        mode="lines",
        line=line,
        hoverinfo="skip",
    )


def _labelled(h: Quadratic, xs: Sequence[Fraction | int], name: str, colour: str) -> go.Scatter:
    """Dots on a curve; red labels below it, others above it, on the side that it leaves free."""
    ys = [at(h, x) for x in xs]
    rising = [h[1] + 2 * x * h[2] >= 0 for x in xs]
    up, sides = ("bottom", ("left", "right")) if colour == RED else ("top", ("right", "left"))
    return go.Scatter(
        x=list(map(float, xs)),
        y=list(map(float, ys)),
        name=name,
        mode="markers+text",
        marker={"color": colour, "size": 11},
        text=[f"{float(y):.4g}" for y in ys],
        textposition=[f"{up} {sides[uphill]}" for uphill in rising],
        textfont={"color": colour},
        cliponaxis=False,
        hovertemplate="h(%{x}) = %{y}<extra></extra>",
    )


def _heading(n: int, one: Round, domain: tuple[float, float]) -> dict[str, object]:
    """The line above panel n."""
    return {
        "text": f"round {n}: {one.terms} terms, claim {float(one.claim):.4g}",
        "x": domain[0],
        "y": 1.1,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "showarrow": False,
    }
