"""Imported models: floats equal torch's and ONNX's own, integers equal a direct convolution."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from torch import nn
from torch.nn import functional

from aicrypto.zkml.importing import UnsupportedOperator, from_onnx, from_torch
from aicrypto.zkml.network import ShapeMismatch
from aicrypto.zkml.quantise import quantise

SEQUENTIALS = {
    "mlp": (nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), (6,)),
    "nested, dropout": (
        nn.Sequential(
            nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.5), nn.ReLU()),
            nn.Identity(),
            nn.Linear(8, 3, bias=False),
        ),
        (6,),
    ),
    "affine alone": (nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 2)), (4,)),
    "ends in relu": (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.ReLU()), (4,)),
    "convolutions": (
        nn.Sequential(
            nn.Conv2d(2, 3, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(3, 4, (2, 3), dilation=(1, 2), padding=(0, 2)),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(4 * 3 * 4, 5),
        ),
        (2, 8, 8),
    ),
    "groups": (nn.Sequential(nn.Conv2d(4, 6, 3, groups=2), nn.Flatten()), (4, 5, 5)),
    "average": (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(18, 3)
        ),
        (1, 8, 8),
    ),
    "average first": (
        nn.Sequential(
            nn.AvgPool2d(3, stride=2, padding=1), nn.Conv2d(1, 2, 2), nn.ReLU(), nn.Flatten()
        ),
        (1, 8, 8),
    ),
    "relu, maximum": (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)
        ),
        (1, 8, 8),
    ),
    "maximum, relu": (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.MaxPool2d(3, 1), nn.Flatten(), nn.ReLU(), nn.Linear(32, 3)
        ),
        (1, 8, 8),
    ),
    "maxima of maxima": (
        nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2, 1), nn.MaxPool2d((1, 3)), nn.Flatten()
        ),
        (1, 8, 7),
    ),
    "signed maximum": (
        nn.Sequential(nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 3)),
        (1, 8, 8),
    ),
    "maximum first": (nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3)), (1, 8, 8)),
    "padded, dilated maximum": (
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, padding=1, dilation=2), nn.Flatten()),
        (2, 9, 8),
    ),
    "ceiled maximum": (
        nn.Sequential(nn.ReLU(), nn.MaxPool2d((3, 2), 2, ceil_mode=True), nn.Flatten()),
        (1, 8, 7),
    ),
    "maximum, average, maximum": (
        nn.Sequential(
            *(nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2, 1), nn.MaxPool2d((3, 1), 1)),
            *(nn.Flatten(), nn.ReLU(), nn.Linear(3, 2)),
        ),
        (1, 8, 8),
    ),
}


@pytest.mark.parametrize("name", SEQUENTIALS)
def test_lowered_floats_equal_torch(name):
    model, shape = SEQUENTIALS[name]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    network = from_torch(model, shape)
    x = torch.randn(20, *shape, generator=torch.Generator().manual_seed(1))
    expected = model.eval()(x).flatten(1).double()
    assert (network(x) - expected).abs().max() < 1e-5
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_maxima_take_a_layer_for_each_halving():
    kept = [layer.keeps_unit for layer in from_torch(*SEQUENTIALS["relu, maximum"]).layers]
    assert kept == [False, True, True, False]
    kept = [layer.keeps_unit for layer in from_torch(*SEQUENTIALS["maximum, relu"]).layers]
    assert kept == [False, *[True] * 4, False]
    kept = [layer.keeps_unit for layer in from_torch(*SEQUENTIALS["signed maximum"]).layers]
    assert kept == [False, False, False]
    assert len(from_torch(*SEQUENTIALS["average"]).layers) == 2


def convolve(x, weights, bias, shift, **settings):
    """One integer layer by torch's convolution, exact in float64."""
    acc = functional.conv2d(x.double(), weights.double(), bias.double(), **settings).long()
    return ((acc + (1 << shift >> 1)) >> shift).clamp(0, 127), acc


POOLS = [
    (nn.MaxPool2d(2), 4),
    (nn.MaxPool2d(3, 2), 3),
    (nn.MaxPool2d(3, 2, padding=1), 5),
    (nn.MaxPool2d((2, 4), ceil_mode=True), None),
]


