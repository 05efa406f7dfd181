"""Buyers who compare their copies: which fingerprints to put into which, and whom to accuse.

Each of N hosts gets the model with its own random subset of the fingerprints: f is in copy j with
probability p. When a pirate service answers some of them, the subset it answers points at the host
whose copy it runs. K hosts who pool their copies can do more: a fingerprint on which their copies
differ is visible to them, and they choose by a *strategy* whether to answer it:

    unanimous   only those that all of them hold, which they cannot tell from an honest answer
    majority    those that more than half of them hold
    any         those that at least one holds
    minority    those that some, but at most half, hold

`accuse` catches the first two and no innocent. `accuse_silent` catches those who answer everything.

Source: the setting of arXiv 2502.07760 section 5; the decision rules are our own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Int

from aicrypto.oml.tails import binomial_tail, rational

STRATEGIES = ("unanimous", "majority", "any", "minority")
Assignment = Int[np.ndarray, "fingerprints models"]


@dataclass(frozen=True)
class Verdict:
    """Whom the answers point at.

    Attributes:
        answered: fingerprints that the pirate service answered.
        scores: per model, how many of these it holds.
        top: all models with the highest score, none if nothing was answered.
        accused: models whose score no innocent reaches but with probability delta.
    """

    answered: tuple[int, ...]
    scores: tuple[int, ...]
    top: tuple[int, ...]
    accused: tuple[int, ...]


def assign(fingerprints: int, models: int, p: float, seed: int) -> Assignment:
    """0/1 per fingerprint (row) and model (column): each model gets each with probability p."""
    if not 0 < p < 1:
        raise ValueError(f"p is {p}, must be inside 0..1: equal copies tell nobody apart")
    rng = np.random.default_rng(seed)
    return (rng.random((fingerprints, models)) < p).astype(np.int64)


def answers(assignment: Assignment, coalition: Sequence[int], strategy: str) -> tuple[int, ...]:
    """The fingerprints that a coalition answers.

    Raises:
        ValueError: for an unknown strategy or an empty coalition.
        IndexError: for a member that is no model.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy is {strategy!r}, must be one of {', '.join(STRATEGIES)}")
    members = _members(assignment, coalition)
    held, size = assignment[:, members].sum(axis=1), len(members)
    chosen = {
        "unanimous": held == size,
        "majority": 2 * held > size,
        "any": held > 0,
        "minority": (held > 0) & (2 * held <= size),
    }[strategy]
    return tuple(np.flatnonzero(chosen).tolist())


def accuse(assignment: Assignment, answered: Sequence[int], p: float, delta: float) -> Verdict:
    """The verdict on those who hold too many of the answered fingerprints.

    Model j is accused if N * P(Bin(answered, p) >= score_j) <= delta: over all N models together,
    an innocent one is accused with probability at most delta, whatever the coalition does. A
    fingerprint answered several times counts once: to ask again is no new evidence.
    """
    answered = tuple(dict.fromkeys(answered))
    rows = _rows(assignment, answered)
    scores = rows.sum(axis=0)
    best = int(scores.max(initial=0))
    top = np.flatnonzero(scores == best) if len(rows) else np.array([], dtype=int)
    accused = [j for j, s in enumerate(scores.tolist()) if _unlikely(rows.shape, p, s, delta)]
    found = (answered, scores.tolist(), top.tolist(), accused if len(rows) else [])
    return Verdict(*(tuple(int(i) for i in part) for part in found))


def accuse_silent(
    assignment: Assignment, answered: Sequence[int], p: float, delta: float
) -> tuple[int, ...]:
    """Models that hold too few of the fingerprints that were *not* answered.

    Whoever answers what any member holds betrays himself by silence: no member holds any of the
    others, while an innocent model holds a share p of them.
    """
    silent = _rows(assignment, sorted(set(range(len(assignment))) - set(answered)))
    lacking = (len(silent) - silent.sum(axis=0)).tolist()
    if not len(silent):
        return ()
    absent = float(1 - rational(p))
    return tuple(j for j, s in enumerate(lacking) if _unlikely(silent.shape, absent, s, delta))


def fingerprints_for_coalition(
    models: int, coalition: int, p: float, delta: float
) -> tuple[int, float]:
    """How many answered fingerprints convict a unanimous coalition, and how many to embed for that.

    The first is the least t with N p^t <= delta; of t / p^K embedded ones, t are held by all K on
    average. 17 and 136 for 3 among 100 with p = 1/2: the price is exponential in K.
    """
    chance, bound = rational(p), Fraction(str(delta))
    if not 0 < chance < 1 or bound <= 0:
        raise ValueError(f"p is {p} and delta {delta}, must be inside 0..1 and above 0")
    triggered, innocent = 0, Fraction(models)
    while innocent > bound:
        triggered, innocent = triggered + 1, innocent * chance
    return triggered, float(triggered / chance**coalition)


def _unlikely(shape: tuple[int, ...], p: float, score: int, delta: float) -> bool:
    """Would one of so many innocents reach this score with probability delta at most?"""
    n, models = shape
    return models * binomial_tail(n, p, score) <= Fraction(str(delta))


def _rows(assignment: Assignment, answered: Sequence[int]) -> Assignment:
    for f in answered:
        if not 0 <= f < len(assignment):
            raise IndexError(f"answered has {f}, must be in 0..{len(assignment) - 1}")
    return assignment[list(answered)]


def _members(assignment: Assignment, coalition: Sequence[int]) -> list[int]:
    models = assignment.shape[1]
    if not coalition:
        raise ValueError("coalition is empty, must have a member")
    for member in coalition:
        if not 0 <= member < models:
            raise IndexError(f"coalition has {member}, must be in 0..{models - 1}")
    return sorted(set(coalition))
