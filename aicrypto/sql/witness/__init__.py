"""Whose word is a commitment? Indexers agree on rows, attestors sign the tree over all tables."""

from aicrypto.sql.witness.attestation import (
    Attestation,
    AttestationLog,
    AttestedTable,
    check_attested,
    enough_signed,
    message,
)
from aicrypto.sql.witness.quorum import Decision, Quorum
from aicrypto.sql.witness.recovery import Signature
from aicrypto.sql.witness.tables import CommitmentChain

__all__ = [
    "Attestation",
    "AttestationLog",
    "AttestedTable",
    "CommitmentChain",
    "Decision",
    "Quorum",
    "Signature",
    "check_attested",
    "enough_signed",
    "message",
]
