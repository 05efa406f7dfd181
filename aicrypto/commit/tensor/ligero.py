"""A vector committed to as a matrix of codewords, and linear combinations of its rows opened.

2·N integers are read as N exact complex numbers v[2m] + i·v[2m+1], these as a matrix, row after
row. Every row becomes a codeword of the Reed-Solomon code, every column of the codewords a leaf of
a Merkle tree (`columns`). The commitment is the 32-byte root: no trusted setup, and nothing but the
hash to break.

Whoever wants to know sum_r e_r·row_r is sent just that, one row long, and looks up a few random
columns under the root: the code is linear, so the combination's codeword must be, place by place,
the combination of the columns. A wrong answer differs from every right one in most places.

The real parts and the imaginary parts are separate integers, A and B, and one combination of A + iB
does not tell them apart. So two are sent, u1 with e and u2 with the conjugates of e; both follow
from sums over A and B with real and imaginary parts of e. With them v~ is known at every point.

**Two duties of the caller.** Indices are drawn after the combinations are fixed. And e must be
random, drawn after the root, for then it tests all rows at once; if the caller may not choose e,
another combination must be random (`evaluation` shows how).

Used by zkML for the values inside a network and by SQL for tables. Sources: protocol zkml-1 of this
project, section 6; Ligero (eprint 2022/1608); tensor combinations (eprint 2024/1351).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61, m61x2, multilinear
from aicrypto.algebra.fourier import reed_solomon_encode
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2, NonCanonical, P
from aicrypto.commit.tensor import columns

# A row's coefficients, and the combination of the rows that they are claimed to give.
Combination = tuple[Int64[Tensor, "2 rows"], Int64[Tensor, "2 columns"]]


class BadRate(BadLength):
    """The code's length is no power of two, or no longer than its message: nothing is tested."""


def check_rate(inv_rate: int) -> None:
    """Nothing, if codewords inv_rate times as long as their messages make a code.

    Raises:
        BadRate: if inv_rate is no power of two, or below 2: such words are never wrong.
    """
    if inv_rate < 2 or not _is_power_of_two(inv_rate):
        raise BadRate(f"inv_rate is {inv_rate}, must be a power of two, at least 2")


@dataclass(frozen=True, slots=True)
class Shape:
    """The public form of a commitment.

    Attributes:
        rows: any number from 1 on; rows that are zero by construction may be left out at the end.
        columns: of the matrix of complex numbers, a power of two.
        inv_rate: the code's length divided by its message's, a power of two from 2 on.

    Raises:
        BadLength: if rows or columns are none of these.
        BadRate: if inv_rate is none of these.
    """

    rows: int
    columns: int
    inv_rate: int

    def __post_init__(self) -> None:
        if self.rows < 1:
            raise BadLength(f"rows is {self.rows}, must be at least 1")
        if not _is_power_of_two(self.columns):
            raise BadLength(f"columns is {self.columns}, must be a power of two")
        check_rate(self.inv_rate)

    @property
    def n_places(self) -> int:
        """The length of a codeword, which is the number of leaves."""
        return self.columns * self.inv_rate

    @property
    def n_values(self) -> int:
        """How many integers are committed to."""
        return 2 * self.rows * self.columns

    @property
    def n_row_variables(self) -> int:
        """How many coordinates of a point choose the row: the first ones."""
        return multilinear.n_variables(self.rows)

    @property
    def n_variables(self) -> int:
        """The length of a point: row, column, and last the choice between the two of a pair."""
        return self.n_row_variables + multilinear.n_variables(self.columns) + 1

    def split(self, point: Point) -> tuple[Point, Point, Fp2]:
        """The coordinates of a point that choose row, column, and member of the pair.

        Raises:
            BadLength: if the point has another number of coordinates.
        """
        if len(point) != self.n_variables:
            raise BadLength(f"point has {len(point)} coordinates, must have {self.n_variables}")
        return point[: self.n_row_variables], point[self.n_row_variables : -1], point[-1]


