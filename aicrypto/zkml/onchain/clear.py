"""Proofs that show the witness instead of opening a commitment to it: for tiny networks.

Everything is as in `protocol`, with these differences:

    label     aicrypto.zkml.clear.v1
    header    flags 2; log2 of inv_rate and C, and T, are 0: there is no code
    root      in its place the committed columns themselves, y, then the limbs, a byte each,
              absorbed under the root's tag
    opening   none: after the merge the verifier evaluates the columns' polynomial at t

So witness and multiplicities are fixed before alpha, as there, and the value at t is known instead
of proven: of the errors in `soundness` those of proximity and queries vanish, and about 2^-110 is
left for 64-32-10. A byte can hold what is no limb or activation; the lookups refuse that. Batches
of one row, profile 0, public weights: what `GkrVerifier.vy` reads.

The proof shows the activations to everybody. It is as good as running the network again, which is
cheaper off chain; on chain it shows that a contract can follow every step of the protocol.
"""

from dataclasses import dataclass
from math import log2
from typing import Any

import torch
from jaxtyping import Int8, Int32, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61x2, multilinear
from aicrypto.algebra.plain import BadLength
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import lookups, opening, products, refusal, varints, weights, witness
from aicrypto.zkml.circuit.layout import PROFILES, Layout, Size
from aicrypto.zkml.circuit.refusal import Reason
from aicrypto.zkml.circuit.witness import Witness
from aicrypto.zkml.network import Network, ShapeMismatch
from aicrypto.zkml.onchain.sums import Left, Messages, RecordingTranscript, follow
from aicrypto.zkml.proof import HEADER_BYTES, MAGIC, Header
from aicrypto.zkml.protocol import (
    HEADER_TAG,
    INPUTS_TAG,
    LOGITS_TAG,
    MULTIPLICITIES_TAG,
    ROOT_TAG,
)
from aicrypto.zkml.soundness import Opening
from aicrypto.zkml.statement import read_rows

LABEL = "aicrypto.zkml.clear.v1"
CLEAR_FLAGS = 2


@dataclass(frozen=True, eq=False)
class ClearProof:
    """Everything the prover says.

    Attributes:
        header: what it is about.
        columns: y, then the limbs, a byte for every place.
        messages: sums, products and merge.
    """

    header: Header
    columns: bytes
    messages: Messages

    def to_bytes(self) -> bytes:
        """Header, columns, messages."""
        return self.header.to_bytes() + self.columns + self.messages.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes, size: Size) -> "ClearProof":
        """The proof that `to_bytes` wrote for a circuit of this size.

        Raises:
            BadLength: if there are too few or too many bytes.
            NonCanonical: if a coordinate is p or more, or a varint is padded.
            ValueError: if the header is of no proof.
        """
        header = Header.from_bytes(data)
        end = HEADER_BYTES + size.profile.n_committed * size.stack
        if len(data) < end:
            raise BadLength(f"proof has {len(data)} bytes, its columns end at {end}")
        return cls(header, data[HEADER_BYTES:end], Messages.from_bytes(data[end:], size))


def header_of(network: Network) -> Header:
    """What every clear proof about a network begins with."""
    return Header(CLEAR_FLAGS, 0, 0, 0, 0, 0, network.digest)


def bits(size: Size) -> float:
    """The security of a clear proof: that of the sums alone.

    >>> round(bits(Size(32, 1, 64, PROFILES[0])), 1)
    110.3
    """
    anything = Opening(size.shape(1, soundness.DEFAULT_INV_RATE), 1)
    errors = soundness.errors(size, anything).items()
    return -log2(sum(error for name, error in errors if not name.startswith("witness")))


def prove(network: Network, x: Any) -> ClearProof:
    """The proof of one row's logits, which `network.run(x).logits` are.

    Raises:
        ShapeMismatch, InputRange: if x is not one row for the network, or no layer is hidden.
        QuantRange: naming the neuron whose quotient leaves the table.
    """
    x = network.inputs(x)
    if len(x) != 1:
        raise ShapeMismatch(f"x has {len(x)} rows, must have 1")
    return prove_witness(network, witness.compute(network, layout_of(network), x))


