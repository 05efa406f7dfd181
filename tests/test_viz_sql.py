"""The figures of lesson 07 show what verifier and sums of inverses do."""

from itertools import pairwise

import pytest

from aicrypto.sql.exact import verify
from aicrypto.viz.proofs import sql as pictures


@pytest.mark.parametrize("claimed", [(a, b) for a in range(6) for b in range(6)])
def test_sums_meet_where_the_title_says_and_nowhere_else(claimed):
    drawn = pictures.draw_inverses(*claimed)
    selected, other, dots = drawn.data
    gaps = [abs(a - b) for a, b in zip(selected.y, other.y, strict=True)]
    if sorted(claimed) == [0, 3]:
        assert max(gaps) < 1e-12
        assert "every" in drawn.layout.title.text
        return
    for alpha in pictures.meetings(claimed):
        sums = [pictures.sum_of_inverses(v, alpha) for v in (pictures.SELECTED, claimed)]
        assert sums[0] == pytest.approx(sums[1])
    differences = [a - b for a, b in zip(selected.y, other.y, strict=True)][1:]
    changes = sum(a * b < 0 for a, b in pairwise(differences))
    assert changes <= len(dots.x) - 1
    assert len(dots.x) <= 2


def test_the_marked_byte_is_refused_by_the_check_in_the_title():
    ends = pictures.parts()
    assert list(ends.values())[-1] == len(pictures.example().proof.to_bytes()) == 1656
    assert pictures.noticed_by(ends["sumcheck"] - 1) == "a round of the sumcheck"
    assert pictures.noticed_by(ends["first columns"] - 1) == "a round of the sumcheck"
    assert pictures.noticed_by(ends["opening"] - 1) == "the opening"
    assert pictures.noticed_by(0) == pictures.FORM
    title = pictures.draw_tamper(ends["sumcheck"] - 1).layout.title.text
    assert title.endswith("sumcheck: noticed by a round of the sumcheck")


def test_no_byte_goes_unnoticed_and_every_part_is_shown():
    drawn = pictures.draw_tamper()
    *dots, marked = drawn.data
    assert [dot.name for dot in dots] == list(pictures.parts())
    assert all(name in pictures.CHECKS for dot in dots for name in dot.y)
    assert list(marked.x) == [700]


def test_the_example_is_accepted_untouched_and_bytes_have_bounds():
    made = pictures.example()
    assert verify(made.statement, made.proof.to_bytes())
    for byte in (-1, 1656):
        with pytest.raises(IndexError, match=str(byte)):
            pictures.noticed_by(byte)


def test_seconds_are_drawn_as_milliseconds():
    drawn = pictures.draw_growth({8: {"prove": 0.1, "verify": 0.02}, 16: {"prove": 1, "verify": 2}})
    assert [line.name for line in drawn.data] == ["prove", "verify"]
    assert list(drawn.data[0].y) == [100, 1000]
