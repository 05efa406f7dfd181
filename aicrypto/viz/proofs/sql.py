"""Proof of SQL as pictures: sums that tell lists apart, the check that notices a byte, the cost.

Lesson 07 shows them. `selected` of Figure 1 and the proof of Figure 2 are those of the six rows
that the lesson proves by hand, which are the deployed system's own test table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt

import plotly.graph_objects as go

from aicrypto.commit.kzg.setup import BN254
from aicrypto.sql import Table, prove_query
from aicrypto.sql.exact import QueryProof, check
from aicrypto.sql.types import BIGINT
from aicrypto.viz.theme import BLUE, GREY, ORANGE, PALETTE, RED, figure

# The vendor's test table, and its query (sxt-proof-of-sql@8b0de6b, solidity/test/verifier).
NAME, SQL = "namespace.table", "SELECT b FROM namespace.table WHERE a = 5"
LEFT, RIGHT = (5, 3, 2, 5, 3, 2), (0, 1, 2, 3, 4, 5)
SELECTED = (0, 3)  # b where a = 5
MAX_ALPHA, STEPS = 2.0, 100
NOTICED = {
    "RoundEvaluationMismatch": "a round of the sumcheck",
    "AggregateEvaluationMismatch": "the rules at the point",
    "IncorrectResult": "the result",
    "HyperKZGPairingCheckFailed": "the opening",
}
FORM = "the form: lengths"
CHECKS = (FORM, *NOTICED.values())  # in the verifier's order
STRIDE = 12  # every so many bytes of the proof are tried
COUNT_BYTES, SCALAR_BYTES, POINT_BYTES = 8, 32, 64


def sum_of_inverses(values: Sequence[float], alpha: float) -> float:
    """The sum of 1/(1 + alpha·v).

    >>> sum_of_inverses([0, 3], 1.0)
    1.25
    """
    return sum(1 / (1 + alpha * v) for v in values)


def meetings(claimed: tuple[float, float]) -> list[float]:
    """The alphas above 0 at which two claimed values have the sum of the selected ones.

    With sum s and product p of the claimed values this is (s - 3) + 2p·alpha + 3p·alpha² = 0.
    A claim that is true has none listed: it meets everywhere.

    >>> meetings((1, 1))
    [0.3333333333333333]
    """
    missing, product = sum(claimed) - sum(SELECTED), claimed[0] * claimed[1]
    inside = product**2 - sum(SELECTED) * product * missing
    if not product or inside < 0:
        return []
    root = (-product + sqrt(inside)) / (sum(SELECTED) * product)
    return [root] if root > 0 else []


def draw_inverses(claimed_1: float = 1, claimed_2: float = 1) -> go.Figure:
    """The sums of 1/(1 + alpha·v) over the selected rows and over a claimed result."""
    claimed = claimed_1, claimed_2
    alphas = [MAX_ALPHA * k / STEPS for k in range(STEPS + 1)]
    met = [alpha for alpha in meetings(claimed) if alpha <= MAX_ALPHA]
    if sorted(claimed) == sorted(SELECTED):
        title = f"Claimed {claimed_1:g}, {claimed_2:g}: the same at every α"
    else:
        where = "".join(f" and {alpha:.3g}" for alpha in met)
        title = (
            f"Claimed {claimed_1:g}, {claimed_2:g}: up to α = {MAX_ALPHA:g}, equal at 0{where} only"
        )
    lines = [
        _curve(alphas, SELECTED, "selected rows: 0, 3", {"color": BLUE, "width": 7}),
        _curve(alphas, claimed, "claimed result", {"color": ORANGE, "width": 2.5}),
    ]
    dots = go.Scatter(
        x=[0.0, *met],
        y=[sum_of_inverses(claimed, alpha) for alpha in (0.0, *met)],
        mode="markers",
        marker={"color": RED, "size": 11},
        name="a lie passes here",
        visible="equal" in title,
    )
    return figure(*lines, dots, title=title, x="α (challenge)", y="sum of 1/(1 + α·v)")


def _curve(
    alphas: Sequence[float], values: Sequence[float], name: str, line: Mapping[str, object]
) -> go.Scatter:
    sums = [sum_of_inverses(values, alpha) for alpha in alphas]
    return go.Scatter(x=list(alphas), y=sums, name=name, mode="lines", line=line)


@lru_cache(maxsize=1)
def example() -> QueryProof:
    """The proof of the six rows, in the dialect of the vendor's test."""
    table = Table.of(a=(BIGINT, list(LEFT)), b=(BIGINT, list(RIGHT)))
    return prove_query(SQL, {NAME: table}, dialect="legacy")


