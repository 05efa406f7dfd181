"""The figures of lesson 14 show what the library's games do."""

import pytest

from aicrypto.opml.games import incentives
from aicrypto.viz.games import draw_clocks, draw_delay, draw_market, draw_search


@pytest.mark.parametrize(
    ("lie", "segments", "rounds"), [(1, 2, 6), (41, 2, 6), (64, 2, 6), (41, 8, 2)]
)
def test_the_last_row_is_the_false_step(lie, segments, rounds):
    drawn = draw_search(lie, segments)
    assert drawn.layout.title.text == f"Step {lie} of 64 is false: found in {rounds} rounds"
    assert list(drawn.data[0].x[-3:]) == [lie - 1, lie, None]
    assert list(drawn.data[0].y[-3:]) == [rounds, rounds, None]


def test_points_asked_are_coloured_by_the_answer():
    _, same, another = draw_search(41).data
    assert list(zip(same.x, same.y, strict=True)) == [(32, 1), (40, 3)]
    assert list(zip(another.x, another.y, strict=True)) == [(48, 2), (44, 4), (42, 5), (41, 6)]


@pytest.mark.parametrize(
    ("waits", "title"),
    [
        ((100, 2), "The challenger wins after 84 h: silence"),
        ((10, 60), "The proposer wins after 104 h: silence"),
        ((2, 2), "After 32 h one step is left: whoever is right wins"),
    ],
)
def test_whose_clock_runs_out_has_lost(waits, title):
    drawn = draw_clocks(*waits)
    assert drawn.layout.title.text == title
    assert [line.y[0] for line in drawn.data] == [84, 84]
    loser = {"challenger": "proposer", "proposer": "challenger"}.get(title.split()[1])
    assert [line.name for line in drawn.data if line.y[-1] == 0] == ([loser] if loser else [])


def test_an_extension_gives_the_slow_one_time_for_every_move():
    assert "whoever is right" in draw_clocks(10, 60, extension=61).layout.title.text


def test_marked_rates_are_those_at_which_nobody_gains():
    drawn = draw_market(bond=100, verifiers=3)
    market = incentives.Market(3, 1, 100, 20, 100)
    cheat, check = incentives.equilibrium(market)
    marked = drawn.data[2]
    assert list(marked.x) == [100, 100]
    assert marked.y == pytest.approx((100 * cheat, 100 * market.caught(check)))
    assert market.cheating_gain(check) == pytest.approx(0, abs=1e-9)
    assert market.checking_gain(cheat, check) == pytest.approx(0, abs=1e-9)


def test_larger_bonds_mean_fewer_lies_and_fewer_checks():
    for line in draw_market().data[:2]:
        assert list(line.y) == sorted(line.y, reverse=True)
        assert line.y[-1] > 0


def test_paid_attention_brings_lies_to_zero():
    drawn = draw_market(attention=100)
    assert drawn.layout.title.text == "With a bond of 50: 0 % are false, 100 % are checked"
    assert list(drawn.data[2].text) == ["0 %", "100 %"]


@pytest.mark.parametrize("attention", [0, 90, 100])
def test_every_rate_lies_on_the_logarithmic_axis(attention):
    drawn = draw_market(bond=200, attention=attention)
    low, high = (10**end for end in drawn.layout.yaxis.range)
    assert all(low < rate < high for line in drawn.data for rate in line.y)
    assert drawn.layout.yaxis.ticktext[0] == "≤ 0.1"
    lowest = min(drawn.data[0].y)
    assert lowest == (0.1 if attention else pytest.approx(0.5))


@pytest.mark.parametrize("answer", [1, 6])
def test_only_the_tournament_grows_with_liars(answer):
    lines = draw_delay(answer).data
    in_turn, at_once, bound = (list(line.y) for line in lines)
    assert in_turn == [2 * n for n in range(1, 9)]
    assert len(set(bound)) == 1
    assert all(1 <= took <= bound[0] for took in at_once)


def test_the_bound_is_a_labelled_line_without_points():
    bound = draw_delay().data[2]
    assert "markers" not in bound.mode
    assert bound.text[-1] == "bound, all at once"
