"""What the sums of a proof leave to check: the part of verification that a contract can afford.

Fraction sums, matrix rounds and merge are a few hundred small messages. A verifier who follows them
is left with five values, each a polynomial at one point:

    counts   of the multiplicities, at the point of the table
    inputs   of x, at m
    weight   of all weight matrices, at (r_j, r_out, m)
    bias     of all biases, at (r_j, r_out)
    value    of the committed witness, at t

The first four are about public numbers: whoever has proof and network computes them. The
commitment's opening shows the last. Names of points are those of protocol zkml-1 of this project,
sections 8 and 9.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from jaxtyping import Int8, Int32, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.transcript import Transcript
from aicrypto.proof.logup import n_elements
from aicrypto.proof.lookup import Sums
from aicrypto.proof.merge import MergeProof
from aicrypto.proof.sumcheck import Round
from aicrypto.zkml.circuit import lookups, opening, products, varints, weights
from aicrypto.zkml.circuit.layout import Layout, Size
from aicrypto.zkml.circuit.lookups import Claims, Place
from aicrypto.zkml.circuit.products import Outputs, Products
from aicrypto.zkml.circuit.weights import LayerFold
from aicrypto.zkml.network import Network


@dataclass(frozen=True, eq=False)
class Messages:
    """What the prover says between the commitment and its opening."""

    multiplicities: Int64[Tensor, " table"]
    sums: Sums
    claims: Claims
    products: Products
    merge: MergeProof

    def to_bytes(self) -> bytes:
        """Varints, then 16 bytes an element, as in a proof."""
        rounds = [message.to_bytes() for message in self.products.rounds]
        return b"".join(
            [
                varints.encode(self.multiplicities.cpu().numpy()),
                self.sums.to_bytes(),
                self.claims.to_bytes(),
                *rounds,
                self.products.activation.to_bytes(),
                self.merge.to_bytes(),
            ]
        )

    @classmethod
    def from_bytes(cls, data: bytes, size: Size) -> "Messages":
        """The messages that `to_bytes` wrote for a circuit of this size.

        Raises:
            BadLength: if there are too few or too many bytes.
            NonCanonical: if a coordinate is p or more, or a varint is padded.
        """
        numbers, n_bytes = varints.decode(data, size.profile.n_table)
        n_limbs, n_rounds = size.profile.n_limbs, size.n_product_rounds
        lengths = (
            n_elements(size.log_leaves, ones=True) + n_elements(size.log_table, ones=False),
            n_limbs + 2,
            2 * n_rounds + 1,
            2 * (size.log_columns + size.log_stack) + 1,
        )
        if len(data) != n_bytes + ELEMENT_BYTES * sum(lengths):
            raise BadLength(f"messages have {len(data) - n_bytes} bytes, not 16·{sum(lengths)}")
        ends = [n_bytes + ELEMENT_BYTES * end for end in accumulate(lengths, initial=0)]
        sums, claims, rounds, merged = (data[start:end] for start, end in pairwise(ends))
        *limbs, quotient, activation = elements(claims)
        *message, product_activation = elements(rounds)
        pairs = zip(message[::2], message[1::2], strict=True)
        return cls(
            torch.from_numpy(numbers),
            Sums.from_bytes(sums, size.log_leaves, size.log_table),
            Claims(tuple(limbs), quotient, activation),
            Products(tuple(Round(*pair) for pair in pairs), product_activation),
            MergeProof.from_bytes(merged),
        )


def elements(data: bytes) -> list[Fp2]:
    """The field elements in bytes, 16 each.

    Raises:
        BadLength, NonCanonical: if they are none.
    """
    starts = range(0, len(data), ELEMENT_BYTES)
    return [Fp2.from_bytes(data[start : start + ELEMENT_BYTES]) for start in starts]


@dataclass(frozen=True)
class PublicValues:
    """Values of public numbers at points of the transcript; see the module's text."""

    counts: Fp2
    inputs: Fp2
    weight: Fp2
    bias: Fp2


