"""Proof of SQL over the fast field: F_{p²}, p = 2^61 - 1, with a transparent tensor commitment."""

from aicrypto.sql.fast.protocol import QueryProof, prove, soundness_bits, verify
from aicrypto.sql.fast.tables import (
    CommittedTable,
    FieldOverflow,
    NullValue,
    TableCommitment,
    commit,
)

__all__ = [
    "CommittedTable",
    "FieldOverflow",
    "NullValue",
    "QueryProof",
    "TableCommitment",
    "commit",
    "prove",
    "soundness_bits",
    "verify",
]
