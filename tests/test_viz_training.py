"""The figures of lesson 11 show what was computed."""

import pytest

from aicrypto.training import gauntlet
from aicrypto.training.federation import Curve, Record
from aicrypto.viz.networks import draw_bytes, draw_poison, draw_scores, draw_waiting


def record(used, **finals):
    scores = {name: gauntlet.Peer(final=final) for name, final in finals.items()}
    return Record(2.0, used, scores, {}, 604)


def test_losses_over_bytes():
    drawn = draw_bytes(
        {"dense": Curve((3.0, 2.0), 1000), "sparse": Curve((3.1, 2.1), 10)}, 3.5, 1.6
    )
    assert [list(line.x) for line in drawn.data] == [[1000, 2000], [10, 20]]
    assert [list(line.y) for line in drawn.data] == [[3.0, 2.0], [3.1, 2.1]]


def test_waiting_follows_line_and_message():
    every, whole, compressed = draw_waiting(500, 64).data
    assert every.y[0] == every.y[-1] == pytest.approx(100 * 512 / 521)
    assert whole.y[5] == pytest.approx(100 * 512 / (512 + 270))
    assert compressed.y[5] == pytest.approx(100 * 3.5 / 273.5)
    assert (
        draw_waiting(1000, 64).data[2].y[5] < compressed.y[5] < draw_waiting(500, 128).data[2].y[5]
    )


def test_scores_of_the_window_asked_for():
    records = [record(("ada",), ada=0.1, lou=-1.0), record(("ada", "lou"), ada=2.0, lou=0.5)]
    ada, lou = draw_scores(records, 2).data
    assert (list(ada.y), list(lou.y)) == ([0.1, 2.0], [0.0, 0.5])
    assert list(lou.marker.symbol) == ["x", "circle"]
    assert len(draw_scores(records, 1).data[0].y) == 1


def test_a_line_for_each_defence():
    drawn = draw_poison({"plain": [3.0, 9.0], "gauntlet": [3.0, 2.0]})
    assert [(line.name, list(line.y)) for line in drawn.data] == [
        ("plain", [3.0, 9.0]),
        ("gauntlet", [3.0, 2.0]),
    ]
