"""The two engines compute the same bits, and what `Fp2` computes."""

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import Fp2, P, kernels, m61, m61x2
from aicrypto.algebra.kernels import compiled, reference
from aicrypto.commit.tensor import columns
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import merge, sumcheck
from aicrypto.zkml.circuit import varints

ROOT = Path(__file__).parents[1]
quick = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32)
EDGES = [0, 1, 2**30, 2**31 - 1, 2**31, P - 2**30, P - 2, P - 1]
LENGTHS = [0, 1, 2, 3, 5, 8, 17, 1000, 2**16]
BASE = ["add", "subtract", "multiply_base"]


def elements(shape, seed):
    return m61x2.random(shape, torch.Generator().manual_seed(seed))


def extreme(shape, seed):
    """Elements whose coordinates are all edges: where carries and reductions happen."""
    generator = torch.Generator().manual_seed(seed)
    return torch.tensor(EDGES)[torch.randint(len(EDGES), (2, *shape), generator=generator)]


def agree(name, *arguments):
    """The compiled engine's answer, after comparing it with the reference's."""
    ours, theirs = (getattr(engine, name)(*arguments) for engine in (compiled, reference))
    assert ours.dtype == theirs.dtype == torch.int64
    assert ours.is_contiguous()
    assert torch.equal(ours, theirs), name
    return ours


@pytest.mark.parametrize("make", [elements, extreme])
@pytest.mark.parametrize("n", LENGTHS)
def test_engines_agree_at_every_length(make, n):
    a, b = make((n,), n), make((n,), n + 1)
    for name in BASE:
        agree(name, a[0], b[1])
    for name in ("multiply", "add", "subtract", "dot"):
        agree(name, a, b)
    agree("scale", a, b[0])


def test_all_pairs_of_edges_multiply_as_scalars_do():
    every = list(itertools.product(EDGES, repeat=2))
    pairs = list(itertools.product((Fp2(*z) for z in every), repeat=2))
    a, b = (m61x2.from_scalars(side) for side in zip(*pairs, strict=True))
    assert m61x2.to_scalars(agree("multiply", a, b)) == [z * w for z, w in pairs]
    for name in BASE:
        agree(name, a, b)


def test_a_sum_of_the_largest_products_is_exact():
    n = 2**16 + 3
    top = torch.full((2, n), P - 1)  # (-1 - i)² = 2i
    assert m61x2.to_scalar(agree("dot", top, top)) == Fp2(0, 2 * n)


