"""Storage that is checked: the cheater threw half of its chunks away.

At the start each miner commits to its chunks, and validators keep the root. In every epoch a
validator asks for a random chunk; whoever lost it forges an answer out of something else, with a
tree of its own. A validator that believes the root in the answer (`believe`, as deployed) accepts
that, one that compares with the stored root does not.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicrypto.subnet.scoring import storage, tier
from aicrypto.subnet.scoring.storage import Holding, Parameters, parameters

N_CHUNKS, CHUNK_BYTES = 4, 64
BLINDING_BITS = 128
SEED = b"aicrypto.storage.seed"


@dataclass(frozen=True)
class Storage:
    """Two who keep everything, one who keeps half; `believe` takes roots from answers."""

    seed: int = 0
    believe: bool = False
    miners: tuple[str, ...] = ("ada", "bela", "forgetful")
    cheater: str = "forgetful"
    points: Parameters = field(default_factory=parameters)
    successes: dict[tuple[int, str], list[bool]] = field(default_factory=dict)
    layers: dict[str, list[list[bytes]]] = field(default_factory=dict)

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """The reward of this answer, by the tier that all answers so far have earned."""
        rng = random.Random(f"{self.seed} {validator} {epoch}")
        scores = {}
        for miner in self.miners:
            at = rng.randrange(N_CHUNKS)
            root = None if self.believe else self._tree(miner)[-1][0]
            answer = self.answer(miner, at)
            good = storage.check(self.points, answer, SEED, at, root, N_CHUNKS)
            past = self.successes.setdefault((validator, miner), [])
            past.append(good)
            factor = tier(sum(past), len(past), sum(past))[1]
            scores[miner] = storage.reward(good, factor)
        return scores

    def answer(self, miner: str, at: int) -> Holding:
        """A miner's answer when it is asked for a chunk."""
        chunks, blindings = self._kept(miner)
        if miner == self.cheater and at % 2:
            chunks = [b"made up" for _ in chunks]
            return storage.hold(self.points, chunks, SEED, blindings, at)
        path = storage.path_to(self._tree(miner), at)
        return Holding(chunks[at], blindings[at], at, path, self._tree(miner)[-1][0])

    def _tree(self, miner: str) -> list[list[bytes]]:
        """The tree that a miner committed to at the start."""
        if miner not in self.layers:
            chunks, blindings = self._kept(miner)
            pairs = zip(chunks, blindings, strict=True)
            leaves = [storage.commit(self.points, chunk, SEED, r) for chunk, r in pairs]
            self.layers[miner] = storage.tree(leaves)
        return self.layers[miner]

    def _kept(self, miner: str) -> tuple[list[bytes], list[int]]:
        """The chunks that a miner was given, and its blindings."""
        rng = random.Random(f"{self.seed} {miner}")
        chunks = [rng.randbytes(CHUNK_BYTES) for _ in range(N_CHUNKS)]
        return chunks, [rng.getrandbits(BLINDING_BITS) for _ in chunks]
