"""Sparse rows as the chain keeps them: for each uid a list of (uid, value), in the order given.

Order and explicit zeros are data. An entry (j, 0) is not the same as no entry, and rows stay in the
order of the call that wrote them: liquid alpha depends on both. All entries of all rows lie in
three arrays, so that whole matrices are computed at once.

Who uses it: weights (uid i scores uid j) and bonds (uid i has a share in uid j), as u16 when stored
and as I32F32 while an epoch computes.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/math.rs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Int64

from aicrypto.subnet.fixed import HIGHEST, LOWEST, Fixed, bit_length, divide, fixed

WORD_BITS = 63  # of an int64's magnitude
PlainRows = list[list[list[int]]]


@dataclass(frozen=True)
class Rows:
    """A sparse n × n matrix; the k-th entry is values[k] at (rows[k], columns[k]).

    Attributes:
        rows: ascending. columns: in each row in the order of that row.
    """

    n: int
    rows: Int64[np.ndarray, " entries"]
    columns: Int64[np.ndarray, " entries"]
    values: Fixed

    @classmethod
    def of(cls, lists: Sequence[Sequence[Sequence[int]]]) -> "Rows":
        """The matrix of lists of [uid, value], one list for each uid.

        >>> Rows.of([[[1, 7], [0, 5]], []]).to_lists()
        [[[1, 7], [0, 5]], []]
        """
        entries = [entry for row in lists for entry in row]
        table = np.array(entries, dtype=np.int64).reshape(len(entries), 2)
        rows = np.repeat(np.arange(len(lists)), [len(row) for row in lists])
        return cls(len(lists), rows, table[:, 0].copy(), table[:, 1].copy())

    def to_lists(self) -> PlainRows:
        """The lists of [uid, value]."""
        pairs = np.stack([self.columns, self.values], axis=1).tolist()
        ends = np.cumsum(np.bincount(self.rows, minlength=self.n)).tolist()
        return [pairs[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def where(self, keep: Bool[np.ndarray, " entries"]) -> "Rows":
        """Those entries alone."""
        if keep.all():
            return self
        return Rows(self.n, self.rows[keep], self.columns[keep], self.values[keep])

    def with_values(self, values: Fixed) -> "Rows":
        """The same entries with other values."""
        return replace(self, values=values)

    def row_sums(self) -> Fixed:
        """The sum of each row."""
        return scatter(self.rows, self.values, self.n)

    def column_sums(self) -> Fixed:
        """The sum of each column."""
        return scatter(self.columns, self.values, self.n)

    def column_maxima(self) -> Fixed:
        """The largest value of each column, at least 0."""
        maxima = np.zeros(self.n, dtype=np.int64)
        np.maximum.at(maxima, self.columns, self.values)
        return maxima

    def columns_divided_by(self, divisors: Fixed) -> "Rows":
        """Each entry over its column's divisor; columns whose divisor is 0 stay as they are."""
        chosen = divisors[self.columns]
        quotients = divide(self.values, chosen)
        return self.with_values(np.where(chosen == 0, self.values, quotients))

    def columns_normalised(self) -> "Rows":
        """Each entry over the sum of its column."""
        return self.columns_divided_by(self.column_sums())

    def place(self, order: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " entries"]:
        """Where each entry lies in a dense table whose k-th row is for the uid with order k."""
        return fixed(order[self.rows] * self.n + self.columns)


def scatter(places: Int64[np.ndarray, " k"], values: Fixed, size: int) -> Fixed:
    """Sums of the values that share a place, kept in range where they could leave it."""
    may_overflow = bit_length(values) + len(values).bit_length() > WORD_BITS
    sums = np.zeros(size, dtype=object if may_overflow else np.int64)
    np.add.at(sums, places, values.astype(sums.dtype, copy=False))
    return fixed(np.clip(sums, LOWEST, HIGHEST)) if may_overflow else sums


def row_order(
    n: int, *matrices: Rows
) -> tuple[Int64[np.ndarray, " used"], Int64[np.ndarray, " n"]]:
    """The uids whose row is not empty in one of the matrices, and each uid's number among them.

    Only validators have rows: dense tables of these alone are a quarter of n × n, or much less.
    """
    used = np.zeros(n, dtype=bool)
    for matrix in matrices:
        used[matrix.rows] = True
    return np.flatnonzero(used), np.cumsum(used) - 1
