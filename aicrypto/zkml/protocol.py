"""Proofs of inference: logits = network(x), checked without running the network (zkml-1).

    prove(network, x)            public weights: the verifier has the model
    prove(commit(network), x)    committed weights: the verifier has 32 bytes

The prover runs the network on integers, commits to what every neuron did, and shows, step by step:
remainders are in range and activations are ReLUs (`circuit.lookups`), accumulators are the matrix
products (`circuit.products`), all of it about the values committed to (`circuit.opening`). The work
is linear in neurons and weights, tens of inferences in field arithmetic, where systems for general
programs take a million. The verifier reads weights, inputs and proof once; committed weights not.

Proofs are succinct and sound, with at least 100 bits proven, and **not zero-knowledge**: histogram,
combinations and columns say something about activations. (`hidden` pads them, at a price.)

Both sides draw every challenge from one transcript that has absorbed all that must be fixed before:

    header, x, logits, root, multiplicities | alpha, beta, sums | claims | r_out, gamma | weights'
    combinations | matrix rounds | y~ | delta, merge | value | combinations | queries

Source: protocol zkml-1 of this project, sections 9 and 11; the idea is Modulus Labs' Remainder.
"""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Int8, Int32, Int64
from torch import Tensor

from aicrypto.algebra.multilinear import Point
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Committed, Folds
from aicrypto.commit.transcript import Transcript
from aicrypto.zkml import soundness
from aicrypto.zkml.circuit import (
    lookups,
    opening,
    products,
    refusal,
    varints,
    weights,
    witness,
)
from aicrypto.zkml.circuit.layout import PROFILES, SMALL_PROFILE_PLACES, Layout, Profile
from aicrypto.zkml.circuit.opening import Question
from aicrypto.zkml.circuit.refusal import Reason, Refused
from aicrypto.zkml.circuit.weights import LayerFold
from aicrypto.zkml.circuit.witness import QuantRange, Witness, pad_batch
from aicrypto.zkml.model import CommittedModel, Statement, log_rows, weight_opening
from aicrypto.zkml.network import Network
from aicrypto.zkml.proof import Header, Proof
from aicrypto.zkml.soundness import Parameters
from aicrypto.zkml.statement import check_header, read_rows, strong_opening

LABEL = "aicrypto.zkml.v1"
HEADER_TAG, INPUTS_TAG, LOGITS_TAG, ROOT_TAG, MULTIPLICITIES_TAG = 1, 2, 3, 4, 5
WEIGHT_FOLDS_TAG = 0x21


def prove(
    model: Network | CommittedModel,
    x: Any,
    parameters: Parameters | None = None,
    inv_rate: int = soundness.DEFAULT_INV_RATE,
) -> Proof:
    """The proof of a batch's logits, which `network.run(pad_batch(x)).logits` are.

    Args:
        model: with public weights, or with committed ones.
        x: rows of int8; rows of zeros are added up to a power of two.
        parameters: the shortest proof's with 100 bits, if not given.
        inv_rate: the code's, if parameters are not given: 2 for speed, 8 for short proofs.

    Raises:
        ShapeMismatch, InputRange: if x is no batch for the network, or no layer is hidden.
        QuantRange: naming the neuron whose quotient leaves the table.
        WeakParameters, BadLength, BadRate: if the parameters give less than 100 bits, or no code.
        TargetUnreachable: if there are too many lookups for 100 bits; prove several batches.
    """
    network = model if isinstance(model, Network) else model.network
    x = pad_batch(network.inputs(x))
    if parameters is not None:
        layout = _layout(network, x, PROFILES[parameters.profile])
        return prove_witness(model, witness.compute(network, layout, x), parameters)
    found = _in_smallest_profile(network, x)
    hidden = weight_opening(_statement(model))
    return prove_witness(model, found, soundness.choose(found.layout.size, hidden, inv_rate))


def prove_witness(model: Network | CommittedModel, found: Witness, parameters: Parameters) -> Proof:
    """The proof made from a witness; worthless if that is not the network's.

    Raises:
        WeakParameters, BadLength, BadRate: as `prove`.
    """
    layout, statement = found.layout, _statement(model)
    shape = strong_opening(statement, layout, parameters).shape
    committed = ligero.commit(found.committed_values(), shape)
    header = Header.of(statement, layout.size.batch, parameters)
    transcript = _start(header, found.x, found.logits, committed.root, found.multiplicities)
    sums, place = lookups.prove(found, transcript)
    folded = found.fold(place.batch)
    claims = lookups.claim(folded, place, transcript)
    outputs = products.draw_outputs(layout, log_rows(statement), place.neuron, transcript)
    weight_folds = _fold_weights(model, place.neuron, transcript)
    layers = _layer_folds(statement, weight_folds, layout.points(place.neuron, outputs.point))
    product, stack_point = products.prove(
        layout, found.x, folded.columns[:, 0], layers, place, outputs, transcript
    )
    merged, point = opening.prove_merge(layout.size, folded, place, stack_point, transcript)
    folds = opening.prove_fold(committed, point, transcript)
    openings = _open(model, committed, parameters.queries, transcript)
    return Proof(
        header,
        committed.root,
        found.multiplicities,
        sums,
        claims,
        weight_folds,
        product,
        merged,
        folds,
        openings,
    )


def verify(statement: Statement, x: Any, logits: Any, proof: Proof | bytes) -> bool:
    """Whether the proof shows that the model has these logits for these inputs.

    A false statement passes with the chance of `soundness.bits`, below 2^-100 for each attempt.

    Args:
        statement: the network, or the commitment to it.
        x: rows of int8; rows of zeros are added up to a power of two.
        logits: a row of int32 for each of x. For committed weights also those of the added rows.
        proof: as an object or as bytes.
    """
    return explain(statement, x, logits, proof) is None


