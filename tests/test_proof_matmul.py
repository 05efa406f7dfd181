"""Thaler's matrix product: honest proofs of every shape, tampering, and a forged product."""

from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import ZZ
from sympy.polys.matrices import DomainMatrix

from aicrypto.algebra import BadLength, Fp2, P, m61x2, multilinear
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import matmul

# The example in Remainder's documentation (worldcoin/remainder-documentation).
A = torch.tensor([[0, 1, 2], [1, 2, 3], [2, 3, 4]])
B = torch.tensor([[3, 4], [4, 5], [5, 6]])
C = torch.tensor([[14, 17], [26, 32], [38, 47]])
sizes = st.integers(1, 9)


def random_product(m, k, n, seed=0):
    generator = torch.Generator().manual_seed(seed)
    a = torch.randint(-128, 128, (m, k), generator=generator)
    b = torch.randint(-128, 128, (k, n), generator=generator)
    return a, b, a @ b


@settings(max_examples=20, deadline=None)
@given(sizes, sizes, sizes, st.integers(0, 2**32))
def test_true_products_of_any_shape_are_accepted(m, k, n, seed):
    a, b, c = random_product(m, k, n, seed)
    proof = matmul.prove(a, b, c).to_bytes()
    assert len(proof) == 32 * (multilinear.n_variables(k) + 1)
    assert matmul.verify(a, b, c, proof)
    assert matmul.verify(a.to(torch.int8), b.to(torch.int8), c.to(torch.int32), proof)


def test_remainder_example_is_accepted_and_every_changed_entry_refused():
    proof = matmul.prove(A, B, C).to_bytes()
    assert matmul.verify(A, B, C, proof)
    for changed in range(3):
        for place in range((A, B, C)[changed].numel()):
            statement = [A.clone(), B.clone(), C.clone()]
            statement[changed].view(-1)[place] += 1
            assert not matmul.verify(*statement, proof)
            assert not matmul.verify(*statement, matmul.prove(*statement).to_bytes())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    matrices = random_product(30, 40, 50)
    on_cuda = [matrix.cuda() for matrix in matrices]
    assert matmul.prove(*on_cuda) == matmul.prove(*matrices)
    assert matmul.verify(*on_cuda, matmul.prove(*matrices).to_bytes())


def test_proof_of_another_statement_is_refused():
    a, b, c = random_product(4, 8, 2)
    proof = matmul.prove(a, b, c).to_bytes()
    others = [
        (a.flip(0), b, c.flip(0)),
        (b.T, a.T, c.T),
        (2 * a, b, 2 * c),
        (a[:2], b, c[:2]),
        (a[:, :4], b[:4], a[:, :4] @ b[:4]),
    ]
    for other in others:
        assert matmul.verify(*other, matmul.prove(*other).to_bytes())
        assert not matmul.verify(*other, proof)


def tampered(proof):
    """Encodings of the proof with each part changed, removed, duplicated and reordered."""
    data = proof.to_bytes()
    words = [data[i : i + 16] for i in range(0, len(data), 16)]
    for i, word in enumerate(words):
        changed = (Fp2.from_bytes(word) + 1).to_bytes()
        unreduced = (int.from_bytes(word[:8], "little") + P).to_bytes(8, "little") + word[8:]
        for new in ([changed], [unreduced], [], [word, word]):
            yield b"".join([*words[:i], *new, *words[i + 1 :]])
    for i in range(len(words) - 1):
        yield b"".join([*words[:i], words[i + 1], words[i], *words[i + 2 :]])
    for i in range(0, len(words), 2):
        yield b"".join(words[:i] + words[i + 2 :])
        yield b"".join(words[: i + 2] + words[i:])
    yield from (b"", data[:-1], data + b"\0")


def test_every_tampered_part_and_bit_flip_is_refused():
    a, b, c = random_product(3, 8, 5)
    proof = matmul.prove(a, b, c)
    assert not any(matmul.verify(a, b, c, bad) for bad in tampered(proof))
    data, random = proof.to_bytes(), Random(1)
    for _ in range(500):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not matmul.verify(a, b, c, bytes(flipped))


@pytest.mark.parametrize(
    ("a", "b", "c"),
    [
        (A, B[:2], C),
        (A, B, C.T),
        (A, B, C[:2]),
        (A[:0], B, C[:0]),
        (A[0], B, C[0]),
    ],
)
def test_shapes_that_do_not_fit_are_refused(a, b, c):
    assert not matmul.verify(a, b, c, matmul.prove(A, B, C).to_bytes())
    with pytest.raises(ValueError, match=r"shapes|unpack"):
        matmul.prove(a, b, c)


def test_points_that_do_not_fit_are_refused():
    with pytest.raises(BadLength):
        matmul.prove_entry(A, B, [Fp2(1)], [Fp2(1)], Transcript("test"))


