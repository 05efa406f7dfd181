"""The soundness calculator: the published counts, the sum of a whole protocol, and its refusals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicrypto.commit.tensor import soundness
from aicrypto.commit.tensor.ligero import BadRate, Shape


@pytest.mark.parametrize(
    ("regime", "counts"),
    [("unique", (241, 148, 121, 110)), ("johnson", (200, 100, 67, 50))],
)
def test_queries_of_100_bits(regime, counts):
    """Protocol zkml-1, section 12."""
    assert tuple(soundness.queries(rate, regime, 100) for rate in (2, 4, 8, 16)) == counts


def test_grinding_replaces_queries():
    assert soundness.queries(4, "unique", 100, grind=20) == 118
    assert soundness.queries(4, "unique", 20, grind=20) == 0
    assert soundness.queries(4, "unique", 20, grind=30) == 0


def test_capacity_is_answered_only_knowingly():
    with pytest.raises(soundness.ConjectureDisproved, match="eprint 2025/2046"):
        soundness.queries(4, "capacity", 100)
    assert soundness.queries(4, "capacity", 100, believe_disproved=True) == 50


@pytest.mark.parametrize("inv_rate", [-4, 0, 1, 3, 6])
def test_rates_without_distance_are_refused(inv_rate):
    with pytest.raises(BadRate, match=f"inv_rate is {inv_rate}, must be a power of two"):
        soundness.queries(inv_rate, "unique", 100)


def test_an_unknown_regime_is_refused():
    with pytest.raises(ValueError, match="regime is 'hope', must be one of unique, johnson"):
        soundness.radius(4, "hope")


@given(st.sampled_from([2, 4, 8, 16, 32, 64]), st.integers(1, 200))
def test_counts_are_the_fewest(inv_rate, bits):
    """In exact integers: ((inv_rate + 1)/(2·inv_rate))^T <= 2^-bits."""
    count = soundness.queries(inv_rate, "unique", bits)
    error = [((inv_rate + 1) ** t * 2**bits, (2 * inv_rate) ** t) for t in (count - 1, count)]
    assert error[0][0] > error[0][1]
    assert error[1][0] <= error[1][1]


# B, profile's Nc, limbs, table rows and lookup kinds; columns, rows, queries; bits of the sum.
ZKML = [
    ((1, 4, 2, 1024, 4), (256, 8, 147), 100.00454261867635),
    ((1024, 2, 1, 8192, 2), (8192, 128, 148), 99.58083622720135),
    ((1024, 2, 1, 8192, 2), (8192, 128, 150), 100.21092313062701),
]


def zkml_errors(batch, n_columns, limbs, table_rows, kinds, stack=1024, half=1024):
    """The terms of zkml-1, section 12, that are not of the commitment."""
    n_leaves = kinds * stack * batch
    depths = math.log2(n_leaves), math.log2(table_rows)
    counts = [
        n_leaves + 3 * table_rows,
        sum(v * (v - 1) + 2 * v for v in depths),
        math.log2(stack) + math.log2(batch) + 16,
        2 * math.log2(2 * half),
        limbs + 1 + 2 * math.log2(n_columns * stack),
    ]
    return [count / soundness.FIELD_SIZE for count in counts]


@pytest.mark.parametrize(("network", "opening", "bits"), ZKML)
def test_bits_of_a_whole_protocol(network, opening, bits):
    n_columns, rows, n_queries = opening
    errors = soundness.opening_errors(Shape(rows, n_columns, 4), n_queries)
    total = soundness.bits([*zkml_errors(*network), *errors.values()])
    assert total == pytest.approx(bits, abs=1e-6)


def test_errors_of_an_opening():
    errors = soundness.opening_errors(Shape(8, 256, 4), 147)
    assert math.log2(errors["proximity"]) == pytest.approx(-110.41503749927884, abs=1e-6)
    assert math.log2(errors["queries"]) == pytest.approx(-100.00819822079183, abs=1e-6)
    # Rows left out do not count, nor does a single row combine with others.
    assert soundness.proximity_error(Shape(6, 256, 4)) == errors["proximity"]
    assert soundness.proximity_error(Shape(1, 256, 4)) == 0


@pytest.mark.parametrize(
    ("network", "shape", "n_queries"),
    [
        ((1, 4, 2, 1024, 4), Shape(8, 256, 4), 147),
        ((64, 2, 1, 8192, 2), Shape(32, 2048, 4), 148),
        ((1024, 2, 1, 8192, 2), Shape(128, 8192, 4), 150),
    ],
)
def test_the_fewest_queries_of_a_whole_protocol(network, shape, n_queries):
    assert soundness.choose_queries(shape, 100, zkml_errors(*network)) == n_queries


def test_what_no_number_of_queries_reaches_is_refused():
    shape = Shape(128, 8192, 4)
    with pytest.raises(soundness.TargetUnreachable, match=r"104\.2 bits of other errors"):
        soundness.choose_queries(shape, 105)
    with pytest.raises(soundness.TargetUnreachable):
        soundness.choose_queries(shape, 100, zkml_errors(4096, 2, 1, 8192, 2))
    with pytest.raises(soundness.TargetUnreachable):
        soundness.choose_queries(Shape(1, 4, 2), 1000)
