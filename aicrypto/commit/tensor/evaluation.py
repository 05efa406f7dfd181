"""A commitment to a multilinear polynomial, transparent and non-interactive.

2·rows·columns integers are the values of v~ on {0,1}^k. `ligero.commit` publishes 32 bytes; `prove`
shows the value of v~ at a point; `verify` needs the root, not the vector. Sizes and times grow with
its square root.

Anyone may choose the point here, the prover too. Then the coefficients eq(row point, r) test
nothing: at the point of a single row they ignore all others, and a prover whose rows are *each*
nearly a codeword, wrong in different places, opens values that belong to no polynomial at all. So
one more combination is sent, with coefficients drawn from the transcript after the root; it shows
that all rows together are near codewords, and costs 16 bytes a column. Protocols that draw the
point themselves after the root, as zkML and SQL do, use `ligero` without it.

Order of the transcript: shape and number of queries, root, point, value; the test's coefficients
are drawn; test row, u1 and u2; the indices are drawn. Nothing in the proof chooses its own
strength: both sides take the number of queries from shape and bits (`soundness`).

Format of this project; the parts are those of protocol zkml-1, sections 3, 6 and 12.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import m61x2
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import ELEMENT_BYTES, BadLength, Fp2
from aicrypto.commit.hashes import are_digests
from aicrypto.commit.tensor import ligero, soundness
from aicrypto.commit.tensor.ligero import Committed, Folds, Shape
from aicrypto.commit.transcript import Transcript

LABEL = "aicrypto.tensor.v1"
PARAMETERS_TAG, ROOT_TAG, POINT_TAG, VALUE_TAG = 1, 2, 3, 4
TEST_TAG = 0x2F
FOLDS_TAG = 0x30  # the tag of u1 and u2 in zkml-1


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationProof:
    """Everything the prover says.

    Attributes:
        test: the rows combined with random coefficients.
        folds: the rows combined with the coefficients of the point.
        opening: the queried columns and the siblings above them; which these are, and how many
            bytes, follows from the transcript.
    """

    test: Int64[Tensor, "2 columns"]
    folds: Folds
    opening: bytes

    def to_bytes(self) -> bytes:
        """48 bytes a column of the matrix, then the opening."""
        return m61x2.to_bytes(self.test) + self.folds.to_bytes() + self.opening

    @classmethod
    def from_bytes(cls, data: bytes, shape: Shape) -> "EvaluationProof":
        """The proof that `to_bytes` wrote; `verify` decides whether its opening has its length.

        Raises:
            BadLength: if data ends before the opening.
            NonCanonical: if a coordinate of the combinations is p or more.
        """
        row = shape.columns * ELEMENT_BYTES
        if len(data) < 3 * row:
            raise BadLength(f"proof has {len(data)} bytes, its rows alone have {3 * row}")
        folds = Folds.from_bytes(data[row : 3 * row], shape)
        return cls(m61x2.from_bytes(data[:row]), folds, data[3 * row :])


def prove(
    committed: Committed, point: Sequence[Fp2], bits: float = soundness.DEFAULT_BITS
) -> tuple[Fp2, EvaluationProof]:
    """The value v~(point), and the proof of it; about 3·rows·columns multiplications.

    The point's coordinates choose row, column, and last the member of a pair, most significant bit
    first.

    Raises:
        BadLength: if the point has not `shape.n_variables` coordinates.
        TargetUnreachable: if no number of queries gives the bits.
    """
    shape = committed.shape
    n_queries = soundness.choose_queries(shape, bits)
    row_point, column_point, pair = shape.split(point)
    device = committed.matrix.device
    folds = ligero.fold(committed, ligero.row_coefficients(shape, row_point, device))
    value = folds.value(column_point, pair)
    transcript = _start(committed.root, shape, point, value, n_queries)
    test = ligero.combine(committed, _test_coefficients(shape, transcript).to(device))
    indices = _exchange(test, folds, shape, transcript, n_queries)
    return value, EvaluationProof(test, folds, ligero.open_columns(committed, indices))


def verify(
    root: bytes,
    shape: Shape,
    point: Sequence[Fp2],
    value: Fp2,
    proof: bytes,
    bits: float = soundness.DEFAULT_BITS,
) -> bool:
    """Whether the proof shows that the polynomial under the root has this value at the point.

    The vector that a prover can open at all is fixed by the root, up to an error of 2^-bits for
    each attempt at a proof.
    """
    try:
        message = EvaluationProof.from_bytes(proof, shape)
        return are_digests([root]) and _verify_message(root, shape, point, value, message, bits)
    except (ValueError, TypeError):
        # wrong types or lengths, non-canonical elements, bits out of reach
        return False


def _verify_message(
    root: bytes, shape: Shape, point: Point, value: Fp2, proof: EvaluationProof, bits: float
) -> bool:
    """The verdict, or ValueError where the statement is malformed."""
    n_queries = soundness.choose_queries(shape, bits)
    row_point, column_point, pair = shape.split(point)
    transcript = _start(root, shape, point, value, n_queries)
    at_random = _test_coefficients(shape, transcript)
    at_point = ligero.row_coefficients(shape, row_point)
    indices = _exchange(proof.test, proof.folds, shape, transcript, n_queries)
    combinations = [
        (at_random, proof.test),
        (at_point, proof.folds.u1),
        (m61x2.conj(at_point), proof.folds.u2),
    ]
    return proof.folds.value(column_point, pair) == value and ligero.check_combinations(
        root, shape, combinations, indices, proof.opening
    )


def _start(root: bytes, shape: Shape, point: Point, value: Fp2, n_queries: int) -> Transcript:
    """A transcript that has absorbed the whole statement."""
    transcript = Transcript(LABEL)
    parameters = np.array([shape.rows, shape.columns, shape.inv_rate, n_queries], "<i8")
    transcript.absorb(PARAMETERS_TAG, parameters.tobytes())
    transcript.absorb(ROOT_TAG, root)
    transcript.absorb(POINT_TAG, b"".join(coordinate.to_bytes() for coordinate in point))
    transcript.absorb(VALUE_TAG, value.to_bytes())
    return transcript


def _test_coefficients(shape: Shape, transcript: Transcript) -> Int64[Tensor, "2 rows"]:
    """Coefficients that nobody could foresee when the root was made."""
    return ligero.row_coefficients(shape, transcript.challenges(shape.n_row_variables))


def _exchange(
    test: Int64[Tensor, "2 columns"],
    folds: Folds,
    shape: Shape,
    transcript: Transcript,
    n_queries: int,
) -> list[int]:
    """The indices that answer the combinations."""
    transcript.absorb(TEST_TAG, m61x2.to_bytes(test))
    transcript.absorb(FOLDS_TAG, folds.to_bytes())
    return transcript.indices(n_queries, shape.n_places)
