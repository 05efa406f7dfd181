"""Figures of lesson 15: what they show is what was computed."""

import numpy as np

from aicrypto.viz.oracle import draw_finality, draw_images, draw_theft


def test_an_overturned_result_is_final_a_window_later() -> None:
    for overturned, final in ((20, 44), (1, 25), (24, 24), (30, 24)):
        drawn = draw_finality(overturned, window=24)
        assert drawn.layout.title.text == f"Paid at the callback: {final} hours too early"
        waiting, counting = drawn.data
        assert waiting.x[0] == counting.base[0] == final
        names = [note.text for note in drawn.layout.annotations]
        assert ("overturned" in names) == (overturned < 24)


def test_images_stand_side_by_side_in_their_order() -> None:
    images = {name: np.full((3, 3), level, np.uint8) for name, level in (("a", 2), ("b", 9))}
    images["a"][0, 1] = 16
    drawn = draw_images(images, "two")
    shown = np.asarray(drawn.data[0].z)[::-1]
    assert shown[0].tolist()[:3] == [2, 16, 2]
    assert np.isnan(shown[:, 3]).all()
    assert (shown[:, 4:] == 9).all()
    assert [note.text for note in drawn.layout.annotations] == ["a", "b"]


def test_the_price_of_a_theft_is_the_number_of_answers() -> None:
    drawn = draw_theft({1: 17, 2: 70})
    assert list(drawn.data[0].y) == [17, 70]
    assert list(drawn.data[0].text) == ["17 are enough", "at least 70"]
    assert drawn.layout.title.text == "One private layer: gone after 17 answers"
