"""Tails, accusations, shares and composition: exact numbers, their properties, and their limits."""

import math
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import oml
from aicrypto.oml.tails import (
    binomial_tail,
    log10,
    poisson_binomial_tail,
    quick_poisson_binomial_pvalue,
)


@given(n=st.integers(0, 12), data=st.data(), p=st.sampled_from([0, 0.1, 1 / 3, 0.5, 0.75, 1]))
def test_binomial_tail_is_the_sum_over_all_outcomes(n, data, p):
    m, chance = data.draw(st.integers(0, n)), Fraction(str(p))
    terms = [math.comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(m, n + 1)]
    assert binomial_tail(n, p, m) == sum(terms)
    assert poisson_binomial_tail([p] * n, m) == sum(terms)


@given(st.lists(st.sampled_from([0.1, 0.25, 0.9]), min_size=1, max_size=7), st.data())
def test_poisson_binomial_tail_counts_every_subset(probs, data):
    m, n = data.draw(st.integers(0, len(probs))), range(len(probs))
    chance = [Fraction(str(p)) for p in probs]
    total = Fraction(0)
    for size in range(m, len(probs) + 1):
        for hits in combinations(n, size):
            total += math.prod(chance[i] if i in hits else 1 - chance[i] for i in n)
    assert poisson_binomial_tail(probs, m) == total
    quick = quick_poisson_binomial_pvalue(probs, m)
    assert quick == pytest.approx(oml.poisson_binomial_pvalue(probs, m), abs=1e-9)


@given(n=st.integers(0, 40), p=st.sampled_from([0.1, 0.5, 0.9]), digits=st.integers(1, 12))
def test_matches_needed_is_the_least_that_is_enough(n, p, digits):
    alpha = Fraction(f"1e-{digits}")
    need = oml.matches_needed(n, p, float(alpha))
    if need is None:
        assert binomial_tail(n, p, n) > alpha
    else:
        assert binomial_tail(n, p, need) <= alpha
        assert need == 0 or binomial_tail(n, p, need - 1) > alpha


def test_limits_of_the_tails():
    assert oml.matches_needed(10, 0.5, 2.0**-10) == 10, "exactly alpha is enough"
    assert oml.binomial_pvalue(24_576, 24_576, 0.014) == pytest.approx(24_576 * math.log10(0.014))
    assert log10(Fraction(0)) == -math.inf
    assert quick_poisson_binomial_pvalue([0.014] * 600, 600) == pytest.approx(
        600 * math.log10(0.014)
    )
    assert quick_poisson_binomial_pvalue([0, 1, 0.5], 2) == pytest.approx(math.log10(0.5))
    for call in (oml.binomial_pvalue, lambda n, m, p: oml.poisson_binomial_pvalue([p] * n, m)):
        with pytest.raises(oml.MoreMatchesThanKeys, match="matched is 4, must be at most the 3"):
            call(3, 4, 0.5)
        with pytest.raises(ValueError, match="matched is -1"):
            call(3, -1, 0.5)
        with pytest.raises(ValueError, match=r"is 1\.5, must be in 0\.\.1"):
            call(3, 1, 1.5)


def share(wanted: str, seed: int, members: int, n: int = 400) -> tuple[bool, bool, bool]:
    """Was a member accused, an innocent, and a member by silence?"""
    models = 20
    matrix = oml.assign(n, models, 0.5, seed)
    coalition = set(np.random.default_rng(seed).permutation(models)[:members].tolist())
    answered = oml.answers(matrix, sorted(coalition), wanted)
    accused = set(oml.accuse(matrix, answered, 0.5, 1e-3).accused)
    silent = set(oml.accuse_silent(matrix, answered, 0.5, 1e-3))
    assert not silent - coalition, "silence never accuses an innocent here"
    return bool(accused & coalition), bool(accused - coalition), bool(silent & coalition)


def test_the_plain_score_catches_two_strategies_and_silence_a_third():
    caught = {}
    for strategy in oml.STRATEGIES:
        found = [share(strategy, seed, members=3) for seed in range(10)]
        assert not any(innocent for _, innocent, _ in found), strategy
        caught[strategy] = (sum(plain for plain, _, _ in found), sum(s for *_, s in found))
    assert caught["unanimous"][0] == caught["majority"][0] == 10
    assert caught["any"] == (caught["any"][0], 10), "who answers everything is caught by silence"
    assert caught["minority"] == (0, 0), "the strategy that defeats both scores"


def test_few_fingerprints_convict_nobody():
    triggered, expected = oml.fingerprints_for_coalition(20, 2, 0.5, 1e-3)
    assert (triggered, expected) == (15, 60.0)
    matrix = np.ones((triggered, 20), dtype=np.int64)
    matrix[:, 2:] = 0
    every = range(triggered)
    assert oml.accuse(matrix, every, 0.5, 1e-3).accused == (0, 1)
    assert oml.accuse(matrix, every[1:], 0.5, 1e-3).accused == ()
    assert oml.accuse(matrix, (), 0.5, 1e-3) == oml.Verdict((), (0,) * 20, (), ())
    assert oml.accuse_silent(matrix, every, 0.5, 1e-3) == ()


