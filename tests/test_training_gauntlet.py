"""Scores, ratings, slashes, copies and the payroll: rules beyond the vectors."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.training.gauntlet import (
    Evaluation,
    Event,
    Payroll,
    Peer,
    Rating,
    find_overlaps,
    gradient_score,
    ordinal,
    payroll,
    rate,
    score_window,
    slash,
    sync_score,
)

GOOD = Evaluation(own_before=4, own_after=3.8, random_before=4, random_after=3.9)
NEUTRAL = Evaluation(4, 4, 4, 4)
HARMFUL = Evaluation(4, 4.2, 4, 4.1)


def test_openskill_agrees_with_the_package_where_it_is_installed():
    models = pytest.importorskip("openskill.models")
    rng = random.Random(0)
    for _ in range(50):
        n = rng.randrange(2, 7)
        ratings = [Rating(rng.uniform(10, 40), rng.uniform(1, 9)) for _ in range(n)]
        scores = [rng.choice([0, 1, 2, 3]) for _ in range(n)]
        model = models.PlackettLuce(beta=7.0, tau=0.1)
        teams = [[model.rating(mu=r.mu, sigma=r.sigma)] for r in ratings]
        theirs = [team[0] for team in model.rate(teams, scores=scores)]
        for ours, their in zip(rate(ratings, scores), theirs, strict=True):
            assert (ours.mu, ours.sigma) == pytest.approx((their.mu, their.sigma), abs=1e-9)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=6, unique=True))
def test_equals_are_ranked_by_the_match(scores):
    rated = rate([Rating() for _ in scores], scores)
    order = sorted(range(len(scores)), key=lambda i: scores[i])
    mus = [rated[i].mu for i in order]
    assert mus == sorted(mus)
    assert all(r.sigma < 8.34 for r in rated)


def test_beating_the_strong_brings_more():
    strong, weak = Rating(35, 2), Rating(15, 2)
    over_strong = rate([Rating(), strong], [1, 0])[0].mu
    over_weak = rate([Rating(), weak], [1, 0])[0].mu
    assert over_strong > over_weak > 25


def test_a_new_name_starts_at_nothing():
    """Whoever was slashed gains nothing by coming back as a newcomer."""
    assert ordinal(Rating()) == 0
    assert Peer().final == 0


def test_rate_refuses_other_numbers_of_players():
    with pytest.raises(ValueError, match="1 ratings and 2 scores"):
        rate([Rating()], [1, 2])


def test_window():
    after = score_window({}, {1: GOOD, 2: NEUTRAL, 3: HARMFUL})
    assert after[1].final > 0 >= after[2].final
    assert after[1].rating.mu > after[2].rating.mu > after[3].rating.mu
    assert after[1].binary_ma == pytest.approx(0.05)
    assert after[2].binary_ma == pytest.approx(-0.05)


def test_who_trains_on_other_data_is_not_paid_however_good():
    lazy = Evaluation(own_before=4, own_after=3.85, random_before=4, random_after=3.8)
    peers = {}
    for _ in range(30):
        peers |= score_window(peers, {1: lazy, 2: NEUTRAL})
    assert peers[1].rating.mu > 28
    assert peers[1].final == 0


def test_late_peers_lose_their_score():
    assert [sync_score(x) for x in (0, 5, 50)] == [1.0, 0.0, 0.0]
    assert [sync_score(x) for x in (-5, float("-inf"), float("nan"))] == [1.0, 1.0, 0.0]
    assert gradient_score(0.0, 1.0) == 0.0


def test_slashing():
    peer = Peer(binary_ma=0.8, final=1.2e-4)
    assert slash(peer, Event("missing_gradient")).final == 0.0
    assert slash(Peer(final=-1.0, binary_ma=0.5), Event("overlap", overlap=0.7)) == Peer()
    assert slash(Peer(final=4.0), Event("reset")).final == 0
    with pytest.raises(ValueError, match="event is 'theft'"):
        slash(peer, Event("theft"))


def test_copies_are_found_and_independent_picks_are_not():
    rng = random.Random(1)
    picks = {uid: [rng.sample(range(4096), 64) for _ in range(4)] for uid in (1, 2, 3)}
    picks[3] = [[*chunk[:50], *rng.sample(range(4096), 14)] for chunk in picks[1]]
    found = find_overlaps([1, 2, 3], [0, 0, 5], [picks])
    assert [(a, b) for a, b, _ in found.pairs] == [(1, 3)]
    assert found.offenders[3].level == "mega"
    back_dated = find_overlaps([1, 2, 3], [5, 0, 0], [picks])
    assert list(back_dated.offenders) == [1], "who sets its clock back blames the other"


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(0, 39), st.floats(-5, 50), max_size=40),
    st.floats(0, 0.9),
    st.integers(0, 39),
)
def test_a_payroll_adds_up_and_ranks(finals, burn, burn_uid):
    weights = payroll(finals, 40, Payroll(burn_rate=burn, burn_uid=burn_uid))
    assert sum(weights) == pytest.approx(1.0)
    paid = sorted((u for u in finals if finals[u] > 0 and u != burn_uid), key=lambda u: -finals[u])
    got = [weights[uid] for uid in paid]
    assert got == sorted(got, reverse=True)
    assert all(weights[u] == 0 for u in range(40) if u not in paid and u != burn_uid)


def test_payroll_refuses_uids_outside():
    with pytest.raises(IndexError, match=r"not all in 0\.\.3"):
        payroll({7: 1.0}, 4, Payroll())
