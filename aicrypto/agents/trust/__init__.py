"""Agents that strangers can trust: identity, reputation, validation, validators (ERC-8004)."""

from aicrypto.agents.trust.identity import Agent, IdentityRegistry, wallet_document
from aicrypto.agents.trust.reputation import Feedback, ReputationRegistry, Summary, paid_clients
from aicrypto.agents.trust.validation import ACCEPTED, REFUTED, Validation, ValidationRegistry
from aicrypto.agents.trust.validators import (
    Verdict,
    act_verdict,
    claim_hash,
    proof_verdict,
    report,
    report_on_chain,
    run_verdict,
)

__all__ = [
    "ACCEPTED",
    "REFUTED",
    "Agent",
    "Feedback",
    "IdentityRegistry",
    "ReputationRegistry",
    "Summary",
    "Validation",
    "ValidationRegistry",
    "Verdict",
    "act_verdict",
    "claim_hash",
    "paid_clients",
    "proof_verdict",
    "report",
    "report_on_chain",
    "run_verdict",
    "wallet_document",
]
