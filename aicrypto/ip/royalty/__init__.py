"""Royalties: shares over the graph of derivatives, links, payments, vaults, tensors."""

from aicrypto.ip.royalty.explain import Line, Preview, explain, simulate_link
from aicrypto.ip.royalty.graph import (
    Dag,
    ancestors,
    lap_shares,
    lrp_shares,
    paths,
    random_dag,
    topological,
)
from aicrypto.ip.royalty.links import check_mint, global_stack, link, percent, shares_above
from aicrypto.ip.royalty.payments import Payment, due, pay, policy_pool, push
from aicrypto.ip.royalty.vaults import (
    POOL,
    claim,
    claim_as_vault,
    claimable,
    transfer_royalty_tokens,
    vault_of,
)

__all__ = [
    "POOL",
    "Dag",
    "Line",
    "Payment",
    "Preview",
    "ancestors",
    "check_mint",
    "claim",
    "claim_as_vault",
    "claimable",
    "due",
    "explain",
    "global_stack",
    "lap_shares",
    "link",
    "lrp_shares",
    "paths",
    "pay",
    "percent",
    "policy_pool",
    "push",
    "random_dag",
    "shares_above",
    "simulate_link",
    "topological",
    "transfer_royalty_tokens",
    "vault_of",
]
