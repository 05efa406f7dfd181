"""A tournament of losses (Nous): models meet on the same batches, and the earlier one has a lead.

A copy is as good as its original, and one fine-tuned a little is a little better. So of two models
the one that was submitted first has its loss reduced by a hundredth: who comes later must win by
more than that. Losses in any unit; blocks are numbers.

Source: NousResearch/finetuning-subnet @0c56bc9c.
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

TEMPERATURE = 0.08
MOVING_AVERAGE = 0.9
NEVER = 10**9

Uid = TypeVar("Uid", bound=Hashable)


@dataclass(frozen=True)
class Lead:
    """How much less the earlier model's loss counts: constant, or falling after `start` blocks."""

    epsilon: float = 0.01
    least: float = 0.01
    start: int = NEVER
    period: int = 1

    def at(self, age: int) -> float:
        """The lead of a model that was submitted `age` blocks ago."""
        if age <= self.start:
            return self.epsilon
        if age - self.start <= self.period:
            left = 1 - (age - self.start) / self.period
            return left * (self.epsilon - self.least) + self.least
        return self.least


@dataclass(frozen=True)
class Standing(Generic[Uid]):
    """Matches won, won of those played, and weights: the softmax of these rates."""

    wins: dict[Uid, int]
    win_rate: dict[Uid, float]
    softmax: dict[Uid, float]


def tournament(
    losses: Mapping[Uid, Sequence[float]],
    blocks: Mapping[Uid, int],
    current_block: int,
    lead: Lead,
    temperature: float = TEMPERATURE,
) -> Standing[Uid]:
    """Every model against every other on each batch that both have; ties win nothing."""
    wins, rates = {}, {}
    for uid, own in losses.items():
        won = played = 0
        for rival, others in losses.items():
            if rival == uid:
                continue
            mine = _factor(blocks[uid], blocks[rival], current_block, lead)
            theirs = _factor(blocks[rival], blocks[uid], current_block, lead)
            pairs = list(zip(own, others, strict=False))
            won += sum(a * mine < b * theirs for a, b in pairs)
            played += len(pairs)
        wins[uid], rates[uid] = won, won / played if played else 0.0
    return Standing(wins, rates, softmax(rates, temperature))


def softmax(scores: Mapping[Uid, float], temperature: float) -> dict[Uid, float]:
    """Weights that add up to one, e times larger for every `temperature` of score."""
    top = max(scores.values(), default=0.0)
    powers = {uid: math.exp((score - top) / temperature) for uid, score in scores.items()}
    total = sum(powers.values())
    return {uid: power / total for uid, power in powers.items()}


def _factor(block: int, rival_block: int, current_block: int, lead: Lead) -> float:
    """What a loss is multiplied by."""
    return 1 - lead.at(current_block - block) if block < rival_block else 1.0
