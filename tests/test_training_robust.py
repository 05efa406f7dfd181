"""Robust averages: right without liars, unmoved by a minority, and the plain mean is not."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.training import robust

N, F, D = 9, 3, 6


def rows(seed=0, n=N):
    return 1 + 0.1 * torch.randn(n, D, generator=torch.Generator().manual_seed(seed))


RULES = {
    "median": robust.coordinate_median,
    "trimmed": lambda r: robust.trimmed_mean(r, F),
    "krum": lambda r: robust.krum(r, F),
    "multi-krum": lambda r: robust.krum(r, F, m=4),
    "geometric": robust.geometric_median,
    "clip": lambda r: robust.centred_clip(r, torch.zeros(D), 1.0, 40),
}


@pytest.mark.parametrize("name", RULES)
def test_equal_rows_give_that_row(name):
    same = torch.arange(float(D)).repeat(N, 1) / 10
    assert torch.allclose(RULES[name](same), same[0], atol=1e-3)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("size", [1e1, 1e6])
def test_a_third_of_liars_moves_it_little(name, size):
    lied = rows()
    lied[:F] = -size
    assert (RULES[name](lied) - 1).abs().max() < 1.6
    assert (robust.mean(lied) - 1).abs().max() > size / 4


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.permutations(range(N)))
def test_the_order_of_rows_is_no_matter(seed, order):
    plain = rows(seed)
    for name, rule in RULES.items():
        assert torch.allclose(rule(plain), rule(plain[list(order)]), atol=1e-4), name


def test_the_median_stays_inside_the_honest_range():
    lied = rows()
    lied[:4] = torch.randn(4, D, generator=torch.Generator().manual_seed(1)) * 100
    honest = lied[4:]
    got = robust.coordinate_median(lied)
    assert (honest.min(0).values <= got).all()
    assert (got <= honest.max(0).values).all()


def test_limited_lengths_bound_the_move_but_not_the_direction():
    lied = rows()
    lied[0] = -1e9
    moved = robust.limited_mean(lied) - robust.mean(rows()[1:])
    assert moved.norm() < 2 * rows().norm(dim=1).median() / (N - 1)


def test_a_little_is_enough():
    """Three liars just inside the honest spread shift even the median, every time the same way."""
    honest = rows()
    lied = honest.clone()
    lied[:F] = honest.mean(0) - 1.0 * honest.std(0)
    for rule in (robust.coordinate_median, RULES["trimmed"]):
        assert (rule(lied) < rule(honest) + 1e-6).float().mean() > 0.8


def test_refusals():
    with pytest.raises(ValueError, match=r"must be in 0..4"):
        robust.trimmed_mean(rows(), 5)
    for f, m in ((4, 1), (3, 7), (-1, 1)):
        with pytest.raises(ValueError, match="2 f \\+ 3"):
            robust.krum(rows(), f, m)
    with pytest.raises(ValueError, match="radius is 0"):
        robust.centred_clip(rows(), torch.zeros(D), 0)
