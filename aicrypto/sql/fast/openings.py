"""All columns' values at one point, shown by one opening for each oracle.

An oracle is a matrix in which every column of a table has rows of its own (`tables`). A value is a
combination of these rows; values of several columns are joined by powers of a random gamma. Rows
below a column's own are zero by definition: a column shorter than the domain counts as filled up.

Source: protocol zkml-1 of this project, section 6; parameters by `commit.tensor.soundness`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.tensor import ligero, soundness
from aicrypto.commit.tensor.ligero import Committed, Folds, Shape
from aicrypto.commit.transcript import Transcript

FOLDS_TAG = 0x30
QUERY_BITS = 104.0  # of each opening: two leave 100 of a filter over two million rows


@dataclass(frozen=True)
class Oracle:
    """A commitment, the columns of it that are used, and what their values at the point are.

    Attributes:
        n_columns: how many columns the matrix has.
        columns: numbers of those used.
        values: theirs at the point.
    """

    root: bytes
    shape: Shape
    n_columns: int
    columns: tuple[int, ...]
    values: tuple[Fp2, ...]


@dataclass(frozen=True, eq=False)
class Opening:
    """The combined rows, and the columns of codewords with their paths."""

    folds: bytes
    columns: bytes


def n_queries(shape: Shape) -> int:
    """The fewest places that leave a false combination unseen with chance 2^-`QUERY_BITS`."""
    candidates = range(1, soundness.MAX_QUERIES + 1)
    wanted = 2**-QUERY_BITS
    return next(n for n in candidates if soundness.query_error(shape, n) <= wanted)


def prove(
    oracles: Sequence[Oracle],
    committed: Sequence[Committed],
    point: Sequence[Fp2],
    transcript: Transcript,
) -> tuple[Opening, ...]:
    """The openings; the transcript has absorbed roots, point and values."""
    folds: list[bytes] = []
    for oracle, secret in zip(oracles, committed, strict=True):
        device = secret.matrix.device
        coefficients = _coefficients(oracle, point, transcript.challenge(), device)
        folds.append(ligero.fold(secret, coefficients).to_bytes())
        transcript.absorb(FOLDS_TAG, folds[-1])
    return tuple(
        Opening(said, ligero.open_columns(secret, _indices(secret.shape, transcript)))
        for said, secret in zip(folds, committed, strict=True)
    )


def verify(
    oracles: Sequence[Oracle],
    openings: Sequence[Opening],
    point: Sequence[Fp2],
    transcript: Transcript,
) -> bool:
    """Whether the columns have these values at the point."""
    if len(openings) != len(oracles):
        return False
    said = []
    for oracle, opening in zip(oracles, openings, strict=True):
        gamma = transcript.challenge()
        said.append(_coefficients(oracle, point, gamma))
        if not _has_values(oracle, opening, point, gamma):
            return False
        transcript.absorb(FOLDS_TAG, opening.folds)
    return all(
        ligero.check(
            oracle.root,
            oracle.shape,
            coefficients,
            _indices(oracle.shape, transcript),
            opening.folds,
            opening.columns,
        )
        for oracle, coefficients, opening in zip(oracles, said, openings, strict=True)
    )


def _has_values(oracle: Oracle, opening: Opening, point: Sequence[Fp2], gamma: Fp2) -> bool:
    """Whether the folds say what the joined values say."""
    joined, power = Fp2(0), Fp2(1)
    for value in oracle.values:
        joined, power = joined + power * value, power * gamma
    _, inner, pair = _split(oracle.shape, point)
    return Folds.from_bytes(opening.folds, oracle.shape).value(inner, pair) == joined


def _split(shape: Shape, point: Sequence[Fp2]) -> tuple[Sequence[Fp2], Sequence[Fp2], Fp2]:
    """The coordinates that choose a column's row, the place in it, and the member of a pair."""
    n_inner = shape.columns.bit_length() - 1
    n_outer = len(point) - 1 - n_inner
    return point[:n_outer], point[n_outer:-1], point[-1]


def _coefficients(
    oracle: Oracle, point: Sequence[Fp2], gamma: Fp2, device: torch.device | None = None
) -> Int64[Tensor, "2 rows"]:
    """gamma^k·eq on the rows of the k-th column used, zero on those of others."""
    outer, _, _ = _split(oracle.shape, point)
    n_rows = oracle.shape.rows // oracle.n_columns
    equality = multilinear.eq_table(outer, device)[:, :n_rows]
    out = equality.new_zeros((2, oracle.n_columns, n_rows))
    power = Fp2(1)
    for column in oracle.columns:
        out[:, column] = m61x2.mul(equality, m61x2.from_scalar(power)[:, None])
        power = power * gamma
    return out.flatten(1)


def _indices(shape: Shape, transcript: Transcript) -> list[int]:
    return transcript.indices(n_queries(shape), shape.n_places)
