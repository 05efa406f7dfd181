"""Verifiable vector search: the nearest rows of a committed table, proved to be all of them.

An agent's context is what a search hands it, so whoever runs the search decides what the agent
believes. Under squared distances the k nearest rows are one filter: with `radius` the k-th smallest
distance, all rows with distance <= radius. The filter's proof shows that no row within the radius
is missing; the client checks that the radius is right: it is the largest distance returned, at
least k rows came back, and fewer than k lie strictly inside. Ties are all returned.

Source: US patent 11,947,525 (claim: commit to distances, prove the returned one smallest); the
single filter is this library's way, there is no public code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.commit.kzg.setup import Setup
from aicrypto.sql import planner
from aicrypto.sql.exact.protocol import QueryProof, prove
from aicrypto.sql.table import Column, Table
from aicrypto.sql.types import BIGINT, ColumnType

# So many products keep the distance within the 38 digits that < takes.
MAX_DIMENSIONS = {"tinyint": 30, "smallint": 26}


@dataclass(frozen=True)
class Index:
    """A table with embeddings: where it is, which column names a row, which hold its vector.

    Raises:
        ValueError: if there is no dimension, or more than a distance can be computed over.
    """

    table: str
    id_column: str
    dims: tuple[str, ...]
    vector_type: ColumnType

    def __post_init__(self) -> None:
        limit = MAX_DIMENSIONS.get(self.vector_type.kind)
        if limit is None:
            raise ValueError(f"vector_type is {self.vector_type}, must be tinyint or smallint")
        if not 1 <= len(self.dims) <= limit:
            raise ValueError(f"there are {len(self.dims)} dims, must be in 1..{limit}")

    def distance_sql(self, query: Sequence[int]) -> str:
        """The squared distance from a query, as SQL."""
        pairs = zip(self.dims, query, strict=True)
        return " + ".join(f"({dim} - {q}) * ({dim} - {q})" for dim, q in pairs)

    def sql(self, query: Sequence[int], radius: int) -> str:
        """All rows within the radius, with their distance."""
        d = self.distance_sql(query)
        return f"SELECT {self.id_column}, {d} AS dist FROM {self.table} WHERE {d} <= {radius}"


@dataclass(frozen=True)
class Search:
    """A search's answer: the query as SQL, and its result with proof."""

    sql: str
    radius: int
    made: QueryProof

    @property
    def ids(self) -> list[int]:
        """The rows found, in the table's order."""
        return list(self.made.table.columns[0].values)

    @property
    def distances(self) -> list[int]:
        """Their squared distances."""
        return list(self.made.table.columns[1].values)


def distances(index: Index, table: Table, query: Sequence[int]) -> list[int]:
    """Squared distances of all rows: brute force, what the proof is checked against.

    Raises:
        ValueError: if the query has another dimension.
        OutOfRange: if one of its numbers is none of the vectors' type.
    """
    if len(query) != len(index.dims):
        raise ValueError(f"query has {len(query)} numbers, the vectors have {len(index.dims)}")
    for q in query:
        index.vector_type.check(q)
    rows = zip(*(table.column(dim).values for dim in index.dims), strict=True)
    return [sum((x - q) ** 2 for x, q in zip(row, query, strict=True)) for row in rows]


def search(
    index: Index, table: Table, query: Sequence[int], k: int, setup: Setup | None = None
) -> Search:
    """The k nearest rows, and all at the same distance as the last of them, proved.

    Raises:
        ValueError: if k is not in 1..rows, or the query does not fit (see `distances`).
    """
    found = distances(index, table, query)
    if not 1 <= k <= len(found):
        raise ValueError(f"k is {k}, must be in 1..{len(found)}")
    radius = sorted(found)[k - 1]
    sql = index.sql(query, radius)
    plan = planner.plan(sql, {index.table: table.schema})
    return Search(sql, radius, prove(plan, {index.table: table}, setup=setup))


def is_k_nearest(found: Sequence[int], radius: int, k: int) -> bool:
    """The client's part: whether proved distances are the k nearest and the radius is right."""
    return len(found) >= k and max(found) == radius and sum(d < radius for d in found) < k


def index_table(ids: Sequence[int], vectors: Sequence[Sequence[int]], index: Index) -> Table:
    """The table of an index from row numbers and vectors, checked."""
    columns = [Column.checked(index.id_column, BIGINT, list(ids))]
    for j, dim in enumerate(index.dims):
        values = [vector[j] for vector in vectors]
        columns.append(Column.checked(dim, index.vector_type, values))
    return Table(tuple(columns))
