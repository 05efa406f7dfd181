"""Proof of SQL in the deployed system's own format: BN254, HyperKZG, Keccak, byte for byte."""

from aicrypto.sql.exact.commitments import append, commit, commit_table, scalar, setup_for
from aicrypto.sql.exact.execution import execute, range_length
from aicrypto.sql.exact.protocol import QueryProof, Statement, check, prove, verify

__all__ = [
    "QueryProof",
    "Statement",
    "append",
    "check",
    "commit",
    "commit_table",
    "execute",
    "prove",
    "range_length",
    "scalar",
    "setup_for",
    "verify",
]
