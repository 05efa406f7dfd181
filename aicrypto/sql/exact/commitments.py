"""Column commitments: one point of BN254 for a column, additive, so that tables can grow.

Value v of row i counts as a scalar; the commitment is sum scalar(v_i)·tau^i·G, a KZG commitment to
the polynomial with these coefficients. Columns add and append: rows k, k+1, ... are committed with
the powers from tau^k on, and the sum of both points commits to the whole. Strings and bytes enter
by their hash, cut to 253 bits: a proof can compare them, not look inside.

Nothing is hidden: there is no blinding, and whoever guesses a short column can check the guess.

Source: spaceandtimefdn/sxt-proof-of-sql@8b0de6b.
"""

from collections.abc import Sequence

from aicrypto.algebra.curves.msm import msm
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.algebra.plain import BadLength
from aicrypto.algebra.primes import BN254_FR as FR
from aicrypto.commit.hashes import keccak256
from aicrypto.commit.kzg import deployed
from aicrypto.commit.kzg.keccak_transcript import MASK
from aicrypto.commit.kzg.setup import BN254, Setup
from aicrypto.sql.exact.format.results import (
    BOUND_KINDS,
    Bounds,
    ColumnCommitment,
    TableCommitment,
)
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import Value

N_POWERS = 64  # as many stand in the package; more need the ceremony's file


def scalar(value: Value) -> int:
    """The scalar that a value counts as.

    >>> scalar(True), scalar(""), scalar(-1) == FR.modulus - 1
    (1, 0, True)
    """
    if isinstance(value, int):
        return int(value) % FR.modulus
    data = value.encode() if isinstance(value, str) else value
    return int.from_bytes(keccak256(data), "little") & MASK if data else 0


def scalars(column: Column) -> list[int]:
    """`scalar` of every value."""
    return [scalar(value) for value in column.values]


def setup_for(n_rows: int) -> Setup:
    """The deployed parameters with enough powers: 64, or the power of two that takes the rows.

    Raises:
        ValueError: for more than 64 rows where the ceremony's file is missing, or more than 1,024.
    """
    n_powers = max(N_POWERS, 1 << max(n_rows - 1, 0).bit_length())
    return deployed.space_and_time(n_powers)


def commit(setup: Setup, values: Sequence[int], offset: int = 0) -> Affine:
    """The commitment to scalars that stand from row `offset` on.

    Raises:
        BadLength: if they reach beyond the setup's powers.
    """
    end = offset + len(values)
    if end > len(setup.g1):
        raise BadLength(f"rows end at {end}, the setup has {len(setup.g1)} powers")
    return msm(setup.curve.g1, setup.g1[offset:end], list(map(FR.signed, values)))


def commit_table(table: Table, setup: Setup | None = None, offset: int = 0) -> TableCommitment:
    """The commitment to a table, or to rows that are appended at `offset`, with sharp bounds."""
    setup = setup or setup_for(offset + table.length)
    columns = [
        ColumnCommitment(c.name, c.type, _bounds(c), commit(setup, scalars(c), offset))
        for c in table.columns
    ]
    return TableCommitment(table.length, tuple(columns))


def append(old: TableCommitment, new: TableCommitment) -> TableCommitment:
    """The commitment to both tables' rows; `new` was committed at offset `old.n_rows`.

    Raises:
        ValueError: if their columns differ in name or type.
    """
    schemas = [[(c.name, c.type) for c in side.columns] for side in (old, new)]
    if schemas[0] != schemas[1]:
        raise ValueError(f"new has columns {schemas[1]}, must have {schemas[0]}")
    columns = [
        ColumnCommitment(a.name, a.type, _join(a.bounds, b.bounds), BN254.g1.add(a.point, b.point))
        for a, b in zip(old.columns, new.columns, strict=True)
    ]
    return TableCommitment(old.n_rows + new.n_rows, tuple(columns))


def _bounds(column: Column) -> Bounds | None:
    if column.type.kind not in BOUND_KINDS:
        return None
    if not len(column):
        return Bounds("empty")
    return Bounds("sharp", int(min(column.values)), int(max(column.values)))


def _join(left: Bounds | None, right: Bounds | None) -> Bounds | None:
    """The smallest bounds around both; sharp only if both are."""
    if left is None or right is None:
        return None
    if "empty" in (left.name, right.name):
        return right if left.name == "empty" else left
    name = "sharp" if left.name == right.name == "sharp" else "bounded"
    return Bounds(name, min(left.low, right.low), max(left.high, right.high))
