"""Step 3: claims about the committed columns become one, and the commitment is opened there.

Left are y~ at s (from the matrices), y~ and the limbs at r_j (from the lookups), all at the same
r_b. The columns, folded over the batch, are one vector of index (column, neuron); a claim about a
column is one about this vector at a point that begins with the column's number. They are merged
into a value V at one point t, and the commitment is opened at (t, r_b).

t and r_b are drawn after the root, so opening there also tests that all rows are near codewords
(`commit.tensor.ligero`): no further combination is sent. The same holds for committed weights.

Source: protocol zkml-1 of this project, sections 6, 9 and 11, steps 7 and 8.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import m61, m61x2
from aicrypto.algebra.multilinear import Point
from aicrypto.algebra.plain import ELEMENT_BYTES, Fp2, NonCanonical
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor import columns, ligero
from aicrypto.commit.tensor.ligero import Committed, Folds, Shape
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import merge
from aicrypto.proof.merge import Claim, MergeProof
from aicrypto.zkml.circuit import refusal
from aicrypto.zkml.circuit.layout import Size, vertex
from aicrypto.zkml.circuit.lookups import Claims, Place
from aicrypto.zkml.circuit.witness import Folded

MERGE_TAG, VALUE_TAG, FOLDS_TAG = 0x24, 0x25, 0x30


def prove_merge(
    size: Size, folded: Folded, place: Place, stack_point: Point, transcript: Transcript
) -> tuple[MergeProof, Point]:
    """The merged claims, and the point (t, r_b) at which the commitment is to be opened."""
    points = _points(size, place, stack_point)
    n_zeros = size.profile.n_columns - size.profile.n_committed
    vector = pad(folded.columns, (0, 0, 0, n_zeros)).flatten(1)
    proof, left = merge.prove(vector, points, transcript, MERGE_TAG)
    transcript.absorb(VALUE_TAG, proof.value.to_bytes())
    return proof, (*left.point, *place.batch)


def verify_merge(
    size: Size,
    claims: Claims,
    activation: Fp2,
    place: Place,
    stack_point: Point,
    proof: MergeProof,
    transcript: Transcript,
) -> Point:
    """The point (t, r_b) at which the commitment must have the value `proof.value`.

    Raises:
        Refused: Merge.
    """
    points = _points(size, place, stack_point)
    values = (activation, claims.activation, *claims.limbs)
    merged = [Claim(point, value) for point, value in zip(points, values, strict=True)]
    left = merge.verify(merged, proof, transcript, MERGE_TAG)
    if left is None:
        raise refusal.Refused("Merge")
    transcript.absorb(VALUE_TAG, proof.value.to_bytes())
    return (*left.point, *place.batch)


def prove_fold(committed: Committed, point: Point, transcript: Transcript) -> Folds:
    """The combinations of the committed rows that give the value at the point."""
    row_point, _, _ = committed.shape.split(point)
    device = committed.matrix.device
    folds = ligero.fold(committed, ligero.row_coefficients(committed.shape, row_point, device))
    transcript.absorb(FOLDS_TAG, folds.to_bytes())
    return folds


def verify_fold(
    shape: Shape, point: Point, value: Fp2, folds: Folds, transcript: Transcript
) -> Int64[Tensor, "2 rows"]:
    """The coefficients with which the folds remain to be checked.

    Raises:
        Refused: Opening.
    """
    row_point, column_point, pair = shape.split(point)
    refusal.demand(folds.value(column_point, pair) == value, "Opening")
    transcript.absorb(FOLDS_TAG, folds.to_bytes())
    return ligero.row_coefficients(shape, row_point)


@dataclass(frozen=True, eq=False)
class Question:
    """One commitment's columns at the queried places, and what they must agree with."""

    root: bytes
    shape: Shape
    coefficients: Int64[Tensor, "2 rows"]
    folds: Folds
    indices: Sequence[int]

    @property
    def n_bytes(self) -> int:
        """The length of the answer: columns, and siblings above them."""
        positions = sorted(set(self.indices))
        n_siblings = columns.count_missing(positions, self.shape.n_places)
        return ELEMENT_BYTES * self.shape.rows * len(positions) + DIGEST_BYTES * n_siblings

    def check(self, answer: bytes) -> None:
        """Nothing, if the columns are the committed ones, and agree with the folds.

        Raises:
            Refused: NonCanonical, Merkle or Columns.
        """
        e, folds = self.coefficients, self.folds
        combinations = [(e, folds.u1), (m61x2.conj(e), folds.u2)]
        if ligero.check_combinations(self.root, self.shape, combinations, self.indices, answer):
            return
        positions = sorted(set(self.indices))
        canonical = _canonical(answer, self.shape.rows * len(positions))
        refusal.demand(canonical, "NonCanonical")
        n = self.shape.n_places
        shown = columns.authentic(self.root, self.shape.rows, n, positions, answer)
        refusal.demand(shown is not None, "Merkle")
        refusal.demand(False, "Columns")


def verify_columns(questions: Sequence[Question], answers: bytes) -> None:
    """Nothing, if the answers, one after another, satisfy every question.

    Raises:
        Refused: Shape, NonCanonical, Merkle or Columns.
    """
    lengths = [question.n_bytes for question in questions]
    refusal.demand(len(answers) == sum(lengths), "Shape")
    start = 0
    for question, length in zip(questions, lengths, strict=True):
        question.check(answers[start : start + length])
        start += length


def _canonical(opening: bytes, n_elements: int) -> bool:
    """Whether the columns that an opening begins with are field elements."""
    try:
        m61.from_bytes(opening[: ELEMENT_BYTES * n_elements])
    except NonCanonical:
        return False
    return True


def _points(size: Size, place: Place, stack_point: Point) -> list[merge.Point]:
    """Where the claims are: y at s, y at r_j, the limbs at r_j; column 0 is y."""
    ends = (stack_point, *[place.neuron] * size.profile.n_committed)
    numbers = (0, *range(size.profile.n_committed))
    return [
        (*vertex(number, size.log_columns), *end) for number, end in zip(numbers, ends, strict=True)
    ]
