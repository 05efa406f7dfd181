"""Miners compete for a subnet's emission; validators score their work and write weights.

A contest knows its miners and how a validator scores them in an epoch. `play` registers everybody
in a live subnet, lets the first epoch issue permits, and then has each validator score and vote in
every epoch. What counts in the end is rao, paid by exact consensus.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from aicrypto.subnet.economy.emission import RAO
from aicrypto.subnet.network import (
    TAO,
    LiveSubnet,
    advance,
    register,
    set_weights,
)
from aicrypto.subnet.weights import to_u16_weights
from aicrypto.subnet.yuma import Rules

N_EPOCHS, N_VALIDATORS = 10, 3
VALIDATOR_STAKE = 1_000_000 * RAO  # what miners earn meanwhile must not outvote them
FUNDS = 100 * RAO


class Contest(Protocol):
    """A kind of work: who does it, and how a validator scores it; one of the miners cheats."""

    @property
    def miners(self) -> tuple[str, ...]:
        """All miners, the cheater among them."""

    @property
    def cheater(self) -> str:
        """The one that does less than it claims."""

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """One validator's scores of all miners in an epoch; may remember earlier epochs."""


@dataclass(frozen=True)
class Outcome:
    """Rao that each miner earned in each epoch, and the subnet as it stands."""

    earned: dict[str, list[int]]
    subnet: LiveSubnet

    def total(self, miner: str) -> int:
        """What a miner earned in all epochs."""
        return sum(self.earned[miner])


def play(
    contest: Contest,
    n_epochs: int = N_EPOCHS,
    n_validators: int = N_VALIDATORS,
    rules: Rules | None = None,
) -> Outcome:
    """A contest over that many epochs, by validators with equal stake."""
    validators = [f"validator-{i}" for i in range(n_validators)]
    rules = replace(rules or Rules(), max_allowed_validators=n_validators)
    subnet = LiveSubnet(rules=rules)
    enter(subnet, dict.fromkeys(validators, VALIDATOR_STAKE))
    enter(subnet, dict.fromkeys(contest.miners, 0))
    advance(subnet, subnet.rules.tempo)
    earned: dict[str, list[int]] = {miner: [] for miner in contest.miners}
    for epoch in range(n_epochs):
        for number, validator in enumerate(validators):
            vote(subnet, validator, contest.score(number, epoch))
        before = {miner: subnet.stake_of(miner) for miner in contest.miners}
        advance(subnet, subnet.rules.tempo)
        for miner in contest.miners:
            earned[miner].append(subnet.stake_of(miner) - before[miner])
    return Outcome(earned, subnet)


def enter(subnet: LiveSubnet, stakes: Mapping[str, int]) -> None:
    """Registers neurons, each owned by a coldkey of its own, and gives them their stakes."""
    for hotkey, stake in stakes.items():
        coldkey = f"{hotkey}/owner"
        subnet.ledger.mint(TAO, coldkey, FUNDS)
        register(subnet, hotkey, coldkey)
        subnet.ledger.mint(subnet.token, hotkey, stake)


def vote(subnet: LiveSubnet, validator: str, scores: Mapping[str, float]) -> None:
    """Writes scores as weights; zeros are written, too."""
    uids = [subnet.seats.uid_of(miner) for miner in scores]
    known = [uid for uid in uids if uid is not None]
    values = to_u16_weights(
        score for score, uid in zip(scores.values(), uids, strict=True) if uid is not None
    )
    set_weights(subnet, validator, known, values)
