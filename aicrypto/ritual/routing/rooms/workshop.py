"""What the connector wants of a room: do a job, check an answer, say what it takes.

A room's proof may have any length; contracts take 4,096 bytes. So a proof lies on a *shelf*, where
anybody fetches it by its hash, and the hash alone goes on chain. Who takes something from a shelf
hashes it again, so a shelf needs no trust.
"""

from dataclasses import dataclass, field
from typing import Protocol

from aicrypto.commit.hashes import keccak256
from aicrypto.ritual.node import Container, Output
from aicrypto.ritual.routing.ways import Effort


class Room(Protocol):
    """A room as the connector sees it."""

    @property
    def name(self) -> str:
        """Its container's name."""

    @property
    def effort(self) -> Effort:
        """What a job takes here, about."""

    def work(self, data: bytes) -> Output:
        """The answer to a job; ValueError if the data is no job for this room."""

    def check(self, data: bytes, output: Output) -> bool:
        """Whether that is the answer, by its proof or by doing it again; never raises."""


@dataclass
class Shelf:
    """Things by their hash."""

    things: dict[bytes, bytes] = field(default_factory=dict)

    def put(self, thing: bytes) -> bytes:
        """The thing's hash, by which anybody gets it now."""
        digest = keccak256(thing)
        self.things[digest] = thing
        return digest

    def get(self, digest: bytes) -> bytes | None:
        """The thing with that hash; None if it is not here, or not what it should be."""
        thing = self.things.get(digest)
        return thing if thing is not None and keccak256(thing) == digest else None


def container_of(room: Room, shelf: Shelf) -> Container:
    """A node's container that does a room's jobs and leaves its proofs on a shelf."""

    def work(data: bytes) -> Output:
        """The answer, with its proof's hash."""
        made = room.work(data)
        return Output(made.data, shelf.put(made.proof))

    return Container(room.name, work, proves=True, description=room.__class__.__name__)


def is_right(room: Room, data: bytes, delivered: Output, shelf: Shelf) -> bool:
    """Whether a delivered answer is right, its proof fetched from the shelf."""
    proof = shelf.get(delivered.proof)
    return proof is not None and room.check(data, Output(delivered.data, proof))
