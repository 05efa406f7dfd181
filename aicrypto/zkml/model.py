"""Models in proofs: known to the verifier, or committed to and hidden behind 32 bytes.

A statement is a `Network` (public weights) or a `ModelCommitment`. The owner of a hidden model
makes a `CommittedModel` once and publishes its commitment. Every proof then opens the weights at
one random output, which reveals a few hundred columns of an encoded matrix: succinct, not
zero-knowledge.

**Not proven** is that committed weights are int8: whoever publishes a model shows that once. Nor do
shifts and widths stay hidden.

Source: protocol zkml-1 of this project, section 11.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, Int64
from torch import Tensor
from torch.nn.functional import pad

from aicrypto.algebra import kernels, m61, multilinear
from aicrypto.algebra.multilinear import Point, n_variables
from aicrypto.commit.hashes import checked_digest, sha256
from aicrypto.commit.tensor import ligero
from aicrypto.commit.tensor import soundness as tensor_soundness
from aicrypto.commit.tensor.ligero import Committed, Folds, Shape
from aicrypto.commit.tensor.soundness import MAX_QUERIES
from aicrypto.zkml.circuit import weights
from aicrypto.zkml.network import BIAS_BOUND, MAX_OUTPUT_SHIFT, MAX_SHIFT, Network, ShapeMismatch
from aicrypto.zkml.soundness import DEFAULT_INV_RATE, MAX_INV_RATE, TARGET_BITS, Opening

MAGIC = b"aicrypto.mlpc.v1"
# The weights' opening takes at most a quarter of the error that a proof may have.
WEIGHT_BITS = TARGET_BITS + 2
# No weight is larger than the largest b', whose rounding adds half of the largest 2^s.
MAX_INTEGER = BIAS_BOUND + (1 << MAX_SHIFT >> 1)
PUBLIC_FLAGS, COMMITTED_FLAGS = 0, 1


def check_widths(dims: tuple[int, ...], shifts: tuple[int, ...]) -> None:
    """Nothing for widths and shifts of a network with a hidden layer; ShapeMismatch for others."""
    n_layers = len(dims) - 1
    if n_layers < 2 or len(shifts) != n_layers or min(dims) < 1:
        raise ShapeMismatch(f"dims {dims} and shifts {shifts}: no network with a hidden layer")


@dataclass(frozen=True)
class ModelCommitment:
    """What is public of a hidden model.

    Attributes:
        dims: widths d_0..d_L.
        shifts: of the L layers.
        log_rows: rho, log2 of the rows of the committed matrix.
        inv_rate: of its code.
        queries: columns that every proof opens.
        root: the commitment.

    Raises:
        ValueError: naming the attribute that is out of its bounds.
    """

    dims: tuple[int, ...]
    shifts: tuple[int, ...]
    log_rows: int
    inv_rate: int
    queries: int
    root: bytes

    def __post_init__(self) -> None:
        check_widths(self.dims, self.shifts)
        largest = min(n_variables(width) for width in self.dims[1:-1])
        for name, value, low, high in (
            *(("shift", shift, 1, MAX_SHIFT) for shift in self.shifts[:-1]),
            ("shift", self.shifts[-1], 0, MAX_OUTPUT_SHIFT),
            ("log_rows", self.log_rows, 0, largest),
            ("inv_rate", self.inv_rate, 2, MAX_INV_RATE),
            ("queries", self.queries, 1, MAX_QUERIES),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}, must be in {low}..{high}")
        ligero.check_rate(self.inv_rate)
        checked_digest("root", self.root)

    @property
    def n_columns(self) -> int:
        """Columns of the matrix of complex numbers that are not zero by construction, c_w."""
        return weights.n_complex_columns(self.dims, self.log_rows)

    @property
    def opening(self) -> Opening:
        """The form of the commitment, and the number of queries."""
        return Opening(matrix_shape(self.dims, self.log_rows, self.inv_rate), self.queries)

    @property
    def digest(self) -> bytes:
        """SHA-256 of everything public: what a proof refers to."""
        words = np.array([len(self.shifts), *self.dims, *self.shifts], "<u4").tobytes()
        tail = bytes([self.log_rows, n_variables(self.inv_rate)])
        return sha256(MAGIC, words, tail, self.queries.to_bytes(2, "little"), self.root)

    def coefficients(self, neuron_point: Point) -> Int64[Tensor, "2 rows"]:
        """What the rows weigh at a neuron's point: its last rho coordinates choose the row."""
        return multilinear.eq_table(neuron_point[len(neuron_point) - self.log_rows :])

    def padded(self, folds: Folds) -> Folds:
        """Folds of c_w columns as folds of all columns; the others are zero."""
        missing = (0, self.opening.shape.columns - self.n_columns)
        return Folds(pad(folds.u1, missing), pad(folds.u2, missing))


