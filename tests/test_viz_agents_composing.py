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
    asked, paid, inventions = draw_reviews(5).data
    assert [round(asked.y[f]) for f in (0, 16, 17)] == [20, 81, 82]
    assert asked.y[15] <= 80 < asked.y[16]
    assert set(paid.y) == {20}
    assert list(inventions.y) == list(asked.y)
