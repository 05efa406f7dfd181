"""An asynchronous call and what becomes of it: committed, fulfilled, included, settled.

Slow work cannot run inside a block. A proposer that meets an asynchronous call commits to it; an
executor computes and broadcasts; a later proposer includes the call again, with the recorded
output; only then is anybody paid. If no output comes within `ttl` blocks, the call is void and
costs nothing.

Times are block numbers, money is wei. The blocks themselves are in `blocks`.

Source: ritual-net/ritual-scan@66eb449, docs/NOTES.md.
"""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where a call stands."""

    REJECTED = "rejected"  # the wallet could not pay, so nobody committed
    PENDING = "pending"
    EXPIRED = "expired"
    FULFILLED = "fulfilled"  # computed, but in no block yet
    SETTLED = "settled"


@dataclass(frozen=True)
class Fees:
    """What the three who serve a call receive, in wei."""

    executor: int
    commitment: int
    inclusion: int

    @property
    def total(self) -> int:
        """What the user's wallet must hold when the call is committed."""
        return self.executor + self.commitment + self.inclusion


@dataclass(frozen=True)
class Servants:
    """Who computes a call, who commits to it, who includes its output."""

    executor: str
    commitment_validator: str
    inclusion_validator: str


@dataclass(frozen=True)
class Life:
    """The blocks in which things happened to a call, as known now; None: not yet.

    Attributes:
        ttl: how many blocks after the commitment an output still counts.
    """

    commit_block: int
    ttl: int
    fulfilled_block: int | None = None
    inclusion_block: int | None = None

    @property
    def deadline(self) -> int:
        """Last block in which an output counts."""
        return self.commit_block + self.ttl


def status_of(life: Life, now: int, wallet_wei: int, fees: Fees) -> Status:
    """Where a call stands at block `now`, for a wallet that held `wallet_wei` at commitment."""
    if wallet_wei < fees.total:
        return Status.REJECTED
    if life.fulfilled_block is None:
        return Status.PENDING if now <= life.deadline else Status.EXPIRED
    if life.fulfilled_block > life.deadline:
        return Status.EXPIRED
    if life.inclusion_block is None or not life.fulfilled_block < life.inclusion_block <= now:
        return Status.FULFILLED
    return Status.SETTLED


def payments(status: Status, fees: Fees, servants: Servants) -> dict[str, int]:
    """Wei that each account receives: three transfers once the call is settled, else none."""
    paid: dict[str, int] = {}
    if status is not Status.SETTLED:
        return paid
    legs = (
        (servants.executor, fees.executor),
        (servants.commitment_validator, fees.commitment),
        (servants.inclusion_validator, fees.inclusion),
    )
    for account, wei in legs:
        paid[account] = paid.get(account, 0) + wei
    return paid
