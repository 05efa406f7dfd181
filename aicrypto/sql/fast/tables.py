"""Tables committed to once, in one oracle: what a client keeps of a table that it never sees.

Every column becomes integers: booleans 0 and 1, decimals unscaled, timestamps counted, text its
place in the sorted list of the column's distinct values, so that order is the order of the text.
The columns stand one after the other in the matrix of `commit.tensor`, each on rows of its own.

Whoever commits *attests*, besides the root: the number of rows, beyond which all is zero, the least
and the largest integer of each column, whether no value repeats, and the digest of each dictionary.
Proofs rely on this as they rely on the integers: an owner may put anything into a table, even a row
behind the last. Whoever has the table commits again and compares.

Integers lie within ±2^60, so that p = 2^61 - 1 keeps them apart; wider ones are refused.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Committed, Shape
from aicrypto.commit.untrusted import parse_json
from aicrypto.sql.table import Column, ColumnNotFound, Table, nearest
from aicrypto.sql.types import ColumnType

MAX_MAGNITUDE = 1 << 60
INV_RATE = 4  # code length over message length: 148 queries for 100 bits
# A matrix of 2^c columns for columns of 2^k values, c about half of k: measured.
EXTRA_LOG_COLUMNS = 5


class FieldOverflow(ValueError):
    """A value, or what a query makes of it, might lie outside ±2^60."""


class NullValue(ValueError):
    """A column has a NULL: there are none here."""


@dataclass(frozen=True)
class ColumnCommitment:
    """What is known of a column.

    Attributes:
        low: the least integer, at most 0 (rows beyond the last are zero).
        high: the largest integer, at least 0.
        unique: whether no two rows have the same.
        dictionary: digest of the distinct texts in order; empty where integers need none.
    """

    name: str
    type: ColumnType
    low: int
    high: int
    unique: bool
    dictionary: bytes


@dataclass(frozen=True)
class TableCommitment:
    """What a verifier keeps: rows, columns and a 32-byte root."""

    rows: int
    columns: tuple[ColumnCommitment, ...]
    root: bytes

    @property
    def shape(self) -> Shape:
        """Of the matrix under the root."""
        return shape_for(len(self.columns), self.rows)

    @property
    def schema(self) -> dict[str, ColumnType]:
        """The type of every column by name."""
        return {column.name: column.type for column in self.columns}

    @property
    def is_sound(self) -> bool:
        """Whether rows, names and root are such as `commit` gives."""
        named = len(self.schema) == len(self.columns)
        sized = type(self.rows) is int and self.rows >= 0
        return named and sized and len(self.root) == DIGEST_BYTES

    def index(self, name: str) -> int:
        """The number of a column.

        Raises:
            ColumnNotFound: with the nearest name that exists.
        """
        for number, column in enumerate(self.columns):
            if column.name == name:
                return number
        raise ColumnNotFound(f"there is no column {name!r}{nearest(name, self.schema)}")

    def to_bytes(self) -> bytes:
        """Everything attested, for transcripts."""
        columns = [
            [c.name, c.type.to_json(), c.low, c.high, c.unique, c.dictionary.hex()]
            for c in self.columns
        ]
        return json.dumps([self.rows, columns, self.root.hex()]).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "TableCommitment":
        """The commitment that `to_bytes` wrote.

        Raises:
            ValueError: if it wrote no such bytes.
        """
        try:
            rows, listed, root = parse_json(data)
            columns = [_column_from_json(*entry) for entry in listed]
            found = cls(rows, tuple(columns), bytes.fromhex(root))
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"data is no commitment to a table: {error}") from None
        if not (found.is_sound and found.to_bytes() == data):
            raise ValueError(f"data is no commitment to a table: {data[:60]!r}")
        return found


@dataclass(frozen=True, eq=False)
class CommittedTable:
    """What the owner keeps: the table, its integers, and the oracle."""

    table: Table
    public: TableCommitment
    integers: Int64[Tensor, "columns rows"]
    dictionaries: Mapping[str, tuple[str | bytes, ...]]
    oracle: Committed


def shape_for(n_columns: int, n_values: int) -> Shape:
    """The shape of an oracle of so many columns of so many values."""
    log_values = max(1, (n_values - 1).bit_length())
    log_columns = min(log_values - 1, (log_values + EXTRA_LOG_COLUMNS) // 2)
    rows = -(-max(n_values, 1) // (2 << log_columns))
    return Shape(max(1, n_columns) * rows, 1 << log_columns, INV_RATE)


def commit(table: Table, device: torch.device | str = "cpu") -> CommittedTable:
    """The table committed to; about 0.2 s a column of two million rows.

    Proofs about it are made on the device, and are the same on every device.

    Raises:
        FieldOverflow: naming a column and the bound, if an integer lies outside ±2^60.
        NullValue: naming column and row of a NULL.
    """
    encoded = [_encode(column) for column in table.columns]
    rows, n = table.length, len(table.columns)
    stacked = torch.zeros((n, rows), dtype=torch.int64, device=device)
    for i, (integers, _) in enumerate(encoded):
        stacked[i] = torch.from_numpy(integers)
    oracle = commit_columns(stacked, shape_for(n, rows))
    columns = tuple(map(_attest, table.columns, encoded))
    named = zip(table.columns, encoded, strict=True)
    dictionaries = {column.name: words for column, (_, words) in named if words is not None}
    public = TableCommitment(rows, columns, oracle.root)
    return CommittedTable(table, public, stacked, dictionaries, oracle)


def commit_columns(columns: Int64[Tensor, "columns n"], shape: Shape) -> Committed:
    """The oracle of columns of one length, each filled up with zeros to whole rows."""
    width = shape.n_values // max(1, len(columns))
    padded = columns.new_zeros((max(1, len(columns)), width))
    padded[: len(columns), : columns.shape[1]] = columns
    return ligero.commit(padded.flatten(), shape)


def digest(words: Sequence[str | bytes]) -> bytes:
    """What a commitment keeps of a dictionary: the hash of its entries with kind and length."""
    state = hashlib.sha256()
    for word in words:
        kind, data = (b"s", word.encode()) if isinstance(word, str) else (b"b", word)
        state.update(kind + len(data).to_bytes(8, "little") + data)
    return state.digest()


def field_elements(table: CommittedTable, number: int) -> Int64[Tensor, " rows"]:
    """A column as canonical elements of F_p."""
    return m61.reduce(table.integers[number])


def _column_from_json(
    name: str, type_: Any, low: int, high: int, unique: bool, dictionary: str
) -> ColumnCommitment:
    bounds = type(low) is type(high) is int and -MAX_MAGNITUDE < low <= 0 <= high < MAX_MAGNITUDE
    if not (bounds and type(unique) is bool and type(name) is str):
        raise ValueError(f"column {name!r} has bounds {low!r}, {high!r}, unique {unique!r}")
    words = bytes.fromhex(dictionary)
    return ColumnCommitment(name, ColumnType.from_json(type_), low, high, unique, words)


def _attest(column: Column, encoded: tuple[Any, tuple[str | bytes, ...] | None]) -> Any:
    integers, words = encoded
    low, high = (int(integers.min()), int(integers.max())) if len(integers) else (0, 0)
    unique = len(np.unique(integers)) == len(integers)
    dictionary = b"" if words is None else digest(words)
    return ColumnCommitment(column.name, column.type, min(low, 0), max(high, 0), unique, dictionary)


def _encode(column: Column) -> tuple[Int64[np.ndarray, " n"], tuple[str | bytes, ...] | None]:
    """A column's integers, and its dictionary if it is text."""
    values: Any = column.values
    if isinstance(values, np.ndarray) and values.dtype.kind in "bi":
        return _bounded(column, values.astype(np.int64)), None
    _refuse_nulls(column)
    if not column.type.is_text:
        return _bounded(column, np.array(values, object)).astype(np.int64), None
    words = tuple(sorted(set(values)))
    codes = {word: code for code, word in enumerate(words)}
    return np.array([codes[value] for value in values], np.int64), words


def _refuse_nulls(column: Column) -> None:
    for row, value in enumerate(column.values):
        if value is None:
            raise NullValue(f"column {column.name!r} is NULL in row {row}, which has no proof")


def _bounded(column: Column, values: Any) -> Any:
    """The integers, if all lie within the bound."""
    wrong = np.flatnonzero((values >= MAX_MAGNITUDE) | (values <= -MAX_MAGNITUDE))
    if len(wrong):
        raise _overflow(column, int(wrong[0]), int(values[wrong[0]]))
    return values


def _overflow(column: Column, row: int, value: int) -> FieldOverflow:
    return FieldOverflow(
        f"column {column.name!r}, row {row}: {value} is outside the bound of ±{MAX_MAGNITUDE}"
    )