@pytest.mark.parametrize("pool", [pool for pool, _ in POOLS], ids=str)
def test_integers_equal_a_direct_convolution_and_pooling(pool):
    torch.manual_seed(3)
    model = nn.Sequential(
        nn.Conv2d(2, 3, 3, stride=1, padding=1), nn.ReLU(), pool, nn.Conv2d(3, 4, 2), nn.Flatten()
    )
    x = torch.randn(10, 2, 9, 8)
    quantised = quantise(from_torch(model, (2, 9, 8)), x)
    steps, execution = quantised.encode(x), quantised.network.run(quantised.encode(x))
    first, *_, last = zip(quantised.network.layers, quantised.units, strict=True)
    kernel, bias = model[0].weight.double(), model[0].bias.double()
    a, _ = convolve(
        steps.reshape(x.shape),
        (kernel / first[1].weight).round(),
        (bias / (first[1].weight * quantised.input_unit)).round(),
        first[0].shift,
        padding=1,
    )
    assert torch.equal(execution.hidden[0].long(), a.flatten(1))
    kernel, bias = model[3].weight.double(), model[3].bias.double()
    _, logits = convolve(
        pool(a.double()),
        (kernel / last[1].weight).round(),
        (bias / (last[1].weight * first[1].output)).round(),
        0,
    )
    assert torch.equal(execution.logits.long(), logits.flatten(1))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 127), min_size=20, max_size=20),
    *(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3)),
)
def test_maxima_of_activations_are_exact(values, height, width, stride):
    """ReLU, then a maximum: quantised with unit 1, the integers come out as they are."""
    x = torch.tensor(values).reshape(1, 1, 4, 5)
    pool = nn.MaxPool2d((height, width), stride)
    network = from_torch(nn.Sequential(nn.ReLU(), pool, nn.Flatten()), (1, 4, 5))
    calibration = torch.full((1, 1, 4, 5), 127.0)  # so that the first ReLU keeps the unit
    quantised = quantise(network, calibration, input_unit=1.0)
    execution = quantised.network.run(x.flatten(1))
    assert torch.equal(execution.logits.long(), 127 * pool(x.double()).long().flatten(1))


@pytest.mark.parametrize(
    ("model", "shape", "error", "message"),
    [
        (nn.Sequential(nn.Linear(2, 2), nn.Softmax(1)), None, UnsupportedOperator, "Softmax"),
        (nn.Sequential(nn.GELU()), (2,), UnsupportedOperator, "supported are AvgPool2d, Const"),
        (nn.LSTM(2, 2), (2,), UnsupportedOperator, "LSTM"),
        (
            nn.Sequential(nn.MaxPool2d(2, return_indices=True)),
            (1, 4, 4),
            UnsupportedOperator,
            "MaxPool2d",
        ),
        (nn.Sequential(nn.ReLU()), None, ValueError, "input_shape is None, .* ReLU is first"),
        (nn.Sequential(), None, ValueError, "input_shape is None, .* Sequential is first"),
        (nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3)), None, ShapeMismatch, r"takes no \[3\]"),
        (nn.Sequential(nn.Conv2d(1, 1, 3)), (2, 8, 8), ShapeMismatch, r"Conv2d takes no \[2, 8, 8"),
        (nn.Sequential(nn.MaxPool2d(9)), (1, 4, 4), ShapeMismatch, "MaxPool2d"),
    ],
)
def test_torch_models_refused(model, shape, error, message):
    with pytest.raises(error, match=message):
        from_torch(model, shape)


def test_weights_that_are_no_numbers_are_named():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    model[2].weight.data[0, 1] = float("nan")
    with pytest.raises(ValueError, match=r"Linear.weight\[0, 1\] is nan, must be finite"):
        from_torch(model)


def graph(nodes, shape, constants, outputs=("y",), version=21, names=("x",), n_axes=None):
    """The bytes of an ONNX model whose batch is open."""
    flat = {"Flatten", "Reshape"} & {node.op_type for node in nodes}
    given = ["batch", *"abcde"[: (n_axes or (2 if flat else 1 + len(shape))) - 1]]
    made = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["batch", *shape]) for n in names],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, given) for name in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", version)]
    return helper.make_model(made, opset_imports=opset, ir_version=10).SerializeToString()


