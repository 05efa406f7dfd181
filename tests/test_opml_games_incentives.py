"""Why anybody checks: thresholds, called validators, and the market without either."""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.opml.games.incentives import (
    Attention,
    Market,
    Terms,
    equilibrium,
    is_called,
    is_slashed,
    simulate,
)

MARKET = Market(5, check_cost=1.0, catch_reward=50.0, cheat_gain=100.0, cheat_loss=50.0)


def test_validators_are_called_as_often_as_asked() -> None:
    rng = random.Random(1)
    called = [
        is_called(rng.randbytes(20), rng.randbytes(32), rng.randbytes(32), 1, 4)
        for _ in range(4000)
    ]
    assert 0.22 < sum(called) / len(called) < 0.28
    assert is_slashed(True, False)
    assert is_slashed(False, True)
    assert not is_slashed(True, True)


def test_another_result_calls_other_validators() -> None:
    rng = random.Random(2)
    address, nonce = rng.randbytes(20), rng.randbytes(32)
    answers = {is_called(address, rng.randbytes(32), nonce, 1, 2) for _ in range(40)}
    assert answers == {True, False}, "who does not know the result cannot know the call"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ((b"x", bytes(32), bytes(32), 1, 2), "address"),
        ((bytes(20), b"", bytes(32), 1, 2), "result_hash"),
        ((bytes(20), bytes(32), b"", 1, 2), "nonce"),
        ((bytes(20), bytes(32), bytes(32), 1, 0), "p is"),
    ],
)
def test_bad_arguments_are_named(arguments: tuple[object, ...], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        is_called(*arguments)  # type: ignore[arg-type]


def test_attention_pays_above_its_smallest_slash() -> None:
    terms = Attention(0.1, cost=2.0, slash=30.0)
    assert terms.smallest_slash == pytest.approx(20.0)
    assert terms.diligent_payoff > terms.lazy_payoff
    assert Attention(0.1, 2.0, 10.0).diligent_payoff < Attention(0.1, 2.0, 10.0).lazy_payoff
    assert Attention(1.0, 2.0, 10.0).smallest_slash == float("inf"), "a certain call is no secret"


@given(st.floats(0.1, 10), st.floats(0.1, 50), st.floats(0, 0.9), st.integers(1, 6))
def test_the_threshold_is_where_payoffs_cross(
    reward: float, slash: float, colluding: float, validators: int
) -> None:
    terms = Terms(reward / 2, reward, slash, colluding, validators)
    if terms.threshold is None:
        assert terms.honest_payoff <= terms.cheating_payoff(1.0) + 1e-9
        return
    crossing = terms.cheating_payoff(terms.threshold)
    assert crossing == pytest.approx(terms.honest_payoff)
    assert not terms.is_honesty_best(terms.threshold)
    assert terms.is_honesty_best(min(1.0, terms.threshold * 1.001)) or terms.threshold >= 0.999


def test_sampling_terms_are_checked() -> None:
    with pytest.raises(ValueError, match="colluding is 2"):
        Terms(1, 1, 1, 2, 1)
    with pytest.raises(ValueError, match="n_validators is -1"):
        Terms(1, 1, 1, 0, -1)


def test_in_equilibrium_nobody_gains_by_changing_and_some_cheat() -> None:
    cheat, check = equilibrium(MARKET)
    assert 0 < cheat < 1
    assert 0 < check < 1
    assert MARKET.cheating_gain(check) == pytest.approx(0, abs=1e-9)
    assert MARKET.checking_gain(cheat, check) == pytest.approx(0, abs=1e-9)


def test_checking_dies_out_when_nobody_cheats_and_attention_keeps_it_alive() -> None:
    rates = simulate(MARKET, 4000)
    assert rates[:, 1].min() < 0.2, "without cheats the checkers leave"
    assert rates[:, 0].max() > 0.05, "then cheating pays"
    paid = Market(5, 1.0, 50.0, 100.0, 50.0, attention_penalty=1.5)
    attended = simulate(paid, 4000)
    assert attended[-1, 1] > 0.99
    assert attended[-500:, 0].max() < 0.01
    assert equilibrium(paid) == (0.0, 1.0)
    assert np.isfinite(rates).all()


@pytest.mark.parametrize("catch_reward", [0.5, 1.0, 1.05, 1.5, 2.0])
def test_where_every_claim_is_false_checking_is_worth_nothing_either(catch_reward: float) -> None:
    """Small rewards: cheating is certain, and so many check as the reward can feed."""
    market = Market(5, 1.0, catch_reward, cheat_gain=100.0, cheat_loss=5.0)
    cheat, check = equilibrium(market)
    assert cheat == 1.0
    assert market.cheating_gain(check) > 0
    if catch_reward <= 1.0:
        assert check == 0
        assert market.checking_gain(cheat, check) <= 0
    else:
        assert 0 < check < 1
        assert market.checking_gain(cheat, check) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"n_verifiers": 0},
        {"check_cost": -1.0},
        {"catch_reward": 0.0},
        {"cheat_gain": float("nan")},
        {"cheat_loss": float("inf")},
        {"attention_penalty": -0.1},
    ],
)
def test_a_market_out_of_range_names_its_argument(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        dataclasses.replace(MARKET, **change)
    with pytest.raises(ValueError, match="at stake"):
        Market(1, 1.0, 1.0, 0.0, 0.0)
