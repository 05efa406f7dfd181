"""Thaler's matrix product: C = A·B checked by a verifier who multiplies no matrices.

For A with m × k, B with k × n integers, the multilinear polynomials of the matrices satisfy

    C~(r_x, r_z) = sum over inner indices y of A~(r_x, y)·B~(y, r_z)

at every point exactly if C = A·B. So one random point replaces m·n inner products, and one sumcheck
over the inner index replaces the k products of that single sum. The prover folds A's rows and B's
columns at the point: m·k + k·n multiplications by small integers, where the product itself took
m·k·n. Modulus' Remainder proves the linear layers of neural networks this way.

Matrices are row-major and padded with zeros to powers of two, which changes no product. Equality is
proven modulo p; `verify` refuses entries so large that this would say less than equality over Z.

Sources: Thaler, Time-Optimal Interactive Proofs for Circuit Evaluation (eprint 2013/351); his book
Proofs, Arguments, and Zero-Knowledge, section 4.4; protocol zkml-1 of this project, section 4.
"""

import numpy as np
from jaxtyping import Int
from torch import Tensor

from aicrypto.algebra import m61
from aicrypto.algebra.multilinear import Point, evaluate_matrix, fold_rows, n_variables
from aicrypto.algebra.plain import BadLength, Fp2, P
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import sumcheck
from aicrypto.proof.sumcheck import Evaluations, SumcheckProof

LABEL = "aicrypto.matmul.v1"
SHAPE_TAG, LEFT_TAG, RIGHT_TAG, PRODUCT_TAG = 1, 2, 3, 4
ROUND_TAG = 0x22  # the tag of the matrix sumcheck in zkml-1


def prove(a: Int[Tensor, "m k"], b: Int[Tensor, "k n"], c: Int[Tensor, "m n"]) -> SumcheckProof:
    """The proof that c = a @ b, 32·(log2 k + 1) bytes; worthless if that is false.

    Raises:
        BadLength: if the shapes do not fit.
        ValueError: if entries are no integers, or too large for `m61.int_matmul`.
    """
    row_point, column_point, transcript = _random_entry(a, b, c)
    proof, _ = prove_entry(a, b, row_point, column_point, transcript)
    return proof


def verify(
    a: Int[Tensor, "m k"], b: Int[Tensor, "k n"], c: Int[Tensor, "m n"], proof: bytes
) -> bool:
    """Whether the proof shows c = a @ b over the integers.

    The matrices are public: the verifier hashes them and evaluates each one's polynomial at one
    point, where multiplying them costs m·k·n. Soundness error (log2 m + log2 n + 2·log2 k)/p²,
    about 2^-116 for a million rows and columns.
    """
    try:
        return _verify_message(a, b, c, SumcheckProof.from_bytes(proof))
    except (ValueError, TypeError, IndexError, RuntimeError):
        # wrong types, lengths, shapes that do not fit, non-canonical elements
        return False


def _verify_message(
    a: Int[Tensor, "m k"], b: Int[Tensor, "k n"], c: Int[Tensor, "m n"], proof: SumcheckProof
) -> bool:
    """The verdict, or ValueError where statement or proof are malformed."""
    row_point, column_point, transcript = _random_entry(a, b, c)
    inner = a.shape[1]
    if inner * m61.largest(a) * m61.largest(b) + m61.largest(c) >= P:
        return False  # c and a @ b might differ by a multiple of p
    claim = evaluate_matrix(c, row_point, column_point)
    left = verify_entry(claim, inner, proof, transcript)
    if left is None:
        return False
    return left.f_value == evaluate_matrix(a, row_point, left.point) and (
        left.g_value == evaluate_matrix(b, left.point, column_point)
    )


def prove_entry(
    a: Int[Tensor, "m k"],
    b: Int[Tensor, "k n"],
    row_point: Point,
    column_point: Point,
    transcript: Transcript,
) -> tuple[SumcheckProof, Evaluations]:
    """The proof of one value (A·B)~(row_point, column_point), and what it leaves to check.

    For matrices inside larger protocols: layers of a network, committed weights. The transcript has
    absorbed the value, or what determines it.
    """
    folded_rows = fold_rows(a, row_point)
    folded_columns = fold_rows(b.T, column_point)
    return sumcheck.prove(folded_rows, folded_columns, transcript, ROUND_TAG)


def verify_entry(
    claim: Fp2, inner: int, proof: SumcheckProof, transcript: Transcript
) -> Evaluations | None:
    """The evaluations left to check for (A·B)~(row_point, column_point) = claim; None is refusal.

    The caller checks A~(row_point, point) = f_value and B~(point, column_point) = g_value, from the
    matrices or by opening commitments. `inner` is the number of A's columns.
    """
    return sumcheck.verify(claim, n_variables(inner), proof, transcript, ROUND_TAG)


def _random_entry(
    a: Int[Tensor, "m k"], b: Int[Tensor, "k n"], c: Int[Tensor, "m n"]
) -> tuple[Point, Point, Transcript]:
    """The point at which c is compared with a @ b, drawn after all three are fixed."""
    (m, k), n = a.shape, b.shape[-1]
    if b.shape != (k, n) or c.shape != (m, n) or 0 in (m, k, n):
        shapes = [list(matrix.shape) for matrix in (a, b, c)]
        raise BadLength(f"a, b and c have shapes {shapes}, must be [m, k], [k, n] and [m, n]")
    transcript = Transcript(LABEL)
    transcript.absorb(SHAPE_TAG, np.array([m, k, n], "<i8").tobytes())
    for tag, matrix in ((LEFT_TAG, a), (RIGHT_TAG, b), (PRODUCT_TAG, c)):
        transcript.absorb(tag, matrix.cpu().numpy().astype("<i8").tobytes())
    row_point = transcript.challenges(n_variables(m))
    column_point = transcript.challenges(n_variables(n))
    return row_point, column_point, transcript
