"""What an epoch reads and what it leaves: settings, neurons, and the numbers that it publishes.

Stakes are integers (the chain's are alpha + root TAO × weight); blocks are numbers of 12-second
blocks; u16 settings count 65535 as one. Who uses it: `epoch`, and whatever plays epochs in a row.

Source: opentensor/subtensor @14bc6f9f pallets/subtensor/src/epoch/run_epoch.rs and lib.rs
(defaults).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from aicrypto.subnet.fixed import Fixed
from aicrypto.subnet.yuma.rows import Rows

MAX_VALIDATORS = 128
TEMPO = 360


@dataclass(frozen=True)
class Rules:
    """A subnet's settings, with the chain's defaults.

    Attributes:
        tempo: blocks from epoch to epoch. activity_cutoff: blocks after which a validator that set
            no weights counts as inactive.
        min_stake: least stake that counts. max_allowed_validators: permits per epoch.
        kappa: u16, the share of stake that must support a weight.
        bonds_penalty: u16; at 65535 bonds grow from clipped weights, at 0 from weights as given.
        bonds_moving_average: in millionths; 900 000 keeps nine tenths of the old bonds.
        yuma3: whether bonds count by weight alone, and stake enters only at the payout.
        liquid_alpha: whether bonds move faster where a validator was ahead of consensus.
        alpha_low, alpha_high: u16, the slowest and the quickest. steepness: i16, in hundredths.
        commit_reveal: whether weights are committed first and revealed later.
    """

    tempo: int = TEMPO
    activity_cutoff: int = 5000
    min_stake: int = 0
    max_allowed_validators: int = MAX_VALIDATORS
    kappa: int = 32767
    bonds_penalty: int = 65535
    bonds_moving_average: int = 900_000
    yuma3: bool = False
    liquid_alpha: bool = False
    alpha_low: int = 45875
    alpha_high: int = 58982
    steepness: int = 1000
    commit_reveal: bool = False


@dataclass(frozen=True)
class Neurons:
    """The uids of a subnet before an epoch; lists have one element for each uid.

    Attributes:
        stake: integers of any size. permits: of the epoch before.
        last_update: block of the last weights. registered: block of registration.
        weights, bonds: rows of u16. owner_uid: the owner's, or None.
        commit_blocks: block of the earliest commit that is neither revealed nor expired, or None.
    """

    stake: tuple[int, ...]
    permits: tuple[bool, ...]
    last_update: tuple[int, ...]
    registered: tuple[int, ...]
    weights: Rows
    bonds: Rows
    commit_blocks: tuple[int | None, ...]
    owner_uid: int | None = None

    @property
    def n(self) -> int:
        """How many uids there are."""
        return len(self.stake)

    @classmethod
    def fresh(cls, stake: tuple[int, ...], permits: tuple[bool, ...] | None = None) -> "Neurons":
        """Uids that registered at block 0 and have done nothing yet."""
        n, empty = len(stake), Rows.of([[] for _ in stake])
        zeros = (0,) * n
        return cls(stake, permits or (False,) * n, zeros, zeros, empty, empty, (None,) * n)


@dataclass(frozen=True)
class Stored:
    """What the chain keeps of an epoch, in u16, and the rao that it pays."""

    stake_weight: list[int]
    consensus: list[int]
    incentive: list[int]
    dividends: list[int]
    validator_trust: list[int]
    bonds: Rows
    server_rao: list[int]
    validator_rao: list[int]
    rao: list[int]


@dataclass(frozen=True)
class Epoch:
    """One epoch, step by step, in I32F32; `stored` is what remains of it.

    Attributes:
        weights: normalised rows of validators. clipped: the same, cut at consensus.
        bonds_delta: what this epoch adds to bonds (classic only). bonds: after the moving average.
    """

    inactive: list[int]
    stake: Fixed
    active_stake: Fixed
    permits: tuple[bool, ...]
    weights: Rows
    consensus: Fixed
    clipped: Rows
    validator_trust: Fixed
    incentive: Fixed
    dividends: Fixed
    bonds: Rows
    bonds_delta: Rows | None
    stored: Stored


def without_bonds(neurons: Neurons, of: Iterable[int] = (), in_uids: Iterable[int] = ()) -> Neurons:
    """The neurons less all bonds that some uids hold, and all that anybody holds in some uids."""
    bonds = neurons.bonds
    gone = np.isin(bonds.rows, list(of)) | np.isin(bonds.columns, list(in_uids))
    return replace(neurons, bonds=bonds.where(~gone))


def without_permits(neurons: Neurons, uids: Iterable[int]) -> Neurons:
    """The neurons with permits taken away."""
    gone = set(uids)
    kept = (permit and uid not in gone for uid, permit in enumerate(neurons.permits))
    return replace(neurons, permits=tuple(kept))
