"""Agents as property: NFTs with accounts of their own (ERC-6551), as deployed contracts behave."""

from aicrypto.agents.ownable.controls import lock, set_permissions, supports_interface
from aicrypto.agents.ownable.creation import sandbox
from aicrypto.agents.ownable.execution import execute, execute_nested
from aicrypto.agents.ownable.ownership import is_valid_executor, is_valid_signer, owner, root_owner
from aicrypto.agents.ownable.signing import is_valid_signature
from aicrypto.agents.ownable.tokens import closes_cycle, mint, transfer
from aicrypto.agents.ownable.world import BoundAccount, World

__all__ = [
    "BoundAccount",
    "World",
    "closes_cycle",
    "execute",
    "execute_nested",
    "is_valid_executor",
    "is_valid_signature",
    "is_valid_signer",
    "lock",
    "mint",
    "owner",
    "root_owner",
    "sandbox",
    "set_permissions",
    "supports_interface",
    "transfer",
]
