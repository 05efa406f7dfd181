"""Queries as a service: SQL in, the answer and its proof out (`aicrypto.sql`).

Buyer and node share the tables' commitments, the node alone needs the tables. A job is one SQL
query as text. The proof takes a kilobyte or more and is checked by the buyer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from aicrypto.ritual.node import Output
from aicrypto.ritual.routing.ways import Effort

if TYPE_CHECKING:
    from aicrypto.sql import Table
    from aicrypto.sql.exact.format.results import TableCommitment

EFFORT = Effort(0.001, 0.05)  # of a small job on one core; `bench ritual.rooms`


@dataclass(frozen=True)
class Queries:
    """The SQL room over some tables."""

    tables: Mapping[str, "Table"]
    name: str = "sql"
    effort: Effort = EFFORT

    @cached_property
    def commitments(self) -> dict[str, "TableCommitment"]:
        """What a buyer must know of the tables."""
        from aicrypto.sql.exact import commit_table

        return {name: commit_table(table) for name, table in self.tables.items()}

    def work(self, data: bytes) -> Output:
        """The result's bytes and the proof; ValueError if the query is none for these tables."""
        from aicrypto.sql import answer_of, prove_query

        made = answer_of(prove_query(data.decode(), self.tables))
        return Output(made.result, made.proof)

    def check(self, data: bytes, output: Output) -> bool:
        """Whether the proof shows the result."""
        from aicrypto.sql import Answer, verify_query

        try:
            answer = Answer(output.data, output.proof)
            return verify_query(data.decode(), self.commitments, answer)
        except ValueError:  # the question is no query
            return False
