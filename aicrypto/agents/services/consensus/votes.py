"""Blocks, and what operators say about them: proposals, votes, decisions, with their checks.

A block is the next piece of the common history: its height, its time, the payloads in it (sealed by
their operators). A vote names a block by its hash, or none, at one height and in one attempt
("round" in the literature; "attempt" here, as rounds are the service's). Bodies come from operators
who may lie, so everything is checked for its type and bounds; what does not fit is None.
Source of the messages: Buchman, Kwon, Milosevic, arXiv 1807.04938, algorithm 1.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeGuard

from aicrypto.agents.services.consensus.sealed import Json, Message
from aicrypto.agents.services.fsm import default_threshold
from aicrypto.commit.hashes import sha256

MAX_ATTEMPTS = 1_000
MAX_HEIGHT = 2**40
MAX_TIME_MS = 2**63
HASH_DIGITS = 64
Opener = Callable[[object], Message | None]
PREVOTE, PRECOMMIT = "prevote", "precommit"
PROPOSAL, VOTE, DECISION = "proposal", "vote", "decision"


@dataclass(frozen=True)
class Block:
    """Payloads in order, at a height and a time (milliseconds since 1970)."""

    height: int
    time_ms: int
    payloads: tuple[str, ...]

    @cached_property
    def hash(self) -> str:
        """What votes call it by."""
        return sha256(json.dumps([self.height, self.time_ms, *self.payloads]).encode()).hex()

    @property
    def body(self) -> Json:
        """As it travels."""
        return {"height": self.height, "time": self.time_ms, "payloads": list(self.payloads)}

    @classmethod
    def read(cls, body: Any) -> "Block | None":
        """The block in a message."""
        if not isinstance(body, dict):
            return None
        height, time, payloads = (body.get(name) for name in ("height", "time", "payloads"))
        if not is_number(height, MAX_HEIGHT) or not is_number(time, MAX_TIME_MS):
            return None
        if not is_texts(payloads):
            return None
        return cls(height, time, tuple(payloads))


@dataclass(frozen=True)
class Proposal:
    """A proposer's block for an attempt.

    Attributes:
        attempt: which.
        valid_attempt: when a threshold has prevoted the block before, or -1.
        block: what is proposed.
        proof: those prevotes, sealed.
    """

    attempt: int
    valid_attempt: int
    block: Block
    proof: tuple[str, ...] = ()

    @property
    def body(self) -> Json:
        """As it travels."""
        where = {"attempt": self.attempt, "valid": self.valid_attempt}
        return {**where, "block": self.block.body, "proof": list(self.proof)}

    @classmethod
    def read(cls, body: Json) -> "Proposal | None":
        """The proposal in a message."""
        block, attempt, valid = (
            Block.read(body.get("block")),
            body.get("attempt"),
            body.get("valid"),
        )
        if block is None or not is_number(attempt, MAX_ATTEMPTS) or type(valid) is not int:
            return None
        proof = body.get("proof")
        if not -1 <= valid < attempt or not is_texts(proof):
            return None
        return cls(attempt, valid, block, tuple(proof))

    def is_proven(self, opens: Opener, needed: int) -> bool:
        """Whether the block is new, or its prevotes are there."""
        if self.valid_attempt < 0:
            return True
        wanted = Vote(PREVOTE, self.block.height, self.valid_attempt, self.block.hash)
        return len(voters(self.proof, opens, wanted)) >= needed


@dataclass(frozen=True)
class Vote:
    """A vote for a block's hash, or for none."""

    step: str
    height: int
    attempt: int
    block: str | None

    @property
    def body(self) -> Json:
        """As it travels."""
        return {
            "step": self.step,
            "height": self.height,
            "attempt": self.attempt,
            "block": self.block,
        }

    @classmethod
    def read(cls, body: Json) -> "Vote | None":
        """The vote in a message, which says nothing else."""
        step, block = body.get("step"), body.get("block")
        height, attempt = body.get("height"), body.get("attempt")
        if step not in (PREVOTE, PRECOMMIT) or not _names_block(block):
            return None
        if not is_number(height, MAX_HEIGHT) or not is_number(attempt, MAX_ATTEMPTS):
            return None
        vote = cls(step, height, attempt, block)
        return vote if vote.body == body else None


def read_decision(body: Json, opens: Opener, n_operators: int) -> Block | None:
    """The block of a decision, if enough operators have signed precommits for it in one attempt.

    Nothing else may come along with them: it would be remembered.
    """
    block, sealed, attempt = Block.read(body.get("block")), body.get("votes"), body.get("attempt")
    if block is None or not is_texts(sealed) or len(sealed) > n_operators:
        return None
    if not is_number(attempt, MAX_ATTEMPTS):
        return None
    wanted = Vote(PRECOMMIT, block.height, attempt, block.hash)
    signed = voters(sealed, opens, wanted)
    is_proven = len(signed) == len(sealed) >= default_threshold(n_operators)
    return block if is_proven else None


def voters(sealed: Iterable[str], opens: Opener, wanted: Vote) -> set[str]:
    """Who has cast just this vote, by the messages given."""
    messages = [message for message in map(opens, sealed) if message and message.kind == VOTE]
    return {message.sender for message in messages if Vote.read(message.body) == wanted}


def _names_block(value: object) -> TypeGuard[str | None]:
    """Whether it may be a block's hash, or none."""
    return value is None or (type(value) is str and len(value) <= HASH_DIGITS)


def is_texts(value: object) -> TypeGuard[list[str]]:
    """Whether it is a list of strings."""
    return isinstance(value, list) and not set(map(type, value)) - {str}


def is_number(value: object, bound: int) -> TypeGuard[int]:
    """Whether it is an integer in 0..bound-1."""
    return type(value) is int and 0 <= value < bound
