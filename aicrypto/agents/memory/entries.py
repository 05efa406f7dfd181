"""What an agent remembers: its acts, one after another, under one hash.

    head_0 = 0      head_i = SHA-256("aicrypto.memory.v1" | head_(i-1) | SHA-256(act_i))

Whoever keeps the 32 bytes of the head, an NFT's metadata for instance, can tell whether a memory is
the whole one: no act can be left out, changed or slipped in. `recall` finds the acts whose
questions are most like a new one.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aicrypto.agents.brain import Act, Encoder
from aicrypto.agents.brain.acting import canonical
from aicrypto.commit.untrusted import parse_json

LABEL = b"aicrypto.memory.v1"
EMPTY = bytes(32)  # the head of nothing
MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class Memory:
    """Acts in the order in which they happened."""

    acts: tuple[Act, ...] = ()

    @cached_property
    def head(self) -> bytes:
        """32 bytes that stand for all acts and their order."""
        head = EMPTY
        for act in self.acts:
            head = hashlib.sha256(LABEL + head + act.digest).digest()
        return head

    def remember(self, act: Act) -> "Memory":
        """The memory with one more act."""
        return Memory((*self.acts, act))

    def recall(self, question: str, encoder: Encoder, count: int = 3) -> list[Act]:
        """The acts whose questions are most like this one, the likest (then the latest) first."""
        if not self.acts:
            return []
        asked, *known = encoder.encode([question, *(act.question for act in self.acts)])
        likeness = np.stack(known).astype(np.int64) @ asked.astype(np.int64)
        order = sorted(range(len(known)), key=lambda i: (-int(likeness[i]), -i))
        return [self.acts[i] for i in order[:count] if likeness[i] > 0]

    def to_bytes(self) -> bytes:
        """The memory as JSON."""
        return canonical([act.to_bytes().decode() for act in self.acts])

    @classmethod
    def from_bytes(cls, data: bytes, head: bytes | None = None) -> "Memory":
        """The memory in some bytes.

        Raises:
            ValueError: if they are no memory, or not the one that the head stands for.
        """
        if len(data) > MAX_BYTES:
            raise ValueError(f"memory has {len(data)} bytes, must have <= {MAX_BYTES}")
        memory = cls(tuple(Act.from_bytes(text.encode()) for text in _texts(parse_json(data))))
        if head is not None and memory.head != head:
            raise ValueError(f"memory has head {memory.head.hex()}, must be {head.hex()}")
        return memory


def _texts(document: object) -> Sequence[str]:
    if not isinstance(document, list) or not all(isinstance(text, str) for text in document):
        raise ValueError("memory is no list of records")
    return document
