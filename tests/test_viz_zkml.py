"""The figures of lesson 12 show what the protocol computes."""

import sys

import pytest
import torch

from aicrypto import zkml
from aicrypto.algebra import Fp2
from aicrypto.viz.proofs import stopwatch
from aicrypto.viz.proofs import zkml as pictures
from aicrypto.zkml import Network

QUARTERS = [k / 4 for k in range(17)]
STEPS = {
    1: {"commitment": 0.001, "lookups": 0.003},
    16: {"commitment": 0.006, "lookups": 0.004},
}
RATIOS = {"small": {1: 200.0, 256: 150.0}, "large": {1: 50.0, 16: 20.0}}
SINGLE, PUBLISHED = {"general": 1.69e6}, {"special": 180.0}
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
    assert commitment.x == ("1 picture<br>4 ms", "16 pictures<br>10 ms")


def test_overhead_has_a_line_for_each_network_and_a_marker_for_one_input():
    small, large, general, special = pictures.draw_overhead(RATIOS, SINGLE, PUBLISHED).data
    assert (small.x, small.y) == ((1, 256), (200, 150))
    assert (large.x, large.y) == ((1, 16), (50, 20))
    assert (general.mode, general.x, general.y) == ("markers", (1,), (1.69e6,))
    assert (special.mode, special.x, special.y) == ("lines", (1, 256), (180, 180))


def test_the_leak_is_both_histograms_back_to_back():
    drawn = pictures.draw_leak(COUNTS)
    first, second = drawn.data
    assert (first.x, first.y) == ((-3, 5), (1, 2))
    assert (second.x, second.y) == ((0,), (-3,))
    assert drawn.layout.yaxis.ticktext == ("3", "2", "1", "0", "1", "2", "3")


FIGURES = {
    "poles": pictures.draw_poles(),
    "steps": pictures.draw_steps(STEPS),
    "overhead": pictures.draw_overhead(RATIOS, SINGLE, PUBLISHED),
    "leak": pictures.draw_leak(COUNTS),
}


@pytest.mark.parametrize("name", FIGURES)
def test_axes_say_what_they_measure(name):
    layout = FIGURES[name].layout
    assert layout.title.text
    assert layout.xaxis.title.text
    assert layout.yaxis.title.text


# The stopwatch


def ticking(*moments):
    """A clock that shows these moments."""
    shown = iter(moments)
    return lambda: next(shown)


def test_the_fastest_of_several_runs():
    runs = []
    assert stopwatch.fastest(lambda: runs.append(1), 3, ticking(0, 5, 7, 8, 10, 14)) == 1
    assert len(runs) == 3


def tiny():
    layers = [{"W": [[3, -2], [1, 4]], "b": [0, 1], "shift": 1}, {"W": [[1, 2]], "b": [0]}]
    return Network.from_integers([layers[0], layers[1] | {"shift": 0}])


def test_steps_share_a_proof_and_each_takes_time():
    steps = stopwatch.time_steps(tiny(), torch.tensor([[1, 2]], dtype=torch.int8), repeats=2)
    assert list(steps) == [*stopwatch.STEPS, stopwatch.REST]
    assert all(seconds > 0 for seconds in steps.values())


def test_no_step_is_counted_twice():
    """A step that ran within another would make the rest negative, or name itself there."""
    functions = [f.__code__ for step in stopwatch.STEPS.values() for f in step]
    assert len(set(functions)) == len(functions)
    running, callers = [], []

    def watch(frame, event, _):
        if frame.f_code in functions:
            if event == "call":
                callers.extend(running)
                running.append(frame.f_code)
            elif event == "return":
                running.pop()

    x = torch.tensor([[1, 2]], dtype=torch.int8)
    sys.setprofile(watch)
    try:
        zkml.prove(tiny(), x)
    finally:
        sys.setprofile(None)
    assert not callers


def test_each_step_has_its_least_time(monkeypatch):
    runs = iter([{"a": 3.0, "rest": 1.0}, {"a": 2.0, "rest": 5.0}])
    monkeypatch.setattr(stopwatch, "_profile", lambda network, x: next(runs))
    assert stopwatch.time_steps(tiny(), None, repeats=2) == {"a": 2, "rest": 1}


def test_the_steps_and_the_rest_add_up_to_one_proof():
    x = torch.tensor([[1, 2]], dtype=torch.int8)
    steps: dict[str, float] = {}
    whole = stopwatch.fastest(lambda: steps.update(stopwatch._profile(tiny(), x)), 1)
    assert 0.1 * whole < sum(steps.values()) < whole
    assert all(seconds > 0 for seconds in steps.values())


def test_costs_are_of_proving_and_running(monkeypatch):
    monkeypatch.setattr(stopwatch, "PROOF_REPEATS", 2)
    monkeypatch.setattr(stopwatch, "PROVEN_INPUTS", 2)
    monkeypatch.setattr(stopwatch, "FORWARD_REPEATS", 2)
    clock = ticking(0, 30, 30, 50, 60, 63, 64, 66, 100, 109, 110, 120, 130, 133, 140, 144)
    generator = torch.Generator().manual_seed(0)
    found = stopwatch.costs((4, 3, 2), (1, 2), generator, clock)
    assert {n: cost.overhead for n, cost in found.items()} == {1: 20 / 2, 2: 9 / 3}
    assert (found[1].proving_s, found[1].running_s) == (20, 2)
    assert 0 < found[1].proof_bytes < found[2].proof_bytes
