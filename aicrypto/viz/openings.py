"""Commitments as pictures: stretched rows, sizes of proofs, what shares tell."""

from collections.abc import Mapping, Sequence
from itertools import product

import plotly.graph_objects as go

from aicrypto.algebra import Fp2, fourier, m61x2
from aicrypto.viz.theme import BLUE, ORANGE, PALETTE, figure

ROWS, PLACES, LOG_PLACES = 8, 64, 6  # lesson 03's matrix, stretched
CHANGED_ROW = 3
TOY_PRIME = 17
TOY_POLYNOMIAL = (9, 4, 6)  # 9 + 4X + 6X²: the secret is 9, three shares tell it
SECRETS = range(TOY_PRIME)


def closest(n_coefficients: int) -> list[Fp2]:
    """The product of X - omega^j for j below n - 1: as many zeros among the roots as may be.

    omega has order 64. A polynomial of n coefficients has at most n - 1 zeros, so two messages that
    differ by this one have code words as close as any.
    """
    omega, product = m61x2.root_of_unity(LOG_PLACES), [Fp2(1)]
    for j in range(n_coefficients - 1):
        shifted, kept = [Fp2(0), *product], [*product, Fp2(0)]
        product = [a - omega**j * b for a, b in zip(shifted, kept, strict=True)]
    return product


def draw_stretched(changed: int = 12) -> go.Figure:
    """Where the 8 stretched rows change, place by place, if a liar changes numbers of one row.

    `changed` is 1..16 numbers, chosen so that as few of the 64 places change as possible.
    """
    difference = m61x2.from_scalars(closest(changed))
    places = (fourier.reed_solomon_encode(difference, PLACES) != 0).any(dim=0).int().tolist()
    cells = [places if row == CHANGED_ROW else [0] * PLACES for row in range(ROWS)]
    scale = [[0, "rgba(128,128,128,0.15)"], [1, ORANGE]]
    heat = go.Heatmap(
        z=cells, colorscale=scale, zmin=0, zmax=1, showscale=False, xgap=1, ygap=1, hoverinfo="none"
    )
    title = f"{changed} of 16 numbers changed: {sum(places)} of {PLACES} columns differ (orange)"
    drawn = figure(heat, title=title, x="column (number)", y="row (number)", height=260)
    drawn.update_xaxes(showgrid=False)
    return drawn.update_yaxes(dtick=1, autorange="reversed", showgrid=False)


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
    plural = "" if shares_seen == 1 else "s"
    title = (
        f"{shares_seen} share{plural} seen: {possible} of {TOY_PRIME} secrets are still possible"
    )
    x, y = "secret s(0); the true one is orange", "parabolas that fit (number)"
    drawn = figure(bars, title=title, x=x, y=y)
    return drawn.update_xaxes(dtick=1).update_yaxes(showticklabels=False)  # the bars say it


def draw_proof_bytes(sizes: Sequence[int], schemes: Mapping[str, Sequence[int]]) -> go.Figure:
    """Bytes that open one value of a committed list, by its length; a line for each scheme."""
    lines = [
        go.Scatter(x=list(sizes), y=list(values), name=name, line={"color": colour})
        for colour, (name, values) in zip(PALETTE, schemes.items(), strict=False)
    ]
    title = "Opening one value: one point, about a square root, or everything"
    drawn = figure(*lines, title=title, x="numbers committed to", y="sent to the verifier (bytes)")
    drawn.update_xaxes(type="log", tickvals=list(sizes), ticktext=[f"{n:,}" for n in sizes])
    return drawn.update_yaxes(type="log", tickformat=",d", dtick=1)


def _at(coefficients: Sequence[int], x: int) -> int:
    value = 0
    for c in reversed(coefficients):
        value = (value * x + c) % TOY_PRIME
    return value
