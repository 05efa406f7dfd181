"""Licensing: what owners offer, licences as tokens, works that derive from works."""

from aicrypto.ip.licensing.deriving import derive, derive_with_tokens
from aicrypto.ip.licensing.minting import Minted, mint, transfer_token
from aicrypto.ip.licensing.offers import (
    approve,
    attach,
    configure,
    fee_in_force,
    find_terms,
    register,
    register_terms,
    share_in_force,
    transfer,
)

__all__ = [
    "Minted",
    "approve",
    "attach",
    "configure",
    "derive",
    "derive_with_tokens",
    "fee_in_force",
    "find_terms",
    "mint",
    "register",
    "register_terms",
    "share_in_force",
    "transfer",
    "transfer_token",
]
