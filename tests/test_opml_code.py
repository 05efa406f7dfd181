"""Assembler, networks and their programs, held against vectors and against numpy."""

import json
import struct
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.opml.code import (
    AssemblyError,
    Layer,
    assemble,
    compile_mlp,
    disassemble,
    evaluate,
    fit_classifier,
    image_of,
    linear_node_program,
    pack,
    source_of,
    unpack,
)
from aicrypto.opml.code.linear_node import DESCRIPTOR, FIRST_INPUT, OUTPUT_SLOT, SLOT_BYTES
from aicrypto.opml.machine import CODE, INPUT, MODEL, Image, framed, output_of, run

VECTORS = Path(__file__).parent / "vectors"
DIGITS = Path(__file__).parents[1] / "data" / "digits.npz"


def answer(image: Image) -> list[int]:
    trace = run(image)
    assert (trace.final.exited, trace.final.code) == (1, 0)
    data = output_of(trace.tree(trace.n_steps))
    return list(struct.unpack(f"<{len(data) // 4}i", data))


# Assembler


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("addi x1, x0, 5", 0x00500093),
        ("sub t0, t1, t2", 0x407302B3),
        ("srai a0, a0, 3", 0x40355513),
        ("lui s4, 0xfffff", 0xFFFFFA37),
        ("lw a0, -4(sp)", 0xFFC12503),
        ("sw a0, 12(sp)", 0x00A12623),
        ("sb t0, -1(s0)", 0xFE540FA3),
        ("beq a0, a1, 8", 0x00B50463),
        ("bne a0, a1, -4", 0xFEB51EE3),
        ("jal ra, 2048", 0x001000EF),
        ("jal zero, -2", 0xFFFFF06F),
        ("jalr zero, 0(ra)", 0x00008067),
        ("mulhu a0, a1, a2", 0x02C5B533),
        ("ecall", 0x00000073),
        ("ret", 0x00008067),
        ("nop", 0x00000013),
    ],
)
def test_encodings_of_the_specification(text: str, word: int) -> None:
    assert assemble(text) == word.to_bytes(4, "little")


@given(st.integers(-(2**31), 2**32 - 1))
def test_any_number_can_be_loaded(value: int) -> None:
    trace = run(Image([(CODE, assemble(f"li a0, {value}\nli a7, 93\necall"))]))
    assert trace.final.code == value & 0xFFFFFFFF


def test_labels() -> None:
    code = assemble(
        "la a0, data\nlw a0, 0(a0)\nj end\ndata: .word 0xdeadbeef\nend: li a7, 93\necall"
    )
    assert run(Image([(CODE, code)])).final.code == 0xDEADBEEF
    assert disassemble(int.from_bytes(code[12:16], "little")) == "jal zero, 8"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("nop\nadd a0, a1", "line 2: add a0 a1: not enough"),
        ("addi a0, a1, 2048", "line 1.*2048"),
        ("addi a0, a9, 1", "a9"),
        ("frob a0", "no such instruction"),
        ("beq a0, a1, nowhere", "nowhere"),
        ("beq a0, a1, 3", "odd"),
        ("beq a0, a1, 4096", "4096"),
        ("jal ra, 0x200000", "2097152"),
        ("slli a0, a0, 32", "32"),
        ("lw a0, a1", "no place"),
        ("li a0, 0x100000000", "32 bits"),
        ("mv a0", "mv"),
        ("nop\n.word", r"line 2: \.word: "),
        (".word 1, 2", "line 1"),
        ("a: nop\na: nop", "line 2: label a"),
    ],
)
def test_errors_name_the_line(text: str, match: str) -> None:
    with pytest.raises(AssemblyError, match=match):
        assemble(text)


# Networks


def mlp_cases() -> list[dict]:
    cases = json.loads((VECTORS / "opml.mlp.json").read_text())["cases"]
    return [case for case in cases if case["out"]["output"] is not None]


@pytest.mark.parametrize("case", mlp_cases(), ids=lambda case: case["id"])
def test_our_program_answers_as_the_suites(case: dict) -> None:
    data = bytes.fromhex(case["in"]["model"][2:])
    x = np.array(case["in"]["input"], np.int8)
    layers = unpack(data)
    assert pack(layers) == data
    assert evaluate(layers, x).tolist() == case["out"]["output"]
    trace = run(image_of(layers, x))
    assert answer(image_of(layers, x)) == case["out"]["output"]
    assert trace.n_steps < case["out"]["steps"]


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Layer], np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    widths = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    layers = [
        Layer(
            rng.integers(-128, 128, (n_out, n_in), np.int8),
            rng.integers(-(2**31), 2**31, n_out, np.int32)
            if draw(st.booleans())
            else rng.integers(-999, 999, n_out, np.int32),
            draw(st.integers(-(2**31), 2**31 - 1)),
            draw(st.integers(2, 31)),
        )
        for n_in, n_out in pairwise(widths)
    ]
    return layers, rng.integers(-128, 128, widths[0], np.int8)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_any_network_is_compiled_rightly(network: tuple[list[Layer], np.ndarray]) -> None:
    layers, x = network
    assert answer(image_of(layers, x)) == evaluate(layers, x).tolist()
    assert pack(unpack(pack(layers))) == pack(layers)


