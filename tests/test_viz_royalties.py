"""The figures of lesson 08 show what the exact engine pays."""

import pytest

from aicrypto.ip import LAP, LRP
from aicrypto.viz.networks import draw_diamonds, draw_flow, draw_generations


def held(frame):
    """Name and amount in every box of a frame."""
    texts = [text.split("<br>") for text in frame.data[1].text]
    return {name.removeprefix("<b>").removesuffix("</b>"): int(wei) for name, wei in texts}


@pytest.mark.parametrize("policy", [LAP, LRP])
@pytest.mark.parametrize("share", [2, 10, 18])
def test_every_step_holds_all_the_money(policy, share):
    drawn = draw_flow(policy, share)
    assert [sum(held(frame).values()) for frame in drawn.frames] == [1000] * 6
    assert held(drawn.frames[0])["answer"] == 1000


def test_the_page_is_paid_once_per_path():
    assert held(draw_flow(LAP, 10).frames[-1])["page"] == 200
    assert held(draw_flow(LRP, 10).frames[-1])["page"] == 2
    assert draw_flow(LAP, 10).layout.title.text == "LAP at 10 %: page gets 200 wei"


def test_a_share_that_lap_refuses():
    refused = draw_flow(LAP, 22)
    assert refused.layout.title.text == "LAP at 22 %: RoyaltyModule__AboveMaxPercent"
    assert not any(held(refused.frames[-1]).values())
    assert "gets" in draw_flow(LAP, 18).layout.title.text


def test_lap_is_full_one_day_and_lrp_fades():
    lap, lrp = draw_generations(20).data
    assert list(lap.y) == [20.0] * 5
    assert list(lrp.y)[:2] == pytest.approx([16.0, 3.2])
    assert "full after 5 generations" in draw_generations(20).layout.title.text


def test_a_share_is_drawn_down_to_the_smallest_one():
    kept = draw_generations(10).data[1].y
    assert sum(part is not None for part in kept) == 8, "the ninth work's share is 0"
    assert kept[7] == pytest.approx(90 / 10**8), "one hundred-millionth, of which it keeps 90 %"


def test_the_bars_stand_beside_the_line():
    bars, line = draw_diamonds([0.1, 0.5], 0.1).data
    assert (list(bars.y), list(line.y)) == ([0.1, 0.5], [0.1, 0.1])
    assert list(bars.text) == ["0.1", "0.5"]
    assert draw_diamonds([0.1, 0.5], 0.1).layout.yaxis.range == (0, 60)
