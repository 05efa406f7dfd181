"""The licence: sealed fingerprints, and the ledger of hosts and provers."""

from aicrypto.oml.protocol import ledger
from aicrypto.oml.protocol.ledger import Ledger, Refused, Terms
from aicrypto.oml.protocol.sealing import Pair, Reveal, Sealed, seal, verify_reveal

__all__ = [
    "Ledger",
    "Pair",
    "Refused",
    "Reveal",
    "Sealed",
    "Terms",
    "ledger",
    "seal",
    "verify_reveal",
]
