"""A compiler from an int8 network to an RV32IM program: no other compiler is needed.

The network's shape goes into the code, its numbers stay in MODEL: each layer becomes two loops,
over neurons and over inputs, with lengths, addresses and scales as constants, and the inner one
written out several times in a row. What the machine then does for one weight is four instructions:
load the weight, load the activation, multiply, add. The program checks that the magic of MODEL and
the length of INPUT are what it was made for, and exits with 2 or 1 otherwise, with 0 after an
answer.

Registers: s0 next weight, s1 next bias, s2 next result, s3 end of results, s4 begin and s5 end of
the layer's inputs, s6 mult, s7 rounding; t0 accumulator, t1..t4 scratch.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int8

from aicrypto.opml.code.assembler import assemble
from aicrypto.opml.code.network import (
    MAGIC,
    MAX_ACTIVATION,
    WORD_BYTES,
    Layer,
    check_layers,
    offsets_of,
    pack,
)
from aicrypto.opml.machine import CODE, INPUT, MODEL, OUTPUT, Image, framed

BUFFERS = 0x00100000, 0x00140000  # activations of one layer and of the next
MAX_WIDTH = BUFFERS[1] - BUFFERS[0]
UNROLLED = 8  # times that the inner loop's body is written out, at most
BAD_LENGTH, BAD_MAGIC, SYS_EXIT = 1, 2, 93

START = f"""
    li   t0, {MODEL}
    lw   t1, 0(t0)
    li   t2, {MAGIC}
    li   a0, {BAD_MAGIC}
    bne  t1, t2, exit
    li   t0, {INPUT}
    lw   t1, 0(t0)
    li   t2, {{n_in}}
    li   a0, {BAD_LENGTH}
    bne  t1, t2, exit
"""
LAYER = """
    li   s0, {weights}
    li   s1, {biases}
    li   s2, {results}
    li   s3, {results_end}
    li   s4, {inputs}
    li   s5, {inputs_end}
    li   s6, {mult}
    li   s7, {rounding}
neuron{number}:
    lw   t0, 0(s1)
    addi s1, s1, 4
    mv   t1, s4
product{number}:
{products}
    addi t1, t1, {unrolled}
    addi s0, s0, {unrolled}
    bne  t1, s5, product{number}
{finish}
    bne  s2, s3, neuron{number}
"""
PRODUCT = """
    lb   t2, {place}(t1)
    lb   t3, {place}(s0)
    mul  t2, t2, t3
    add  t0, t0, t2
"""
RESCALE = f"""
    mulh t0, t0, s6
    add  t0, t0, s7
    srai t0, t0, {{shift}}
    bgez t0, positive{{number}}
    li   t0, 0
positive{{number}}:
    li   t2, {MAX_ACTIVATION}
    ble  t0, t2, small{{number}}
    mv   t0, t2
small{{number}}:
    sb   t0, 0(s2)
    addi s2, s2, 1
"""
STORE_SUM = """
    sw   t0, 0(s2)
    addi s2, s2, 4
"""
END = f"""
    li   t0, {OUTPUT}
    li   t1, {{n_bytes}}
    sw   t1, 0(t0)
    li   a0, 0
exit:
    li   a7, {SYS_EXIT}
    ecall
"""


def source_of(layers: Sequence[Layer]) -> str:
    """The program's text, for those who want to read it; ValueError as in `compile_mlp`."""
    check_layers(layers)
    widest = max(layer.n_in for layer in layers)
    if not 0 < widest <= MAX_WIDTH or min(layer.n_out for layer in layers) < 1:
        raise ValueError(f"widest layer takes {widest} numbers, must be in 1..{MAX_WIDTH}")
    start = START.format(n_in=layers[0].n_in)
    end = END.format(n_bytes=WORD_BYTES * layers[-1].n_out)
    return start + "".join(_layers(layers)) + end


def compile_mlp(layers: Sequence[Layer]) -> bytes:
    """The program that evaluates networks of this shape and these scales, for address 0x1000.

    Raises:
        ValueError: if layers do not fit together or are empty or too wide.
    """
    return assemble(source_of(layers), CODE)


def image_of(layers: Sequence[Layer], x: Int8[np.ndarray, " n_in"]) -> Image:
    """Program, model and input in the machine's memory: one inference, ready to run."""
    segments = [
        (CODE, compile_mlp(layers)),
        (MODEL, pack(layers)),
        (INPUT, framed(x.tobytes())),
    ]
    return Image(segments)


def _layers(layers: Sequence[Layer]) -> Iterator[str]:
    inputs, results = INPUT + WORD_BYTES, BUFFERS[0]
    for number, (layer, (weights, biases)) in enumerate(
        zip(layers, offsets_of(layers), strict=True)
    ):
        last = number == len(layers) - 1
        results = OUTPUT + WORD_BYTES if last else BUFFERS[number % 2]
        unrolled = max(n for n in range(1, UNROLLED + 1) if layer.n_in % n == 0)
        yield LAYER.format(
            number=number,
            weights=MODEL + weights,
            biases=MODEL + biases,
            results=results,
            results_end=results + layer.n_out * (WORD_BYTES if last else 1),
            inputs=inputs,
            inputs_end=inputs + layer.n_in,
            mult=layer.mult,
            rounding=1 << (layer.shift - 2),
            unrolled=unrolled,
            products="".join(PRODUCT.format(place=place) for place in range(unrolled)),
            finish=STORE_SUM if last else RESCALE.format(number=number, shift=layer.shift - 1),
        )
        inputs = results
