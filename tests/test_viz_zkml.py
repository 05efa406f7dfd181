"""The figures of lesson 12 show what the protocol computes."""

import pytest

from aicrypto.algebra import Fp2
from aicrypto.viz.proofs import zkml as pictures

QUARTERS = [k / 4 for k in range(17)]
STEPS = {
    1: {"commitment": 0.001, "lookups": 0.003},
    16: {"commitment": 0.006, "lookups": 0.004},
}
RATIOS = {"small": {1: 200.0, 256: 150.0}, "large": {1: 50.0, 16: 20.0}}
PUBLISHED = {"general": 1.69e6, "special": 180.0}
COUNTS = {"picture 0": {-3: 1, 5: 2}, "picture 1": {0: 3}}


@pytest.mark.parametrize("moved", QUARTERS)
def test_the_sums_are_one_curve_exactly_where_the_value_is_in_the_table(moved):
    title = pictures.draw_poles(moved).layout.title.text
    assert ("one curve" in title) is moved.is_integer()
    assert ("a pole of its own" in title) is not moved.is_integer()


def test_the_curves_are_the_protocols_sums():
    alpha = Fp2(17)
    entries = [pictures.HONEST.count(t) + (t == 4) for t in pictures.TABLE]
    exact = sum((1 / (alpha - v) for v in (*pictures.HONEST, 4)), Fp2(0))
    assert exact == sum(
        (m / (alpha - t) for m, t in zip(entries, pictures.TABLE, strict=True)), Fp2(0)
    )
    (left,), (right,) = pictures.sums(4, [17.0])
    assert left == pytest.approx(right)
    assert left == pytest.approx(1 / 16 + 2 / 14 + 1 / 13)


def test_no_place_is_a_pole():
    for moved in QUARTERS:
        left, right = pictures.sums(moved, pictures.PLACES.tolist())
        assert max(map(abs, left + right)) < 1e4


def test_curves_are_cut_at_their_poles_and_nowhere_else():
    table, values = pictures.draw_poles(2.25).data
    gaps = [pictures.PLACES[i] for i, y in enumerate(values.y) if y is None]
    assert all(min(abs(x - pole) for pole in (1, 2.25, 3)) < 0.3 for x in gaps)
    assert any(abs(x - 2.25) < 0.1 for x in gaps)
    assert len(table.y) == len(values.y) == len(pictures.PLACES)
    assert table.x0 + table.dx * 300 == pytest.approx(pictures.PLACES[-1])


def test_steps_are_shares_of_their_batch():
    commitment, lookups = pictures.draw_steps(STEPS).data
    assert commitment.y == pytest.approx((25, 60))
    assert lookups.y == pytest.approx((75, 40))
    assert commitment.x == ("1 row<br>4 ms", "16 rows<br>10 ms")


def test_overhead_has_a_line_for_each_network_and_each_published_figure():
    small, large, general, special = pictures.draw_overhead(RATIOS, PUBLISHED).data
    assert (small.x, small.y) == ((1, 256), (200, 150))
    assert (large.x, large.y) == ((1, 16), (50, 20))
    assert (general.x, general.y) == ((1, 256), (1.69e6, 1.69e6))
    assert set(special.y) == {180}


def test_the_leak_is_the_histogram():
    first, second = pictures.draw_leak(COUNTS).data
    assert (first.x, first.y) == ((-3, 5), (1, 2))
    assert (second.x, second.y) == ((0,), (3,))


FIGURES = {
    "poles": pictures.draw_poles(),
    "steps": pictures.draw_steps(STEPS),
    "overhead": pictures.draw_overhead(RATIOS, PUBLISHED),
    "leak": pictures.draw_leak(COUNTS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_say_what_they_measure(name):
    layout = FIGURES[name].layout
    assert layout.title.text
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text
