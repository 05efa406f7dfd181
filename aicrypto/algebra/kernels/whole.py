"""Whole steps on CPU tensors, each in one compiled call; a sumcheck's with its transcript.

There are no torch twins here: elsewhere the readable steps run, whoever calls these has them, and
they say the same. Tests compare both.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int, Int32, Int64
from torch import Tensor

from aicrypto.algebra.kernels import coding, hashing, integers, sums, talking
from aicrypto.algebra.kernels.spoken import Spoken, State
from aicrypto.algebra.plain import Fp2

Column = Int64[Tensor, "2 n"]
Words = tuple[np.uint64, np.uint64]


def sum_products(f: Column, g: Column, tag: int, state: State) -> Spoken:
    """The product sumcheck of tables of 2^k >= 1 values.

    Said are two elements a round, left the challenges, then f~ and g~ at their point.
    """
    n_rounds = f.shape[1].bit_length() - 1
    desk = _desk(state)
    numbers = np.empty(2 * (3 * n_rounds + 2), np.int64)
    sums.sum_products(*map(np.ascontiguousarray, (f.numpy(), g.numpy())), desk, tag, numbers)
    rounds = numbers[:-4].reshape(n_rounds, 6)
    left = np.concatenate((rounds[:, 4:].ravel(), numbers[-4:]))
    return Spoken(rounds[:, :4].ravel(), left, _state(desk))


def sum_fractions(
    p: Column | None, q: Column, tags: Sequence[int], n_elements: int, state: State
) -> Spoken:
    """The fraction sum over 2^v >= 1 leaves, numerators 1 if not given.

    Said are the proof's `n_elements`, left the leaf's claimed numerator and denominator, then v
    coordinates of the point.
    """
    n = q.shape[1]
    columns = [q.numpy()] if p is None else [p.numpy(), q.numpy()]
    leaves = np.stack(columns) if p is not None else np.ascontiguousarray(columns[0])[None]
    desk, said = _desk(state), np.empty(2 * n_elements, np.int64)
    levels, scratch = (
        np.empty(4 * n, np.int64),
        np.empty((2, max(8, 2 * len(leaves) * n)), np.int64),
    )
    left = np.empty(2 * (n.bit_length() + 1), np.int64)
    sums.sum_fractions(leaves, np.array(tags), desk, levels, said, scratch, left)
    return Spoken(said, left, _state(desk))


def equality(point: Sequence[Fp2]) -> Column:
    """The table eq(point, ·)."""
    out = _empty(2, 1 << len(point))
    integers.equality(_numbers(point), out)
    return torch.from_numpy(out)


def evaluate(values: Column, point: Sequence[Fp2]) -> Fp2:
    """The value of a table's polynomial at a point."""
    out = np.empty(2, np.int64)
    integers.evaluate(np.ascontiguousarray(values.numpy()), _numbers(point), out)
    return Fp2(*out.tolist())


def int_matmul(weights: Int[Tensor, "rows inner"], a: Column, largest: int) -> Column | None:
    """The product of small integers with a column of field elements; None where it is too large."""
    if largest * weights.shape[1] >= integers.MAX_WEIGHT_SUM:
        return None
    out = _empty(2, weights.shape[0])
    coefficients = np.ascontiguousarray(a.numpy())
    if weights.dtype == torch.int8:
        integers.fold_rows(np.ascontiguousarray(weights.T.numpy()), coefficients, out)
    else:
        numbers = np.ascontiguousarray(weights.numpy(), np.int64)
        integers.fold_columns(numbers, coefficients, out)
    return torch.from_numpy(out)


def encode(
    coefficients: Int64[Tensor, "2 rows c"], n: int, omega: Fp2
) -> Int64[Tensor, "2 rows n"]:
    """The codewords of n values of all rows; n/c is a power of two."""
    out = _empty(2, coefficients.shape[1], n)
    coding.encode(np.ascontiguousarray(coefficients.numpy()), out, _words(omega))
    return torch.from_numpy(out)


