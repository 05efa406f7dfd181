"""Step 2: the matrix products of all layers at once, in one sumcheck (Thaler).

At the place (r_j, r_b) of the stack the prover has claimed q and the limbs, hence the accumulators
of all hidden layers; the logits are public. gamma joins both to one claim:

    4096·q~ + rem~ + gamma·logits~(r_out, r_b) - biases = sum over places of f·g,

    f = inputs x and activations y, folded over the batch by r_b, H places each,
    g = weights, folded over the outputs by r_j and r_out, where the layer's inputs stand in f.

At the sumcheck's end the verifier knows x~ and the weights; y~ at a new point s of the stack is
claimed, and `opening` checks it against the commitment.

Source: protocol zkml-1 of this project, sections 8, 9 and 11, step 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int8, Int32, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import sumcheck
from aicrypto.proof.sumcheck import Round
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.circuit.layout import Layout
from aicrypto.zkml.circuit.lookups import Claims, Place
from aicrypto.zkml.circuit.weights import LayerFold, log_outputs

ROUND_TAG, ACTIVATION_TAG = 0x22, 0x23

Table = Int64[Tensor, "2 places"]


@dataclass(frozen=True)
class Outputs:
    """Where and how much the logits weigh in the claim: r_out and gamma."""

    point: Point
    gamma: Fp2


@dataclass(frozen=True)
class Products:
    """What the prover says: a message a round, then y~ at the point of the last coordinates."""

    rounds: tuple[Round, ...]
    activation: Fp2


def draw_outputs(
    layout: Layout, log_rows: int, neuron_point: Point, transcript: Transcript
) -> Outputs:
    """The random output. Committed weights share the low coordinates of all layers' points."""
    n_fresh = log_outputs(layout.dims, log_rows) - log_rows
    shared = neuron_point[layout.size.log_stack - log_rows :]
    point = (*transcript.challenges(n_fresh), *shared)
    return Outputs(point, transcript.challenge())


def prove(
    layout: Layout,
    x: Int8[Tensor, "batch in"],
    activations: Int64[Tensor, "2 stack"],
    layers: Sequence[LayerFold],
    place: Place,
    outputs: Outputs,
    transcript: Transcript,
) -> tuple[Products, Point]:
    """The proof, and the point of the stack at which it leaves y~ to be checked."""
    f = _value_table(layout, x, activations, place)
    g = weight_table(layout, layers, place, outputs)
    proof, left = sumcheck.prove(f, g, transcript, ROUND_TAG)
    point = _stack_point(layout, left.point)
    activation = multilinear.evaluate(activations, point)
    transcript.absorb(ACTIVATION_TAG, activation.to_bytes())
    return Products(proof.rounds, activation), point


def verify(
    layout: Layout,
    x: Int8[Tensor, "batch in"],
    claim: Fp2,
    layers: Sequence[LayerFold],
    place: Place,
    outputs: Outputs,
    proof: Products,
    transcript: Transcript,
) -> Point:
    """The point of the stack at which `proof.activation` remains to be checked.

    Raises:
        Refused: Matmul.
    """
    remaining, point = sumcheck.follow(claim, proof.rounds, transcript, ROUND_TAG)
    value = _value_at(layout, x, proof.activation, place, point)
    weight = multilinear.evaluate(weight_table(layout, layers, place, outputs), point)
    refusal.demand(remaining == value * weight, "Matmul")
    transcript.absorb(ACTIVATION_TAG, proof.activation.to_bytes())
    return _stack_point(layout, point)


def claim_of(
    layout: Layout,
    claims: Claims,
    logits: Int32[Tensor, "batch out"],
    layers: Sequence[LayerFold],
    place: Place,
    outputs: Outputs,
) -> Fp2:
    """What all matrix products must add up to."""
    padded = pad(logits.T, (0, 0, 0, (1 << len(outputs.point)) - logits.shape[1]))
    total = claims.scaled_accumulator(layout.size.profile)
    total += outputs.gamma * multilinear.evaluate_matrix(padded, outputs.point, place.batch)
    coefficients = layout.coefficients(place.neuron, outputs.gamma)
    for coefficient, layer in zip(coefficients, layers, strict=True):
        total -= coefficient * layer.bias
    return total


def weight_table(
    layout: Layout, layers: Sequence[LayerFold], place: Place, outputs: Outputs
) -> Table:
    """g: every layer's fold, times its coefficient, where its inputs stand."""
    device = layers[0].inputs.device
    table = torch.zeros(2, 2 * layout.size.half, dtype=torch.int64, device=device)
    coefficients = layout.coefficients(place.neuron, outputs.gamma)
    for start, factor, layer in zip(layout.input_offsets, coefficients, layers, strict=True):
        scaled = m61x2.mul(layer.inputs, m61x2.from_scalar(factor, device)[:, None])
        table[:, start : start + scaled.shape[1]] = scaled
    return table


def _value_table(
    layout: Layout,
    x: Int8[Tensor, "batch in"],
    activations: Int64[Tensor, "2 stack"],
    place: Place,
) -> Table:
    """f: the inputs and the stack, folded over the batch."""
    halves = (multilinear.fold_rows(x, place.batch), activations)
    return torch.cat([pad(half, (0, layout.size.half - half.shape[1])) for half in halves], dim=1)


def _value_at(
    layout: Layout, x: Int8[Tensor, "batch in"], activation: Fp2, place: Place, point: Point
) -> Fp2:
    """f~ at a point: x~ is computed, y~ is claimed; coordinates above a short half must be 0."""
    selector, within = point[0], point[1:]
    inputs = multilinear.fold_rows(x, place.batch)
    inputs = pad(inputs, (0, layout.size.half - inputs.shape[1]))
    unused = within[: len(within) - layout.size.log_stack]
    activation *= multilinear.eq(unused, [Fp2(0)] * len(unused))
    return (1 - selector) * multilinear.evaluate(inputs, within) + selector * activation


def _stack_point(layout: Layout, point: Point) -> Point:
    return tuple(point[len(point) - layout.size.log_stack :])
