"""Results and table commitments as bytes.

A result is columns with name, type and values, and is part of the statement: the client reads it,
the transcript absorbs it. A table commitment is what the chain stores of a table: how many rows,
one point for each column, and for ordered columns the bounds that its inserts have kept.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b, solidity/src/verifier (formats).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit.kzg.setup import BN254
from aicrypto.sql.exact.format.words import (
    POINT_BYTES,
    Reader,
    listed,
    text,
    type_bytes,
    u32,
    u64,
    value_bytes,
)
from aicrypto.sql.table import Column
from aicrypto.sql.types import ColumnType

UNQUOTED = b"\x00"  # stands behind a column's name
NO_BOUNDS = 0
BOUND_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 16, 7: 8}  # kind -> width; kind 1 is unsigned
UNSIGNED_BOUNDS = 1
EMPTY, BOUNDED, SHARP = range(3)
BOUND_NAMES = {BOUNDED: "bounded", SHARP: "sharp"}
BOUND_KINDS = {"tinyint": 2, "smallint": 3, "int": 4, "bigint": 5, "timestamp": 7}


class TableCommitmentUnsupported(ValueError):
    """A table commitment that this format knows but the verifier does not take."""


def encode(columns: Sequence[Column]) -> bytes:
    """The result's bytes: names, types, counts and values."""
    return listed(
        [
            text(c.name)
            + UNQUOTED
            + type_bytes(c.type)
            + listed([value_bytes(c.type, value) for value in c.values])
            for c in columns
        ]
    )


def decode(data: bytes) -> list[Column]:
    """The columns that `encode` wrote; decimals and scalars signed. Lengths may differ.

    Raises:
        ValueError: if the bytes are no result; every value of every type has one encoding.
    """
    reader = Reader(data)
    columns = reader.many(lambda: _column(reader))
    reader.finish()
    return columns


def _column(r: Reader) -> Column:
    name, quote, type_ = r.text(), r.take(1), r.type()
    if quote != UNQUOTED:
        raise ValueError(f"column {name!r} has quote byte {quote!r}, must be 0")
    return Column(name, type_, r.many(lambda: r.value(type_)))


@dataclass(frozen=True)
class Bounds:
    """What a column's values are known to lie in.

    Attributes:
        name: "empty", "bounded", or "sharp" where both ends occur.
    """

    name: str
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class ColumnCommitment:
    """One column of a committed table: name, type, the point, and bounds where they are kept."""

    name: str
    type: ColumnType
    bounds: Bounds | None
    point: Affine


@dataclass(frozen=True)
class TableCommitment:
    """What stands for a table: how many rows, and a commitment for each column."""

    n_rows: int
    columns: tuple[ColumnCommitment, ...]

    def to_bytes(self) -> bytes:
        """The bytes that leaves of the commitment tree contain."""
        points = [BN254.g1_to_bytes(c.point) for c in self.columns]
        metadata = [text(c.name) + UNQUOTED + type_bytes(c.type) + _bounds(c) for c in self.columns]
        return u64(0) + u64(self.n_rows) + listed(points) + listed(metadata)

    @classmethod
    def from_bytes(cls, data: bytes) -> TableCommitment:
        """The commitment that `to_bytes` wrote.

        Raises:
            TableCommitmentUnsupported: if it starts at a later row, counts differ, a name is
                quoted or a kind of bounds unknown.
            ValueError: Truncated, TrailingBytes, or a point that is none.
        """
        r = Reader(data)
        if start := r.u64():
            raise TableCommitmentUnsupported(f"the first row is {start}, must be 0")
        n_rows, points = r.u64(), r.many(lambda: BN254.g1_from_bytes(r.take(POINT_BYTES), "point"))
        n_columns = r.u64()
        if n_columns != len(points):
            raise TableCommitmentUnsupported(f"{len(points)} points for {n_columns} columns")
        columns = [_read_column(r, point) for point in points]
        r.finish()
        return cls(n_rows, tuple(columns))


def _bounds(column: ColumnCommitment) -> bytes:
    bounds = column.bounds
    if bounds is None:
        return u32(NO_BOUNDS)
    kind = BOUND_KINDS[column.type.kind]
    if bounds.name == "empty":
        return u32(kind) + u32(EMPTY)
    variant = SHARP if bounds.name == "sharp" else BOUNDED
    ends = [
        end.to_bytes(BOUND_BYTES[kind], "big", signed=True) for end in (bounds.low, bounds.high)
    ]
    return u32(kind) + u32(variant) + ends[0] + ends[1]


def _read_column(r: Reader, point: Affine) -> ColumnCommitment:
    name, quote, type_ = r.text(), r.take(1), r.type()
    if quote != UNQUOTED:
        raise TableCommitmentUnsupported(f"column {name!r} has quote byte {quote!r}, must be 0")
    return ColumnCommitment(name, type_, _read_bounds(r, type_), point)


def _read_bounds(r: Reader, type_: ColumnType) -> Bounds | None:
    kind = r.u32()
    if kind == NO_BOUNDS:
        return None
    if kind not in BOUND_BYTES:
        raise TableCommitmentUnsupported(f"bounds kind is {kind}, must be in 0..{len(BOUND_BYTES)}")
    if kind != BOUND_KINDS.get(type_.kind):
        raise TableCommitmentUnsupported(f"bounds kind is {kind} at a {type_.to_json()}")
    variant = r.u32()
    if variant == EMPTY:
        return Bounds("empty")
    if variant not in BOUND_NAMES:
        raise TableCommitmentUnsupported(f"bounds are {variant}, must be in 0..{SHARP}")
    low, high = (r.number(BOUND_BYTES[kind], kind != UNSIGNED_BOUNDS) for _ in range(2))
    return Bounds(BOUND_NAMES[variant], low, high)
