"""Quantisation: units, the rule, real digits, and what is refused."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.zkml.importing import FloatLayer, FloatNetwork, from_torch
from aicrypto.zkml.network import AccumulatorOverflow, InputRange, ShapeMismatch
from aicrypto.zkml.quantise import quantise, report

DIGITS = Path(__file__).parent / "vectors" / "zkml.mlp.digits_784_128_10.npz"


seeds = st.integers(0, 2**32)


def mlp(*dims, seed=0):
    torch.manual_seed(seed)
    layers = [torch.nn.Linear(*pair) for pair in pairwise(dims)]
    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    return torch.nn.Sequential(*parts[:-1])


def one(weights, bias, *more):
    pairs = [(weights, bias), *more]
    return FloatNetwork(
        tuple(
            FloatLayer(
                torch.tensor(w, dtype=torch.float64),
                torch.tensor(b, dtype=torch.float64),
            )
            for w, b in pairs
        )
    )


def digits():
    with np.load(DIGITS) as archive:
        return torch.from_numpy(archive["X"]) / 127, torch.from_numpy(archive["y"])


@pytest.fixture(scope="module")
def trained():
    """A float network trained on 200 of the digits."""
    x, y = digits()
    model = mlp(784, 32, 10)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x[:200]), y[:200]).backward()
        optimiser.step()
    return from_torch(model)


def test_digits_keep_their_accuracy(trained):
    x, y = digits()
    quantised = quantise(trained, x[:200])
    found = report(trained, quantised, x[200:], y[200:])
    assert found.float_accuracy > 0.8
    assert abs(found.float_accuracy - found.int8_accuracy) <= 0.02
    assert found.agreeing >= found.n_held_out - 2
    assert (found.layers[0].n_in, found.layers[0].n_out) == (784, 32)
    assert found.layers[0].clipped < 0.01
    text = str(found)
    assert f"int8 {found.int8_accuracy:.2%}" in text
    assert len(text.splitlines()) == 4


def test_a_digit_network_survives_being_quantised_again():
    """Its integers, scaled to real numbers: 96 % of the digits or more are right afterwards."""
    x, y = digits()
    with np.load(DIGITS) as archive:
        a = {name: torch.from_numpy(archive[name]).double() for name in archive}
    scale = 2.0 ** -a["shift"][0] / 127
    hidden = FloatLayer(a["W0"] * scale * 127, a["b0"] * scale)
    network = FloatNetwork((hidden, FloatLayer(a["W1"], a["b1"] / 127)))
    found = report(network, quantise(network, x[:200]), x, y)
    assert found.float_accuracy >= 0.96
    assert found.int8_accuracy >= 0.96
    assert found.layers[0].shift in (11, 12)


def test_the_rule():
    """Units by hand: s_x = 2/127, s_y = 6/127, ratio 127·s_y/(max|W|·s_x) = 127, so s = 6."""
    network = one([[3.0, -1.0]], [0.0], ([[4.0]], [1.0]))
    quantised = quantise(network, torch.tensor([[2.0, 0.0], [-2.0, 1.0]]))
    hidden, last = quantised.network.layers
    assert quantised.input_unit == pytest.approx(2 / 127)
    assert hidden.shift == 6
    assert hidden.weights.tolist() == [[64, -21]]  # s_w = s_y·2^-6/s_x = 3/64
    assert quantised.units[0].output == pytest.approx(6 / 127)
    assert last.weights.tolist() == [[127]]
    assert last.bias.tolist() == [round(1 / (4 / 127 * 6 / 127))]
    assert last.shift == 8  # 127·127 + 671 is 131.5 times 127, below 2^8
    assert quantised.logit_unit == pytest.approx(4 / 127 * 6 / 127)


@settings(max_examples=25, deadline=None)
@given(seeds, st.integers(2, 40), st.integers(8, 20), st.sampled_from([0.01, 1.0, 50.0]))
def test_integers_stay_near_the_floats(seed, n_in, n_hidden, scale):
    network = from_torch(mlp(n_in, n_hidden, n_hidden, 5, seed=seed))
    x = scale * torch.randn(200, n_in, generator=torch.Generator().manual_seed(seed))
    quantised = quantise(network, x)
    execution = quantised.network.run(quantised.encode(x))
    exact = network(x)
    error = (execution.logits * quantised.logit_unit - exact).abs().max()
    assert error < 0.1 * exact.abs().max() + 1e-9
    assert int(execution.output.abs().max()) <= 128
    for layer, acc in zip(quantised.network.layers[:-1], execution.accumulators, strict=False):
        assert int(layer.round(acc).max()) <= 170  # near the calibrated largest


def test_small_activations_widen_their_unit():
    """y = 1 - 0.999: by the rule s would be -3; with s = 1 it is 8 units of 2/127²."""
    quantised = quantise(one([[1.0]], [-0.999], ([[1.0]], [0.0])), torch.ones(1, 1))
    hidden = quantised.network.layers[0]
    assert (hidden.shift, hidden.weights.tolist(), hidden.bias.tolist()) == (1, [[127]], [-16113])
    assert quantised.units[0].output == pytest.approx(2 / 127**2)
    assert quantised.network.run([[127]]).hidden[0].tolist() == [[8]]


def test_a_layer_without_activations_gets_a_shift():
    dead = one([[1.0], [2.0]], [-5.0, -9.0], ([[1.0, 1.0]], [0.5]))
    quantised = quantise(dead, torch.tensor([[1.0], [-1.0]]))
    execution = quantised.network.run([[127], [-127]])
    assert execution.hidden[0].tolist() == [[0, 0], [0, 0]]
    assert (execution.logits * quantised.logit_unit).tolist() == [[pytest.approx(0.5, 1e-2)]] * 2


def test_a_neuron_that_nothing_lifts_keeps_its_silence():
    network = one([[1.0], [1.0]], [0.0, -1e6], ([[1.0, 1.0]], [0.0]))
    quantised = quantise(network, torch.tensor([[1.0], [0.5]]))
    assert quantised.network.layers[0].bias.tolist() == [0, 1 - 2**23]
    assert quantised.network.run([[127]]).hidden[0].tolist() == [[127, 0]]


def test_all_weights_zero():
    quantised = quantise(one([[0.0]], [3.0], ([[0.0]], [-1.0])), torch.ones(1, 1))
    execution = quantised.network.run([[5]])
    assert execution.hidden[0].tolist() == [[127]]
    assert float(execution.logits * quantised.logit_unit) == pytest.approx(-1, abs=1e-2)


def test_inputs_that_are_integers_keep_their_unit():
    network = one([[1.0, 1.0]], [0.0], ([[1.0]], [0.0]))
    quantised = quantise(network, torch.tensor([[3.0, 0.5]]), input_unit=0.25)
    assert quantised.input_unit == 0.25
    assert quantised.encode(torch.tensor([[-3.0, 0.3]])).tolist() == [[-12, 1]]


def test_inputs_outside_the_calibrated_range_are_refused_or_clipped():
    quantised = quantise(one([[1.0, 1.0]], [0.0]), torch.tensor([[1.0, -2.0]]))
    x = torch.tensor([[0.0, 0.0], [1.0, 2.1]])
    with pytest.raises(InputRange, match=r"x\[1, 1\] is 2.1, outside the calibrated range of ±2"):
        quantised.encode(x)
    assert quantised.encode(x, clip=True).tolist() == [[0, 0], [64, 127]]
    assert quantised.outside(x).tolist() == [[False, False], [False, True]]
    for clip in (True, False):
        with pytest.raises(ValueError, match=r"x\[0, 1\] is nan, must be finite"):
            quantised.encode(torch.tensor([[1.0, float("nan")]]), clip=clip)


def test_clipped_inputs_are_reported():
    network = one([[1.0, -1.0], [-1.0, 1.0]], [0.0, 0.0])
    quantised = quantise(network, torch.tensor([[1.0, 0.0]]))
    found = report(network, quantised, torch.tensor([[3.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1]))
    assert found.clipped_inputs == 0.25
    assert found.int8_accuracy == 1
    assert (found.layers[0].lowest, found.layers[0].highest) == (-126, 126)


def test_overflow_is_predicted_with_layer_and_bound():
    huge = one([[1.0]], [0.0], ([[1e-3]], [1e4]))
    with pytest.raises(AccumulatorOverflow, match=r"layer 1: a bias takes .* below 8388608"):
        quantise(huge, torch.ones(1, 1))
    wide = FloatNetwork((FloatLayer(torch.ones(1, 2**18).double(), torch.zeros(1).double()),))
    with pytest.raises(AccumulatorOverflow, match="layer 0: accumulator 0 may reach"):
        quantise(wide, torch.ones(1, 2**18))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(3, 2), "input_unit is 0.0, must be above 0"),
        (torch.zeros(0, 2), "x has 0 rows"),
        (torch.tensor([[1.0, float("inf")]]), r"x\[0, 1\] is inf"),
        (torch.ones(3, 4), "x has rows of 4 numbers, must have 2"),
    ],
)
def test_useless_calibration_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        quantise(one([[1.0, 2.0]], [0.0]), x)


def test_float_networks_are_checked():
    with pytest.raises(ShapeMismatch, match="0 layers"):
        FloatNetwork(())
    with pytest.raises(ShapeMismatch, match=r"layer 1: W, b have shapes \[\[1, 3\], \[1\]\]"):
        one([[1.0], [1.0]], [0.0, 0.0], ([[1.0, 1.0, 1.0]], [0.0]))
    with pytest.raises(ValueError, match=r"layer 0: W\[0, 1\] is nan, must be finite"):
        one([[1.0, float("nan")]], [0.0])


def test_reports_need_a_label_for_each_row():
    network = one([[1.0]], [0.0])
    with pytest.raises(ValueError, match=r"y has shape \[1\], must be \[2\]"):
        report(network, quantise(network, torch.ones(1, 1)), torch.ones(2, 1), torch.tensor([0]))