def prove_witness(network: Network, found: Witness) -> ClearProof:
    """The proof made from a witness; worthless if that is not the network's."""
    layout, header, columns = found.layout, header_of(network), columns_of(found)
    transcript = _start(header, found.x, found.logits, columns, found.multiplicities)
    sums, place = lookups.prove(found, transcript)
    folded = found.fold(place.batch)
    claims = lookups.claim(folded, place, transcript)
    outputs = products.draw_outputs(layout, 0, place.neuron, transcript)
    layers = weights.fold_network(network, layout.points(place.neuron, outputs.point))
    activations = folded.columns[:, 0]
    product, stack_point = products.prove(
        layout, found.x, activations, layers, place, outputs, transcript
    )
    merged, _ = opening.prove_merge(layout.size, folded, place, stack_point, transcript)
    messages = Messages(found.multiplicities, sums, claims, product, merged)
    return ClearProof(header, columns, messages)


def columns_of(found: Witness) -> bytes:
    """The witness as the proof shows it, a byte for every place."""
    return found.columns.to(torch.uint8).cpu().numpy().tobytes()


def verify(network: Network, x: Any, logits: Any, proof: ClearProof | bytes) -> bool:
    """Whether the proof shows that the network has these logits for this row.

    A false statement passes with the chance of 2^-`bits`, for each attempt.
    """
    return explain(network, x, logits, proof) is None


def explain(network: Network, x: Any, logits: Any, proof: ClearProof | bytes) -> Reason | None:
    """The name of the check that refuses the proof, or None if it is accepted."""

    def check() -> None:
        data = proof.to_bytes() if isinstance(proof, ClearProof) else bytes(proof)
        follow_proof(network, *read_rows(network, x, logits), data)

    return refusal.reason_of(check)


def follow_proof(
    network: Network, x: Int8[Tensor, "1 in"], logits: Int32[Tensor, "1 out"], data: bytes
) -> Left:
    """What the contract computes on its way; the value is checked, nothing is left.

    Raises:
        Refused, NonCanonical, ValueError: if the proof is refused.
    """
    refusal.demand(data.startswith(MAGIC), "Version")
    layout = layout_of(network)
    refusal.demand(len(x) == 1 and Header.from_bytes(data) == header_of(network), "Statement")
    proof = ClearProof.from_bytes(data, layout.size)
    messages = proof.messages
    transcript = _start(proof.header, x, logits, proof.columns, messages.multiplicities)
    left = follow(network, layout, x, logits, messages, transcript)
    vector = torch.tensor(list(proof.columns), dtype=torch.int64)
    n_places = layout.size.profile.n_columns * layout.size.stack
    shown = m61x2.from_base(pad(vector, (0, n_places - len(vector))))
    refusal.demand(multilinear.evaluate(shown, left.point) == left.value, "Opening")
    return left


def layout_of(network: Network) -> Layout:
    """The circuit that the contract knows: one row, profile 0.

    Raises:
        ShapeMismatch: if no layer is hidden.
    """
    return Layout.of(network.dims, network.shifts, 1, PROFILES[0])


def _start(
    header: Header,
    x: Int8[Tensor, "1 in"],
    logits: Int32[Tensor, "1 out"],
    columns: bytes,
    multiplicities: Int64[Tensor, " table"],
) -> RecordingTranscript:
    """A transcript that has heard statement, witness and multiplicities."""
    transcript = RecordingTranscript(LABEL)
    transcript.absorb(HEADER_TAG, header.to_bytes())
    transcript.absorb(INPUTS_TAG, x.cpu().numpy().tobytes())
    transcript.absorb(LOGITS_TAG, logits.cpu().numpy().astype("<i4").tobytes())
    transcript.absorb(ROOT_TAG, columns)
    transcript.absorb(MULTIPLICITIES_TAG, varints.encode(multiplicities.cpu().numpy()))
    return transcript