@dataclass(frozen=True, eq=False)
class CommittedModel:
    """What the owner of a hidden model keeps.

    Attributes:
        network: the model.
        integers: the committed matrix, pairs of neighbours, without columns that are zero.
        committed: the same as field elements, encoded.
        commitment: what is published.
    """

    network: Network
    integers: Int32[Tensor, "rows pairs"]
    committed: Committed
    commitment: ModelCommitment

    def fold(self, neuron_point: Point) -> Folds:
        """The rows combined at a neuron's point, without columns that are zero."""
        coefficients = self.commitment.coefficients(neuron_point)
        whole = kernels.whole_for(self.integers, coefficients)
        combined = whole and whole.combine_integers(self.integers, coefficients, MAX_INTEGER)
        if combined is not None:
            return Folds(*combined)
        folds = ligero.fold(self.committed, coefficients.to(self.committed.matrix.device))
        n_columns = self.commitment.n_columns
        return Folds(folds.u1[:, :n_columns], folds.u2[:, :n_columns])


Statement = Network | ModelCommitment


def matrix_shape(dims: tuple[int, ...], log_rows: int, inv_rate: int) -> Shape:
    """The form of the matrix that the weights are committed to in."""
    columns = 1 << n_variables(weights.n_complex_columns(dims, log_rows))
    return Shape(1 << log_rows, columns, inv_rate)


def commit(
    network: Network,
    log_rows: int | None = None,
    inv_rate: int = DEFAULT_INV_RATE,
    queries: int | None = None,
) -> CommittedModel:
    """The commitment to a network: one transform of all weights, once for all proofs.

    Rows and queries are chosen for the shortest proofs with 100 bits where they are not given.

    Raises:
        ShapeMismatch: if there is no hidden layer.
        ValueError: if log_rows is more than log2 of a hidden width, or others are out of bounds.
    """
    if len(network.dims) < 3:
        raise ShapeMismatch(f"network has widths {network.dims}, must have a hidden layer")
    if log_rows is None:
        largest = min(n_variables(width) for width in network.dims[1:-1])
        log_rows = min(
            range(largest + 1),
            key=lambda rho: _choose_opening(network, rho, inv_rate).expected_bytes,
        )
    opening = _choose_opening(network, log_rows, inv_rate)
    shape = opening.shape
    queries = opening.queries if queries is None else queries
    matrix = weights.matrix(network, log_rows)
    integers = pad(matrix, (0, matrix.shape[1] % 2)).int()
    padded = pad(matrix, (0, 2 * shape.columns - matrix.shape[1]))
    committed = ligero.commit(m61.reduce(padded).flatten(), shape).by_columns()
    return CommittedModel(
        network,
        integers,
        committed,
        ModelCommitment(network.dims, network.shifts, log_rows, inv_rate, queries, committed.root),
    )


def flags(statement: Statement) -> int:
    """The header's flags: bit 0 is set where the weights are committed to."""
    return COMMITTED_FLAGS if isinstance(statement, ModelCommitment) else PUBLIC_FLAGS


def log_rows(statement: Statement) -> int:
    """How many coordinates all layers' random outputs share; none where weights are public."""
    return statement.log_rows if isinstance(statement, ModelCommitment) else 0


def weight_opening(statement: Statement) -> Opening | None:
    """The opening of the weights, if they are committed to."""
    return statement.opening if isinstance(statement, ModelCommitment) else None


def _choose_opening(network: Network, rho: int, inv_rate: int) -> Opening:
    shape = matrix_shape(network.dims, rho, inv_rate)
    return Opening(shape, tensor_soundness.choose_queries(shape, WEIGHT_BITS))
