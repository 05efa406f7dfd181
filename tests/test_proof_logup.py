"""Fraction sums: equal to a plain-Python twin, tampered with everywhere, and attacked."""

from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, m61x2, multilinear
from aicrypto.algebra.multilinear import eq
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import logup
from aicrypto.proof.logup import Fraction, FractionSumProof, Layer, Round, Tags, ZeroDenominator

LEAVES_TAG = 1
TAGS = Tags(0x10, 0x11, 0x12)
LOG_LEAVES = 3


def leaves(log_leaves, seed, ones=False):
    generator = torch.Generator().manual_seed(seed)
    p, q = m61x2.random((2, 1 << log_leaves), generator).unbind(1)
    return (None if ones else p), q


def start(p, q):
    transcript = Transcript("test")
    transcript.absorb(LEAVES_TAG, (b"" if p is None else m61x2.to_bytes(p)) + m61x2.to_bytes(q))
    return transcript


def prove(p, q):
    proof, _ = logup.prove(p, q, start(p, q), TAGS)
    return proof


def accepts(p, q, proof, total=None, transcript=None):
    """The whole verifier: the layers, then both columns of leaves at the point."""
    log_leaves = multilinear.n_variables(q.shape[-1])
    left = logup.verify(log_leaves, p is None, proof, transcript or start(p, q), TAGS)
    if left is None or not proof.total.same_value(total or naive_sum(p, q)):
        return False
    return left.leaf == leaf_at(p, q, left.point)


def leaf_at(p, q, point):
    numerator = Fp2(1) if p is None else multilinear.evaluate(p, point)
    return Fraction(numerator, multilinear.evaluate(q, point))


def accepts_bytes(p, q, data):
    try:
        log_leaves = multilinear.n_variables(q.shape[-1])
        proof = FractionSumProof.from_bytes(data, log_leaves, p is None)
    except ValueError:
        return False
    return accepts(p, q, proof)


def scalars(p, q):
    q = m61x2.to_scalars(q)
    return ([Fp2(1)] * len(q) if p is None else m61x2.to_scalars(p)), q


def naive_sum(p, q):
    """The sum by division."""
    quotients = [above / below for above, below in zip(*scalars(p, q), strict=True)]
    return Fraction(sum(quotients, Fp2(0)), Fp2(1))


# The twin: plain Python, straight from the protocol's text. It works on lists, computes every round
# polynomial at 0, 1 and 2, and proves what it is told to, also with denominators that are 0.


def bits(x, k):
    return [Fp2(x >> (k - 1 - j) & 1) for j in range(k)]


def bind(table, x):
    half = len(table) // 2
    return [a + x * (b - a) for a, b in zip(table[:half], table[half:], strict=True)]


def naive_round(tables, weight, rest):
    """The three numbers g(0), g(1) and the leading coefficient."""

    def g(x):
        p0, q0, p1, q1 = (bind(table, x) for table in tables)
        h = [a * d + c * b + weight * b * d for a, b, c, d in zip(p0, q0, p1, q1, strict=True)]
        return sum((eq(rest, bits(i, len(rest))) * value for i, value in enumerate(h)), Fp2(0))

    g0, g1, g2 = g(Fp2(0)), g(Fp2(1)), g(Fp2(2))
    return g0, g1, (g2 - 2 * g1 + g0) / 2


def say(transcript, tag, elements):
    transcript.absorb(tag, b"".join(element.to_bytes() for element in elements))
    return list(elements)


def naive_levels(p, q):
    """Numerators and denominators of all layers, the root's first."""
    levels = [(p, q)]
    while len(q) > 1:
        half = len(q) // 2
        p = [p[i] * q[i + half] + p[i + half] * q[i] for i in range(half)]
        q = [q[i] * q[i + half] for i in range(half)]
        levels.insert(0, (p, q))
    return levels