def chain(*steps):
    """Nodes in a row: (operator, constants it reads after its input, settings)."""
    names = ["x", *(f"t{i}" for i in range(1, len(steps))), "y"]
    return [
        helper.make_node(kind, [before, *constants], [after], **settings)
        for (kind, constants, settings), before, after in zip(steps, names, names[1:], strict=False)
    ]


def numbers(*shape):
    return np.random.default_rng(len(shape) + sum(shape)).normal(size=shape).astype(np.float32)


CONV = {"w": numbers(3, 2, 3, 3), "b": numbers(3), "v": numbers(4, 48)}
POOL = {"kernel_shape": [2, 2], "strides": [2, 2]}
GRAPHS = {
    "gemm": (
        chain(
            ("Gemm", ["w", "b"], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
            ("Relu", [], {}),
            ("Gemm", ["v"], {}),
        ),
        (6,),
        {"w": numbers(5, 6), "b": numbers(1, 5), "v": numbers(5, 2)},
    ),
    "matmul, add": (
        [
            helper.make_node("MatMul", ["x", "w"], ["t"]),
            helper.make_node("Add", ["b", "t"], ["u"]),
            helper.make_node("Identity", ["u"], ["v"]),
            helper.make_node("Dropout", ["v"], ["y"]),
        ],
        (6,),
        {"w": numbers(6, 5), "b": numbers(5)},
    ),
    "conv, maximum": (
        chain(
            ("Conv", ["w", "b"], {"pads": [1, 0, 2, 1], "strides": [1, 1]}),
            ("Relu", [], {}),
            ("MaxPool", [], POOL),
            ("Flatten", [], {}),
            ("Gemm", ["v"], {"transB": 1}),
        ),
        (2, 7, 9),
        CONV,
    ),
    "conv, average": (
        chain(
            ("Conv", ["w"], {"kernel_shape": [3, 3], "dilations": [2, 1], "auto_pad": "VALID"}),
            ("AveragePool", [], {**POOL, "pads": [1, 1, 1, 1], "count_include_pad": 1}),
            ("Relu", [], {}),
            ("Reshape", ["flat"], {}),
        ),
        (2, 7, 9),
        {**CONV, "flat": np.array([0, -1])},
    ),
    "average without padding, shift, grouped": (
        chain(
            ("Pad", ["pads"], {}),
            ("AveragePool", [], {**POOL, "pads": [1, 0, 1, 0]}),
            ("Add", ["shift"], {}),
            ("Conv", ["w"], {"group": 2}),
            ("Reshape", ["flat"], {}),
        ),
        (2, 4, 4),
        {
            "pads": np.array([0, 0, 0, 1, 0, 0, 1, 2]),
            "shift": numbers(2, 1, 1),
            "w": numbers(4, 1, 2, 2),
            "flat": np.array([-1, 16]),
        },
    ),
    "maximum first": (
        chain(
            ("Reshape", ["image"], {}),
            ("MaxPool", [], {**POOL, "pads": [1, 1, 1, 1], "dilations": [1, 1], "ceil_mode": 1}),
            ("Flatten", [], {"axis": 1}),
        ),
        (32,),
        {"image": np.array([-1, 2, 4, 4])},
    ),
    "constant node": (
        [
            helper.make_node("Constant", [], ["c"], value_floats=[1.0, -2.0]),
            helper.make_node("Constant", [], ["d"], value=numpy_helper.from_array(numbers(2, 2))),
            helper.make_node("Add", ["x", "c"], ["t"]),
            helper.make_node("MatMul", ["t", "d"], ["y"]),
        ],
        (2,),
        {},
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_lowered_graphs_equal_the_reference_evaluator(name, tmp_path):
    nodes, shape, constants = GRAPHS[name]
    data = graph(nodes, shape, constants)
    x = numbers(7, *shape)
    [expected] = ReferenceEvaluator(data).run(None, {"x": x})
    found = from_onnx(data)(torch.from_numpy(x)).numpy()
    assert np.abs(found - expected.reshape(7, -1)).max() < 1e-5
    (tmp_path / "model.onnx").write_bytes(data)
    assert np.array_equal(from_onnx(tmp_path / "model.onnx")(torch.from_numpy(x)), found)


def refused(*steps, shape=(6,), constants=None, **settings):
    return graph(chain(*steps), shape, constants or {}, **settings)


W = {"w": numbers(6, 6)}
IMAGE = {"shape": (1, 6, 6), "constants": {"w": numbers(1, 1, 3, 3), "flat": np.array([2, 18])}}
REFUSED = {
    "operator": (refused(("Softmax", [], {})), UnsupportedOperator, "Softmax .* are Add, Average"),
    "transposed input": (
        refused(("Gemm", ["w"], {"transA": 1}), constants={"w": numbers(6, 6)}),
        ValueError,
        "transA|no ONNX model",
    ),
    "same padding": (
        refused(("Conv", ["w"], {"auto_pad": "SAME_UPPER"}), **IMAGE),
        UnsupportedOperator,
        "Conv with auto_pad",
    ),
    "uneven pooling": (
        refused(("MaxPool", [], {**POOL, "pads": [0, 0, 1, 0]}), **IMAGE),
        UnsupportedOperator,
        r"MaxPool with pads = \[0, 0, 1, 0\]",
    ),
    "dilated average": (
        refused(("AveragePool", [], {**POOL, "dilations": [2, 2]}), **IMAGE),
        UnsupportedOperator,
        r"AveragePool with dilations = \[2, 2\] is not supported, must be \[1, 1\]",
    ),
    "reflecting padding": (
        refused(
            ("Pad", ["p"], {"mode": "reflect"}),
            shape=(1, 6, 6),
            constants={"p": np.array([0, 0, 1, 1, 0, 0, 1, 1])},
        ),
        UnsupportedOperator,
        "Pad with mode",
    ),
    "padded channels": (
        refused(
            ("Pad", ["p"], {}),
            shape=(1, 6, 6),
            constants={"p": np.array([0, 1, 0, 0, 0, 0, 0, 0])},
        ),
        UnsupportedOperator,
        "operator Pad by",
    ),
    "flatten axis": (refused(("Flatten", [], {"axis": 2}), **IMAGE), UnsupportedOperator, "axis"),
    "reshaped batch": (refused(("Reshape", ["flat"], {}), **IMAGE), UnsupportedOperator, "batch"),
    "matrix on the left": (
        graph([helper.make_node("MatMul", ["w", "x"], ["y"])], (6,), W),
        ValueError,
        "input 1 must be constant|no ONNX model",
    ),
    "conv in one dimension": (
        refused(("Conv", ["w"], {}), shape=(2, 9), constants={"w": numbers(3, 2, 3)}),
        UnsupportedOperator,
        r"weights of shape \[3, 2, 3\]",
    ),
    "branch": (
        graph([helper.make_node("Add", ["x", "x"], ["y"])], (6,), {}),
        ValueError,
        r"node Add reads \['x', 'x'\], must read x and constants",
    ),
    "two inputs": (
        graph([helper.make_node("Add", ["x", "z"], ["y"])], (6,), {}, names=("x", "z")),
        ValueError,
        r"graph has inputs \['x', 'z'\], must have one",
    ),
    "two outputs": (
        graph(chain(("Relu", [], {}), ("Relu", [], {})), (6,), {}, outputs=("y", "t1")),
        ValueError,
        r"graph has outputs \['y', 't1'\], must have y",
    ),
    "open shape": (refused(("Relu", [], {}), shape=("width",)), ValueError, "only the batch"),
    "old operators": (
        refused(("Relu", [], {}), version=6),
        ValueError,
        "version 6, must be at least 7",
    ),
    "batch bias": (
        refused(("Add", ["w"], {}), constants=W),
        ValueError,
        "Shift makes 6 rows of one|no ONNX model",
    ),
    "too many axes": (
        refused(("Add", ["w"], {}), constants={"w": numbers(1, 1, 6)}, n_axes=3),
        ShapeMismatch,
        "constant of 3 axes, must have 2",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_graphs_refused(name):
    data, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        from_onnx(data)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x08\x01", bytes(100), b"PK\3\4", "cut"])
def test_files_that_are_no_models_are_refused_by_name(content, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(graph(*GRAPHS["gemm"])[:-40] if content == "cut" else content)
    with pytest.raises(ValueError, match=f"{path} is no ONNX model: ."):
        from_onnx(path)
    with pytest.raises(ValueError, match="source is no ONNX model"):
        from_onnx(path.read_bytes())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.onnx"):
        from_onnx(tmp_path / "nothing.onnx")


def test_onnx_is_loaded_by_those_who_read_it():
    code = "import sys, aicrypto.zkml.importing; print('onnx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
