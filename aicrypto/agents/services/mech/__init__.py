"""Agents that hire agents: requests, deliveries, karma and balances of the mech marketplace."""

from aicrypto.agents.services.mech.balances import BalanceTracker, split_payment
from aicrypto.agents.services.mech.marketplace import Marketplace, Mech, Request, Status
from aicrypto.agents.services.mech.requests import (
    FIXED_PRICE_NATIVE,
    FIXED_PRICE_TOKEN,
    domain_separator,
    request_id,
    task_document,
)
from aicrypto.agents.services.mech.signed import SignedRequest, deliver_signed

__all__ = [
    "FIXED_PRICE_NATIVE",
    "FIXED_PRICE_TOKEN",
    "BalanceTracker",
    "Marketplace",
    "Mech",
    "Request",
    "SignedRequest",
    "Status",
    "deliver_signed",
    "domain_separator",
    "request_id",
    "split_payment",
    "task_document",
]
