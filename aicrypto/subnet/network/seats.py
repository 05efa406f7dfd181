"""The places of a subnet: who sits where since when, with which weights and bonds.

A uid is a place, not a person. When a place changes hands, weights and bonds of the old holder go,
and so do all bonds that others hold in it; what others wrote about it does not count until they
write again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aicrypto.subnet.economy import Seat
from aicrypto.subnet.weights import Row
from aicrypto.subnet.yuma import Neurons, Rows, Stored

MAX_UIDS = 256


@dataclass
class Place:
    """One uid; changes as the chain goes on.

    Attributes:
        emission: rao of the last epoch, by which places are lost. bonds: stored row.
    """

    hotkey: str
    coldkey: str
    registered: int
    last_update: int = 0
    permit: bool = False
    emission: int = 0
    weights: Row = ()
    bonds: Row = ()


@dataclass
class Seats:
    """All places of a subnet, by uid."""

    limit: int = MAX_UIDS
    places: list[Place] = field(default_factory=list)

    def uid_of(self, hotkey: str) -> int | None:
        """A hotkey's uid, or None."""
        hotkeys = [place.hotkey for place in self.places]
        return hotkeys.index(hotkey) if hotkey in hotkeys else None

    def for_pruning(self) -> list[Seat]:
        """What decides about each uid."""
        return [Seat(place.emission, place.registered) for place in self.places]

    def sit(self, uid: int | None, place: Place) -> int:
        """The uid of a newcomer, at the end or on the place of whoever must go."""
        if uid is None:
            self.places.append(place)
            return len(self.places) - 1
        self.places[uid] = place
        for other in self.places:
            other.bonds = tuple(entry for entry in other.bonds if entry[0] != uid)
        return uid

    def neurons(
        self,
        stake: Sequence[int],
        commit_blocks: Mapping[str, int | None],
        owner_uid: int | None,
    ) -> Neurons:
        """The state that an epoch starts from."""
        places = self.places
        return Neurons(
            tuple(stake),
            tuple(place.permit for place in places),
            tuple(place.last_update for place in places),
            tuple(place.registered for place in places),
            Rows.of([place.weights for place in places]),
            Rows.of([place.bonds for place in places]),
            tuple(commit_blocks.get(place.hotkey) for place in places),
            owner_uid,
        )

    def store(self, stored: Stored, permits: Sequence[bool]) -> None:
        """Keeps what an epoch leaves."""
        rows = stored.bonds.to_lists()
        for place, bonds, permit, rao in zip(self.places, rows, permits, stored.rao, strict=True):
            place.bonds = tuple((uid, value) for uid, value in bonds)
            place.permit, place.emission = permit, rao
