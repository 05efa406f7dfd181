"""Figures of lesson 18: they show what their titles say, computed here once more."""

import pytest

from aicrypto.viz.agents import draw_reviews, draw_rounds, draw_thresholds


@pytest.mark.parametrize("n", [1, 2, 4, 7, 16])
def test_liars_that_a_threshold_bears(n):
    """By trying: two groups of k, made of liars in both and of honest ones in either."""
    lies, silences = (line.y for line in draw_thresholds(n).data)
    for k in range(1, n + 1):
        enough = [bad for bad in range(n + 1) if 2 * max(k - bad, 0) <= n - bad]
        assert lies[k - 1] == (enough[0] - 1 if enough[0] else None)
        assert silences[k - 1] == n - k


def test_labels_stand_beside_the_line():
    history = [("ARound", "DONE"), ("BRound", "NEGATIVE"), ("ARound", "DONE")]
    [path] = draw_rounds(history, "title").data
    assert list(path.y) == ["A", "B", "A"]
    assert list(path.text) == ["done", "negative", "done"]
    assert list(path.textposition) == ["bottom left", "bottom left", "top left"]
    assert path.marker.color[1] != path.marker.color[0] == path.marker.color[2]


def test_seventeen_inventions_lift_twenty_above_eighty():
    drawn = draw_reviews(5)
    asked, paid, inventions, rival = drawn.data
    assert [asked.y[f] for f in (0, 16, 17)] == [20, 80, 81]
    assert "17 invented ones lift it above 80" in drawn.layout.title.text
    assert set(paid.y) == {20}
    assert set(rival.y) == {80}
    assert rival.line.dash == "dot"
    assert list(inventions.y) == list(asked.y)


def test_against_many_honest_reviews_sixty_inventions_are_too_few():
    drawn = draw_reviews(40)
    assert max(drawn.data[0].y) == 68
    assert "60 invented ones make it 68" in drawn.layout.title.text
