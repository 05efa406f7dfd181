"""Figures of lesson 15: what they show is what was computed."""

import numpy as np
import pytest

from aicrypto.evm import tries
from aicrypto.viz.oracle import draw_finality, draw_images, draw_theft, draw_trie


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
    assert [(frame.x0, frame.x1) for frame in drawn.layout.shapes] == [(-0.5, 2.5), (3.5, 6.5)]


def test_the_price_of_a_theft_is_the_number_of_answers() -> None:
    drawn = draw_theft({1: 17, 2: 70})
    assert list(drawn.data[0].y) == [17, 70]
    assert list(drawn.data[0].text) == ["17 are enough", "70 or more"]
    assert drawn.layout.title.text == "One private layer: gone after 17 answers"


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("1b40", "Key 1b4… is there: 3 nodes lead to its leaf"),
        ("1d00", "Key 1d0… is absent: 2 nodes lead to an empty child"),
        ("5000", "Key 500… is absent: 1 node leads to an empty child"),
        ("7c01", "Key 7c0… is absent: 2 nodes lead to another key's leaf"),
        ("9885", "Key 988… is there: 4 nodes lead to its leaf"),
        ("9800", "Key 980… is absent: 2 nodes lead to a stretch of other paths"),
    ],
)
def test_a_key_s_way_is_the_proof_that_the_trie_gives(wanted: str, shown: str) -> None:
    keys = [bytes.fromhex(text) for text in ("1a20", "1b40", "7c30", "9881", "9885")]
    drawn = draw_trie(
        [tries.nibbles_of(key) for key in keys], tries.nibbles_of(bytes.fromhex(wanted))
    )
    assert drawn.layout.title.text == shown
    proof = tries.Trie([(key, b"v" * 40) for key in keys]).prove(bytes.fromhex(wanted))
    assert int(shown.split(": ")[1].split()[0]) == len(proof)
    leaf = drawn.data[4]
    assert (leaf.mode == "markers" and leaf.text[0].startswith("leaf")) == ("leaf" in shown)
