"""The verifier of a hidden proof: he hears padded messages and is left with linear equations.

He follows zkml-1 as `lookups`, `products` and `merge` do, with affine forms in place of numbers.
What they compare becomes an equation about committed numbers, "this form is 0". Products of two
messages are the only thing that is not linear: with v = s - pad,

    v_i·v_j = s_i·s_j - s_i·pad_j - s_j·pad_i + pad_i·pad_j,

and the last term is committed to as well.

Source: protocol zkml-1 of this project, sections 5, 8, 9 and 11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jaxtyping import Int8, Int32
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import lookup
from aicrypto.proof.logup import Tags
from aicrypto.zkml.circuit import lookups, opening, products
from aicrypto.zkml.circuit.layout import Layout, vertex
from aicrypto.zkml.circuit.lookups import Place
from aicrypto.zkml.circuit.products import Outputs
from aicrypto.zkml.hidden.affine import MINUS_ONE, Affine, Name, named
from aicrypto.zkml.hidden.vector import LayerMessages, Script, SumMessages
from aicrypto.zkml.network import MAX_SHIFT

LAST_TAG = 0x40  # the weights' value and the inverses

# Sums over parts of the vector, with factors that are known when all points are.
COUNTS, BIAS, WEIGHT, WITNESS = "counts", "bias", "weight", "witness"


@dataclass(frozen=True)
class Followed:
    """What is left: equations, and the points that give the sums over the vector their factors.

    Attributes:
        equations: forms that must be 0.
        row: of the table, for COUNTS.
        place, outputs: of the stack and of the logits, for BIAS and WEIGHT.
        matrix: among inputs and stack, for WEIGHT.
        point: of the committed columns, for WITNESS.
    """

    equations: tuple[Affine, ...]
    row: Point
    place: Place
    outputs: Outputs
    matrix: Point
    point: Point


@dataclass(frozen=True)
class Leaves:
    """What a fraction sum leaves to check at a point."""

    numerator: Affine
    denominator: Affine
    point: Point


class Listener:
    """Padded messages and the transcript that hears them."""

    def __init__(self, script: Script, said: Sequence[Fp2], transcript: Transcript) -> None:
        self.script, self.said, self.transcript = script, said, transcript
        self._products = {pair: number for number, pair in enumerate(script.products)}

    def hear(self, tag: int, numbers: Sequence[int]) -> None:
        """Binds all that follows to these messages."""
        self.transcript.absorb(tag, b"".join(self.said[i].to_bytes() for i in numbers))

    def value(self, number: int) -> Affine:
        """The true message of this number."""
        return Affine(self.said[number], {("pad", number): MINUS_ONE})

    def product(self, i: int, j: int) -> Affine:
        """The product of two true messages."""
        s, t = self.said[i], self.said[j]
        number = ("product", self._products[i, j])
        factors: dict[Name, Fp2] = {("pad", i): -t, ("pad", j): -s, number: Fp2(1)}
        return Affine(s * t, factors)


def follow(
    layout: Layout,
    x: Int8[Tensor, "batch in"],
    logits: Int32[Tensor, "batch out"],
    said: Sequence[Fp2],
    transcript: Transcript,
) -> Followed:
    """What the messages leave. The transcript has heard statement and commitment."""
    script = Script.of(layout.size)
    listener = Listener(script, said, transcript)
    equations = list[Affine]()
    alpha, beta = transcript.challenges(2)
    leaf = _follow_sum(listener, script.witness, lookup.WITNESS_TAGS, equations)
    entry = _follow_sum(listener, script.table, lookup.TABLE_TAGS, equations)
    equations += _lookups(listener, layout, leaf, entry, (alpha, beta))
    point, row = leaf.point, entry.point
    log_columns, log_stack = layout.size.log_columns, layout.size.log_stack
    neuron, batch = point[log_columns:][:log_stack], point[log_columns + log_stack :]
    place = Place(neuron, batch)
    listener.hear(lookups.CLAIMS_TAG, script.claims)
    outputs = products.draw_outputs(layout, 0, neuron, transcript)
    claim = _matrix_claim(listener, layout, logits, place, outputs)
    matrix, claim = _follow_products(listener, script.matrix, products.ROUND_TAG, claim)
    equations.append(claim - _matrix_end(listener, layout, x, place, matrix))
    listener.hear(products.ACTIVATION_TAG, [script.activation])
    stack_point = matrix[len(matrix) - log_stack :]
    point, equation = _merge(listener, layout, place, stack_point)
    equations.append(equation)
    listener.hear(opening.VALUE_TAG, [script.value])
    listener.hear(LAST_TAG, script.last)
    equations.append(listener.value(script.value) - named(WITNESS))
    equations.append(listener.value(script.last[0]) - named(WEIGHT))
    return Followed(tuple(equations), row, place, outputs, matrix, (*point, *batch))


def _follow_sum(
    listener: Listener, messages: SumMessages, tags: Tags, equations: list[Affine]
) -> Leaves:
    """What a fraction sum leaves; its equations are added."""
    p, q = (listener.value(number) for number in messages.total)
    listener.hear(tags.root, messages.total)
    point: Point = ()
    for layer in messages.layers:
        weight = listener.transcript.challenge()
        claim, inner = _follow_rounds(listener, layer, point, p + q * weight, tags.round)
        p0, q0, p1, q1 = _children(listener, layer)
        *numerators, denominators = (listener.product(*pair) for pair in layer.products)
        crossed = numerators[0] + numerators[1] if numerators else q0 + q1
        equations.append(claim - (crossed + denominators * weight))
        listener.hear(tags.children, layer.children)
        tau = listener.transcript.challenge()
        p, q, point = p0 + (p1 - p0) * tau, q0 + (q1 - q0) * tau, (tau, *inner)
    return Leaves(p, q, point)


def _follow_rounds(
    listener: Listener, layer: LayerMessages, point: Point, claim: Affine, tag: int
) -> tuple[Affine, Point]:
    """What a layer's rounds leave of its claim, and where."""
    inner = list[Fp2]()
    for pair, r in zip(layer.rounds, point, strict=True):
        step, leading = (listener.value(number) for number in pair)
        listener.hear(tag, pair)
        c = listener.transcript.challenge()
        claim = claim + step * (c - r) + leading * (c * c - c)
        inner.append(c)
    return claim, tuple(inner)


