"""A chain for slow and recurring work: asynchronous calls, scheduled calls, replayable blocks."""

from aicrypto.ritual.chain.asynchronous import (
    Fees,
    Life,
    Servants,
    Status,
    payments,
    status_of,
)
from aicrypto.ritual.chain.blocks import AsyncChain, BadBlock, Block, Call, Fulfilled, State, replay
from aicrypto.ritual.chain.schedule import Execution, Job, Outcome, Scheduler, executions

__all__ = [
    "AsyncChain",
    "BadBlock",
    "Block",
    "Call",
    "Execution",
    "Fees",
    "Fulfilled",
    "Job",
    "Life",
    "Outcome",
    "Scheduler",
    "Servants",
    "State",
    "Status",
    "executions",
    "payments",
    "replay",
    "status_of",
]