def naive_prove(p, q, ones, transcript):
    """All elements of the proof, the point, and the two claims."""
    ((root_p, root_q), *levels) = naive_levels(p, q)
    claims, point = (root_p[0], root_q[0]), []
    said = say(transcript, TAGS.root, claims)
    for k, (p, q) in enumerate(levels):
        weight, half = transcript.challenge(), len(q) // 2
        tables, challenges = [p[:half], q[:half], p[half:], q[half:]], []
        for j in range(k):
            g0, g1, leading = naive_round(tables, weight, point[j + 1 :])
            said += say(transcript, TAGS.round, (g1 - g0, leading))
            challenges.append(transcript.challenge())
            tables = [bind(table, challenges[-1]) for table in tables]
        p0, q0, p1, q1 = (table[0] for table in tables)
        last = ones and k == len(levels) - 1
        said += say(transcript, TAGS.children, (q0, q1) if last else (p0, q0, p1, q1))
        tau = transcript.challenge()
        claims = (p0 + tau * (p1 - p0), q0 + tau * (q1 - q0))
        point = [tau, *challenges]
    return said, tuple(point), Fraction(*claims)


def naive_verify(log_leaves, ones, elements, transcript, careless=()):
    """Point and claims, or None; `careless` names checks left out."""
    elements = list(elements)

    def take(n):
        return [elements.pop(0) for _ in range(n)]

    claims = say(transcript, TAGS.root, take(2))
    if claims[1] == Fp2(0) and "zero" not in careless:
        return None
    point = []
    for k in range(log_leaves):
        weight, challenges = transcript.challenge(), []
        claim = claims[0] + weight * claims[1]
        for r in point:
            step, leading = say(transcript, TAGS.round, take(2))
            g0 = claim - r * step
            challenges.append(x := transcript.challenge())
            claim = g0 + x * (step - leading + leading * x)
        last = ones and k == log_leaves - 1
        sent = say(transcript, TAGS.children, take(2 if last else 4))
        p0, q0, p1, q1 = (Fp2(1), sent[0], Fp2(1), sent[1]) if last else sent
        if claim != p0 * q1 + p1 * q0 + weight * q0 * q1 and "layer" not in careless:
            return None
        tau = transcript.challenge()
        claims = [p0 + tau * (p1 - p0), q0 + tau * (q1 - q0)]
        point = [tau, *challenges]
    return tuple(point), Fraction(*claims)


def to_elements(proof):
    data = proof.to_bytes()
    return [Fp2.from_bytes(data[i : i + 16]) for i in range(0, len(data), 16)]


def from_elements(elements, log_leaves, ones):
    data = b"".join(element.to_bytes() for element in elements)
    return FractionSumProof.from_bytes(data, log_leaves, ones)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5), st.booleans(), st.integers(0, 2**32))
def test_honest_proofs_are_accepted_and_equal_the_twin(log_leaves, ones, seed):
    p, q = leaves(log_leaves, seed, ones)
    proof, left = logup.prove(p, q, start(p, q), TAGS)
    assert accepts(p, q, proof)
    data = proof.to_bytes()
    assert len(data) == 16 * logup.n_elements(log_leaves, ones)
    assert FractionSumProof.from_bytes(data, log_leaves, ones) == proof
    assert naive_prove(*scalars(p, q), ones, start(p, q)) == (
        to_elements(proof),
        left.point,
        left.leaf,
    )


@pytest.mark.parametrize("ones", [False, True])
def test_prover_verifier_and_twin_are_left_with_the_same(ones):
    p, q = leaves(LOG_LEAVES, 1, ones)
    prover, verifier, twin = start(p, q), start(p, q), start(p, q)
    proof, left = logup.prove(p, q, prover, TAGS)
    assert logup.verify(LOG_LEAVES, ones, proof, verifier, TAGS) == left
    assert naive_verify(LOG_LEAVES, ones, to_elements(proof), twin) == (left.point, left.leaf)
    assert prover.state == verifier.state == twin.state
    assert left.leaf == leaf_at(p, q, left.point)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    p, q = leaves(9, 2)
    on_cuda, _ = logup.prove(p.cuda(), q.cuda(), start(p, q), TAGS)
    assert on_cuda == prove(p, q)


def test_the_number_of_elements_is_the_protocols_formula():
    for v in range(12):
        general = 2 + sum(2 * k + 4 for k in range(v))
        assert logup.n_elements(v, ones=False) == general == v * v + 3 * v + 2
        assert logup.n_elements(v, ones=True) == general - (2 if v else 0)
    with pytest.raises(ValueError, match="-1"):
        logup.n_elements(-1, ones=False)


def test_a_round_is_the_quadratic_through_its_numbers():
    g = [Fp2(7), Fp2(5), Fp2(3)]  # 7 + 5X + 3X²
    r, message = Fp2(4, 9), Round(step=Fp2(8), leading=Fp2(3))
    claim = (1 - r) * g[0] + r * (g[0] + 8)
    for x in (Fp2(0), Fp2(1), Fp2(10), Fp2(5, 5)):
        assert message.next_claim(claim, r, x) == g[0] + g[1] * x + g[2] * x * x


