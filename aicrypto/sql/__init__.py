"""Proof of SQL: the answer to a query, and the proof that it is the answer (Space and Time).

A client that holds only commitments to tables checks results over data it never saw. `types`,
`table` and `plan` are what all of this room speaks about, `queries` asks in SQL and checks answers.
Two back ends prove: `exact` in the deployed system's own format on BN254, byte for byte, with
`planner` as its planner; `fast` over the fast field, for millions of rows, with `frontend`.
`witness` says whose word a commitment is, `search` finds rows by meaning or by a question.
"""

from aicrypto.sql.plan import Plan
from aicrypto.sql.queries import Answer, answer_of, prove_query, verify_query
from aicrypto.sql.table import Column, Table, schema_of
from aicrypto.sql.types import ColumnType, decimal, timestamp

__all__ = [
    "Answer",
    "Column",
    "ColumnType",
    "Plan",
    "Table",
    "answer_of",
    "decimal",
    "prove_query",
    "schema_of",
    "timestamp",
    "verify_query",
]
