"""Witnessed tables: the chain keeps commitments, never data, and updates them at every insert.

Indexers submit batches of rows; a quorum decides which batch is right; the chain commits to the new
rows at the table's end and adds the points to those it has. What it can then give to anybody is the
table's commitment with a path to the root that attestors signed. A client that holds an older
commitment verifies answers about the older table: that a commitment is not stale is for the block
number in the attestation to say.

Source: spaceandtimefdn/sxt-node@475f2ad, pallets/indexing and pallets/attestation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aicrypto.commit.hashes import keccak256
from aicrypto.commit.kzg.setup import Setup
from aicrypto.sql.exact.commitments import append, commit_table
from aicrypto.sql.exact.format import results
from aicrypto.sql.exact.format.results import TableCommitment
from aicrypto.sql.table import Column, Table, TableNotFound, nearest
from aicrypto.sql.types import ColumnType
from aicrypto.sql.witness import tree
from aicrypto.sql.witness.attestation import DOMAIN, AttestedTable
from aicrypto.sql.witness.quorum import Decision, Quorum


class WrongBatch(ValueError):
    """A batch is not the table's next one, or its columns are not the table's."""


def batch_hash(rows: Table) -> str:
    """What indexers agree on: the hash of a batch's names, types and values."""
    return "0x" + keccak256(results.encode(rows.columns)).hex()


@dataclass
class CommitmentChain:
    """Tables known by their commitments, and batches under way.

    Attributes:
        quorum_size: strictly more indexers than this decide a batch.
        setup: the powers that columns are committed with; the deployed ones if None.
    """

    quorum_size: int
    setup: Setup | None = None
    tables: dict[str, TableCommitment] = field(default_factory=dict)
    _batches: dict[str, list[Quorum]] = field(default_factory=dict)

    def create(self, name: str, schema: Mapping[str, ColumnType]) -> None:
        """Adds an empty table; ValueError if the name is taken."""
        if name in self.tables:
            raise ValueError(f"table {name!r} is there already")
        empty = Table(tuple(Column(column, type_, []) for column, type_ in schema.items()), 0)
        self.tables[name] = commit_table(empty, self.setup)
        self._batches[name] = [Quorum(self.quorum_size)]

    def submit(self, who: str, name: str, batch: int, rows: Table) -> Decision | None:
        """Takes an indexer's batch; if it decides, the table grows by these rows.

        Raises:
            TableNotFound: if there is no such table.
            WrongBatch: if the batch is not the next, or its columns differ.
            LateBatch, AlreadySubmitted: see `Quorum.submit`.
        """
        table = self.commitment(name)
        quorums = self._batches[name]
        if not 0 <= batch < len(quorums):
            raise WrongBatch(f"batch is {batch}, the next is {len(quorums) - 1}")
        if rows.schema != {column.name: column.type for column in table.columns}:
            raise WrongBatch(f"batch has columns {list(rows.schema)}, other than the table")
        decision = quorums[batch].submit(who, batch_hash(rows))
        if decision is not None:
            new = commit_table(rows, self.setup, offset=table.n_rows)
            self.tables[name] = append(table, new)
            quorums.append(Quorum(self.quorum_size))
        return decision

    def commitment(self, name: str) -> TableCommitment:
        """A table's commitment; TableNotFound, with the nearest name, if there is none."""
        if name not in self.tables:
            raise TableNotFound(f"there is no table {name!r}{nearest(name, self.tables)}")
        return self.tables[name]

    def state_root(self) -> bytes:
        """33 bytes: the domain, and the root over all tables."""
        return DOMAIN + tree.build(self._leaves()).root

    def open(self, name: str) -> AttestedTable:
        """A table's commitment with its path to the root."""
        commitment = self.commitment(name).to_bytes()
        path = tree.build(self._leaves()).prove(sorted(self.tables).index(name))
        return AttestedTable(commitment, tuple(path))

    def _leaves(self) -> list[bytes]:
        return [
            tree.leaf_bytes(name, tree.HYPER_KZG, self.tables[name].to_bytes())
            for name in sorted(self.tables)
        ]
