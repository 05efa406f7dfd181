"""The figures of lesson 09 show what the exact engine computes."""

import pytest

from aicrypto.subnet import Rules, attacks
from aicrypto.viz.networks import draw_cabal, draw_copier, draw_emission, draw_votes

HONEST_MAJORITY, CABAL_MAJORITY = 55, 45


def test_a_minoritys_votes_are_cut_to_what_the_others_give():
    (heat,) = draw_votes(HONEST_MAJORITY).data
    assert heat.text[2][-1] == "100 → 1.54"
    assert heat.z[2][-1] == pytest.approx(heat.z[0][-1])
    assert [row[:4].tolist() for row in heat.z[2:]] == [[0.0] * 4] * 2


def test_a_majoritys_votes_cut_the_others():
    (heat,) = draw_votes(CABAL_MAJORITY).data
    assert heat.text[0][0] == "24.6 → 0"
    assert heat.z[2][-1] == pytest.approx(100)


@pytest.mark.parametrize("kappa", [30, 50, 70])
def test_the_title_says_what_the_cabal_takes(kappa):
    title = draw_votes(HONEST_MAJORITY, kappa).layout.title.text
    share = attacks.cabal(HONEST_MAJORITY / 100, Rules(kappa=kappa * 65535 // 100)).share
    assert title == f"A cabal with 45 % of the stake takes {100 * share:.1f} % of the pay"


def test_lines_are_percent():
    drawn = draw_cabal([40, 60], {"cut": [0.99, 0.02], "not cut": [0.6, 0.4]})
    assert [list(line.y) for line in drawn.data] == [[99.0, 2.0], [60.0, 40.0]]
    assert [line.name for line in drawn.data] == ["cut", "not cut"]


def test_a_bar_for_each_rule_and_delay():
    drawn = draw_copier({"a": [1.0, 0.8], "b": [1.0, 0.9], "c": [1.0, 0.95]})
    assert [list(bar.x) for bar in drawn.data] == [[0, 1]] * 3
    assert list(drawn.data[1].y) == [100.0, 90.0]


def test_every_era_is_shared_out_among_all_subnets():
    drawn = draw_emission({"old": [0.25, 0.75], "new": [0.5, 0.5]}, ["A", "B"])
    assert [(bar.name, list(bar.x), list(bar.y)) for bar in drawn.data] == [
        ("A", ["old", "new"], [25.0, 50.0]),
        ("B", ["old", "new"], [75.0, 50.0]),
    ]