def explain(statement: Statement, x: Any, logits: Any, proof: Proof | bytes) -> Reason | None:
    """The name of the check that refuses the proof, or None if it is accepted."""

    def check() -> None:
        data = proof.to_bytes() if isinstance(proof, Proof) else bytes(proof)
        _verify(statement, *read_rows(statement, x, logits), data)

    return refusal.reason_of(check)


def _verify(
    statement: Statement,
    x: Int8[Tensor, "batch in"],
    logits: Int32[Tensor, "batch out"],
    data: bytes,
) -> None:
    """Nothing, or Refused; the order is that of `prove_witness`."""
    layout, parameters = check_header(statement, len(x), data)
    proof = Proof.from_bytes(data, statement)
    shape = strong_opening(statement, layout, parameters).shape
    transcript = _start(proof.header, x, logits, proof.root, proof.multiplicities)
    place = lookups.verify(layout.size, proof.multiplicities, proof.sums, proof.claims, transcript)
    lookups.hear(proof.claims, transcript)
    outputs = products.draw_outputs(layout, log_rows(statement), place.neuron, transcript)
    _hear_weights(proof.weight_folds, transcript)
    points = layout.points(place.neuron, outputs.point)
    layers = _layer_folds(statement, proof.weight_folds, points)
    claim = products.claim_of(layout, proof.claims, logits, layers, place, outputs)
    stack_point = products.verify(
        layout, x, claim, layers, place, outputs, proof.products, transcript
    )
    activation = proof.products.activation
    point = opening.verify_merge(
        layout.size, proof.claims, activation, place, stack_point, proof.merge, transcript
    )
    coefficients = opening.verify_fold(shape, point, proof.merge.value, proof.folds, transcript)
    questions = [
        Question(
            proof.root,
            shape,
            coefficients,
            proof.folds,
            transcript.indices(parameters.queries, shape.n_places),
        ),
        *_ask_weights(statement, proof.weight_folds, place.neuron, transcript),
    ]
    opening.verify_columns(questions, proof.openings)


def _statement(model: Network | CommittedModel) -> Statement:
    return model if isinstance(model, Network) else model.commitment


def _layout(network: Network, x: Int8[Tensor, "batch in"], profile: Profile) -> Layout:
    return Layout.of(network.dims, network.shifts, len(x), profile)


def _in_smallest_profile(network: Network, x: Int8[Tensor, "batch in"]) -> Witness:
    """The witness in the profile of the shorter proof, if it fits there."""
    small, large = PROFILES
    layout = _layout(network, x, small)
    if layout.size.stack * layout.size.batch <= SMALL_PROFILE_PLACES:
        try:
            return witness.compute(network, layout, x)
        except QuantRange:
            pass
    return witness.compute(network, _layout(network, x, large), x)


def _start(
    header: Header,
    x: Int8[Tensor, "batch in"],
    logits: Int32[Tensor, "batch out"],
    root: bytes,
    multiplicities: Int64[Tensor, " table"],
) -> Transcript:
    """A transcript that has absorbed statement and commitment."""
    transcript = Transcript(LABEL)
    transcript.absorb(HEADER_TAG, header.to_bytes())
    transcript.absorb(INPUTS_TAG, x.cpu().numpy().tobytes())
    transcript.absorb(LOGITS_TAG, logits.cpu().numpy().astype("<i4").tobytes())
    transcript.absorb(ROOT_TAG, root)
    transcript.absorb(MULTIPLICITIES_TAG, varints.encode(multiplicities.cpu().numpy()))
    return transcript


def _fold_weights(
    model: Network | CommittedModel, neuron_point: Point, transcript: Transcript
) -> Folds | None:
    """The rows of committed weights combined, and said; None for public ones."""
    folds = None if isinstance(model, Network) else model.fold(neuron_point)
    _hear_weights(folds, transcript)
    return folds


def _hear_weights(folds: Folds | None, transcript: Transcript) -> None:
    if folds is not None:
        transcript.absorb(WEIGHT_FOLDS_TAG, folds.to_bytes())


def _layer_folds(
    statement: Statement, folds: Folds | None, points: Sequence[Point]
) -> list[LayerFold]:
    """Every layer at its random output: computed from the model, or taken from what was sent."""
    if isinstance(statement, Network):
        return weights.fold_network(statement, points)
    if folds is None:
        raise Refused("Shape")
    return weights.fold_columns(statement.dims, statement.log_rows, folds, points)


def _open(
    model: Network | CommittedModel, committed: Committed, n_queries: int, transcript: Transcript
) -> bytes:
    """The queried columns of the witness, then those of committed weights."""
    indices = transcript.indices(n_queries, committed.shape.n_places)
    columns = ligero.open_columns(committed, indices)
    if isinstance(model, Network):
        return columns
    asked = model.commitment.opening
    indices = transcript.indices(asked.queries, asked.shape.n_places)
    return columns + ligero.open_columns(model.committed, indices)


def _ask_weights(
    statement: Statement, folds: Folds | None, neuron_point: Point, transcript: Transcript
) -> list[Question]:
    """The same places of committed weights, and what must be found there."""
    if isinstance(statement, Network) or folds is None:
        return []
    asked = statement.opening
    indices = transcript.indices(asked.queries, asked.shape.n_places)
    coefficients = statement.coefficients(neuron_point)
    return [Question(statement.root, asked.shape, coefficients, statement.padded(folds), indices)]
