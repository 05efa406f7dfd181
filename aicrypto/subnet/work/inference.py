"""Proofs of inference: miners run a network and prove it; the cheater runs and proves another.

The network is quantised, the proof is zkml's: logits that the network did not compute don't verify.
The cheater answers faster, with the logits of a network that it likes better and the best proof
that it can make for them. Its score falls by two fifths each time, and speed does not help.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from aicrypto import zkml
from aicrypto.subnet.scoring import omron_reward
from aicrypto.zkml import Network

WIDTHS = (8, 8, 4)
WEIGHT, SHIFT, MAX_INPUT = 20, 5, 100
FASTEST_S, SLOWEST_S = 1.0, 10.0
MAXIMUM, START = 1.0, 0.5
SECONDS = {"swift": 2.0, "steady": 4.0, "hasty": 1.0}


@dataclass(frozen=True)
class Inference:
    """Two who prove the network that was asked for, at their speeds, and one who proves another."""

    seed: int = 0
    miners: tuple[str, ...] = ("swift", "steady", "hasty")
    cheater: str = "hasty"
    scores: dict[tuple[int, str], float] = field(default_factory=dict)

    @cached_property
    def network(self) -> Network:
        """The network whose answers are paid for."""
        return network(random.Random(f"{self.seed} network"))

    @cached_property
    def other(self) -> Network:
        """The one that the cheater runs instead."""
        return network(random.Random(f"{self.seed} other"))

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """Every miner's score after it has answered a question of this validator's."""
        rng = random.Random(f"{self.seed} {validator} {epoch}")
        x = [[rng.randrange(MAX_INPUT) for _ in range(WIDTHS[0])] for _ in range(2)]
        for miner in self.miners:
            verified = self.answer(miner, x)
            before = self.scores.get((validator, miner), START)
            self.scores[validator, miner] = omron_reward(
                MAXIMUM, before, verified, SECONDS[miner], SLOWEST_S, FASTEST_S
            )
        return {miner: self.scores[validator, miner] for miner in self.miners}

    def answer(self, miner: str, x: list[list[int]]) -> bool:
        """Whether a miner's logits and proof are accepted for the network that was asked for."""
        run = self.other if miner == self.cheater else self.network
        logits, proof = run.run(x).logits, zkml.prove(run, x)
        return zkml.verify(self.network, x, logits, proof)


def network(rng: random.Random) -> Network:
    """A small network with random int8 weights."""
    layers: list[dict[str, Any]] = []
    for n_in, n_out in pairwise(WIDTHS):
        rows = [[rng.randint(-WEIGHT, WEIGHT) for _ in range(n_in)] for _ in range(n_out)]
        layers.append({"W": rows, "b": [0] * n_out, "shift": SHIFT})
    return Network.from_integers(layers)
