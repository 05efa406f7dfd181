"""Is this our model? Ask the secret questions, count, and say how likely luck is.

A model that never saw the fingerprints has a fixed answer to each key, and the response was drawn
at random from at least two candidates: it hits with probability `luck` at most, independently for
each key. The chance of so many hits is a Poisson-binomial tail; nothing is assumed about the
stranger's model.

Source: the setting of arXiv 2502.07760 section 3.2; the bound is our own.
"""

import math
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from aicrypto.oml.fingerprints.embedding import answered
from aicrypto.oml.fingerprints.keys import Fingerprints
from aicrypto.oml.tails import quick_poisson_binomial_pvalue

THOUSANDTHS = 1000


@dataclass(frozen=True)
class Detection:
    """What questioning a model showed.

    Attributes:
        asked, matched: keys, and right answers among them.
        log10_pvalue: of so many matches by luck; -20 means one in 10^20.
    """

    asked: int
    matched: int
    log10_pvalue: float

    @property
    def success(self) -> float:
        """Share of the keys that were answered as committed."""
        return self.matched / self.asked

    def convicts(self, log10_alpha: float = -9.0) -> bool:
        """Whether luck is less likely than 10^log10_alpha."""
        return self.log10_pvalue <= log10_alpha


def detect(
    model: nn.Module, pairs: Fingerprints, prefix: Int[Tensor, " p"] | None = None
) -> Detection:
    """The verdict on a model, from one pass over all keys."""
    matched = int(answered(model, pairs, prefix).sum())
    return Detection(len(pairs), matched, luck_log10(pairs.luck, matched))


def luck_log10(luck: Float[Tensor, " n"], matched: int) -> float:
    """log10 of the chance of so many hits; each probability is rounded up to a thousandth."""
    up = [math.ceil(p * THOUSANDTHS - 1e-6) / THOUSANDTHS for p in luck.tolist()]
    return quick_poisson_binomial_pvalue(up, matched)
