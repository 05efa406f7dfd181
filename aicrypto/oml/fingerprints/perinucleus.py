"""Perinucleus: an answer that is plausible, yet not what the model would say.

A fingerprint's response must surprise (or any model would give it) and yet fit (or learning it
harms the model). Sort tokens by probability. The *nucleus* is the head that together reaches
probability t, the crossing token included; the response is drawn uniformly among the next k, the
*candidates*. A drawn token that is not eligible (punctuation, half a word) is thrown away and the
window widened by one. With k = 3 and t = .8 a response has about 1 % probability in a model of 8
billion parameters; a small, less certain one needs a smaller t for the same.

Source: arXiv 2502.07760 section 3; sentient-agi/oml-1.0-fingerprinting @e3ee78ce `inverse_nucleus`,
which loops for ever where no candidate is eligible: here that is NoValidToken.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


class NoValidToken(ValueError):
    """Outside the nucleus no token is eligible."""


@dataclass(frozen=True)
class Draw:
    """What came of drawing: the token (None if the draws ran out), and how many draws it took."""

    response: int | None
    draws_used: int


@dataclass(frozen=True)
class Perinucleus:
    """One next-token law, sorted and cut.

    Attributes:
        probabilities: of all tokens, by token id.
        nucleus: token ids, likeliest first.
        rest: the tokens after the nucleus, likeliest first.
        eligible: per token id, may it be a response?
        k: candidates to draw from before any is thrown away.
    """

    probabilities: Float[np.ndarray, " v"]
    nucleus: tuple[int, ...]
    rest: tuple[int, ...]
    eligible: Sequence[bool]
    k: int

    @property
    def candidates(self) -> tuple[int, ...]:
        """The first k tokens outside the nucleus, or as many as there are."""
        return self.rest[: self.k]

    def law(self) -> dict[int, float]:
        """The probability of every response that can be drawn.

        At width w, each eligible token among the first w gains reach/w, and reach shrinks to the
        part that drew an ineligible one. Once the window holds all tokens, what is left is shared.
        """
        good = np.array([self.eligible[token] for token in self.rest])
        widths = np.arange(min(self.k, len(good)), len(good))
        missed = (widths - np.cumsum(good)[widths - 1]) / widths
        reach = np.concatenate([[1.0], np.cumprod(missed)])
        gains = np.append(reach[:-1] / widths, reach[-1] / good.sum())
        later = np.cumsum(gains[::-1])[::-1]  # what a token gains from a width on
        first = np.maximum(np.arange(len(good)) + 1 - self.k, 0).clip(max=len(gains) - 1)
        shares = zip(self.rest, np.where(good, later[first], 0.0).tolist(), strict=True)
        return {token: share for token, share in shares if share > 0}

    def draw(self, uniforms: Iterable[float]) -> Draw:
        """The response that uniform numbers of [0, 1) choose, one number a try."""
        used = 0
        for used, uniform in enumerate(uniforms, start=1):
            if not 0 <= uniform < 1:
                raise ValueError(f"uniform number is {uniform}, must be in [0, 1)")
            width = min(self.k + used - 1, len(self.rest))
            token = self.rest[int(uniform * width)]
            if self.eligible[token]:
                return Draw(token, used)
        return Draw(None, used)

    @property
    def collision_chance(self) -> float:
        """Largest probability of one response: how often a fixed stranger's answer hits by luck."""
        return max(self.law().values())


def perinucleus(
    logits: Float[np.ndarray, " v"], t: float, k: int, eligible: Sequence[bool]
) -> Perinucleus:
    """The nucleus of a next-token law and what lies just outside.

    Raises:
        NoValidToken: if no token outside the nucleus is eligible.
        ValueError: if t is negative, k below 1, or the two sequences differ in length.
    """
    if t < 0 or k < 1:
        raise ValueError(f"t is {t} and k is {k}, must be at least 0 and 1")
    if len(logits) != len(eligible):
        raise ValueError(f"eligible has {len(eligible)} entries for {len(logits)} logits")
    scores = np.asarray(logits, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")  # equal logits: lower id first
    weights = np.exp(scores - scores.max())
    probabilities = weights / weights.sum()
    reached = np.flatnonzero(np.cumsum(probabilities[order]) >= t)
    size = int(reached[0]) + 1 if len(reached) else len(order)
    nucleus, rest = order[:size].tolist(), order[size:].tolist()
    if not any(eligible[token] for token in rest):
        raise NoValidToken(f"none of {len(rest)} tokens outside the nucleus is eligible (t = {t})")
    return Perinucleus(probabilities, tuple(nucleus), tuple(rest), eligible, k)
