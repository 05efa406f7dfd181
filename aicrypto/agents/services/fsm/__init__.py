"""What a service of several operators does: rounds, keepers, apps, and their specifications."""

from aicrypto.agents.services.fsm.apps import App, InvalidApp, chain
from aicrypto.agents.services.fsm.keepers import select_keeper
from aicrypto.agents.services.fsm.rounds import (
    Members,
    Payload,
    Round,
    TransactionNotValidError,
    default_threshold,
)
from aicrypto.agents.services.fsm.specification import parse_specification, write_specification

__all__ = [
    "App",
    "InvalidApp",
    "Members",
    "Payload",
    "Round",
    "TransactionNotValidError",
    "chain",
    "default_threshold",
    "parse_specification",
    "select_keeper",
    "write_specification",
]