@dataclass(frozen=True, slots=True, eq=False)
class Committed:
    """What the prover keeps: about 16·rows·columns·(1 + inv_rate) bytes.

    Attributes:
        shape: of the matrix.
        matrix: the complex numbers.
        codewords: the same rows, encoded.
        levels: the Merkle tree, leaves first, digests joined.
    """

    shape: Shape
    matrix: Int64[Tensor, "2 rows columns"]
    codewords: Int64[Tensor, "2 rows places"]
    levels: Sequence[bytes]

    @property
    def root(self) -> bytes:
        """The commitment, 32 bytes."""
        return self.levels[-1]

    def by_columns(self) -> "Committed":
        """The same with a column's numbers side by side in memory: opened again and again."""
        codewords = self.codewords.permute(2, 0, 1).contiguous().permute(1, 2, 0)
        return replace(self, codewords=codewords)


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """The rows combined by coefficients e (u1) and by their conjugates (u2)."""

    u1: Int64[Tensor, "2 columns"]
    u2: Int64[Tensor, "2 columns"]

    def to_bytes(self) -> bytes:
        """16 bytes an element, u1 then u2."""
        return m61x2.to_bytes(self.u1) + m61x2.to_bytes(self.u2)

    @classmethod
    def from_bytes(cls, data: bytes, shape: Shape) -> "Folds":
        """The folds that `to_bytes` wrote for a commitment of this shape.

        Raises:
            BadLength: if data has not 32 bytes a column.
            NonCanonical: if a coordinate is p or more.
        """
        if len(data) != 2 * shape.columns * ELEMENT_BYTES:
            raise BadLength(f"folds have {len(data)} bytes, must have {2 * shape.columns} elements")
        u1, u2 = m61x2.from_bytes(data).chunk(2, dim=-1)
        return cls(u1, u2)

    def value(self, column_point: Point, pair: Fp2) -> Fp2:
        """v~(row point, column point, pair) if e is the `eq_table` of the row point.

        Let A~ interpolate the even places of the vector, B~ the odd ones. u1 gives A~ + i·B~ at
        the point. u2 gives A~ + i·B~ at the conjugate point, where A~ and B~, made of integers,
        have conjugate values: conjugated, that is A~ - i·B~. Sum and difference separate them.

        Raises:
            BadLength: if the column point has another number of coordinates.
        """
        conjugate_point = [coordinate.conj() for coordinate in column_point]
        p1 = multilinear.evaluate(self.u1, column_point)
        p2 = multilinear.evaluate(self.u2, conjugate_point).conj()
        even, odd = (p1 + p2) / 2, (p1 - p2) / Fp2(0, 2)
        return even + pair * (odd - even)


def commit(values: Int64[Tensor, " n_values"], shape: Shape) -> Committed:
    """The commitment to 2·rows·columns integers of absolute value below p, taken modulo p.

    Cost: rows transforms of columns·inv_rate elements, and hashing their 16 bytes each.

    Raises:
        BadLength: if there is another number of values.
        NonCanonical: if a value is p or more, or -p or less.
    """
    if values.shape != (shape.n_values,):
        raise BadLength(
            f"values have shape {list(values.shape)}, must be {shape.n_values} in a row"
        )
    low, high = (int(bound) for bound in values.aminmax())
    if low <= -P or high >= P:
        raise NonCanonical(f"values lie in {low}..{high}, must lie in {1 - P}..{P - 1}")
    elements = m61.reduce(values) if low < 0 else values
    matrix = elements.reshape(shape.rows, shape.columns, 2).movedim(-1, 0).contiguous()
    codewords = reed_solomon_encode(matrix, shape.n_places)
    return Committed(shape, matrix, codewords, columns.tree(columns.leaves(codewords)))


def row_coefficients(
    shape: Shape, row_point: Point, device: torch.device | str | None = None
) -> Int64[Tensor, "2 rows"]:
    """The table eq(row_point, r) for the committed rows: coefficients that evaluate v~.

    Raises:
        BadLength: if the point has not as many coordinates as there are row variables.
    """
    if len(row_point) != shape.n_row_variables:
        raise BadLength(f"row_point has {len(row_point)} coordinates, not {shape.n_row_variables}")
    return multilinear.eq_table(row_point, device)[:, : shape.rows]


