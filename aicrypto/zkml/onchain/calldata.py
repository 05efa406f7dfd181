"""Proofs as the arguments of `GkrVerifier.vy`'s functions, and what it answers.

The contract reads field elements two by two, in words of 32 bytes as they are hashed; it answers
with elements in words of their own, a + b·2^128 for a + b·i, and with points whose first coordinate
is that of the least significant bit, filled up with zeros.
"""

from typing import Any

from jaxtyping import Int8, Int32, Int64
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import Fp2
from aicrypto.commit.hashes import DIGEST_BYTES, sha256
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor.ligero import Committed
from aicrypto.evm import Chain, Contract, Party
from aicrypto.zkml.circuit import varints
from aicrypto.zkml.network import Network
from aicrypto.zkml.onchain.clear import ClearProof, layout_of
from aicrypto.zkml.onchain.sums import (
    Left,
    Messages,
    PublicValues,
    RecordingTranscript,
    follow,
)
from aicrypto.zkml.proof import Header, Proof
from aicrypto.zkml.protocol import (
    HEADER_TAG,
    INPUTS_TAG,
    LABEL,
    LOGITS_TAG,
    MULTIPLICITIES_TAG,
    ROOT_TAG,
)

CONTRACT = "GkrVerifier"
WORD_BYTES = 32
MAX_POINT = 13  # coordinates of a point in the contract
IMAGINARY = 1 << 128

Words = list[int]


def deploy(chain: Chain, sender: Party, header: Header, network: Network) -> Contract:
    """A verifier for proofs with this header: of `clear.header_of`, or of a proof to be posted.

    Raises:
        Reverted: if the header is of another profile or batch than 0 and 1, or the network's
            hidden places or inputs are more than 1024.
    """
    return chain.deploy(CONTRACT, header.to_bytes(), list(network.dims), sender=sender)


def clear_arguments(
    network: Network,
    x: Int8[Tensor, "1 in"],
    logits: Int32[Tensor, "1 out"],
    proof: ClearProof,
    left: Left,
) -> tuple[Any, ...]:
    """The arguments of `verify`; left as `clear.follow_proof` gives it."""
    statement = _statement(x, logits)
    said = said_in(proof.messages)
    return (network.to_bytes(), *statement, proof.columns, *said, pack_public(left.public))


def sums_arguments(
    x: Int8[Tensor, "1 in"], logits: Int32[Tensor, "1 out"], proof: Proof, left: Left
) -> tuple[Any, ...]:
    """The arguments of `post_sums`; left as `follow_sums` gives it."""
    said = said_in(messages_of(proof))
    return (*_statement(x, logits), proof.root, *said, pack_public(left.public))


def folds_arguments(proof: Proof, left: Left) -> tuple[Any, ...]:
    """The arguments of `post_folds`."""
    point = pack_point(left.point)
    return (proof.root, left.state, point, pack(left.value), proof.folds.to_bytes())


def column_arguments(proof: Proof, left: Left, committed: Committed, index: int) -> tuple[Any, ...]:
    """The arguments of `check_column` with which the prover answers for a column.

    Raises:
        IndexError: if there is no column of this index.
    """
    shape = committed.shape
    row_point = left.point[: shape.n_row_variables]
    folds = proof.folds.to_bytes()
    answer = ligero.open_columns(committed, [index])
    n_column = len(answer) - DIGEST_BYTES * (shape.n_places.bit_length() - 1)
    starts = range(n_column, len(answer), DIGEST_BYTES)
    path = [answer[start : start + DIGEST_BYTES] for start in starts]
    coefficients = ligero.row_coefficients(shape, row_point)
    values = encoded(committed, coefficients, index)
    digest = sha256(folds)
    return (proof.root, pack_point(row_point), digest, index, values, answer[:n_column], path)


def follow_sums(
    network: Network, x: Int8[Tensor, "1 in"], logits: Int32[Tensor, "1 out"], proof: Proof
) -> Left:
    """What the sums of a proof leave to check: the answer of `post_sums`.

    Raises:
        Refused: as `protocol.verify` would, up to the merge.
    """
    layout = layout_of(network)
    transcript = RecordingTranscript(LABEL)
    transcript.absorb(HEADER_TAG, proof.header.to_bytes())
    for tag, data in zip((INPUTS_TAG, LOGITS_TAG), _statement(x, logits), strict=True):
        transcript.absorb(tag, data)
    transcript.absorb(ROOT_TAG, proof.root)
    multiplicities = varints.encode(proof.multiplicities.cpu().numpy())
    transcript.absorb(MULTIPLICITIES_TAG, multiplicities)
    return follow(network, layout, x, logits, messages_of(proof), transcript)


def messages_of(proof: Proof) -> Messages:
    """What a proof says between commitment and opening."""
    return Messages(proof.multiplicities, proof.sums, proof.claims, proof.products, proof.merge)


def said_in(messages: Messages) -> tuple[bytes, Words]:
    """Multiplicities, and all elements as words; the two single ones come last, as one word."""
    rounds = [*messages.products.rounds, *messages.merge.rounds]
    data = b"".join(
        [
            messages.sums.to_bytes(),
            messages.claims.to_bytes(),
            *[message.to_bytes() for message in rounds],
            messages.products.activation.to_bytes(),
            messages.merge.value.to_bytes(),
        ]
    )
    words = [data[start : start + WORD_BYTES] for start in range(0, len(data), WORD_BYTES)]
    numbers = varints.encode(messages.multiplicities.cpu().numpy())
    return numbers, [int.from_bytes(word, "big") for word in words]


def pack(element: Fp2) -> int:
    """An element as the contract's word."""
    return element.re + IMAGINARY * element.im


def pack_point(point: Point) -> Words:
    """A point as the contract's array."""
    return [pack(coordinate) for coordinate in reversed(point)] + [0] * (MAX_POINT - len(point))


def pack_public(values: PublicValues) -> tuple[int, int, int, int]:
    """The claims of a call."""
    counts, inputs = pack(values.counts), pack(values.inputs)
    return counts, inputs, pack(values.weight), pack(values.bias)


def answer_of(left: Left) -> tuple[Any, ...]:
    """The struct with which the contract says the same."""
    return (
        left.state,
        tuple(pack_point(left.row)),
        tuple(pack_point(left.neuron)),
        tuple(pack_point(left.output)),
        pack(left.gamma),
        tuple(pack_point(left.place)),
        pack_public(left.public),
        tuple(pack_point(left.point)),
        pack(left.value),
    )


def encoded(committed: Committed, coefficients: Int64[Tensor, "2 rows"], index: int) -> list[int]:
    """Place `index` of the two combinations' codewords: the column combined, if all is honest."""
    column = committed.codewords[:, :, index]
    both = [m61x2.dot(column, e) for e in (coefficients, m61x2.conj(coefficients))]
    return [pack(m61x2.to_scalar(value)) for value in both]


def _statement(x: Int8[Tensor, "1 in"], logits: Int32[Tensor, "1 out"]) -> tuple[bytes, bytes]:
    return x.cpu().numpy().tobytes(), logits.cpu().numpy().astype("<i4").tobytes()
