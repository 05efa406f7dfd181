"""Figures of the whole chain of value: they show the numbers that they are given."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.viz.summit import trust
from aicrypto.viz.summit.flow import OTHERS, Payment, draw_sizes, draw_steps, draw_value
from aicrypto.viz.summit.growth import draw_growth
from aicrypto.viz.systems import SYSTEMS, draw_lit

ETHER = 10**18


def test_every_payment_is_a_band_as_wide_as_the_money() -> None:
    paid = [
        Payment("a", "b", 2 * ETHER, "all"),
        Payment("b", "c", ETHER, "half"),
        Payment("b", "d" * 40, ETHER, "half"),
    ]
    drawn = draw_value(paid)
    sankey = drawn.data[0]
    names = sankey.node.label
    bands = zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True)
    assert [(names[s], names[t][:3], v) for s, t, v in bands] == [
        ("a", "b", 2),
        ("b", "c", 1),
        ("b", "ddd", 1),
    ]
    assert "2 ether" in drawn.layout.title.text, "what came in, counted once"
    assert len(set(sankey.node.color)) == 3, "who pays, passes on, keeps"


def test_costs_and_sizes() -> None:
    drawn = draw_steps([("a", 1.5), ("b", 2.5)], [("b", 3_000_000)])
    assert [list(bar.x) for bar in drawn.data] == [[1.5, 2.5], [3.0]]
    assert drawn.layout.title.text == "4 seconds and 3.0 million gas in all"
    drawn = draw_sizes([("a", 100, 0), ("b", 5_000, 256)])
    assert [(list(bar.x), list(bar.y)) for bar in drawn.data] == [
        (["a", "b"], [100, 5_000]),
        (["b"], [256]),
    ]
    assert "256" in drawn.layout.title.text


def test_growth_shows_the_line_and_the_check() -> None:
    line, points, check = (
        drawn := draw_growth("rows", {10: 2.0, 20: 3.0}, (100, 12.0), 1, 0.1)
    ).data
    assert line.y[0] == pytest.approx(2)
    assert line.y[-1] == pytest.approx(11)
    assert (list(points.x), list(check.y)) == ([10, 20], [12.0])
    assert "11 s foretold, 12 s measured" in drawn.layout.title.text


def test_a_system_is_lit_dark_or_out() -> None:
    dots = draw_lit({"Grass": True, "Story": False}).data[-2]
    looks = dict(zip((s.name for s in SYSTEMS), dots.marker.symbol, strict=True))
    assert (looks["Grass"], looks["Story"], looks["Olas"]) == ("circle", "x", "circle-open")


@given(st.integers(1, 7), st.data(), st.floats(0, 1))
def test_the_chance_that_k_of_n_lie(n: int, data: st.DataObject, p: float) -> None:
    k = data.draw(st.integers(0, n))
    by_sets = sum(
        p ** sum(lies) * (1 - p) ** (n - sum(lies))
        for lies in itertools.product((0, 1), repeat=n)
        if sum(lies) >= k
    )
    assert trust.at_least(k, n, p) == pytest.approx(by_sets, abs=1e-12)
    alike = trust.majority([1] * n, p)
    assert alike == pytest.approx(trust.at_least(n // 2 + 1, n, p), abs=1e-12)


@pytest.mark.parametrize("dishonest", [1, 10, 50, 60])
def test_where_trust_is_thin(dishonest: int) -> None:
    [bars] = trust.draw_thin(dishonest).data
    shown = dict(zip(bars.y, bars.x, strict=True))
    assert shown["a key by one party"] == pytest.approx(dishonest)
    three = 100 * trust.at_least(3, 5, dishonest / 100)
    assert shown["3 of 5 indexers"] == pytest.approx(three)
    assert (three < dishonest) == (dishonest < 50), "many are better until half of them lie"


def test_who_is_blamed_for_a_lie() -> None:
    drawn = trust.draw_blame(
        {"eve": ["b"], "bob": ["a", "c"]}, ["a", "b", "c"], {"eve": "a", "bob": "a"}
    )
    [heatmap] = drawn.data
    assert [list(row) for row in heatmap.z] == [[0, 1, 0], [1, 0, 1]]
    assert [list(row) for row in heatmap.text] == [["●", "×", ""], ["●×", "", "×"]]
    assert drawn.layout.title.text.startswith("1 of 2 lies"), "eve's is found elsewhere"


def test_bands_too_thin_to_see_are_one() -> None:
    paid = [
        Payment("a", "b", 1000, "all"),
        Payment("b", "c", 5, "fee"),
        Payment("c", "d", 5, "fee"),
        Payment("b", "e", 4, "tip"),
        Payment("b", "f", 991, "rest"),
    ]
    sankey = draw_value(paid).data[0]
    names = sankey.node.label
    assert set(names) == {"a", "b", "f", OTHERS}, "c, d and e are the others"
    wei = [round(value * ETHER) for value in sankey.link.value]
    flows = zip(sankey.link.source, sankey.link.target, wei, strict=True)
    assert {(names[s], names[t]): w for s, t, w in flows} == {
        ("a", "b"): 1000,
        ("b", OTHERS): 9,
        ("b", "f"): 991,
    }, "no wei is lost"


def test_the_trust_table_has_a_dot_for_every_assumption() -> None:
    drawn = trust.draw_trust([("a", [True, False], ""), ("b", [False, True], "")], ["hash", "word"])
    [heatmap] = drawn.data
    assert [list(row) for row in heatmap.z] == [[1, 0], [0, 1]]
    assert (list(heatmap.x), list(heatmap.y)) == (["hash", "word"], ["a", "b"])