def test_the_program_refuses_another_model_and_another_length() -> None:
    layers = [Layer(np.ones((2, 3), np.int8), np.zeros(2, np.int32))]
    code, model = compile_mlp(layers), pack(layers)
    for segments, code_expected in (
        ([(CODE, code), (MODEL, model), (INPUT, framed(bytes(3)))], 0),
        ([(CODE, code), (MODEL, model), (INPUT, framed(bytes(4)))], 1),
        ([(CODE, code), (MODEL, b"\0" + model[1:]), (INPUT, framed(bytes(4)))], 2),
    ):
        assert run(Image(segments)).final.code == code_expected


W, B = np.ones((2, 3), np.int8), np.zeros(2, np.int32)


@pytest.mark.parametrize(
    "arguments",
    [
        (W.astype(np.int16), B),
        (W[0], B),
        (W, B.astype(np.int64)),
        (W, B[:1]),
        (W, B, 2**31),
        (W, B, 1, 1),
        (W, B, 1, 32),
    ],
)
def test_bad_layers_are_refused(arguments: tuple) -> None:
    with pytest.raises(ValueError, match=r"weights|biases|mult"):
        Layer(*arguments)


def test_layers_that_do_not_fit_are_refused() -> None:
    layer = Layer(W, B)
    for ask in (pack, source_of, compile_mlp):
        with pytest.raises(ValueError, match="gives 2"):
            ask([layer, layer])
        with pytest.raises(ValueError, match="empty"):
            ask([])
    with pytest.raises(ValueError, match="x is"):
        evaluate([layer], np.zeros(4, np.int8))


def test_bytes_that_are_no_model_are_refused() -> None:
    data = pack([Layer(W, B)])
    for wrong in (data[:7], data[:30], data[:-1], b"\0" + data[1:], b""):
        with pytest.raises(ValueError, match=r"magic|header|leave"):
            unpack(wrong)


# Nodes


def node_output(layer: Layer, x: np.ndarray, last: bool) -> bytes:
    words = [1, 3, 0, 0, 1, 0, 1, 1, 5, layer.n_in, layer.n_out, layer.mult & 0xFFFFFFFF]
    descriptor = struct.pack("<14I", *words, layer.shift, last)
    tensors = (x.tobytes(), layer.weights.tobytes(), layer.biases.astype("<i4").tobytes())
    segments = [(FIRST_INPUT + SLOT_BYTES * k, tensor) for k, tensor in enumerate(tensors)]
    image = Image([(CODE, linear_node_program()), (DESCRIPTOR, descriptor), *segments])
    trace = run(image)
    assert (trace.final.exited, trace.final.code) == (1, 0)
    return trace.tree(trace.n_steps).read(OUTPUT_SLOT, layer.n_out * (4 if last else 1))


@settings(max_examples=40, deadline=None)
@given(networks())
def test_a_network_node_by_node(network: tuple[list[Layer], np.ndarray]) -> None:
    layers, x = network
    activations = x
    for layer in layers[:-1]:
        activations = np.frombuffer(node_output(layer, activations, False), np.int8)
    output = node_output(layers[-1], activations, True)
    assert np.frombuffer(output, "<i4").tolist() == evaluate(layers, x).tolist()


def test_a_node_of_another_kind_is_refused() -> None:
    image = Image([(CODE, linear_node_program()), (DESCRIPTOR, struct.pack("<I", 2))])
    assert run(image).final.code == 2


# Digits


def test_a_classifier_reads_digits() -> None:
    with np.load(DIGITS) as archive:
        x = (archive["images"].reshape(-1, 64) * 7).astype(np.int8)
        labels = archive["labels"]
    layers = fit_classifier(x[:1000], labels[:1000], 300, np.random.default_rng(0))
    unseen = range(1000, 1200)
    right = [evaluate(layers, x[i]).argmax() == labels[i] for i in unseen]
    assert np.mean(right) > 0.9
    assert answer(image_of(layers, x[1000])) == evaluate(layers, x[1000]).tolist()
    with pytest.raises(ValueError, match="labels"):
        fit_classifier(x[:10], labels[:9], 5, np.random.default_rng(0))