@lru_cache(maxsize=1)
def parts() -> dict[str, int]:
    """The parts of that proof and where each ends, in bytes."""
    proof = example().proof
    sizes = {
        "first columns": len(proof.first.to_bytes()),
        "final columns": len(proof.final.to_bytes()),
        "sumcheck": COUNT_BYTES + SCALAR_BYTES * len(proof.coefficients),
        "values": len(proof.evaluations.to_bytes()),
        "opening": len(proof.opening.to_bytes()),
    }
    ends, end = dict[str, int](), 0
    for name, size in sizes.items():
        end += size
        ends[name] = end
    return ends


def changed_at(byte: int) -> bytes:
    """The proof with the point to which a byte belongs replaced by another one of the curve.

    Where the byte belongs to a number, its lowest bit is flipped.

    Raises:
        IndexError: if the proof has no such byte.
    """
    data, ends = bytearray(example().proof.to_bytes()), parts()
    if not 0 <= byte < len(data):
        raise IndexError(f"byte is {byte}, must be in 0..{len(data) - 1}")
    steps = ends["values"] + COUNT_BYTES
    final = ends["first columns"] + 2 * COUNT_BYTES
    first = ends["first columns"] - POINT_BYTES
    groups = (first, 1), (final, 4), (steps, 2), (len(data) - 3 * POINT_BYTES, 3)
    for start, n_points in groups:
        if 0 <= byte - start < n_points * POINT_BYTES:
            at = byte - (byte - start) % POINT_BYTES
            point = BN254.g1_from_bytes(bytes(data[at : at + POINT_BYTES]), "point")
            other = BN254.g1.add(point, BN254.g1.generator)
            return bytes(data[:at] + BN254.g1_to_bytes(other) + data[at + POINT_BYTES :])
    data[byte] ^= 1
    return bytes(data)


@lru_cache(maxsize=4096)
def noticed_by(byte: int) -> str:
    """The check that refuses the proof when it is changed at a byte; IndexError without one."""
    made, changed = example(), changed_at(byte)
    try:
        check(made.statement, changed)
    except ValueError as refusal:
        return NOTICED.get(type(refusal).__name__, FORM)
    return "nobody"


def draw_tamper(byte: int = 700) -> go.Figure:
    """For bytes all over the proof, the check that notices a change there; one byte marked."""
    marked = go.Scatter(
        x=[byte],
        y=[noticed_by(byte)],
        name="changed",
        mode="markers",
        marker={"color": RED, "size": 17, "symbol": "circle-open", "line": {"width": 3}},
    )
    title = f"Byte {byte}, {_part(byte)}: noticed by {noticed_by(byte)}"
    dots = [_dots(name, colour) for name, colour in zip(parts(), PALETTE, strict=False)]
    drawn = figure(*dots, marked, title=title, x="byte of the proof (number)", y="noticed by")
    seen = {name for dot in dots for name in dot.y}
    order = [name for name in CHECKS[::-1] if name in seen]
    return drawn.update_yaxes(
        type="category", title_standoff=16, categoryorder="array", categoryarray=order
    )


def _part(byte: int) -> str:
    """The part of the proof that a byte belongs to."""
    return next(name for name, end in parts().items() if byte < end)


def _dots(part: str, colour: str) -> go.Scatter:
    """One dot for every byte of the part that is tried."""
    tried = [n for n in range(0, max(parts().values()), STRIDE) if _part(n) == part]
    return go.Scatter(
        x=tried,
        y=[*map(noticed_by, tried)],
        name=part,
        mode="markers",
        marker={"color": colour, "size": 7},
    )


def draw_growth(seconds: Mapping[int, Mapping[str, float]]) -> go.Figure:
    """What proving and verifying take, for each number of rows: seconds by what is done."""
    rows = list(seconds)
    lines = [
        go.Scatter(
            x=rows,
            y=[1000 * seconds[n][what] for n in rows],
            name=what,
            mode="lines+markers",
            line={"color": colour},
        )
        for colour, what in zip((BLUE, ORANGE, GREY), seconds[rows[0]], strict=False)
    ]
    title = "Proving grows with the rows, verifying hardly"
    drawn = figure(*lines, title=title, x="rows (number)", y="time (ms)")
    drawn.update_xaxes(type="log", tickvals=rows, tickformat=",d")
    return drawn.update_yaxes(type="log", dtick=1)
