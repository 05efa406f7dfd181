"""Programmable IP (Story): works with terms and parents, whose money flows back to the wei.

terms        licence terms: fields and hash, ready-made ones, examination, the text behind
licensing    registering, offering, licences as tokens, derivatives
royalty      shares over the graph, payments, vaults, tensors
groups       many works licensed as one
disputes     accusations, bonds, tags that spread
permissions  who may act for a work
identity     accounts (ERC-6551), names, storage slots
metadata     the record of a work
negotiation  two agents close a licence
onchain      the same as contracts, and both side by side

Everything acts on a `State`; IPs and people are strings, shares are in `HP` = 100 %, money in wei.
"""

from aicrypto.ip import disputes, groups, licensing, negotiation, permissions, royalty, terms
from aicrypto.ip.identity import ip_account, ip_id, ip_name
from aicrypto.ip.licensing import (
    approve,
    attach,
    configure,
    derive,
    derive_with_tokens,
    mint,
    register,
    register_terms,
    transfer,
    transfer_token,
)
from aicrypto.ip.metadata import Creator, Metadata
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.royalty import (
    Dag,
    claim,
    claimable,
    explain,
    pay,
    push,
    simulate_link,
    transfer_royalty_tokens,
)
from aicrypto.ip.state import HP, Config, Hook, State, conserved
from aicrypto.ip.terms import LAP, LRP, USDC, WIP, Terms

__all__ = [
    "HP",
    "LAP",
    "LRP",
    "USDC",
    "WIP",
    "Config",
    "Creator",
    "Dag",
    "Hook",
    "Metadata",
    "Refusal",
    "State",
    "Terms",
    "approve",
    "attach",
    "claim",
    "claimable",
    "configure",
    "conserved",
    "derive",
    "derive_with_tokens",
    "disputes",
    "explain",
    "groups",
    "ip_account",
    "ip_id",
    "ip_name",
    "licensing",
    "mint",
    "negotiation",
    "pay",
    "permissions",
    "push",
    "register",
    "register_terms",
    "royalty",
    "simulate_link",
    "terms",
    "transfer",
    "transfer_royalty_tokens",
    "transfer_token",
]