def test_a_product_that_is_right_only_modulo_p_is_refused():
    root = 2**31  # its square is 2^62 = 2 modulo p
    a, b, wrapped = torch.tensor([[root]]), torch.tensor([[root]]), torch.tensor([[2]])
    proof = matmul.prove(a, b, wrapped)
    statement = matmul._random_entry(a, b, wrapped)
    left = matmul.verify_entry(Fp2(2), 1, proof, statement[2])
    assert left is not None, "modulo p the proof is sound"
    assert not matmul.verify(a, b, wrapped, proof.to_bytes())


def test_an_entry_is_proven_without_the_whole_product():
    a, b, c = random_product(4, 8, 4)
    points = [Fp2(3, 4), Fp2(5)], [Fp2(6), Fp2(7, 8)]
    claim = multilinear.evaluate_matrix(c, *points)
    proof, left = matmul.prove_entry(a, b, *points, Transcript("test"))
    assert matmul.verify_entry(claim, 8, proof, Transcript("test")) == left
    assert multilinear.evaluate_matrix(a, points[0], left.point) == left.f_value
    assert multilinear.evaluate_matrix(b, left.point, points[1]) == left.g_value
    assert matmul.verify_entry(claim + 1, 8, proof, Transcript("test")) is None


@pytest.mark.parametrize("honest_factor", ["f_value", "g_value"])
def test_attack_values_that_nobody_compares_with_the_matrices(honest_factor):
    """Rounds alone prove nothing: one of the two last values can always be made to fit."""
    a, b, c = random_product(2, 4, 2)
    false = c + 1
    row_point, column_point, transcript = matmul._random_entry(a, b, false)
    claim = multilinear.evaluate_matrix(false, row_point, column_point)
    proof = matmul.prove(a, b, false)
    last_claim = claim
    for message in proof.rounds:
        transcript.absorb(matmul.ROUND_TAG, message.to_bytes())
        last_claim = message.next_claim(last_claim, transcript.challenge())
    fitted = {"f_value": "g_value", "g_value": "f_value"}[honest_factor]
    forged = replace(proof, **{fitted: last_claim / getattr(proof, honest_factor)})

    *_, transcript = matmul._random_entry(a, b, false)
    assert matmul.verify_entry(claim, 4, forged, transcript) is not None
    assert not matmul.verify(a, b, false, forged.to_bytes())


def test_the_point_depends_on_every_matrix():
    a, b, c = random_product(4, 4, 4)
    statements = [(a, b, c), (a + 1, b, c), (a, b + 1, c), (a, b, c + 1), (b, a, c)]
    points = [tuple(matmul._random_entry(*statement)[0]) for statement in statements]
    assert len(set(points)) == len(statements)


class ForgetfulTranscript(Transcript):
    """The careless copy: the product is not absorbed."""

    def absorb(self, tag, data):
        if tag != matmul.PRODUCT_TAG:
            super().absorb(tag, data)


def small_relation(weights):
    """Small integers d, not all 0, with sum_j d_j·weights_j = 0 in F_p[i].

    Each weight is u·w0 + v·w1 with u, v in F_p, so (-u, -v, 0.., 1, ..0) is a relation; these and
    p·e0, p·e1 span all relations, and lattice reduction finds a short one, about p^(2/n) in size.
    """
    w0, w1, *others = weights
    n = len(weights)
    basis = [[P, 0] + [0] * (n - 2), [0, P] + [0] * (n - 2)]
    for j, w in enumerate(others):
        u = Fp2((w * w1.conj()).im) / (w0 * w1.conj()).im
        v = Fp2((w * w0.conj()).im) / (w1 * w0.conj()).im
        basis.append([(-u).re, (-v).re] + [int(i == j) for i in range(n - 2)])
    lattice = DomainMatrix([[ZZ(value) for value in row] for row in basis], (n, n), ZZ)
    return [int(value) for value in lattice.lll().to_list()[0]]


def test_attack_frozen_heart_false_product_under_the_same_proof(monkeypatch):
    """A verifier whose challenges ignore C accepts C + D for a small D chosen afterwards."""
    a, b, c = random_product(4, 4, 4)
    honest = matmul.prove(a, b, c).to_bytes()

    monkeypatch.setattr(matmul, "Transcript", ForgetfulTranscript)
    proof = matmul.prove(a, b, c).to_bytes()
    row_point, column_point, _ = matmul._random_entry(a, b, c)
    weights = m61x2.to_scalars(multilinear.eq_table([*row_point, *column_point]))
    change = torch.tensor(small_relation(weights)).reshape(4, 4)
    assert 0 < change.abs().max() < 2**12, "the forged product looks like a product"
    assert matmul.verify(a, b, c + change, proof), "the careless verifier is fooled"
    monkeypatch.undo()

    assert matmul.verify(a, b, c, honest)
    assert not matmul.verify(a, b, c + change, proof)
    assert not matmul.verify(a, b, c + change, honest)
