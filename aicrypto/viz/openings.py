"""Commitments to polynomials as pictures: proof sizes, liars caught by samples, secret shares."""

from collections.abc import Mapping, Sequence
from itertools import product

import plotly.graph_objects as go

from aicrypto.viz.theme import BLUE, GREY, ORANGE, PALETTE, figure

TOY_PRIME = 17
TOY_POLYNOMIAL = (9, 4, 6)  # 9 + 4X + 6X²: the secret is 9, three shares tell it
SECRETS = range(TOY_PRIME)


def draw_secrets(shares_seen: int = 2) -> go.Figure:
    """How many parabolas modulo 17 fit the shares seen, sorted by the secret that they would mean.

    `shares_seen` is 0..5: the values of 9 + 4X + 6X² at 1, 2, ....
    """
    shares = [(x, _at(TOY_POLYNOMIAL, x)) for x in range(1, shares_seen + 1)]
    fitting = [0] * TOY_PRIME
    for candidate in product(SECRETS, repeat=len(TOY_POLYNOMIAL)):
        fitting[candidate[0]] += all(_at(candidate, x) == y for x, y in shares)
    colours = [ORANGE if secret == TOY_POLYNOMIAL[0] else BLUE for secret in SECRETS]
    bars = go.Bar(x=list(SECRETS), y=fitting, marker={"color": colours}, text=fitting)
    possible = sum(count > 0 for count in fitting)
    title = f"{shares_seen} shares seen: {possible} of {TOY_PRIME} secrets are still possible"
    x, y = "secret f(0); the true one is orange", "parabolas that fit (number)"
    drawn = figure(bars, title=title, x=x, y=y)
    return drawn.update_xaxes(dtick=1)


def draw_escapes(counted: Mapping[int, float], rate_inverse: int = 4) -> go.Figure:
    """Chance that a false row escapes, by number of opened columns: dots counted, line computed.

    At rate 1/k a false codeword that is as far from every codeword as it can be told apart from
    agrees with the nearest in at most (1 + 1/k)/2 of the columns.
    """
    agreement = (1 + 1 / rate_inverse) / 2
    columns = list(range(1, max(counted) + 1))
    line = go.Scatter(
        x=columns,
        y=[agreement**k for k in columns],
        mode="lines",
        line={"color": GREY, "dash": "dot"},
        name=f"{agreement:g} to the power k",
    )
    dots = go.Scatter(
        x=list(counted),
        y=list(counted.values()),
        mode="markers",
        marker={"color": ORANGE, "size": 10},
        name="counted",
    )
    title = f"Every further column divides the liar's luck by {1 / agreement:.2g}"
    drawn = figure(line, dots, title=title, x="columns opened, k", y="share of lies that pass")
    return drawn.update_yaxes(type="log", tickformat=".0e", dtick=1)


def draw_proof_bytes(sizes: Sequence[int], schemes: Mapping[str, Sequence[float]]) -> go.Figure:
    """Bytes that open one value of a polynomial, by its number of coefficients, a line a scheme."""
    lines = [
        go.Scatter(x=list(sizes), y=list(bytes_), name=name, line={"color": colour})
        for colour, (name, bytes_) in zip(PALETTE, schemes.items(), strict=False)
    ]
    title = "Opening one value: one point, about a square root, or everything"
    drawn = figure(*lines, title=title, x="coefficients", y="proof (bytes)")
    return drawn.update_xaxes(type="log").update_yaxes(type="log", exponentformat="power")


def _at(coefficients: Sequence[int], x: int) -> int:
    return sum(c * x**k for k, c in enumerate(coefficients)) % TOY_PRIME