def replaced(items, i, *new):
    return (*items[:i], *new, *items[i + 1 :])


def edited(items):
    """The tuple with parts removed, duplicated and exchanged."""
    for i, item in enumerate(items):
        yield f"{i} removed", replaced(items, i)
        yield f"{i} twice", replaced(items, i, item, item)
    for i in range(len(items) - 1):
        yield f"{i} and {i + 1} exchanged", (*items[:i], items[i + 1], items[i], *items[i + 2 :])


def tampered_layer(layer):
    for i, message in enumerate(layer.rounds):
        for name, bad in (
            ("step changed", replace(message, step=message.step + 1)),
            ("leading changed", replace(message, leading=message.leading + 1)),
            ("swapped inside", Round(message.leading, message.step)),
        ):
            yield f"round {i} {name}", replace(layer, rounds=replaced(layer.rounds, i, bad))
    for name, rounds in edited(layer.rounds):
        yield f"round {name}", replace(layer, rounds=rounds)
    for i, value in enumerate(layer.children):
        yield (
            f"child {i} changed",
            replace(layer, children=replaced(layer.children, i, value + 1)),
        )
    for name, children in edited(layer.children):
        yield f"child {name}", replace(layer, children=children)


def tampered(proof):
    """The proof with each part changed, removed, duplicated and reordered, by name."""
    total, layers = proof.total, proof.layers
    for factor in (2, Fp2(0, 1)):
        scaled = Fraction(factor * total.numerator, factor * total.denominator)
        yield f"same sum, other total {factor}", replace(proof, total=scaled)
    yield "total upside down", replace(proof, total=Fraction(total.denominator, total.numerator))
    yield "numerator", replace(proof, total=replace(total, numerator=total.numerator + 1))
    yield "denominator", replace(proof, total=replace(total, denominator=total.denominator + 1))
    for k, layer in enumerate(layers):
        for name, bad in tampered_layer(layer):
            yield f"layer {k}, {name}", replace(proof, layers=replaced(layers, k, bad))
    for name, bad_layers in edited(layers):
        yield f"layer {name}", replace(proof, layers=bad_layers)


@pytest.mark.parametrize("ones", [False, True])
def test_every_tampered_part_is_refused(ones):
    p, q = leaves(LOG_LEAVES, 3, ones)
    proof = prove(p, q)
    assert accepts(p, q, proof)
    versions = list(tampered(proof))
    assert len(versions) > 60
    # Unequal already to the eye: no version is the proof itself.
    assert [name for name, bad in versions if bad == proof] == []
    assert [name for name, bad in versions if accepts(p, q, bad, proof.total)] == []


@pytest.mark.parametrize("ones", [False, True])
def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising(ones):
    p, q = leaves(LOG_LEAVES, 4, ones)
    data, random = prove(p, q).to_bytes(), Random(5)
    assert accepts_bytes(p, q, data)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not accepts_bytes(p, q, bytes(flipped))
    for wrong in (b"", data[:-1], data[:-16], data[16:], data + bytes(1), data + bytes(16)):
        assert not accepts_bytes(p, q, wrong)


def test_a_proof_for_another_statement_is_refused():
    p, q = leaves(LOG_LEAVES, 6)
    proof = prove(p, q)
    other = q.clone()
    other[0, 5] += 1
    assert not accepts(p, other, proof)
    assert not accepts(other, q, proof)
    assert not accepts(None, q, proof)
    assert not accepts(p, q, proof, transcript=Transcript("another"))
    for tags in (Tags(9, 0x11, 0x12), Tags(0x10, 9, 0x12), Tags(0x10, 0x11, 9)):
        assert logup.verify(LOG_LEAVES, False, proof, start(p, q), tags) is None
    for log_leaves in (-1, 0, LOG_LEAVES - 1, LOG_LEAVES + 1):
        assert logup.verify(log_leaves, False, proof, start(p, q), TAGS) is None


def test_a_single_leaf_claimed_to_be_one_over_q_has_numerator_one():
    lie = FractionSumProof(Fraction(Fp2(2), Fp2(5)), ())
    assert logup.verify(0, False, lie, Transcript("test"), TAGS) is not None
    assert logup.verify(0, True, lie, Transcript("test"), TAGS) is None
    assert logup.verify(-1, False, lie, Transcript("test"), TAGS) is None


