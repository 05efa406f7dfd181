"""Operators that fail, for tests and lessons: what they say, and what becomes of their messages.

A *silent* operator sends nothing. A *lying* one knows all protocols and breaks them where it hurts:
its payloads all carry one lie, the same as every other liar's, to whomever they go and whoever
proposes them; to every second operator it votes for another block than to the rest; and where it
may propose, those get a block with a forged payload in another's name. (A *killed* operator is a
process that ends; see `launch`.)
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aicrypto.agents.services.consensus.replica import Identity
from aicrypto.agents.services.consensus.sealed import Json, seal
from aicrypto.agents.services.consensus.votes import DECISION, PROPOSAL, VOTE
from aicrypto.agents.services.fsm.periods import Behaviour, Period
from aicrypto.agents.services.fsm.rounds import Values

LIE = "a lie"
Distortion = Callable[[str, str], list[str]]  # (message, to whom) -> what is sent instead


def honest(text: str, peer: str) -> list[str]:
    """Sends what there is to send."""
    return [text]


def silent(text: str, peer: str) -> list[str]:
    """Sends nothing."""
    return []


def lying(me: Identity) -> Distortion:
    """Sends lies, properly signed."""

    def distort(text: str, peer: str) -> list[str]:
        """Two-faced votes and blocks; payloads are lies already (`behaving`)."""
        message = json.loads(text)  # our own
        kind, body = message["kind"], message["body"]
        if message["sender"] != me.name or kind == DECISION:
            return []
        if kind == VOTE:
            body = _other_vote(me, body, peer)
        elif kind == PROPOSAL:
            body = _other_block(me, body, peer)
        return [seal(me.seed, me.name, kind, body)]

    return distort


def behaving(fault: str | None, behaviours: Mapping[str, Behaviour]) -> dict[str, Behaviour]:
    """What an operator of that fault has to say: a liar's values are the lie, also in its blocks.

    Where an honest operator has nothing to say, a liar has not either.
    """
    if fault != "lying":
        return dict(behaviours)
    return {state: _untrue(behaviour) for state, behaviour in behaviours.items()}


def _untrue(behaviour: Behaviour) -> Behaviour:
    def lied(me: str, period: Period) -> Values | None:
        """The lie, as long as the truth."""
        values = behaviour(me, period)
        return None if values is None else (LIE,) * max(len(values), 1)

    return lied


def distortion(fault: str | None, me: Identity) -> Distortion:
    """What an operator of that fault does to its messages.

    Raises:
        ValueError: for a fault that is unknown.
    """
    if fault in (None, "killed"):
        return honest
    if fault == "silent":
        return silent
    if fault == "lying":
        return lying(me)
    raise ValueError(f"fault is {fault!r}, must be silent, lying, killed or None")


def _is_fooled(me: Identity, peer: str) -> bool:
    """Every second operator."""
    return me.order.index(peer) % 2 == 1


def _other_vote(me: Identity, body: Json, peer: str) -> Json:
    if not _is_fooled(me, peer):
        return body
    return {**body, "block": None if body["block"] else "f" * 64}


def _other_block(me: Identity, body: Json, peer: str) -> Json:
    """A block in which somebody else seems to lie as well."""
    if not _is_fooled(me, peer):
        return body
    victim = next(name for name in me.order if name not in (me.name, peer))
    forged: dict[str, Any] = {"round": 0, "values": [LIE]}
    text = seal(me.seed, victim, "payload", forged)
    return {**body, "block": {**body["block"], "payloads": [text]}}
