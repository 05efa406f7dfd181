"""What an app earns and for whom: makers of parts, patrons, creators (MyShell)."""

from aicrypto.agents.myshell.economy.apps import App, Use, part_names, publish
from aicrypto.agents.myshell.economy.patronage import COIN, Badge, Badges, refund_of, total_cost
from aicrypto.agents.myshell.economy.royalties import PATRONS_BPS, Policy, Purse

__all__ = [
    "COIN",
    "PATRONS_BPS",
    "App",
    "Badge",
    "Badges",
    "Policy",
    "Purse",
    "Use",
    "part_names",
    "publish",
    "refund_of",
    "total_cost",
]
