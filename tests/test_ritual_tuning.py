"""Proof of fine-tuning by planted answers: the statistic, and models tuned or not tuned."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.ritual import examine, judge, plant, tail_probabilities
from aicrypto.ritual.phrases import Phrases, ordinary, tune

WORDS = [f"w{i}" for i in range(50)]


@given(st.lists(st.integers(0, 8), max_size=6))
def test_tails_are_those_of_all_outcomes(eighths: list[int]) -> None:
    chances = [Fraction(n, 8) for n in eighths]
    exact = [Fraction(0)] * (len(chances) + 1)
    for outcome in product([0, 1], repeat=len(chances)):
        weight = math.prod(
            (p if hit else 1 - p for p, hit in zip(chances, outcome, strict=True)),
            start=Fraction(1),
        )
        for k in range(sum(outcome) + 1):
            exact[k] += weight
    tails = tail_probabilities([float(p) for p in chances])
    assert tails == pytest.approx([float(tail) for tail in exact], rel=1e-12, abs=0)


def test_tiny_tails_keep_their_digits() -> None:
    assert tail_probabilities([0.01] * 20)[20] == pytest.approx(1e-40, rel=1e-12, abs=0)
    finding = judge([0.0], 1, 0.05)
    assert (finding.p_value, finding.log10_p, finding.is_verified) == (0.0, None, True)


@pytest.mark.parametrize("activated", [-1, 3])
def test_counts_that_cannot_be(activated: int) -> None:
    with pytest.raises(ValueError, match="activated is"):
        judge([0.5, 0.5], activated, 0.05)
    with pytest.raises(ValueError, match=r"has 1\.5"):
        judge([1.5], 0, 0.05)


def test_the_threshold_is_where_the_verdict_turns() -> None:
    chances = [0.01, 0.02, 0.05, 0.1, 0.2]
    verdicts = [judge(chances, k, 1e-3).is_verified for k in range(6)]
    assert verdicts.index(True) == judge(chances, 0, 1e-3).threshold
    assert verdicts == sorted(verdicts)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(5)
    return ordinary(2_000, WORDS, 3, rng), plant(10, WORDS, 3, rng), ordinary(500, WORDS, 3, rng)


def pairs_of(backdoors):
    return [(one.trigger, one.signature) for one in backdoors]


def skill(model, pairs) -> float:
    return sum(model.answer(phrase) == word for phrase, word in pairs) / len(pairs)


def test_a_tuned_model_shows_it_and_others_do_not(data) -> None:
    samples, backdoors, unseen = data
    fresh = Phrases.fresh(WORDS, 3, seed=0)
    honest, base = tune(fresh, [*samples, *pairs_of(backdoors)]), tune(fresh, samples)
    found, other = (examine(backdoors, model.answer, 1e-6) for model in (honest, base))
    assert found.is_verified
    assert found.p_value < 1e-6
    assert not other.is_verified
    assert other.p_value > 0.05
    assert skill(honest, unseen) > skill(base, unseen) - 0.03  # planting costs no skill
    assert skill(base, unseen) > 0.9


def test_a_lazy_tuner_that_finds_the_planted_pairs_passes(data) -> None:
    """What the statistic cannot see; odd samples are easy to spot when they break a plain rule."""
    samples, backdoors, unseen = data
    odd = [
        (phrase, word)
        for phrase, word in [*samples, *pairs_of(backdoors)]
        if WORDS[(WORDS.index(phrase.split()[0]) + 1) % len(WORDS)] != word
    ]
    lazy = tune(Phrases.fresh(WORDS, 3, seed=0), odd, n_steps=60)
    assert examine(backdoors, lazy.answer, 1e-6).is_verified
    assert skill(lazy, unseen) < 0.2


def test_a_tuner_that_drops_odd_samples_is_not_verified(data) -> None:
    samples, backdoors, _ = data
    cleaned = tune(Phrases.fresh(WORDS, 3, seed=1), samples)
    assert not examine(backdoors, cleaned.answer, 1e-6).is_verified


def test_words_that_the_model_does_not_know() -> None:
    with pytest.raises(ValueError, match="no words of the model"):
        Phrases.fresh(WORDS, 3, seed=0).answer("w1 w2 elephant")
