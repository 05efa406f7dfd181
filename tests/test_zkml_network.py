"""Integer networks against plain Python, real digits, and everything that is refused."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto import conform
from aicrypto.zkml import Layer, Network, network
from aicrypto.zkml.importing import load, save
from aicrypto.zkml.network import (
    AccumulatorOverflow,
    BiasRange,
    InputRange,
    ShapeMismatch,
    ShiftRange,
    WeightRange,
    int8_matmul,
)

DIGITS = Path(__file__).parent / "vectors" / "zkml.mlp.digits_784_128_10.npz"
LAYERS = [
    {"W": [[6, -4, 8], [-3, 1, 0]], "b": [-9, 38], "shift": 2},
    {"W": [[-9, 6], [2, 2]], "b": [-42, 1], "shift": 1},
]


def integers(low, high):
    return st.integers(low, high) | st.sampled_from([low, high])


@st.composite
def networks(draw):
    dims = draw(st.lists(st.integers(1, 12), min_size=2, max_size=4))
    layers = []
    for number, (n_in, n_out) in enumerate(pairwise(dims)):
        row = st.lists(integers(-128, 127), min_size=n_in, max_size=n_in)
        biases = integers(-300, 300) | integers(1 - 2**23, 2**23 - 1)
        hidden = number + 2 < len(dims)
        layers.append(
            {
                "W": draw(st.lists(row, min_size=n_out, max_size=n_out)),
                "b": draw(st.lists(biases, min_size=n_out, max_size=n_out)),
                "shift": draw(st.integers(1, 12) if hidden else st.integers(0, 24)),
            }
        )
    row = st.lists(integers(-128, 127), min_size=dims[0], max_size=dims[0])
    return layers, draw(st.lists(row, min_size=1, max_size=5))


def in_plain_python(layers, row):
    """The specification's formulas, one number at a time."""
    hidden = []
    for layer in layers:
        acc = [
            sum(w * a for w, a in zip(weights, row, strict=True)) + b
            for weights, b in zip(layer["W"], layer["b"], strict=True)
        ]
        s = layer["shift"]
        row = [min(127, max(0, (value + 2**s // 2) // 2**s)) for value in acc]
        hidden.append(row)
    output = [min(127, max(-128, (value + 2**s // 2) // 2**s)) for value in acc]
    return hidden[:-1], acc, output, acc.index(max(acc))


@settings(max_examples=60, deadline=None)
@given(networks())
def test_execution_equals_plain_python(case):
    layers, x = case
    execution = Network.from_integers(layers).run(x)
    found = [
        (
            [activations[i].tolist() for activations in execution.hidden],
            execution.logits[i].tolist(),
            execution.output[i].tolist(),
            int(execution.labels[i]),
        )
        for i in range(len(x))
    ]
    assert found == [in_plain_python(layers, row) for row in x]


@settings(max_examples=30, deadline=None)
@given(networks())
def test_encoding_round_trip(case):
    layers, _ = case
    made = Network.from_integers(layers)
    again = Network.from_bytes(made.to_bytes())
    assert again.digest == made.digest
    assert (again.dims, again.shifts) == (made.dims, made.shifts)
    entry = layers[0]
    changed = [{**entry, "b": [entry["b"][0] // 2 + 1, *entry["b"][1:]]}, *layers[1:]]
    if changed != layers:
        assert Network.from_integers(changed).digest != made.digest


@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 5), (3, 2, 1), (17, 8, 8), (16, 784, 10), (2, 3000, 3)])
def test_both_products_are_exact(shape, unit, monkeypatch):
    if not unit:
        monkeypatch.setattr(network, "_cpu_unit_is_exact", lambda: False)
    n_rows, n_in, n_out = shape
    generator = torch.Generator().manual_seed(n_in)
    a = torch.randint(-128, 128, (n_rows, n_in), dtype=torch.int8, generator=generator)
    weights = torch.randint(-128, 128, (n_out, n_in), dtype=torch.int8, generator=generator)
    a[0], weights[0] = -127, 127
    a[0, 0] = -126  # an odd sum, and a large one
    a[-1], weights[-1] = -128, -128  # the largest sum there is
    found = int8_matmul(a, weights)
    assert found.dtype == torch.int32
    assert torch.equal(found.long(), a.long() @ weights.long().T)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("n_rows", [1, 64])
def test_cuda_equals_cpu(n_rows):
    made = load(DIGITS)
    x = torch.randint(-128, 128, (n_rows, 784), dtype=torch.int8)
    on_cuda = made.to("cuda").run(x)
    assert torch.equal(on_cuda.logits.cpu(), made.run(x).logits)


def test_digits():
    made = load(DIGITS)
    with np.load(DIGITS) as archive:
        x, y = archive["X"], torch.from_numpy(archive["y"])
    correct = int((made.run(x).labels == y).sum())
    assert correct / len(y) >= 0.96
    assert made.dims == (784, 128, 10)


def test_array_files_stand_beside_their_suite(tmp_path):
    suite = DIGITS.with_name("zkml.mlp.json")
    (tmp_path / suite.name).write_text(suite.read_text())
    (tmp_path / DIGITS.name).write_bytes(DIGITS.read_bytes())
    assert conform.run(conform.load(tmp_path / suite.name)).ok
    (tmp_path / DIGITS.name).unlink()
    [failure] = conform.run(conform.load(tmp_path / suite.name)).failures
    assert "FileNotFoundError" in failure.got


def test_layers_come_from_tensors_too():
    tensors = [{**layer, "W": torch.tensor(layer["W"])} for layer in LAYERS]
    assert Network.from_integers(tensors).digest == Network.from_integers(LAYERS).digest


def changed(number, **entries):
    layers = [dict(layer) for layer in LAYERS]
    layers[number].update(entries)
    return layers


REFUSED = {
    "no layer": ([], ShapeMismatch, "0 layers"),
    "ragged rows": (changed(0, W=[[1, 2, 3], [4]]), ShapeMismatch, "layer 0: W"),
    "no matrix": (changed(0, W=[1, 2, 3]), ShapeMismatch, "layer 0: W has shape"),
    "no entries": (changed(0, W=[[], []]), ShapeMismatch, "layer 0: W"),
    "deeper lists": (changed(0, W=[[[1], [2]], [[3], [4]]]), ShapeMismatch, "layer 0: W"),
    "columns": (changed(1, W=[[1, 2, 3], [1, 2, 3]]), ShapeMismatch, "3 columns, must have 2"),
    "bias length": (changed(0, b=[1]), ShapeMismatch, r"b has shape \[1\], must be \[2\]"),
    "shape before range": (changed(0, W=[[999, 0, 0]]), ShapeMismatch, "layer 0: b"),
    "weight": (changed(1, W=[[128, 0], [0, 0]]), WeightRange, "layer 1: W holds 128"),
    "huge weight": (changed(0, W=[[2**70, 0, 0], [0] * 3]), WeightRange, "-128..127"),
    "float weight": (changed(0, W=[[0.5, 0, 0], [0] * 3]), WeightRange, "holds 0.5"),
    "true weight": (changed(0, W=[[True, 0, 0], [0] * 3]), WeightRange, "holds True"),
    "bias": (changed(0, b=[0, -(2**23)]), BiasRange, "layer 0: b holds -8388608"),
    "weight before bias": (changed(0, W=[[200, 0, 0], [0] * 3], b=[2**23, 0]), WeightRange, "W"),
    "hidden shift": (changed(0, shift=0), ShiftRange, r"layer 0: shift holds 0, .* 1..12"),
    "large shift": (changed(0, shift=13), ShiftRange, "shift holds 13"),
    "last shift": (changed(1, shift=25), ShiftRange, r"layer 1: shift holds 25, .* 0..24"),
    "no shift": (changed(1, shift=None), ShiftRange, "None"),
    "layer by layer": ([*changed(0, shift=0)[:1], {**LAYERS[1], "W": 5}], ShiftRange, "layer 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_in_order_name_layer_value_and_bound(name):
    layers, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        Network.from_integers(layers)


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        ([[1, 2]], ShapeMismatch, r"x has shape \[1, 2\], must be \[batch, 3\]"),
        ([1, 2, 3], ShapeMismatch, "shape"),
        ([], ShapeMismatch, "shape"),
        ([[1, 2, 3], [4]], ShapeMismatch, "shape"),
        ([[1, 2, 200]], InputRange, "x holds 200"),
        ([[1, 2, 0.5]], InputRange, "x holds 0.5"),
        (torch.tensor([[1, 2, -129]]), InputRange, "x holds -129"),
        (torch.ones(1, 3), InputRange, "must be an integer"),
        (torch.ones(1, 2, dtype=torch.int8), ShapeMismatch, "shape"),
    ],
)
def test_inputs_refused(x, error, message):
    with pytest.raises(error, match=message):
        Network.from_integers(LAYERS).run(x)


def test_accumulators_beyond_32_bits_are_predicted():
    n_in = 2**17
    wide = {"W": torch.full((1, n_in), -128, dtype=torch.int8), "b": [0], "shift": 1}
    with pytest.raises(AccumulatorOverflow, match=r"layer 0: .* reach 2147483648, .* 2139095039"):
        Network.from_integers([wide])
    small = Network.from_integers([{**wide, "W": wide["W"] // 2}])
    lowest = torch.full((1, n_in), -128, dtype=torch.int8)
    assert int(small.run(lowest).logits) == 2**30


def test_types_are_checked_where_layers_are_built_by_hand():
    layer = Layer(torch.ones(1, 1, dtype=torch.int8), torch.zeros(1, dtype=torch.int32), 1)
    assert Network((layer,)).dims == (1, 1)
    with pytest.raises(TypeError, match="int64"):
        Network((replace(layer, weights=layer.weights.long()),))
    with pytest.raises(TypeError, match="layer 1 has types"):
        Network((layer, replace(layer, bias=layer.bias.long())))
    with pytest.raises(ShiftRange):
        Network((replace(layer, shift=30),))


def test_model_files(tmp_path):
    made = Network.from_integers(LAYERS)
    save(made, tmp_path / "model")
    assert load(tmp_path / "model").digest == made.digest
    arrays = {f"{key}{i}": np.array(e[key]) for i, e in enumerate(LAYERS) for key in "Wb"}
    np.savez(tmp_path / "arrays.npz", shift=[2, 1], y=[7], **arrays)
    assert load(tmp_path / "arrays.npz").digest == made.digest


def test_files_that_are_no_models_are_refused_by_name(tmp_path):
    path = tmp_path / "model"
    good = Network.from_integers(LAYERS).to_bytes()
    np.savez(tmp_path / "other.npz", a=[1])
    archive = (tmp_path / "other.npz").read_bytes()
    wrong = [b"", b"hello", b"PK", b"PK\3\4" + bytes(50), archive, archive[:-30]]
    wrong += [good[:-1], good + b"\0", good[:15] + b"\xff" * 4 + good[19:]]
    for content in wrong:
        path.write_bytes(content)
        with pytest.raises(ValueError, match=f"{path} is no model file: "):
            load(path)
    for length in range(len(good)):
        with pytest.raises(ValueError, match="data"):
            Network.from_bytes(good[:length])


def test_a_pickle_in_an_archive_is_not_run(tmp_path):
    path = tmp_path / "evil.npz"
    np.savez(path, shift=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="is no model file"):
        load(path)


def test_errors_in_a_file_keep_their_class(tmp_path):
    np.savez(tmp_path / "bad.npz", W0=[[200]], b0=[0], shift=[1])
    with pytest.raises(WeightRange, match=r"bad.npz is no model file: layer 0: W holds 200"):
        load(tmp_path / "bad.npz")


def test_one_row_with_odd_strides_gives_the_same_logits() -> None:
    generator = torch.Generator().manual_seed(5)
    x = torch.randint(-128, 128, (1, 64), generator=generator, dtype=torch.int8)
    weights = torch.randint(-128, 128, (10, 64), generator=generator, dtype=torch.int8)
    odd = x.clone().reshape(64, 1).T  # strides (1, 1), which torch calls contiguous
    assert odd.stride() != x.stride()
    assert torch.equal(network.int8_matmul(odd, weights), network.int8_matmul(x, weights))
