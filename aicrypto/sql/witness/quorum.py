"""Indexers agree on a batch: the chain takes the data that strictly more than `size` submitted.

Several indexers read the same source and submit, for each batch, the hash of what they read. Who
submitted something else dissents, and may be punished; whoever comes after the decision is late.

Source: spaceandtimefdn/sxt-node@475f2ad, pallets/indexing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_SUBMITTERS = 32  # for one hash


class AlreadySubmitted(ValueError):
    """The account submitted this hash before, or 32 others did."""


class LateBatch(ValueError):
    """The batch is decided."""


@dataclass(frozen=True)
class Decision:
    """A batch's outcome: the hash, who agreed, and who submitted another (perhaps besides)."""

    data_hash: str
    agreements: tuple[str, ...]
    dissents: tuple[str, ...]


@dataclass
class Quorum:
    """The submissions of one batch in one scope; public and privileged ones count apart.

    Attributes:
        size: more than so many distinct accounts decide.
    """

    size: int
    submitters: dict[str, list[str]] = field(default_factory=dict)
    decision: Decision | None = None

    def submit(self, who: str, data_hash: str) -> Decision | None:
        """Takes a submission; the decision, if this one makes it.

        Raises:
            LateBatch: if the batch is decided.
            AlreadySubmitted: if the account repeats itself, or the hash has 32 submitters.
        """
        if self.decision is not None:
            raise LateBatch(f"the batch is decided: {self.decision.data_hash}")
        same = self.submitters.setdefault(data_hash, [])
        if who in same or len(same) == MAX_SUBMITTERS:
            raise AlreadySubmitted(f"{who} submitted {data_hash}, or {MAX_SUBMITTERS} did")
        same.append(who)
        if len(same) > self.size:
            others = {w for h, ws in self.submitters.items() if h != data_hash for w in ws}
            self.decision = Decision(data_hash, tuple(sorted(same)), tuple(sorted(others)))
        return self.decision