SHAPES = [
    ((), ()),
    ((5,), ()),
    ((), (5,)),
    ((5,), (1,)),
    ((3, 4), (4,)),
    ((3, 2), (2,)),
    ((4,), (3, 4)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((1, 1), (4,)),
    ((0,), (1,)),
    ((3, 0), (3, 1)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_engines_broadcast_alike(left, right):
    a, b = elements(left, 1), elements(right, 2)
    agree("multiply", a, b)
    agree("scale", a, b[0])
    for name in BASE:
        agree(name, a[0], b[0])
    if left and right:
        agree("dot", a, b)


def test_strided_and_narrow_inputs_are_read_right():
    grid = elements((6, 10), 3)
    for a in (
        grid[:, ::2, 1::3],
        grid.transpose(1, 2),
        grid[:, 2],
        grid.unbind(1)[4],
        grid[:, :, 5],
    ):
        b = elements(a.shape[1:], 4)
        agree("multiply", a, b)
        agree("multiply", b, a)
        agree("dot", a, b)
        agree("scale", a, b[1])
        agree("multiply_base", a, b)
        assert not any(torch.equal(a, out) for out in (agree("add", a, b),))
    small = torch.tensor([1, 2, 127], dtype=torch.int8)
    assert agree("multiply_base", torch.tensor([P - 1] * 3), small).tolist() == [
        P - 1,
        P - 2,
        P - 127,
    ]


def test_operands_are_left_alone():
    a, b = elements((2, 64), 5), elements((2, 64), 6)
    copies = a.clone(), b.clone()
    compiled.multiply(a, b)
    compiled.fft(a, m61x2.root_of_unity(6))
    compiled.fold(a[:, 0], Fp2(3, 4))
    assert torch.equal(a, copies[0])
    assert torch.equal(b, copies[1])


@quick
@given(st.integers(0, 9), st.sampled_from([elements, extreme]), seeds)
def test_a_round_of_sumcheck_agrees(log_half, make, seed):
    f, g = make((2 << log_half,), seed), make((2 << log_half,), seed + 1)
    r = Fp2(*extreme((), seed).tolist())
    folded = agree("fold", f, r)
    summary = compiled.round_polynomial(f, g)
    assert summary == reference.round_polynomial(f, g)
    at_zero, leading = summary
    at_one = m61x2.to_scalar(m61x2.dot(*(table[:, 1 << log_half :] for table in (f, g))))
    value = at_zero + r * (at_one - at_zero - leading + r * leading)
    assert m61x2.to_scalar(m61x2.dot(folded, compiled.fold(g, r))) == value


def direct_transform(coefficients, omega):
    n = len(coefficients)
    return [
        sum((a * omega ** (j * c % n) for c, a in enumerate(coefficients)), Fp2(0))
        for j in range(n)
    ]


@pytest.mark.parametrize("log_n", range(8))
def test_fft_is_the_sum_that_defines_it(log_n):
    omega = m61x2.root_of_unity(log_n)
    for a in (elements((1 << log_n,), log_n), extreme((1 << log_n,), log_n)):
        expected = direct_transform(m61x2.to_scalars(a), omega)
        assert m61x2.to_scalars(agree("fft", a, omega)) == expected


@pytest.mark.parametrize("log_n", [*range(8, 14), 16])
@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
def test_long_transforms_agree(log_n, batch):
    omega = m61x2.root_of_unity(log_n)
    agree("fft", elements((*batch, 1 << log_n), log_n), omega)
    # another root whose n/4-th power is i gives another order of the values
    agree("fft", extreme((*batch, 1 << log_n), log_n), omega**5)


def test_empty_batches_are_transformed():
    assert agree("fft", elements((0, 4), 1), m61x2.root_of_unity(2)).shape == (2, 0, 4)


@quick
@given(st.integers(0, 6), st.integers(0, 6), seeds)
def test_products_of_polynomials_are_products_of_values(log_a, log_b, seed):
    """The transform turns convolution into multiplication: no naive transform needed."""
    n = 2 << max(log_a, log_b)
    a, b = elements((1 << log_a,), seed), elements((1 << log_b,), seed + 1)
    omega = m61x2.root_of_unity(n.bit_length() - 1)
    pad = torch.nn.functional.pad
    x, y = (compiled.fft(pad(c, (0, n - c.shape[-1])), omega) for c in (a, b))
    product = [Fp2(0)] * n
    for (i, z), (j, w) in itertools.product(*(enumerate(m61x2.to_scalars(c)) for c in (a, b))):
        product[i + j] += z * w
    assert torch.equal(compiled.multiply(x, y), compiled.fft(m61x2.from_scalars(product), omega))


def test_squares_are_products():
    a = extreme((100,), 8)
    assert torch.equal(m61x2.square(a), m61x2.mul(a, a))
    assert torch.equal(m61.square(a), m61.mul(a, a))


def test_the_environment_chooses_the_engine(monkeypatch):
    a = elements((4,), 9)
    for name, engine in (("", compiled), ("compiled", compiled), ("torch", reference)):
        monkeypatch.setenv(kernels.ENGINE_VARIABLE, name)
        assert kernels.engine_for(a, a) is engine
    monkeypatch.setenv(kernels.ENGINE_VARIABLE, "cuda")
    with pytest.raises(ValueError, match="AICRYPTO_ENGINE is 'cuda', must be one of"):
        m61x2.mul(a, a)


def test_other_devices_get_the_torch_engine():
    meta = torch.empty(2, 4, dtype=torch.int64, device="meta")
    assert kernels.engine_for(meta) is reference
    assert kernels.engine_for(torch.empty(2, 4, dtype=torch.int64), meta) is reference


def proof_of_a_sum(device):
    f, g = (elements((1 << 10,), seed).to(device) for seed in (1, 2))
    proof, _ = sumcheck.prove(f, g, Transcript("test"), 1)
    return proof.to_bytes()


def test_proofs_of_both_engines_are_the_same_bytes(monkeypatch):
    ours = proof_of_a_sum("cpu")
    monkeypatch.setenv(kernels.ENGINE_VARIABLE, "torch")
    assert proof_of_a_sum("cpu") == ours


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_computes_the_same_bits():
    a, b = extreme((3, 1 << 10), 1), elements((3, 1 << 10), 2)
    for name in ("add", "subtract", "multiply", "dot"):
        ours, theirs = getattr(compiled, name)(a, b), getattr(reference, name)
        assert torch.equal(theirs(a.cuda(), b.cuda()).cpu(), ours), name
    omega = m61x2.root_of_unity(10)
    assert torch.equal(reference.fft(a.cuda(), omega).cpu(), compiled.fft(a, omega))
    assert proof_of_a_sum("cuda") == proof_of_a_sum("cpu")


def fresh(*arguments):
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_numba_is_imported_with_the_first_product_and_not_before():
    code = """
import sys
from aicrypto.algebra import fourier, m61x2, multilinear
from aicrypto.proof import merge, sumcheck
from aicrypto.zkml.circuit import varints
print("numba" in sys.modules)
one = m61x2.from_scalar(m61x2.Fp2(1))
m61x2.mul(one, one)
print("numba" in sys.modules)
"""
    assert fresh("-c", code).split() == ["False", "True"]


def test_warm_says_what_it_did_and_compiles_nothing_twice():
    fresh("-m", "aicrypto", "warm")
    said = fresh("-m", "aicrypto", "warm")
    assert "aicrypto.algebra.kernels.words.loops: " in said
    assert ", 0 compiled" in said
    assert said.rstrip().endswith(" s")


# Whole steps, beside the readable ones ---------------------------------------------------------


@quick
@given(st.integers(0, 7), st.data())
def test_missing_siblings_agree(n_levels, data):
    places = st.sets(st.integers(0, 2**n_levels - 1), min_size=1)
    known = sorted(data.draw(places))
    ours = kernels.whole_for().missing_siblings(known, n_levels)
    assert [level.tolist() for level in ours] == columns.missing_siblings(known, 2**n_levels)


@quick
@given(st.lists(st.integers(0, P - 1) | st.integers(0, 300)))
def test_varints_agree(numbers):
    written = kernels.whole_for().varints(np.array(numbers, np.int64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.ENGINE_VARIABLE, "torch")
        assert written == varints.encode(np.array(numbers, np.int64))


@quick
@given(seeds, st.integers(0, 3), st.integers(0, 7))
def test_joint_weights_of_points_that_begin_with_bits_agree(seed, n_bits, number):
    table = elements((3, 5), seed)
    points = [m61x2.to_scalars(table[:, row]) for row in range(3)]
    points[1][:n_bits] = [Fp2(number >> bit & 1) for bit in range(n_bits)]
    delta, values = points[2][0], torch.zeros(2, 32, dtype=torch.int64)
    ours = kernels.whole_for().equalities(points, delta)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(kernels.ENGINE_VARIABLE, "torch")
        assert torch.equal(ours, merge._joint_weights(points, delta, values))
