"""The subnet in which the pipeline's miners and validators live."""

import pytest

from aicrypto.pipeline.stages import rank
from aicrypto.subnet.network import next_to_go
from aicrypto.subnet.refusals import Refusal

CORRECT = {"ada": 11, "bela": 12, "cleo": 9, "drew": 4}
SALTS = {name: [1, 2, 3] for name in rank.STAKES}


def honest_weights() -> rank.Weights:
    return {name: rank.to_weights(CORRECT) for name in rank.STAKES}


def bribed_weights() -> rank.Weights:
    bribed = dict.fromkeys(CORRECT, 0) | {rank.BRIBING: rank.MAX_WEIGHT}
    return honest_weights() | {rank.BRIBED: bribed}


def test_a_bribe_lifts_nobody_and_costs_the_bribed() -> None:
    honest, bribed = rank.rank(honest_weights(), SALTS), rank.rank(bribed_weights(), SALTS)
    assert bribed.order == honest.order == ["bela", "ada", "cleo", "drew"]
    assert bribed.deregistered == "drew"
    assert bribed.consensus == pytest.approx(honest.consensus, abs=1)
    assert bribed.emission["drew"] < 1.2 * honest.emission["drew"]
    assert bribed.dividends["val-4"] < bribed.dividends["val-3"] / 10
    assert honest.dividends["val-4"] == pytest.approx(honest.dividends["val-3"], rel=0.01)


def test_most_of_the_stake_decides() -> None:
    weights = honest_weights()
    for name in ("val-1", "val-2"):
        weights[name] = bribed_weights()[rank.BRIBED]
    assert rank.rank(weights, SALTS).order[0] == rank.BRIBING


def test_validators_are_immune_when_the_lowest_miner_goes() -> None:
    subnet = rank.founded(sorted(CORRECT))
    assert len(subnet.seats.places) == subnet.terms.max_uids
    rank.vote(subnet, sorted(CORRECT), bribed_weights(), SALTS)
    rank.advance(subnet, rank.PAID_EPOCHS * rank.TEMPO)
    emission = [place.emission for place in subnet.seats.places]
    assert min(emission) == emission[7], "the bribed validator earns least of all"
    assert next_to_go(subnet) == 3
    uid = rank.register(subnet, rank.NEWCOMER, rank.NEWCOMER)
    assert subnet.seats.places[uid].hotkey == rank.NEWCOMER


def test_ranks_fit_what_the_claim_is_proven_about() -> None:
    every_rao = sum(rank.rank(honest_weights(), SALTS).emission.values())
    assert every_rao // rank.RANK_UNIT < 2**32


def test_malformed_weights_are_refused_by_the_chain() -> None:
    weights = honest_weights()
    weights["val-1"] = {"ada": 1 << 16, "bela": 1, "cleo": 1, "drew": 1}
    with pytest.raises((Refusal, OverflowError)):
        rank.rank(weights, SALTS)