def _children(listener: Listener, layer: LayerMessages) -> tuple[Affine, Affine, Affine, Affine]:
    """The values p0, q0, p1, q1; numerators that were not sent are 1."""
    values = [listener.value(number) for number in layer.children]
    if len(values) == 2:
        return Affine(Fp2(1)), values[0], Affine(Fp2(1)), values[1]
    p0, q0, p1, q1 = values
    return p0, q0, p1, q1


def _lookups(
    listener: Listener,
    layout: Layout,
    leaf: Leaves,
    entry: Leaves,
    challenges: tuple[Fp2, Fp2],
) -> Iterator[Affine]:
    """Both sums are one number, of the table and of the claims."""
    script, profile, (alpha, beta) = listener.script, layout.size.profile, challenges
    (p, q), (r, s) = script.witness.total, script.table.total
    yield listener.product(p, s) - listener.product(r, q)
    yield listener.product(q, script.last[1]) - Fp2(1)
    yield listener.product(s, script.last[2]) - Fp2(1)
    yield entry.numerator - named(COUNTS)
    table = multilinear.evaluate(lookups.table(profile, beta), entry.point)
    yield entry.denominator - (alpha - table)
    *limbs, quotient, activation = (listener.value(number) for number in script.claims)
    pair = quotient + activation * beta + beta * beta
    kinds = m61x2.to_scalars(multilinear.eq_table(leaf.point[: layout.size.log_columns]))
    looked_up = Affine(Fp2(0))
    for weight, value in zip(kinds, (*limbs, pair), strict=False):
        looked_up += value * weight
    yield leaf.denominator + looked_up - alpha


def _matrix_claim(
    listener: Listener,
    layout: Layout,
    logits: Int32[Tensor, "batch out"],
    place: Place,
    outputs: Outputs,
) -> Affine:
    """What all matrix products must add up to."""
    profile = layout.size.profile
    *limbs, quotient, _ = (listener.value(number) for number in listener.script.claims)
    claim = quotient * Fp2(1 << MAX_SHIFT)
    for number, limb in enumerate(limbs):
        claim += limb * Fp2(1 << number * profile.limb_bits)
    padded = pad(logits.T, (0, 0, 0, (1 << len(outputs.point)) - logits.shape[1]))
    said = multilinear.evaluate_matrix(padded, outputs.point, place.batch)
    return claim + outputs.gamma * said - named(BIAS)


def _follow_products(
    listener: Listener, rounds: Sequence[tuple[int, int]], tag: int, claim: Affine
) -> tuple[Point, Affine]:
    """The point of a sum of products, and what is claimed there."""
    point = list[Fp2]()
    for pair in rounds:
        at_zero, leading = (listener.value(number) for number in pair)
        listener.hear(tag, pair)
        c = listener.transcript.challenge()
        claim = claim * c + at_zero * (1 - c - c) + leading * (c * c - c)
        point.append(c)
    return tuple(point), claim


def _matrix_end(
    listener: Listener, layout: Layout, x: Int8[Tensor, "batch in"], place: Place, point: Point
) -> Affine:
    """Inputs or activation, times the weights, at the end of the matrices' sum."""
    selector, within = point[0], point[1:]
    folded = multilinear.fold_rows(x, place.batch)
    inputs = multilinear.evaluate(pad(folded, (0, layout.size.half - folded.shape[1])), within)
    unused = within[: len(within) - layout.size.log_stack]
    factor = selector * multilinear.eq(unused, [Fp2(0)] * len(unused))
    activation, weight = listener.script.activation, listener.script.last[0]
    product = listener.product(activation, weight) * factor
    return listener.value(weight) * ((1 - selector) * inputs) + product


def _merge(
    listener: Listener, layout: Layout, place: Place, stack_point: Point
) -> tuple[Point, Affine]:
    """The point of the merged claims, and the equation at it."""
    script, log_columns = listener.script, layout.size.log_columns
    delta = listener.transcript.challenge()
    *limbs, _, y = script.claims
    points = [
        (*vertex(number, log_columns), *end)
        for number, end in [(0, stack_point), *((i, place.neuron) for i in range(1 + len(limbs)))]
    ]
    claim, power = Affine(Fp2(0)), Fp2(1)
    for number in (script.activation, y, *limbs):
        claim, power = claim + listener.value(number) * power, power * delta
    point, claim = _follow_products(listener, script.merge, opening.MERGE_TAG, claim)
    weight, power = Fp2(0), Fp2(1)
    for start in points:
        weight, power = weight + power * multilinear.eq(start, point), power * delta
    return point, claim - listener.value(script.value) * weight
