"""Bisection finds the first false step, whatever it is, in no more rounds than it needs."""

import random
from itertools import pairwise
from math import ceil, log2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.opml.games import Fault, dispute, lie, search, split_points
from tests.opml_runs import UNUSED, lasting, liar_at, loop_run

HONEST = loop_run()
N = HONEST.n_steps


def random_fault(rng: random.Random) -> Fault:
    at = rng.randint(1, N)
    return rng.choice(
        [
            Fault("reg", at=at, reg=rng.randint(18, 27), xor=rng.randint(1, 2**32 - 1)),
            Fault("reg", at=at, reg=10, xor=1 << rng.randrange(32)),
            Fault("mem", at=at, addr=UNUSED + rng.randrange(4096), xor=rng.randint(1, 255)),
            Fault("mem", at=at, addr=0x31000000 + rng.randrange(4096), xor=rng.randint(1, 255)),
            Fault("halt", at=rng.randint(1, N - 1), code=rng.randrange(2**32)),
            Fault("code", at=N, xor=rng.randint(1, 2**32 - 1)),
        ]
    )


def test_200_random_faults_are_each_located_exactly() -> None:
    rng = random.Random(1)
    for _ in range(200):
        fault = random_fault(rng)
        verdict = dispute(lie(HONEST, fault), HONEST)
        assert verdict.search is not None, f"{fault} went unnoticed"
        assert (verdict.search.lo, verdict.search.hi) == (fault.at - 1, fault.at)
        assert len(verdict.search.rounds) <= ceil(log2(verdict.n_steps))
        assert verdict.winner == "challenger"


@pytest.mark.parametrize("at", [1, N // 2, N])
def test_a_lying_challenger_loses_at_its_own_lie(at: int) -> None:
    verdict = dispute(HONEST, liar_at(HONEST, at))
    assert verdict.search is not None
    assert verdict.search.hi == at
    assert verdict.winner == "proposer"


@pytest.mark.parametrize("fault", [Fault("pad", extra=9), Fault("halt", at=N // 3)])
def test_a_wrong_step_count_is_a_wrong_step(fault: Fault) -> None:
    verdict = dispute(lie(HONEST, fault), HONEST)
    assert verdict.winner == "challenger"
    assert verdict.n_steps != N


def test_a_lie_that_leaves_no_trace_is_no_dispute() -> None:
    overwritten = Fault("reg", at=3, reg=17, xor=5)  # a7 is written before the exit
    assert dispute(lie(HONEST, overwritten), HONEST).search is None


def test_between_two_liars_the_earlier_lie_is_found() -> None:
    early, late = liar_at(HONEST, 40), lie(HONEST, Fault("reg", at=90, reg=20, xor=1))
    assert dispute(early, late).winner == "challenger"
    assert dispute(late, early).winner == "proposer", "a false claim survives another liar"


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(2, 16))
@settings(max_examples=200, deadline=None)
def test_rounds_are_logarithmic(n: int, at: int, arity: int) -> None:
    at = min(at, n)
    true, false = (lambda i: b"t%d" % i), (lambda i: b"%s%d" % (b"f" if i >= at else b"t", i))
    found = search(false, true, n, arity)
    assert (found.lo, found.hi) == (at - 1, at)
    rounds = len(found.rounds)
    assert rounds == 0 or arity ** (rounds - 1) < n, "a round too many"


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(2, 20))
def test_points_cut_an_interval_without_gap(lo: int, size: int, arity: int) -> None:
    points = split_points(lo, lo + size, arity)
    assert (points[0], points[-1], len(points)) == (lo, lo + size, min(arity, size) + 1)
    gaps = [b - a for a, b in pairwise(points)]
    assert min(gaps) >= 1
    assert max(gaps) - min(gaps) <= 1


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="kind is 'nonsense'"):
        Fault("nonsense", at=1)
    with pytest.raises(ValueError, match="at is -1"):
        lasting(-1)
    with pytest.raises(ValueError, match="arity 1"):
        search(HONEST.commitment, HONEST.commitment, 5, 1)