def combine(matrix: Int64[Tensor, "2 rows c"], e: Column) -> tuple[Column, Column]:
    """The rows combined with coefficients e, and with their conjugates."""
    four, u1, u2 = (_empty(n, matrix.shape[2]) for n in (4, 2, 2))
    coding.combine(np.ascontiguousarray(matrix.numpy()), np.ascontiguousarray(e.numpy()), four)
    coding.fold_pairs(four, u1, u2)
    return torch.from_numpy(u1), torch.from_numpy(u2)


def hash_columns(codewords: Int64[Tensor, "2 rows n"]) -> bytes:
    """The digests of all columns, joined."""
    out = np.empty(8 * codewords.shape[2], np.uint32)
    hashing.hash_columns(np.ascontiguousarray(codewords.numpy()), out)
    return out.tobytes()


def hash_pairs(level: bytes) -> bytes:
    """The digests of neighbouring digests."""
    words = np.frombuffer(level, np.uint32).copy()
    out = np.empty(len(words) // 2, np.uint32)
    hashing.hash_pairs(words, out)
    return out.tobytes()


def divide(
    accumulators: Int32[Tensor, "neurons batch"],
    shift: int,
    limb_bits: int,
    columns: Int64[Tensor, "committed neurons batch"],
    quotients: Int64[Tensor, "neurons batch"],
) -> None:
    """Writes a layer's activations and limbs, and its quotients."""
    acc = np.ascontiguousarray(accumulators.numpy())
    y, *limbs = (column.numpy() for column in columns)
    integers.divide(acc, shift, y, quotients.numpy())
    for number, limb in enumerate(limbs):
        integers.cut(acc, shift, number * limb_bits, limb_bits, limb)


def count(
    columns: Int64[Tensor, "committed stack batch"],
    quotients: Int64[Tensor, "stack batch"],
    n_range: int,
    q_min: int,
    q_end: int,
) -> Int64[Tensor, " table"]:
    """How often each table row is hit."""
    hits = np.zeros(n_range + q_end - q_min, np.int64)
    rows = columns.numpy().reshape(len(columns), -1)
    q = quotients.numpy().reshape(-1)
    integers.count(rows[1:].reshape(-1), rows[0], q, q_min, hits[:n_range], hits[n_range:])
    return torch.from_numpy(hits)


def write_lookups(
    columns: Int64[Tensor, "committed stack batch"],
    quotients: Int64[Tensor, "stack batch"],
    n_leaves: int,
    alpha: Fp2,
    beta: Fp2,
) -> Column:
    """The denominators alpha - value of all lookups."""
    out, rows = _empty(2, n_leaves), columns.numpy().reshape(len(columns), -1)
    q = quotients.numpy().reshape(-1)
    limbs = rows[1:].reshape(-1)
    integers.write_lookups(limbs, rows[0], q, _words(alpha), _words(beta), out)
    return torch.from_numpy(out)


def _numbers(point: Sequence[Fp2]) -> Int64[np.ndarray, " n"]:
    return np.array([number for r in point for number in (r.re, r.im)], np.int64)


def _empty(*shape: int) -> np.ndarray:
    """Room for results: numpy asks for large pages, unlike torch."""
    return np.empty(shape, np.int64)


def _words(value: Fp2) -> Words:
    return np.uint64(value.re), np.uint64(value.im)


def _desk(state: State) -> talking.Desk:
    desk = np.zeros(talking.DESK_WORDS, np.uint32)
    desk[: talking.SQUEEZED] = np.frombuffer(state.digest, ">u4")
    desk[talking.SQUEEZED] = state.squeezed
    return desk


def _state(desk: talking.Desk) -> State:
    digest = desk[: talking.SQUEEZED].astype(">u4").tobytes()
    return State(digest, int(desk[talking.SQUEEZED]))
