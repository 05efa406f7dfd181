"""One act of an agent: a question, the tool that was chosen, what it answered, the words.

    act = brain.act("How many trades in March?")      # everything that was done, as a record
    check(brain, act)                                  # the same brain decides the same again

A record names the minds that took part (router and voice, with digests), so that nobody takes a
stand-in for a model, and its hash is what a memory, a receipt or a validator refers to. `check`
runs the choice and the words again; what the tool answered it takes from the record, as the world
may have changed since.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from aicrypto.agents.brain.routing import Encoder, Router, encoder_here
from aicrypto.agents.brain.tools import Tool, ToolError, by_name
from aicrypto.agents.brain.voices import Prompt, Said, Voice, voice_here
from aicrypto.commit.untrusted import parse_json

FORMAT = "aicrypto.act.v1"
MINDS = ("question", "router", "router_digest", "voice", "voice_digest")
PLAIN = (*MINDS, "tool", "arguments", "answer")  # written as they are
KINDS = {**dict.fromkeys((*MINDS, "text"), str), "tool": str | None, "arguments": dict}


@dataclass(frozen=True)
class Act:
    """The record of one act.

    Attributes:
        question: of the client.
        router: name of what chose; `router_digest` is the hash of its numbers.
        voice: name of what spoke; `voice_digest` is the hash of its weights or rules.
        features: of the question, one signed byte each.
        tool: the chosen one's name, None where none fits.
        arguments: that it was given.
        answer: of the tool; `{"error": ...}` where it refused.
        said: the words.
    """

    question: str
    router: str
    router_digest: str
    voice: str
    voice_digest: str
    features: bytes
    tool: str | None
    arguments: Mapping[str, Any]
    answer: Any
    said: Said

    def to_bytes(self) -> bytes:
        """The record as JSON, in the one way that its hash is made of."""
        document = {
            "format": FORMAT,
            "question": self.question,
            "router": self.router,
            "router_digest": self.router_digest,
            "voice": self.voice,
            "voice_digest": self.voice_digest,
            "features": self.features.hex(),
            "tool": self.tool,
            "arguments": dict(self.arguments),
            "answer": self.answer,
            "text": self.said.text,
            "ids": list(self.said.ids),
            "activations": [proof.hex() for proof in self.said.activations],
        }
        return canonical(document)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Act":
        """The record in some bytes.

        Raises:
            ValueError: naming the field, if it is none, or not written in the one way.
        """
        document = parse_json(data)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"format is not {FORMAT!r}")
        try:
            act = cls._read(document)
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"record lacks or misuses {error}") from None
        if act.to_bytes() != data:
            raise ValueError("record is not written canonically")
        return act

    @classmethod
    def _read(cls, document: dict[str, Any]) -> "Act":
        for name, kind in KINDS.items():
            if not isinstance(document[name], kind):
                raise TypeError(name)
        proofs = tuple(bytes.fromhex(proof) for proof in document["activations"])
        said = Said(document["text"], tuple(map(int, document["ids"])), proofs)
        features = bytes.fromhex(document["features"])
        plain = {name: document[name] for name in PLAIN}
        return cls(**plain, features=features, said=said)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the record."""
        return hashlib.sha256(self.to_bytes()).digest()

    @property
    def prompt(self) -> Prompt:
        """What was to be put into words."""
        answer = canonical(self.answer).decode() if self.tool else ""
        return Prompt(self.question, self.tool, answer)


@dataclass(frozen=True)
class Brain:
    """What chooses and what speaks."""

    router: Router
    voice: Voice

    def act(self, question: str) -> Act:
        """The record of answering a question; a tool that refuses is recorded too."""
        route = self.router.route(question)
        tool = by_name(self.router.tools)[route.tool] if route.tool else None
        arguments, answer = _use(tool, question) if tool else ({}, None)
        act = Act(
            question,
            self.router.encoder.name,
            self.router.digest,
            self.voice.name,
            self.voice.digest,
            route.features,
            route.tool,
            arguments,
            answer,
            Said(""),
        )
        return replace(act, said=self.voice.say(act.prompt))


def check(brain: Brain, act: Act) -> bool:
    """Whether this brain would have chosen and spoken so; never raises.

    Words that nobody here can run again (an `Endpoint`'s) are left out of the question.
    """
    router, voice = brain.router, brain.voice
    minds = (router.encoder.name, router.digest, voice.name, voice.digest)
    if (act.router, act.router_digest, act.voice, act.voice_digest) != minds:
        return False
    try:
        is_chosen = _is_near(router, act) and _chosen(router, act) == act.tool
        is_due = is_chosen and _is_read(router, act)
        return is_due and voice.agrees(act.prompt, act.said) is not False
    except (ValueError, TypeError):
        return False


def brain_here(
    tools: tuple[Tool, ...], encoder: Encoder | None = None, voice: Voice | None = None
) -> Brain:
    """A brain of the best minds that are installed: MiniLM and SmolLM2, or their stand-ins."""
    return Brain(Router(tools, encoder or encoder_here()), voice or voice_here())


def canonical(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no blanks, ASCII.

    >>> canonical({"b": 1, "a": [True, None]})
    b'{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _use(tool: Tool, question: str) -> tuple[dict[str, Any], Any]:
    """The arguments as read, and the tool's answer or refusal."""
    arguments: dict[str, Any] = {}
    try:
        arguments = tool.read(question)
        return arguments, tool.call(arguments)
    except ToolError as error:
        return arguments, {"error": str(error)}


def _is_near(router: Router, act: Act) -> bool:
    """Whether the features are the question's, as nearly as the encoder's floats allow."""
    [ours] = router.encoder.encode([act.question])
    theirs = np.frombuffer(act.features, np.int8)
    if ours.shape != theirs.shape:
        return False
    return bool(abs(ours.astype(int) - theirs).max() <= router.encoder.tolerance)


def _chosen(router: Router, act: Act) -> str | None:
    """What follows from the features in the record."""
    return router.decide(np.frombuffer(act.features, np.int8)).tool


def _is_read(router: Router, act: Act) -> bool:
    """Whether the arguments are the question's; without tool there is nothing to say."""
    if act.tool is None:
        return not act.arguments and act.answer is None
    try:
        due = by_name(router.tools)[act.tool].read(act.question)
        return canonical(dict(act.arguments)) == canonical(due)  # Python says that True is 1
    except ToolError as error:
        return not act.arguments and bool(act.answer == {"error": str(error)})
