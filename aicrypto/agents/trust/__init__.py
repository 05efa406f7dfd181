"""Agents that strangers can trust: identity, reputation and validation registries (ERC-8004)."""

from aicrypto.agents.trust.identity import Agent, IdentityRegistry, wallet_document
from aicrypto.agents.trust.reputation import Feedback, ReputationRegistry, Summary, paid_clients
from aicrypto.agents.trust.validation import ACCEPTED, REFUTED, Validation, ValidationRegistry

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
    "paid_clients",
    "wallet_document",
]
