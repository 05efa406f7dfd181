"""The figures of lesson 03 show what their titles claim."""

import pytest

from aicrypto.algebra import Fp2, m61x2
from aicrypto.viz.openings import closest, draw_proof_bytes, draw_secrets, draw_stretched


@pytest.mark.parametrize(("shares", "possible"), [(0, 17), (1, 17), (2, 17), (3, 1), (5, 1)])
def test_shares_below_the_threshold_say_nothing(shares: int, possible: int) -> None:
    drawn = draw_secrets(shares)
    counts = drawn.data[0].y
    assert len({c for c in counts if c}) == 1  # every possible secret is equally likely
    assert sum(c > 0 for c in counts) == possible
    assert counts[9] > 0  # the true secret always fits
    assert f"{possible} of 17" in drawn.layout.title.text


@pytest.mark.parametrize("changed", [1, 2, 16])
def test_the_closest_change_spares_as_many_columns_as_it_has_zeros(changed: int) -> None:
    drawn = draw_stretched(changed)
    differing = sum(map(sum, drawn.data[0].z))
    assert differing == 64 - (changed - 1)
    assert f"{differing} of 64 columns" in drawn.layout.title.text


def test_closest_vanishes_at_the_first_roots_and_nowhere_else() -> None:
    omega, coefficients = m61x2.root_of_unity(6), closest(16)
    assert coefficients[-1] == Fp2(1)
    values = [
        sum((c * (omega**j) ** k for k, c in enumerate(coefficients)), Fp2(0)) for j in (0, 14, 15)
    ]
    assert [value == Fp2(0) for value in values] == [True, True, False]


def test_sizes_are_drawn_as_given_with_units() -> None:
    drawn = draw_proof_bytes([256, 1024], {"ours": [48, 48], "theirs": [100, 400]})
    assert [list(line.y) for line in drawn.data] == [[48, 48], [100, 400]]
    assert "bytes" in drawn.layout.yaxis.title.text
