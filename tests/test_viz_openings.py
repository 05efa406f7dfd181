"""The figures of lesson 03 show what their titles claim."""

from itertools import pairwise

import pytest

from aicrypto.viz.openings import draw_columns, draw_proof_bytes, draw_quotient, draw_secrets


@pytest.mark.parametrize("lie", range(17))
def test_both_sides_agree_everywhere_exactly_for_the_true_value(lie: int) -> None:
    drawn = draw_quotient(lie)
    right, left = (list(trace.y) for trace in drawn.data)
    p = [(5 + 3 * x**2 + x**3) % 17 for x in range(17)]
    assert left == [(value - p[10] - lie) % 17 for value in p]
    assert right[10] == 0  # it is a multiple of X - 10
    agreeing = sum(a == b for a, b in zip(left, right, strict=True))
    assert agreeing == (3 if lie else 17)  # a lie: the degree of p, at most
    assert f"at {agreeing} of 17" in drawn.layout.title.text


def test_the_right_side_is_a_polynomial_of_degree_three() -> None:
    differences = list(draw_quotient(5).data[0].y)
    for _ in range(4):
        differences = [(b - a) % 17 for a, b in pairwise(differences)]
    assert set(differences) == {0}


@pytest.mark.parametrize("fitting", [0, 1, 2])
def test_a_false_sum_is_told_by_all_columns_but_its_zeros(fitting: int) -> None:
    drawn = draw_columns(fitting)
    first, second, summed, lied = (list(row) for row in drawn.data[0].text)
    assert first == [1 + 2 * x + 3 * x * x for x in range(6)]
    assert second == [4 + 5 * x + 6 * x * x for x in range(6)]
    assert summed == [33 + 42 * x + 51 * x * x for x in range(6)]
    told = [a != b for a, b in zip(summed, lied, strict=True)]
    assert told == [False] * fitting + [True] * (6 - fitting)
    assert [bool(cell) for cell in drawn.data[0].z[3]] == told
    assert f"{6 - fitting} tell" in drawn.layout.title.text


@pytest.mark.parametrize(("shares", "possible"), [(0, 17), (1, 17), (2, 17), (3, 1), (5, 1)])
def test_shares_below_the_threshold_say_nothing(shares: int, possible: int) -> None:
    drawn = draw_secrets(shares)
    counts = drawn.data[0].y
    assert len({c for c in counts if c}) == 1  # every possible secret is equally likely
    assert sum(c > 0 for c in counts) == possible
    assert counts[9] > 0  # the true secret always fits
    assert f"{possible} of 17" in drawn.layout.title.text


def test_hashing_pays_between_2_12_and_2_14_and_points_stay_flat() -> None:
    drawn = draw_proof_bytes([8, 12, 14])
    point, hashing, whole = (list(line.y) for line in drawn.data)
    assert point == [48, 48, 48]
    assert whole == [8 << 8, 8 << 12, 8 << 14]
    assert [a < b for a, b in zip(hashing, whole, strict=True)] == [False, False, True]
    assert hashing[0] < hashing[2] < 8 * hashing[0]  # about a square root
    assert "bytes" in drawn.layout.yaxis.title.text
