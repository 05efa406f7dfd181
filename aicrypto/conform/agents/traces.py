"""Histories: steps that a contract answers or refuses, one after another."""

from collections.abc import Callable
from typing import Any

from aicrypto.agents.refusals import Refusal
from aicrypto.evm.token_bound import checksummed

Json = dict[str, Any]
Op = Callable[[Any, Json], Any]


def answer_step(world: Any, ops: dict[str, Op], step: Json) -> Json:
    """What became of one step; a refused one has changed nothing, but for the time."""
    try:
        return {"result": world.attempt(lambda: ops[step["op"]](world, step))}
    except Refusal as refusal:
        return {"error": refusal.name}


def address_in(text: str) -> str:
    """An address as the library writes it."""
    return text.lower()


def address_out(address: str) -> str:
    """An address as suites write it (EIP-55)."""
    return checksummed(address)
