"""Commitments as pictures: a quotient, stretched rows, sizes of proofs, what shares tell."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

import plotly.graph_objects as go
import torch

from aicrypto.algebra import Fp2
from aicrypto.algebra.plain import COORDINATE_BYTES
from aicrypto.commit.tensor import evaluation, ligero
from aicrypto.viz.theme import BLUE, ORANGE, PALETTE, cells, figure

POINT_BYTES = 48  # a KZG proof on BLS12-381
TOY_PRIME = 17
NUMBERS = range(TOY_PRIME)

COMMITTED = (5, 0, 3, 1)  # lesson 03's p = 5 + 3X² + X³
PLACE = 10  # z: p(10) = 13 modulo 17
FITTED = (2, 5, 12)  # where a liar's quotient, of three coefficients, is made to fit

MATRIX = ((1, 2, 3), (4, 5, 6))  # lesson 03's first matrix: the list 1, ..., 6 opened at z = 2
WEIGHT = 8  # z³
N_STRETCHED = 6

TOY_POLYNOMIAL = (9, 4, 6)  # 9 + 4X + 6X²: the secret is 9, three shares tell it


def draw_quotient(lie: int = 1) -> go.Figure:
    """p(X) - y and q(X)·(X - 10) at every X modulo 17, if the claimed y is p(10) + lie.

    A false y leaves no quotient; the best q of degree 2 makes the two agree at three places.
    """
    y = (_at(COMMITTED, PLACE) + lie) % TOY_PRIME
    left = [(_at(COMMITTED, x) - y) % TOY_PRIME for x in NUMBERS]
    known = {x: left[x] * _inverse(x - PLACE) % TOY_PRIME for x in FITTED}
    right = [_interpolated(known, x) * (x - PLACE) % TOY_PRIME for x in NUMBERS]
    agreeing = sum(a == b for a, b in zip(left, right, strict=True))
    claim = "true" if lie == 0 else f"false by {lie}"
    ring = {"symbol": "circle-open", "size": 18, "color": ORANGE, "line": {"width": 3}}
    drawn = figure(
        go.Scatter(x=[*NUMBERS], y=right, mode="markers", marker=ring, name="q(X)·(X − 10)"),
        go.Scatter(x=[*NUMBERS], y=left, mode="markers", marker_color=BLUE, name="p(X) − y"),
        title=f"y is {claim}: the two sides agree at {agreeing} of {TOY_PRIME} places",
        x="place X (modulo 17)",
        y="value (modulo 17)",
    )
    drawn.data[1].marker.size = 9
    drawn.update_xaxes(dtick=1, range=[-0.6, 16.6])
    return drawn.update_yaxes(dtick=4, range=[-1.5, 17.5])


def draw_columns(fitting: int = 1) -> go.Figure:
    """Two stretched rows, their sum u, and a false u which agrees with it in `fitting` columns.

    `fitting` is 0..2: a difference of three numbers has at most two zeros.
    """
    places = range(N_STRETCHED)
    rows = [[_whole(row, x) for x in places] for row in MATRIX]
    summed = [first + WEIGHT * second for first, second in zip(*rows, strict=True)]
    lied = [value + prod(x - zero for zero in range(fitting)) for x, value in enumerate(summed)]
    tells = [int(a != b) for a, b in zip(summed, lied, strict=True)]
    names = ["row 0", "row 1", "row 0 + 8·row 1", "false u, stretched"]
    marked = [[0] * N_STRETCHED] * 3 + [tells]
    table = cells([*places], names, [*rows, summed, lied], marked)
    title = f"A false u fits {fitting} of 6 columns: {sum(tells)} tell (orange)"
    drawn = figure(table, title=title, x="column (place X)", y="stretched row", height=260)
    drawn.update_xaxes(dtick=1, showgrid=False)
    return drawn.update_yaxes(autorange="reversed", showgrid=False)


def draw_secrets(shares_seen: int = 2) -> go.Figure:
    """How many parabolas modulo 17 fit the shares seen, sorted by the secret that they would mean.

    `shares_seen` is 0..5: the values of 9 + 4X + 6X² at 1, 2, ....
    """
    shares = [(x, _at(TOY_POLYNOMIAL, x)) for x in range(1, shares_seen + 1)]
    fitting = [0] * TOY_PRIME
    for candidate in product(NUMBERS, repeat=len(TOY_POLYNOMIAL)):
        fitting[candidate[0]] += all(_at(candidate, x) == y for x, y in shares)
    colours = [ORANGE if secret == TOY_POLYNOMIAL[0] else BLUE for secret in NUMBERS]
    bars = go.Bar(x=list(NUMBERS), y=fitting, marker={"color": colours}, text=fitting)
    possible = sum(count > 0 for count in fitting)
    plural = "" if shares_seen == 1 else "s"
    title = (
        f"{shares_seen} share{plural} seen: {possible} of {TOY_PRIME} secrets are still possible"
    )
    x, y = "secret f(0); the true one is orange", "parabolas that fit (number)"
    drawn = figure(bars, title=title, x=x, y=y)
    return drawn.update_xaxes(dtick=1).update_yaxes(showticklabels=False)  # the bars say it


def draw_proof_bytes(log_sizes: Sequence[int]) -> go.Figure:
    """Bytes that open one value of a list of 2^k integers, for each k: KZG, hashing, the list.

    Hashing is measured: a transparent opening with 100 bits of soundness is made and encoded.
    """
    sizes = [1 << log_n for log_n in log_sizes]
    schemes = {
        "KZG": [POINT_BYTES] * len(sizes),
        "hashing, 100 bits": [_hashing_bytes(log_n) for log_n in log_sizes],
        "the list itself": [COORDINATE_BYTES * n for n in sizes],
    }
    lines = [
        go.Scatter(x=sizes, y=values, name=name, line={"color": colour})
        for colour, (name, values) in zip(PALETTE, schemes.items(), strict=False)
    ]
    title = "Opening one value: one point, about a square root, or everything"
    drawn = figure(*lines, title=title, x="numbers committed to", y="sent to the verifier (bytes)")
    drawn.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{n:,}" for n in sizes])
    return drawn.update_yaxes(type="log", tickformat=",d", dtick=1)


def _hashing_bytes(log_n: int) -> int:
    """The length of a transparent opening of 2^log_n integers, two in each number of the matrix."""
    log_columns = log_n // 2 + 2  # close to the best shape
    shape = ligero.Shape(1 << log_n - 1 - log_columns, 1 << log_columns, inv_rate=4)
    committed = ligero.commit(torch.arange(1 << log_n), shape)
    _, opening = evaluation.prove(committed, [Fp2(k) for k in range(log_n)])
    return len(opening.to_bytes())


def _whole(coefficients: Sequence[int], x: int) -> int:
    """The polynomial's value at x, by Horner's rule."""
    value = 0
    for c in reversed(coefficients):
        value = value * x + c
    return value


def _at(coefficients: Sequence[int], x: int) -> int:
    return _whole(coefficients, x) % TOY_PRIME


def _inverse(a: int) -> int:
    return pow(a, -1, TOY_PRIME)


def _interpolated(known: Mapping[int, int], x: int) -> int:
    """The value at x of the polynomial of least degree through the known (place, value)."""
    total = 0
    for place, value in known.items():
        others = [other for other in known if other != place]
        above, below = prod(x - o for o in others), prod(place - o for o in others)
        total += value * above * _inverse(below)
    return total % TOY_PRIME