@dataclass(frozen=True)
class Left:
    """What is left to check, and the points that say where.

    Attributes:
        state: of the transcript, which has heard all messages.
        row: the point of the table.
        neuron: r_j, of the stack.
        output: r_out, of the logits.
        gamma: what the last layer weighs.
        place: m, among inputs and stack.
        public: counts, inputs, weight and bias.
        point: t, column and neuron.
        value: of the witness.
    """

    state: bytes
    row: Point
    neuron: Point
    output: Point
    gamma: Fp2
    place: Point
    public: PublicValues
    point: Point
    value: Fp2


class RecordingTranscript(Transcript):
    """A transcript that remembers its challenges."""

    def __init__(self, label: str | bytes) -> None:
        super().__init__(label)
        self.drawn: list[Fp2] = []

    def challenge(self) -> Fp2:
        """The next challenge."""
        self.drawn.append(super().challenge())
        return self.drawn[-1]


def follow(
    network: Network,
    layout: Layout,
    x: Int8[Tensor, "batch in"],
    logits: Int32[Tensor, "batch out"],
    messages: Messages,
    transcript: RecordingTranscript,
) -> Left:
    """What the messages leave to check. The transcript has heard the multiplicities last.

    Weight and bias are the network's, so the matrices are checked here, by one pass over them.

    Raises:
        Refused: as `protocol.verify` would, up to the merge.
    """
    size, claims = layout.size, messages.claims
    place = lookups.verify(size, messages.multiplicities, messages.sums, claims, transcript)
    row = _last_point(size, transcript)
    lookups.hear(claims, transcript)
    outputs = products.draw_outputs(layout, 0, place.neuron, transcript)
    layers = weights.fold_network(network, layout.points(place.neuron, outputs.point))
    claim = products.claim_of(layout, claims, logits, layers, place, outputs)
    n_before = len(transcript.drawn)
    stack_point = products.verify(
        layout, x, claim, layers, place, outputs, messages.products, transcript
    )
    matrix_point = tuple(transcript.drawn[n_before:])
    activation = messages.products.activation
    point = opening.verify_merge(
        size, claims, activation, place, stack_point, messages.merge, transcript
    )
    weight, bias = model_values(layout, layers, place, outputs, matrix_point)
    counts = multilinear.evaluate(m61x2.from_base(messages.multiplicities), row)
    public = PublicValues(counts, _inputs_at(layout, x, place, matrix_point), weight, bias)
    return Left(
        transcript.state,
        row,
        place.neuron,
        outputs.point,
        outputs.gamma,
        matrix_point,
        public,
        point,
        messages.merge.value,
    )


def _inputs_at(
    layout: Layout, x: Int8[Tensor, "batch in"], place: Place, matrix_point: Point
) -> Fp2:
    """x~ where the matrices' point stands among the inputs."""
    folded = multilinear.fold_rows(x, place.batch)
    padded = pad(folded, (0, layout.size.half - folded.shape[1]))
    return multilinear.evaluate(padded, matrix_point[1:])


def _last_point(size: Size, transcript: RecordingTranscript) -> Point:
    """The point of the table: tau, the last challenge, after the challenges of the last rounds."""
    n_rounds = size.log_table - 1
    *inner, tau = transcript.drawn[-n_rounds - 1 :]
    return (tau, *inner)


def model_values(
    layout: Layout,
    layers: Sequence[LayerFold],
    place: Place,
    outputs: Outputs,
    matrix_point: Point,
) -> tuple[Fp2, Fp2]:
    """All matrices at a point, and all biases, each layer with its coefficient."""
    table = products.weight_table(layout, layers, place, outputs)
    bias = Fp2(0)
    coefficients = layout.coefficients(place.neuron, outputs.gamma)
    for coefficient, layer in zip(coefficients, layers, strict=True):
        bias += coefficient * layer.bias
    return multilinear.evaluate(table, matrix_point), bias