def combine(committed: Committed, coefficients: Int64[Tensor, "2 rows"]) -> Int64[Tensor, "2 c"]:
    """The row sum_r coefficients_r·row_r, for rows·columns multiplications.

    Raises:
        BadLength: if there is not one coefficient for each row.
    """
    rows = committed.shape.rows
    if coefficients.shape != (2, rows):
        raise BadLength(f"coefficients have shape {list(coefficients.shape)}, must be [2, {rows}]")
    return m61x2.dot(committed.matrix, coefficients[:, :, None], dim=-2)


def fold(committed: Committed, coefficients: Int64[Tensor, "2 rows"]) -> Folds:
    """The two combinations that an evaluation needs; `combine`'s errors."""
    whole = kernels.whole_for(committed.matrix, coefficients)
    if whole is not None and coefficients.shape == (2, committed.shape.rows):
        return Folds(*whole.combine(committed.matrix, coefficients))
    conjugates = m61x2.conj(coefficients)
    return Folds(combine(committed, coefficients), combine(committed, conjugates))


def open_columns(committed: Committed, indices: Sequence[int]) -> bytes:
    """The distinct columns at the indices, ascending, then the siblings that lead to the root.

    16·rows bytes a column and 32 a sibling.

    Raises:
        IndexError: if an index lies outside 0..n_places-1.
    """
    positions = _distinct(indices, committed.shape)
    shown = columns.read(committed.codewords, positions)
    return shown + columns.prove(committed.levels, positions)


def check(
    root: bytes,
    shape: Shape,
    coefficients: Int64[Tensor, "2 rows"],
    indices: Sequence[int],
    folds: bytes,
    opening: bytes,
) -> bool:
    """Whether the folds are the committed rows combined, as far as the columns can tell.

    A false combination passes with the chance of `soundness.query_error`, if coefficients and
    indices are as the module's text demands.
    """
    try:
        claimed = Folds.from_bytes(folds, shape)
    except ValueError:
        return False
    pairs = [(coefficients, claimed.u1), (m61x2.conj(coefficients), claimed.u2)]
    return check_combinations(root, shape, pairs, indices, opening)


def check_combinations(
    root: bytes,
    shape: Shape,
    combinations: Sequence[Combination],
    indices: Sequence[int],
    opening: bytes,
) -> bool:
    """Whether every claimed combination agrees with the opened columns, which are authentic.

    Coefficients and claimed rows are canonical: what came as bytes has been decoded.
    """
    if not (_fit(combinations, shape) and _are_indices(indices, shape)):
        return False
    positions = _distinct(indices, shape)
    shown = columns.authentic(root, shape.rows, shape.n_places, positions, opening)
    return shown is not None and _agree(combinations, shape, positions, shown)


def _fit(combinations: Sequence[Combination], shape: Shape) -> bool:
    """Whether there are combinations, of all rows, to whole rows; torch would broadcast others."""
    expected = (2, shape.rows), (2, shape.columns)
    return len(combinations) > 0 and all(
        (coefficients.shape, claimed.shape) == expected for coefficients, claimed in combinations
    )


def _agree(
    combinations: Sequence[Combination],
    shape: Shape,
    positions: Sequence[int],
    shown: Int64[Tensor, "2 k rows"],
) -> bool:
    """Whether encoding the claimed rows gives, at the positions, the columns combined."""
    claimed = torch.stack([row for _, row in combinations], dim=1)
    encoded = reed_solomon_encode(claimed, shape.n_places)[:, :, list(positions)]
    combined = [m61x2.dot(shown, coefficients[:, None]) for coefficients, _ in combinations]
    return torch.equal(encoded, torch.stack(combined, dim=1))


def _distinct(indices: Iterable[int], shape: Shape) -> list[int]:
    """The indices in ascending order, each once."""
    positions = sorted(set(indices))
    for position in positions:
        if not 0 <= position < shape.n_places:
            raise IndexError(f"an index is {position}, must be in 0..{shape.n_places - 1}")
    return positions


def _are_indices(indices: Sequence[int], shape: Shape) -> bool:
    """Whether these are places of a codeword, one at least: no query, no evidence."""
    return len(indices) > 0 and all(0 <= index < shape.n_places for index in indices)


def _is_power_of_two(n: int) -> bool:
    return n >= 1 and n & (n - 1) == 0