def test_an_answer_given_twice_is_one():
    matrix = oml.assign(4, 20, 0.5, 0)
    once, again = (oml.accuse(matrix, [0, 1] * n, 0.5, 1e-3) for n in (1, 40))
    assert once == again
    assert once.accused == ()


def test_accusations_refuse_what_makes_no_sense():
    matrix = oml.assign(4, 3, 0.5, 0)
    for call, error in [
        (lambda: oml.answers(matrix, [0], "loud"), "strategy is 'loud'"),
        (lambda: oml.answers(matrix, [], "any"), "coalition is empty"),
        (lambda: oml.answers(matrix, [3], "any"), r"coalition has 3, must be in 0\.\.2"),
        (lambda: oml.accuse(matrix, [4], 0.5, 0.1), r"answered has 4, must be in 0\.\.3"),
        (lambda: oml.assign(4, 3, 1.0, 0), r"p is 1\.0"),
        (lambda: oml.fingerprints_for_coalition(4, 2, 1.0, 0.1), r"p is 1\.0"),
    ]:
        with pytest.raises((ValueError, IndexError), match=error):
            call()


values_of = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.integers(-50, 50), min_size=2**n, max_size=2**n)
)


def by_orders(players: int, values: list[int]) -> list[Fraction]:
    """Shapley's shares by their first definition: the average over all orders of joining."""
    shares = [Fraction(0)] * players
    for order in permutations(range(players)):
        mask = 0
        for i in order:
            shares[i] += values[mask | 1 << i] - values[mask]
            mask |= 1 << i
    return [share / math.factorial(players) for share in shares]


@given(values_of)
def test_shapley_is_the_average_over_orders_and_shares_everything(values):
    players = len(values).bit_length() - 1
    shares = oml.shapley(players, values)
    assert shares == by_orders(players, values)
    assert sum(shares) == values[-1] - values[0]


def test_leave_one_out_gives_copies_nothing_and_shapley_splits():
    worth = {frozenset(): 0.0, frozenset({2}): 0.1}
    values = oml.table(3, lambda s: worth.get(s, 0.8 + 0.1 * (2 in s)))
    tenth = Fraction(1, 10)
    assert oml.leave_one_out(3, values) == [0, 0, tenth]
    assert oml.shapley(3, values) == [4 * tenth, 4 * tenth, tenth]


@given(st.integers(0, 10**20), st.lists(st.fractions(-2, 5), min_size=1, max_size=8))
def test_a_split_pays_out_the_pool_and_within_one_unit_of_the_shares(pool, shares):
    paid = oml.split(pool, shares)
    weights = [max(share, Fraction(0)) for share in shares]
    assert sum(paid) == (pool if sum(weights) else 0)
    for unit, weight in zip(paid, weights, strict=True):
        assert sum(weights) == 0 or abs(unit - pool * weight / sum(weights)) < 1


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: oml.shapley(2, [0, 1, 2]), r"values has 3 entries, must have 2\^2"),
        (lambda: oml.shapley(0, [0]), "players is 0"),
        (lambda: oml.leave_one_out(21, []), r"players is 21, must be in 1\.\.20"),
        (lambda: oml.split(-1, [Fraction(1)]), "pool is -1"),
        (lambda: oml.Task("m", -1), "fee of m is -1"),
        (lambda: oml.Debts({"m": {"a": 6000, "b": 4001}}), "m owes 10001 bps"),
        (lambda: oml.Debts({"m": {"a": -1}}), "m owes -1 bps"),
    ],
)
def test_shares_refuse_what_makes_no_sense(call, error):
    with pytest.raises(ValueError, match=error):
        call()


names = st.sampled_from("abcdef")
tasks = st.recursive(
    st.builds(oml.Task, names, st.integers(0, 10**6)),
    lambda part: st.builds(
        oml.Task, names, st.integers(0, 10**6), st.lists(part, max_size=3).map(tuple)
    ),
    max_leaves=6,
)


@settings(max_examples=60)
@given(tasks, st.dictionaries(names, st.dictionaries(names, st.integers(0, 3000), max_size=3)))
def test_composition_pays_out_what_the_user_paid(task, owed):
    """Debts that point to later letters cannot run in a circle."""
    forward = {m: {p: s for p, s in shares.items() if p > m} for m, shares in owed.items()}
    received = oml.settle(task, oml.Debts(forward))
    assert sum(received.values()) == task.price
    assert min(received.values()) >= 0


def test_value_flows_over_two_generations_and_never_in_a_circle():
    debts = oml.Debts({"child": {"parent": 5000}, "parent": {"grandparent": 1000}})
    assert oml.settle(oml.Task("child", 101), debts) == {
        "child": 51,
        "parent": 45,
        "grandparent": 5,
    }
    with pytest.raises(oml.CircularDebt, match="a -> b -> a"):
        oml.Debts({"a": {"b": 1}, "b": {"a": 1}})
