"""Multilinear polynomials: a table of 2^k values, read at a random point.

Every table v of length 2^k is the table of values on {0,1}^k of exactly one polynomial v~ of degree
at most 1 in each of k variables. Two different tables have different polynomials, and those differ
at almost every point of F_{p²}^k: that is why proofs may compare whole tables at one random point.

    v~(r) = sum_x eq(r, x)·v[x],     eq(r, x) = prod_j (r_j·x_j + (1 - r_j)(1 - x_j))

The first variable is the *most* significant bit of the index: it chooses between the two halves of
the table. Tables are (2, 2^k) as in `m61x2`, points are sequences of k `Fp2`. A matrix, padded with
zeros to powers of two, is the table of its rows one after another: row variables come first.

Source: protocol zkml-1 of this project, section 2; Thaler, Proofs, Arguments, and Zero-Knowledge,
section 3.5.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Int, Int64
from torch import Tensor

from aicrypto.algebra import kernels, m61, m61x2
from aicrypto.algebra.plain import BadLength, Fp2

Point = Sequence[Fp2]


def eq(a: Point, b: Point) -> Fp2:
    """The value 1 if a = b, 0 if not, for points of zeros and ones; multilinear in between.

    Raises:
        BadLength: if the points have different lengths.
    """
    if len(a) != len(b):
        raise BadLength(f"points have {len(a)} and {len(b)} coordinates")
    product = Fp2(1)
    for x, y in zip(a, b, strict=True):
        product *= x * y + (1 - x) * (1 - y)
    return product


def eq_table(point: Point, device: torch.device | str | None = None) -> Int64[Tensor, "2 n"]:
    """The values eq(point, x) for all x in {0,1}^k, for one multiplication an entry.

    Every further coordinate splits each entry e in two: e·(1 - r) for bit 0, e·r for bit 1.
    """
    whole = kernels.whole_for() if torch.device(device or "cpu").type == "cpu" else None
    if whole is not None:
        table: Int64[Tensor, "2 n"] = whole.equality(point)
        return table
    table = m61x2.from_scalars([Fp2(1)], device)
    for coordinate in point:
        at_one = m61x2.mul(table, m61x2.from_scalar(coordinate, device))
        at_zero = m61x2.sub(table, at_one)
        table = torch.stack((at_zero, at_one), dim=-1).flatten(1)
    return table


def bind(values: Int64[Tensor, "2 n"], r: Fp2) -> Int64[Tensor, "2 half"]:
    """The table after the first variable has become r: each half's entry moves along a line.

    Raises:
        BadLength: if there are no two equal halves.
    """
    n = values.shape[-1]
    if n == 0 or n % 2:
        raise BadLength(f"values: there are {n}, must be an even number")
    return kernels.engine_for(values).fold(values, r)


def evaluate(values: Int64[Tensor, "2 n"], point: Point) -> Fp2:
    """The value v~(point), for n - 1 multiplications.

    Raises:
        BadLength: if there are not 2^k values for k coordinates.
    """
    if values.shape[-1] != 1 << len(point):
        raise BadLength(f"values: there are {values.shape[-1]}, must be 2^{len(point)}")
    whole = kernels.whole_for(values)
    if whole is not None:
        value: Fp2 = whole.evaluate(values, point)
        return value
    for coordinate in point:
        values = bind(values, coordinate)
    return m61x2.to_scalar(values[:, 0])


def n_variables(size: int) -> int:
    """The number of variables that index `size` >= 1 values: log2 of the next power of two.

    >>> [n_variables(size) for size in (1, 2, 3, 4, 5)]
    [0, 1, 2, 2, 3]
    """
    return (size - 1).bit_length()


def fold_rows(matrix: Int[Tensor, "rows columns"], point: Point) -> Int64[Tensor, "2 padded"]:
    """The matrix with its row variables bound to a point: sum_i eq(point, i)·row i, padded.

    Raises:
        BadLength: if the point has not as many coordinates as there are row variables.
        ValueError: if entries are no integers, or too large for `m61.int_matmul`.
    """
    n_rows, n_columns = matrix.shape
    if len(point) != n_variables(n_rows):
        raise BadLength(
            f"point has {len(point)} coordinates, {n_rows} rows need {n_variables(n_rows)}"
        )
    if n_rows == 1:
        folded = m61x2.from_base(m61.reduce(matrix[0].long()))
    else:
        folded = m61x2.int_matmul(matrix.T, eq_table(point, matrix.device)[:, :n_rows])
    return torch.nn.functional.pad(folded, (0, (1 << n_variables(n_columns)) - n_columns))


def evaluate_matrix(
    matrix: Int[Tensor, "rows columns"], row_point: Point, column_point: Point
) -> Fp2:
    """The matrix's polynomial at (row_point, column_point), in one pass over the matrix.

    Raises:
        BadLength: if a point does not fit the padded shape.
        ValueError: if entries are no integers, or too large for `m61.int_matmul`.
    """
    return evaluate(fold_rows(matrix, row_point), column_point)
