"""Tensor commitments: what committing to 2^21 integers, opening and verifying cost."""

import hashlib
from collections.abc import Iterator

import torch
from jaxtyping import Int64
from torch import Tensor

from aicrypto.algebra import P, m61x2, multilinear
from aicrypto.algebra.plain import COORDINATE_BYTES, ELEMENT_BYTES
from aicrypto.bench import Record, best_seconds, one_thread
from aicrypto.commit.hashes import DIGEST_BYTES
from aicrypto.commit.tensor import evaluation, ligero
from aicrypto.commit.transcript import Transcript

SHAPE = ligero.Shape(rows=128, columns=8192, inv_rate=4)
SEED = 1


def commitment() -> Iterator[Record]:
    """`tensor.commit_2e21.s`: encoding, hashing, tree; beside hashing the same bytes alone."""
    values = _values()
    with one_thread():
        seconds = best_seconds(lambda: ligero.commit(values, SHAPE), repeats=3)
    alone = best_seconds(_hash_alone, repeats=3)
    yield Record("tensor.commit_2e21.s", seconds, "s", "hashlib on the same bytes", alone)


def opening() -> Iterator[Record]:
    """`tensor.open_2e21.ms`, `tensor.verify_2e21.ms`, `tensor.proof_2e21.kB`, for 100 proven bits.

    The peers are what there is without a proof: to evaluate the vector, and to send it.
    """
    values, point = _values(), Transcript("bench").challenges(SHAPE.n_variables)
    with one_thread():
        committed = ligero.commit(values, SHAPE)
        value, proof = evaluation.prove(committed, point)
        data = proof.to_bytes()
        prove = best_seconds(lambda: evaluation.prove(committed, point))
        verify = best_seconds(lambda: evaluation.verify(committed.root, SHAPE, point, value, data))
        table = m61x2.from_base(values)
        evaluate = 1e3 * best_seconds(lambda: multilinear.evaluate(table, point))
    peer = "evaluating the vector"
    yield Record("tensor.open_2e21.ms", 1e3 * prove, "ms", peer, evaluate)
    yield Record("tensor.verify_2e21.ms", 1e3 * verify, "ms", peer, evaluate)
    sent = SHAPE.n_values * COORDINATE_BYTES
    yield Record("tensor.proof_2e21.kB", len(data) / 1e3, "kB", "the vector", sent / 1e3)


def _values() -> Int64[Tensor, " n"]:
    generator = torch.Generator().manual_seed(SEED)
    return torch.randint(P, (SHAPE.n_values,), dtype=torch.int64, generator=generator)


def _hash_alone() -> None:
    """One call of hashlib for each column and each node, on bytes that lie ready."""
    sha256, n = hashlib.sha256, SHAPE.n_places
    column, pair = bytes(1 + SHAPE.rows * ELEMENT_BYTES), bytes(1 + 2 * DIGEST_BYTES)
    for data, count in ((column, n), (pair, n - 1)):
        for _ in range(count):
            sha256(data).digest()
