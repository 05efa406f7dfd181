"""The exact epoch: the chain's vectors, its plain twin on arbitrary settings, properties."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import conform
from aicrypto.conform.subnet.epochs import epoch as answer
from aicrypto.subnet import yuma
from aicrypto.subnet.fixed import (
    HIGHEST,
    LOWEST,
    ONE,
    divide,
    divide_one,
    multiply,
    multiply_one,
    normalised,
)
from aicrypto.subnet.yuma import Neurons, Rows, Rules
from aicrypto.subnet.yuma.consensus import weighted_median
from aicrypto.subnet.yuma.liquid import exp

VECTORS = Path(__file__).parent / "vectors"
SUITES = ("epoch", "sequence", "epoch_graph", "scenarios", "micro")
PLAIN = Path(__file__).parent / "subnet_plain.py"


def plain_module() -> Any:
    spec = importlib.util.spec_from_file_location("subnet_plain", PLAIN)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


plain = plain_module()
words = st.integers(LOWEST, HIGHEST) | st.integers(-(2**34), 2**34) | st.sampled_from([LOWEST, 0])


@pytest.mark.parametrize("suite", SUITES)
def test_vectors_of_the_chain(suite: str) -> None:
    report = conform.run(conform.load(VECTORS / f"bittensor.{suite}.json"))
    assert report.ok, report.failures[:3]


@given(st.lists(st.tuples(words, words), min_size=1, max_size=20))
def test_words_and_definitions_agree(pairs: list[tuple[int, int]]) -> None:
    a, b = ([pair[side] for pair in pairs] for side in (0, 1))
    assert multiply(a, b).tolist() == [multiply_one(*pair) for pair in pairs]
    assert divide(a, b).tolist() == [divide_one(*pair) for pair in pairs]


def test_products_saturate_and_quotients_vanish() -> None:
    assert multiply([HIGHEST], [2 * ONE]).tolist() == [HIGHEST]
    assert multiply([LOWEST], [2 * ONE]).tolist() == [LOWEST]
    assert divide([HIGHEST, 1, LOWEST], [1, 0, ONE]).tolist() == [0, 0, LOWEST]
    assert divide([-1], [2 * ONE]).tolist() == [0], "truncated, not floored"
    assert multiply([-1], [ONE // 2]).tolist() == [-1], "floored, not truncated"


@given(
    st.lists(st.tuples(st.integers(0, 2**32), st.integers(0, 9)), max_size=12),
    st.integers(-(2**33), 2**36),
)
def test_sorting_finds_what_the_chain_searches(votes: list[tuple[int, int]], minority: int) -> None:
    stake, score = ([vote[side] for vote in votes] for side in (0, 1))
    got = weighted_median(
        np.array(stake, dtype=np.int64), np.array(score, dtype=np.int64), minority
    )
    assert int(got) == plain.median(stake, score, minority)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    n = draw(st.integers(1, 7))
    some = st.sampled_from
    u16 = some([0, 1, 32767, 32768, 65534, 65535]) | st.integers(0, 65535)
    block = some([0, 5, 90, 100, 400]) | st.integers(0, 500)

    def rows() -> list[list[list[int]]]:
        uids = st.permutations(range(n)).flatmap(lambda p: st.integers(0, n).map(lambda m: p[:m]))
        return [[[uid, draw(u16)] for uid in draw(uids)] for _ in range(n)]

    def each(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    return {
        "n": n,
        "current_block": draw(st.integers(300, 600)),
        "tempo": draw(some([1, 99, 360])),
        "activity_cutoff": draw(some([13, 250, 5000])),
        "lms": draw(some([0, 0, 95, 399])),
        "last_update": each(block),
        "block_at_registration": each(some([0, 0, 0, 96]) | block),
        "stake": each(some([0, 1, 10**15, 10**15]) | st.integers(0, 2**64 - 1)),
        "min_stake": draw(some([0, 0, 10])),
        "owner_uid": draw(st.none() | st.integers(0, n - 1)),
        "validator_permits": each(some([True, True, False])),
        "max_allowed_validators": draw(st.integers(0, n + 1)),
        "weights": rows(),
        "bonds": rows(),
        "commit_reveal": draw(st.booleans()),
        "commit_blocks": each(st.none() | block),
        "kappa": draw(u16),
        "bonds_penalty": draw(u16),
        "alpha_low": draw(u16),
        "alpha_high": draw(u16),
        "yuma3": draw(st.booleans()),
        "liquid_alpha": draw(st.booleans()),
        "bonds_moving_average": draw(some([0, 500_000, 900_000, 10**6, 1_300_000, 10**9])),
        "steepness": draw(st.integers(-32768, 32767)),
        "rao_emission": draw(st.integers(0, 2**63)),
    }


@settings(max_examples=400, deadline=None)
@given(states())
def test_every_setting_equals_the_plain_twin(state: dict[str, Any]) -> None:
    got, want = answer(state), plain.plain_epoch(state)
    assert {name: got[name] for name in want} == want


def test_the_twin_passes_the_vectors_too() -> None:
    cases = conform.load(VECTORS / "bittensor.epoch.json")["cases"]
    for case in cases[::9]:
        got = plain.plain_epoch(case["in"])
        assert got == {name: case["out"][name] for name in got}


@settings(max_examples=60, deadline=None)
@given(states())
def test_no_more_is_paid_than_there_is(state: dict[str, Any]) -> None:
    got = answer(state)
    assert sum(got["out_emission"]) <= state["rao_emission"]
    assert (
        sum(got["out_server_emission"]) + sum(got["out_validator_emission"])
        <= (state["rao_emission"])
    )


def table(weights: list[list[int]], n: int) -> Rows:
    rows = [[[uid, w] for uid, w in enumerate(row) if w] for row in weights]
    return Rows.of(rows + [[] for _ in range(n - len(rows))])


def fresh(stake: list[int], weights: list[list[int]]) -> Neurons:
    n = len(stake)
    neurons = Neurons.fresh(tuple(stake), tuple(s > 0 for s in stake))
    return replace(neurons, weights=table(weights, n), last_update=(1,) * n)


def test_a_minority_lifts_nobody() -> None:
    """Two fifths of the stake put everything on uid 4; it gets what the rest gave."""
    honest, cabal = [0, 0, 0, 60000, 5535], [0, 0, 0, 0, 65535]
    got = yuma.epoch(fresh([30, 30, 40, 0, 0], [honest, honest, cabal]), Rules(), 5, 10**9)
    assert got.stored.consensus[4] == 5534
    assert got.stored.validator_trust[2] < 6000 < got.stored.validator_trust[0]


def test_the_first_epoch_pays_stake_and_issues_permits() -> None:
    neurons = Neurons.fresh((70, 30, 0))
    got = yuma.epoch(neurons, Rules(), 1, 1000)
    assert got.stored.rao == [699, 299, 0]
    assert got.permits == (True, True, False)
    assert not any(got.stored.incentive)


def test_permit_cut_keeps_the_higher_uid_of_equals() -> None:
    got = yuma.epoch(Neurons.fresh((5, 5, 5)), Rules(max_allowed_validators=2), 1, 0)
    assert got.permits == (False, True, True)


def test_self_weights_count_for_the_owner_alone() -> None:
    """A server that may vote weighs itself; the owner's own entry survives (burned emission)."""
    neurons = fresh([50, 50, 0], [[65535, 0, 0], [0, 65535, 65535]])
    got = yuma.epoch(neurons, Rules(), 5, 10**9)
    assert got.weights.to_lists() == [[], [[2, ONE]], []]
    got = yuma.epoch(replace(neurons, owner_uid=0), Rules(), 5, 10**9)
    assert got.weights.to_lists()[0] == [[0, ONE]]


