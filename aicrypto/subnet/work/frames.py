"""Frames that are made again: the cheater stops half-way.

Only a hash of the frames comes back. Half the steps look much the same to an eye and hash to
something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.subnet.scoring import frames_digest, generate, replay_score
from aicrypto.subnet.scoring.replay import STEPS


@dataclass(frozen=True)
class Frames:
    """Two who run all steps, one who runs half of them."""

    seed: int = 0
    miners: tuple[str, ...] = ("ada", "bela", "lazy")
    cheater: str = "lazy"

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """One for the digest of a re-run, nothing for any other."""
        seed = hash((self.seed, validator, epoch)) & 0xFFFFFFFF
        return {miner: replay_score(self.answer(miner, seed), seed) for miner in self.miners}

    def answer(self, miner: str, seed: int) -> bytes:
        """The digest of what a miner generated."""
        steps = STEPS // 2 if miner == self.cheater else STEPS
        return frames_digest(generate(seed, steps))
