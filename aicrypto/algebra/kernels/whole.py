"""Whole steps on CPU tensors, each in one compiled call; those with a transcript: `protocols`.

There are no torch twins here: elsewhere the readable steps run, whoever calls these has them, and
they say the same. Tests compare both.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int, Int32, Int64
from torch import Tensor

from aicrypto.algebra.kernels.compiled import aligned
from aicrypto.algebra.kernels.talk import hashing
from aicrypto.algebra.kernels.words import coding, combining, integers, paths, points
from aicrypto.algebra.plain import Fp2, canonical

Column = Int64[Tensor, "2 n"]
Words = tuple[np.uint64, np.uint64]


def equality(point: Sequence[Fp2]) -> Column:
    """The table eq(point, ·)."""
    out = aligned(2, 1 << len(point))
    points.equality(_numbers(point), out)
    return torch.from_numpy(out)


def evaluate(values: Column, point: Sequence[Fp2]) -> Fp2:
    """The value of a table's polynomial at a point."""
    out = np.empty(2, np.int64)
    points.evaluate(np.ascontiguousarray(values.numpy()), _numbers(point), out)
    return canonical(*out.tolist())


def equalities(places: Sequence[Sequence[Fp2]], delta: Fp2) -> Column:
    """The sum of delta^j·eq(places_j, ·)."""
    out = aligned(2, 1 << len(places[0]))
    points.equalities(_table(places), _numbers([delta]), out)
    return torch.from_numpy(out)


def meet(places: Sequence[Sequence[Fp2]], delta: Fp2, point: Sequence[Fp2]) -> Fp2:
    """The value of the polynomial of `equalities` at a point."""
    out = np.empty(2, np.int64)
    points.meet(_table(places), _numbers([delta]), _numbers(point), out)
    return canonical(*out.tolist())


def int_matmul(weights: Int[Tensor, "rows inner"], a: Column, largest: int) -> Column | None:
    """The product of small integers with a column of field elements; None where it is too large."""
    n_terms = max(2, weights.shape[1])  # a single integer must fit 32 bits with its sign
    if largest * n_terms >= integers.MAX_WEIGHT_SUM:
        return None
    out = aligned(2, weights.shape[0])
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
    out = aligned(2, coefficients.shape[1], n)
    coding.encode(np.ascontiguousarray(coefficients.numpy()), out, _words(omega))
    return torch.from_numpy(out)


def combine(matrix: Int64[Tensor, "2 rows c"], e: Column) -> tuple[Column, Column]:
    """The rows combined with coefficients e, and with their conjugates."""
    four, u1, u2 = (aligned(n, matrix.shape[2]) for n in (4, 2, 2))
    combining.combine(np.ascontiguousarray(matrix.numpy()), np.ascontiguousarray(e.numpy()), four)
    combining.fold_pairs(four, u1, u2)
    return torch.from_numpy(u1), torch.from_numpy(u2)


def combine_integers(
    matrix: Int32[Tensor, "rows pairs"], e: Column, largest: int
) -> tuple[Column, Column] | None:
    """`combine` for rows of pairs of small integers, real and imaginary parts in turn.

    None where they are too large or too many.
    """
    if largest * len(matrix) >= integers.MAX_WEIGHT_SUM:
        return None
    sums = aligned(2, matrix.shape[1])
    integers.fold_rows(matrix.numpy(), np.ascontiguousarray(e.numpy()), sums)
    four = sums.reshape(2, -1, 2).transpose(2, 0, 1).reshape(4, -1)
    u1, u2 = (aligned(2, four.shape[1]) for _ in range(2))
    combining.fold_pairs(four, u1, u2)
    return torch.from_numpy(u1), torch.from_numpy(u2)


def combine_elements(rows: Int64[Tensor, "2 rows c"], e: Column) -> Column:
    """The rows combined with coefficients e."""
    out = aligned(2, rows.shape[2])
    a, coefficients = map(np.ascontiguousarray, (rows.numpy(), e.numpy()))
    combining.combine_elements(a, coefficients, out)
    return torch.from_numpy(out)


def unfold_pairs(u1: Column, u2: Column) -> Column:
    """The combinations of real parts and of imaginary parts, in turn, that `combine` hides."""
    out = aligned(2, 2 * u1.shape[1])
    combining.unfold_pairs(*map(np.ascontiguousarray, (u1.numpy(), u2.numpy())), out)
    return torch.from_numpy(out)


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


def missing_siblings(known: Sequence[int], n_levels: int) -> list[Int64[np.ndarray, " k"]]:
    """For each level below the root, the places of the digests that a proof must bring."""
    places, counts = np.empty(len(known) * n_levels, np.int64), np.empty(n_levels, np.int64)
    paths.missing_siblings(np.array(known, np.int64), n_levels, places, counts)
    ends = counts.cumsum().tolist()
    return [places[start:end] for start, end in zip([0, *ends], ends, strict=False)]


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


def varints(numbers: Int64[np.ndarray, " n"]) -> bytes:
    """Numbers in 0..2^63-1 as LEB128, one after another."""
    out = np.empty(integers.MAX_VARINT_BYTES * len(numbers), np.uint8)
    n_bytes = integers.write_varints(np.ascontiguousarray(numbers), out)
    return out[:n_bytes].tobytes()


def write_lookups(
    columns: Int64[Tensor, "committed stack batch"],
    quotients: Int64[Tensor, "stack batch"],
    n_leaves: int,
    alpha: Fp2,
    beta: Fp2,
) -> Column:
    """The denominators alpha - value of all lookups."""
    out, rows = aligned(2, n_leaves), columns.numpy().reshape(len(columns), -1)
    q = quotients.numpy().reshape(-1)
    limbs = rows[1:].reshape(-1)
    integers.write_lookups(limbs, rows[0], q, _words(alpha), _words(beta), out)
    return torch.from_numpy(out)


def write_table(n_range: int, q_min: int, q_end: int, alpha: Fp2, beta: Fp2) -> Column:
    """The denominators alpha - value of a table: range values, then a pair for each quotient."""
    out, q = aligned(2, n_range + q_end - q_min), np.arange(q_min, q_end)
    ranges, y = np.arange(n_range), q.clip(0, integers.MAX_ACTIVATION)
    integers.write_lookups(ranges, y, q, _words(alpha), _words(beta), out)
    return torch.from_numpy(out)


def _numbers(point: Sequence[Fp2]) -> Int64[np.ndarray, " n"]:
    return np.array([number for r in point for number in (r.re, r.im)], np.int64)


def _table(places: Sequence[Sequence[Fp2]]) -> Int64[np.ndarray, "places n"]:
    return np.stack([_numbers(place) for place in places])


def _words(value: Fp2) -> Words:
    return np.uint64(value.re), np.uint64(value.im)
