"""The figures of lesson 01 show what the algebra computes."""

from itertools import product
from math import dist

import pytest

from aicrypto.algebra import Fp2, P, m61x2, multilinear
from aicrypto.viz import fields

CORNERS = [*product((0, 1), repeat=3)]


def test_the_exact_circle_has_norm_one_and_every_point_once():
    circle = fields.exact_circle()
    assert len(set(circle)) == 32
    assert all((re * re + im * im) % 31 == 1 for re, im in circle)
    assert all(-15 <= x <= 15 for point in circle for x in point)
    assert circle[8] == (0, 1), "a quarter of the circle is i"
    assert circle[4] == (4, 4), "an eighth is 2^2·(1 + i), as 2^30·(1 + i) modulo 2^61 - 1"


def test_the_rounded_circle_turns_the_same_way():
    assert fields.rounded_circle()[8] == pytest.approx((0, 1))
    assert fields.rounded_circle()[1][1] > 0


@pytest.mark.parametrize("log_n", range(1, 6))
def test_roots_are_numbered_alike_on_both_sides(log_n):
    _, left, _, right = fields.draw_roots(log_n).data
    assert left.text == right.text == tuple(map(str, range(1 << log_n)))
    re, im, roots = 1, 0, list(zip(right.x, right.y, strict=True))
    for x, y in roots:  # root j is the j-th power of root 1
        assert ((x - re) % 31, (y - im) % 31) == (0, 0)
        re, im = re * roots[1][0] - im * roots[1][1], re * roots[1][1] + im * roots[1][0]
    assert ((re - 1) % 31, im % 31) == (0, 0)


@pytest.mark.parametrize("log_n", range(1, 6))
def test_a_label_stands_nearer_to_its_own_dot_than_to_any_other(log_n):
    for (dots, numbered), circle in zip(
        (fields.draw_roots(log_n).data[:2], fields.draw_roots(log_n).data[2:]),
        (fields.rounded_circle(), fields.exact_circle()),
        strict=True,
    ):
        assert [*zip(dots.x, dots.y, strict=True)] == circle
        reach = 0.07 * max(dots.x)
        for *point, side in zip(numbered.x, numbered.y, numbered.textposition, strict=True):
            label = fields._beside(tuple(point), side, reach)
            others = [dist(label, dot) for dot in circle if dot != tuple(point)]
            assert dist(label, point) < 0.75 * min(others), (point, side)


def test_agreements_are_shares_of_all_pairs_with_the_bound_beside_the_last():
    drawn = fields.draw_agreements([0, 0, 1, 3], degree=3, p=31)
    assert drawn.data[0].y == (50, 25, 0, 25, 0, 0)
    assert drawn.layout.shapes[0].x0 == 3.5


@pytest.mark.parametrize("corner", CORNERS)
def test_a_corner_of_the_cube_shows_its_entry(corner):
    point = fields.draw_fold(*corner).data[-1]
    index = int("".join(map(str, corner)), 2)
    assert point.text == (str(fields.PI_DIGITS[index]),)
    assert (point.x, point.y) == tuple((c,) for c in fields._project(*corner))


def test_the_cube_folds_as_the_library_does():
    table = m61x2.from_scalars([Fp2(v) for v in fields.PI_DIGITS])
    expected = multilinear.evaluate(table, [Fp2(2), Fp2(3), Fp2(P - 1)])
    assert expected.im == 0
    value = expected.re if expected.re < P // 2 else expected.re - P
    *_, square, _, segment, _, point = fields.draw_fold(2, 3, -1).data
    assert [len(trace.text) for trace in (square, segment, point)] == [4, 2, 1]
    assert float(point.text[0]) == value


@pytest.mark.parametrize("r", [(0.5, 0.5, 0.75), (1.5, -0.5, 1.5), (-0.5, 1.5, -0.5)])
def test_the_cube_is_no_box_and_nothing_is_cut_off(r):
    drawn = fields.draw_fold(*r)
    assert drawn.layout.yaxis.scaleanchor == "x"
    for axis in "xy":
        shown = [c for trace in drawn.data for c in trace[axis] if c is not None]
        assert drawn.layout[f"{axis}axis"].range == (min(shown) - 0.25, max(shown) + 0.25)


@pytest.mark.parametrize("depth", [0.25, 0.5, 0.75, 1])
@pytest.mark.parametrize("up", [0, 0.25, 0.5, 0.75, 1])
def test_a_fold_runs_through_no_corner_by_chance(depth, up):
    height = fields._project(depth, up, 0)[1]
    corners = {fields._project(*corner)[1]: corner for corner in CORNERS}
    near = [corner for y, corner in corners.items() if abs(y - height) < 0.04]
    assert not near or (depth, up) == near[0][:2]


def test_edges_join_corners_that_differ_in_one_variable():
    lengths = [len(trace.x) // 3 for trace in fields.draw_fold().data if trace.mode == "lines"]
    assert lengths == [12, 4, 1, 0]


def test_the_fair_share_is_the_average_by_rejection():
    drawn = fields.draw_bias([4, 4, 1], [3, 2, 4])
    assert [trace.y for trace in drawn.data] == [(4, 4, 1), (3, 2, 4), (3, 3)]
    assert drawn.layout.yaxis.rangemode == "tozero"


FIGURES = {
    "roots": fields.draw_roots(),
    "agreements": fields.draw_agreements([0, 1], 8, 31),
    "bias": fields.draw_bias([2, 1], [1, 2]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_say_what_they_measure(name):
    layout = FIGURES[name].layout
    assert layout.title.text
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text
