"""The figures of lesson 10 show what they are given."""

import pytest

from aicrypto.viz.models import draw_bargain, draw_confidence, draw_removal


@pytest.mark.parametrize(("gate", "secret", "ordinary"), [(90, 75, 50), (40, 100, 50), (99, 0, 0)])
def test_the_title_says_what_the_gate_stops(gate, secret, ordinary):
    drawn = draw_confidence([0.1, 0.95], [0.5, 0.95, 0.97, 0.91], gate)
    wanted = f"A gate at {gate} % stops {secret:.1f} % of the secret questions"
    assert drawn.layout.title.text == f"{wanted} and {ordinary:.1f} % of the ordinary text"
    *bars, wall = drawn.data
    assert [sum(bar.y) for bar in bars] == [100, 100]
    assert list(wall.x) == [gate, gate]
    assert drawn.layout.yaxis.type == "log"  # or the tail that costs the thief is invisible


def test_bars_and_lines_are_percent():
    drawn = draw_removal({"none": (1.0, 0.95), "gate": (0.02, 0.9)}, 0.75)
    assert [list(bar.x) for bar in drawn.data] == [[100, 2], [95, 90]]
    (line,) = drawn.layout.shapes
    assert (line.x0, line.x1) == (75, 75)
    drawn = draw_bargain({"loud": [(0.95, 1.0), (0.9, 0.0)], "quiet": [(0.9, 1.0)]}, 0.75)
    assert [list(line.x) for line in drawn.data] == [[95, 90], [90]]
    assert [list(line.y) for line in drawn.data] == [[100, 0], [100]]
    (line,) = drawn.layout.shapes
    assert (line.y0, line.y1) == (75, 75)
    assert drawn.layout.annotations[0].text == "75 % convict"
