"""Scraped pages that are scraped again: the cheater claims ten times what it has.

A miner states how many pages it holds and shows those that a validator picks. Each is compared with
the site. Made-up pages cost credibility, and credibility counts with the power 2.5: a tenth of true
pages is worth a three-hundredth.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicrypto.commit.hashes import sha256
from aicrypto.subnet.scoring import Sample, scraping_score

SAMPLES = 10
CLAIMS = {"ada": 1000, "bela": 800, "boaster": 10_000}
HELD = {"ada": 1000, "bela": 800, "boaster": 1000}


@dataclass(frozen=True)
class Scraping:
    """Two who show what they claim, one who shows mostly inventions."""

    seed: int = 0
    miners: tuple[str, ...] = ("ada", "bela", "boaster")
    cheater: str = "boaster"
    credibility: dict[tuple[int, str], float] = field(default_factory=dict)

    def score(self, validator: int, epoch: int) -> Mapping[str, float]:
        """Volume times credibility, after a sample of every miner's pages was scraped again."""
        rng = random.Random(f"{self.seed} {validator} {epoch}")
        scores = {}
        for miner in self.miners:
            places = [rng.randrange(CLAIMS[miner]) for _ in range(SAMPLES)]
            samples = [self._sample(miner, place) for place in places]
            key, raw = (validator, miner), CLAIMS[miner]
            before = self.credibility.get(key, 0.0)
            self.credibility[key], scores[miner] = scraping_score(raw, raw, before, samples)
        return scores

    def shown(self, miner: str, place: int) -> bytes:
        """The page that a miner shows at a place of its list."""
        return page(place) if place < HELD[miner] else sha256(b"made up", page(place))

    def _sample(self, miner: str, place: int) -> Sample:
        answer = self.shown(miner, place)
        return Sample(len(answer), answer == page(place))


def page(place: int) -> bytes:
    """What the site has at an address."""
    return sha256(b"page", place.to_bytes(8, "big"))