def test_omitted_weight_deletes_a_liquid_bond_and_zero_lets_it_decay() -> None:
    rules = Rules(yuma3=True, liquid_alpha=True, bonds_penalty=0)
    start = fresh([50, 50, 0, 0], [[0, 0, 65535, 0]] * 2)
    neurons = yuma.after(start, yuma.epoch(start, rules, 1000, 10**9))
    moved = [[[2, 0], [3, 65535]], [[3, 65535]], [], []]
    neurons = replace(neurons, weights=Rows.of(moved))
    bonds = yuma.epoch(neurons, rules, 1360, 10**9).stored.bonds.to_lists()
    assert 2 in dict(bonds[0])
    assert 2 not in dict(bonds[1])


def test_unsorted_rows_change_liquid_bonds_and_no_others() -> None:
    row = [[2, 20000], [3, 45535]]

    def bonds(order: list[list[int]], rules: Rules) -> dict[int, int]:
        other = [[2, 5000], [3, 60535]]
        weights = Rows.of([order, other, [], []])
        neurons = replace(fresh([40, 60, 0, 0], []), weights=weights)
        neurons = yuma.after(neurons, yuma.epoch(neurons, rules, 1000, 10**9))
        return dict(yuma.epoch(neurons, rules, 1360, 10**9).stored.bonds.to_lists()[0])

    liquid = Rules(yuma3=True, liquid_alpha=True, bonds_penalty=0)
    assert bonds(row, liquid) != bonds(row[::-1], liquid)
    for rules in (Rules(), Rules(yuma3=True), replace(liquid, bonds_penalty=30000)):
        assert bonds(row, rules) == bonds(row[::-1], rules)


def test_a_newcomer_does_not_inherit_a_score() -> None:
    neurons = fresh([50, 50, 0, 0], [[0, 0, 40000, 25535]] * 2)
    late = replace(neurons, registered=(0, 0, 1, 0))
    assert yuma.epoch(late, Rules(), 5, 10**9).stored.incentive == [0, 0, 0, 65535]
    hidden = replace(
        neurons, registered=(0, 0, 3, 0), last_update=(4,) * 4, commit_blocks=(2, 2, None, None)
    )
    rules = Rules(commit_reveal=True)
    assert yuma.epoch(hidden, rules, 5, 10**9).stored.incentive == [0, 0, 0, 65535]
    assert yuma.epoch(hidden, Rules(), 5, 10**9).stored.incentive[2] > 0


def test_e_is_a_constant_with_fewer_bits_than_the_series() -> None:
    assert exp(np.array([ONE])).tolist() == [11674931200]
    assert exp(np.array([ONE - 1])).tolist() == [plain.exp(ONE - 1)]
    assert plain.exp(ONE + 1) > 11674931200


def test_normalising_nothing_changes_nothing() -> None:
    assert normalised([0, 0]).tolist() == [0, 0]
    assert yuma.epoch(Neurons.fresh((0, 0)), Rules(), 1, 10**9).stored.rao == [0, 0]
