"""Operators that fail, for tests and lessons: what becomes of an honest operator's messages.

A *silent* operator sends nothing. A *lying* one knows all protocols and breaks them where it hurts:
its payloads all carry one lie, the same as every other liar's; to every second operator it votes
for another block than to the rest; and where it may propose, those get a block with a forged
payload in another's name. (A *killed* operator is a process that ends; see `launch`.)
"""

import json
from collections.abc import Callable
from typing import Any

from aicrypto.agents.services.consensus.replica import Identity
from aicrypto.agents.services.consensus.sealed import Json, seal
from aicrypto.agents.services.consensus.votes import DECISION, PROPOSAL, VOTE

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
        message = json.loads(text)  # our own
        kind, body = message["kind"], message["body"]
        if message["sender"] != me.name or kind == DECISION:
            return []
        if kind == VOTE:
            body = _other_vote(me, body, peer)
        elif kind == PROPOSAL:
            body = _other_block(me, body, peer)
        else:
            body = {**body, "values": [LIE] * max(len(body["values"]), 1)}
        return [seal(me.seed, me.name, kind, body)]

    return distort


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
