"""Steps in one compiled call say what the readable steps say, bit for bit, transcript included."""

import hashlib

import pytest
import torch

from aicrypto.algebra import Fp2, kernels, m61x2, multilinear
from aicrypto.algebra.fourier import reed_solomon_encode
from aicrypto.commit.tensor import columns, ligero
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup, merge, sumcheck

TAGS = logup.Tags(1, 2, 3)


def elements(*shape, seed=0):
    return m61x2.random(shape, torch.Generator().manual_seed(seed))


def both(monkeypatch, run):
    """The compiled answer and the readable one."""
    ours = run()
    with monkeypatch.context() as changed:
        changed.setenv(kernels.ENGINE_VARIABLE, "torch")
        return ours, run()


@pytest.mark.parametrize("log_leaves", [0, 1, 2, 3, 5, 10, 12])
@pytest.mark.parametrize("ones", [True, False])
def test_fraction_sums(monkeypatch, log_leaves, ones):
    q = elements(1 << log_leaves, seed=1)
    p = None if ones else elements(1 << log_leaves, seed=2)

    def run():
        transcript = Transcript("test")
        transcript.challenge()  # a state that has been squeezed
        return *logup.prove(p, q, transcript, TAGS), transcript.state, transcript.challenge()

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs


@pytest.mark.parametrize("n_rounds", [0, 1, 4, 11])
def test_product_sums(monkeypatch, n_rounds):
    f, g = elements(1 << n_rounds, seed=1), elements(1 << n_rounds, seed=2)

    def run():
        transcript = Transcript("test")
        return *sumcheck.prove(f, g, transcript, 7), transcript.state, transcript.challenge()

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs


def test_a_zero_denominator_is_named():
    q = elements(8, seed=1)
    q[:, 5] = 0
    with pytest.raises(logup.ZeroDenominator, match=r"q\[5\] is 0"):
        logup.prove(None, q, Transcript("test"), TAGS)


@pytest.mark.parametrize(("rows", "c", "n"), [(1, 1, 2), (3, 4, 16), (6, 256, 1024), (2, 8, 64)])
def test_codewords_columns_and_folds(monkeypatch, rows, c, n):
    matrix, e = elements(rows, c, seed=3), elements(rows, seed=4)
    shape = ligero.Shape(rows, c, n // c)

    def run():
        codewords = reed_solomon_encode(matrix, n)
        levels = columns.tree(columns.leaves(codewords))
        folds = ligero.fold(ligero.Committed(shape, matrix, codewords, levels), e)
        return codewords.tolist(), levels, folds.to_bytes()

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs
    column = matrix.new_tensor(ours[0])[:, :, n - 1].numpy().astype("<i8").tobytes()
    assert ours[1][0][-32:] == hashlib.sha256(b"\0" + column).digest()


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32, torch.int64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (64, 7), (3, 130)])
def test_small_integers_times_elements(monkeypatch, dtype, shape):
    generator = torch.Generator().manual_seed(5)
    weights = torch.randint(-128, 128, shape, generator=generator).to(dtype)
    weights[0, 0] = -128
    a = torch.full((2, shape[1]), m61x2.P - 1)
    ours, theirs = both(monkeypatch, lambda: m61x2.int_matmul(weights, a))
    assert torch.equal(ours, theirs)


def test_equality_and_evaluation(monkeypatch):
    point = [Fp2(3, 4), Fp2(0), Fp2(m61x2.P - 1, m61x2.P - 1)]
    table = elements(8, seed=6)
    ours, theirs = both(
        monkeypatch,
        lambda: (multilinear.eq_table(point).tolist(), multilinear.evaluate(table, point)),
    )
    assert ours == theirs


@pytest.mark.parametrize("log_leaves", [0, 1, 2, 6])
@pytest.mark.parametrize("ones", [True, False])
@pytest.mark.parametrize("changed", [None, 0, 1, -1])
def test_fraction_sums_are_followed_alike(monkeypatch, log_leaves, ones, changed):
    q = elements(1 << log_leaves, seed=1)
    p = None if ones else elements(1 << log_leaves, seed=2)
    proof, left = logup.prove(p, q, Transcript("test"), TAGS)
    said = list(proof.elements())
    if changed is not None:
        said[changed] += 1
    heard = logup.FractionSumProof.of(iter(said), log_leaves, ones)

    def run():
        return logup.verify(log_leaves, ones, heard, Transcript("test"), TAGS)

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs
    assert changed is not None or ours == left


@pytest.mark.parametrize("n_rounds", [0, 1, 5])
def test_product_sums_are_followed_alike(monkeypatch, n_rounds):
    f, g = elements(1 << n_rounds, seed=1), elements(1 << n_rounds, seed=2)
    rounds = sumcheck.prove(f, g, Transcript("test"), 7)[0].rounds

    def run():
        transcript = Transcript("test")
        return *sumcheck.follow(Fp2(3, 5), rounds, transcript, 7), transcript.challenge()

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs


@pytest.mark.parametrize("n_variables", [0, 1, 5])
def test_claims_are_merged_alike(monkeypatch, n_variables):
    values = elements(1 << n_variables, seed=1)
    points = [tuple(m61x2.to_scalars(elements(n_variables, seed=seed))) for seed in (2, 3)]
    points.append(tuple(Fp2(bit % 2) for bit in range(n_variables)))
    claims = [merge.Claim(point, multilinear.evaluate(values, point)) for point in points]

    def run():
        proof, left = merge.prove(values, points, Transcript("test"), 7)
        return proof, left, merge.verify(claims, proof, Transcript("test"), 7)

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs
    assert ours[1] == ours[2]