@pytest.mark.parametrize(("n_p", "n_q"), [(3, 3), (0, 0), (2, 4), (4, 2)])
def test_leaves_of_bad_number_are_refused(n_p, n_q):
    p, q = (m61x2.random((n,), torch.Generator().manual_seed(6)) for n in (n_p, n_q))
    with pytest.raises(BadLength):
        logup.prove(p, q, Transcript("test"), TAGS)


def test_zero_denominator_is_named():
    p, q = leaves(LOG_LEAVES, 7)
    q[:, 6] = 0
    with pytest.raises(ZeroDenominator, match=r"q\[6\]"):
        logup.prove(p, q, Transcript("test"), TAGS)


def test_attack_denominator_zero():
    """Two leaves 1/0 make P = Q = 0, and 0/0 passes for equal to any other sum."""
    p, q = leaves(LOG_LEAVES, 8, ones=True)
    q[:, 2] = q[:, 5] = 0
    elements, _, _ = naive_prove(*scalars(p, q), True, start(p, q))
    forged = from_elements(elements, LOG_LEAVES, ones=True)

    careless = naive_verify(LOG_LEAVES, True, elements, start(p, q), careless=("zero",))
    assert careless is not None
    point, leaf = careless
    assert leaf == leaf_at(p, q, point)
    assert forged.total.same_value(Fraction(Fp2(12345), Fp2(1)))
    assert logup.verify(LOG_LEAVES, True, forged, start(p, q), TAGS) is None


def test_attack_layer_not_added_up():
    """Where the children's values are not compared with the rounds, any total will do."""
    p, q = leaves(LOG_LEAVES, 9)
    honest = naive_sum(p, q)
    false_total = Fraction(honest.numerator + 1, Fp2(1))
    transcript = start(p, q)
    elements = say(transcript, TAGS.root, (false_total.numerator, false_total.denominator))
    point = []
    for k, (below_p, below_q) in enumerate(naive_levels(*scalars(p, q))[1:]):
        transcript.challenge()
        half, challenges = len(below_q) // 2, []
        for _ in range(k):
            elements += say(transcript, TAGS.round, (Fp2(0), Fp2(0)))
            challenges.append(transcript.challenge())
        columns = below_p[:half], below_q[:half], below_p[half:], below_q[half:]
        values = [multilinear.evaluate(m61x2.from_scalars(c), challenges) for c in columns]
        elements += say(transcript, TAGS.children, values)
        point = [transcript.challenge(), *challenges]

    careless = naive_verify(LOG_LEAVES, False, elements, start(p, q), careless=("layer",))
    assert careless == (tuple(point), leaf_at(p, q, point))
    forged = from_elements(elements, LOG_LEAVES, ones=False)
    assert logup.verify(LOG_LEAVES, False, forged, start(p, q), TAGS) is None


class PredictableTranscript(Transcript):
    """The careless copy: challenges do not depend on what was said, so earlier ones serve again."""

    def absorb(self, tag, data):
        pass


def test_attack_challenge_used_again():
    """Whoever knows lambda moves error from numerator to denominator: p + lambda·q stays."""
    p, q = leaves(LOG_LEAVES, 10)
    honest, _ = logup.prove(p, q, PredictableTranscript("test"), TAGS)
    weight = PredictableTranscript("test").challenge()
    total = Fraction(honest.total.numerator + weight, honest.total.denominator - 1)
    forged = replace(honest, total=total)

    assert not total.same_value(honest.total)
    assert accepts(p, q, forged, total, PredictableTranscript("test"))
    assert not accepts(p, q, forged, total)


def test_attack_number_of_layers_read_off_the_proof():
    """A proof about fewer leaves: a verifier who believes its length checks another statement."""
    p, q = leaves(LOG_LEAVES, 11)
    shorter = p[:, :4].contiguous(), q[:, :4].contiguous()
    proof, _ = logup.prove(*shorter, start(p, q), TAGS)

    assert logup.verify(len(proof.layers), False, proof, start(p, q), TAGS) is not None
    assert logup.verify(LOG_LEAVES, False, proof, start(p, q), TAGS) is None
    empty = replace(proof, layers=(*proof.layers, Layer((), ())))
    assert logup.verify(LOG_LEAVES, False, empty, start(p, q), TAGS) is None
