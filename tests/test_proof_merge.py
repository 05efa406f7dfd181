"""Claim merging: true claims at any points, false ones, tampering, and errors that cancel."""

from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, m61x2, multilinear
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import merge
from aicrypto.proof.merge import Claim, MergeProof
from aicrypto.proof.sumcheck import Round

CLAIMS_TAG, ROUND_TAG = 1, 0x24
N_VARIABLES = 4


def vector(n_variables, seed):
    return m61x2.random((1 << n_variables,), torch.Generator().manual_seed(seed))


def true_claims(values, count, seed=0):
    transcript, k = Transcript(f"points {seed}"), multilinear.n_variables(values.shape[-1])
    points = [tuple(transcript.challenges(k)) for _ in range(count)]
    return [Claim(point, multilinear.evaluate(values, point)) for point in points]


def start(claims):
    transcript = Transcript("test")
    for claim in claims:
        elements = (*claim.point, claim.value)
        transcript.absorb(CLAIMS_TAG, b"".join(element.to_bytes() for element in elements))
    return transcript


def prove(values, claims):
    points = [claim.point for claim in claims]
    proof, _ = merge.prove(values, points, start(claims), ROUND_TAG)
    return proof


def accepts(values, claims, proof, transcript=None):
    """The whole verifier: the rounds, then the vector at the new point."""
    left = merge.verify(claims, proof, transcript or start(claims), ROUND_TAG)
    return left is not None and multilinear.evaluate(values, left.point) == left.value


def accepts_bytes(values, claims, data):
    try:
        proof = MergeProof.from_bytes(data)
    except ValueError:
        return False
    return accepts(values, claims, proof)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5), st.integers(1, 5), st.integers(0, 2**32))
def test_true_claims_are_accepted_and_survive_bytes(n_variables, count, seed):
    values = vector(n_variables, seed)
    claims = true_claims(values, count, seed)
    proof = prove(values, claims)
    assert accepts(values, claims, proof)
    assert MergeProof.from_bytes(proof.to_bytes()) == proof
    assert len(proof.to_bytes()) == 32 * n_variables + 16


def test_prover_and_verifier_are_left_with_the_same_claim_and_transcript():
    values = vector(N_VARIABLES, 1)
    claims = true_claims(values, 3)
    prover, verifier = start(claims), start(claims)
    proof, left = merge.prove(values, [c.point for c in claims], prover, ROUND_TAG)
    assert merge.verify(claims, proof, verifier, ROUND_TAG) == left
    assert prover.state == verifier.state


def test_the_sum_that_is_proven_is_the_joined_claims():
    """The first round is h(0) + h(1) = c_1 + delta·c_2 + delta²·c_3, computed entry by entry."""
    values = vector(N_VARIABLES, 2)
    claims = true_claims(values, 3)
    proof, delta = prove(values, claims), start(claims).challenge()
    entries = m61x2.to_scalars(values)
    h0 = Fp2(0)
    for x in range(8):
        bits = [Fp2(x >> (3 - j) & 1) for j in range(4)]
        weight = [multilinear.eq(claim.point, bits) for claim in claims]
        h0 += entries[x] * (weight[0] + delta * weight[1] + delta * delta * weight[2])
    assert proof.rounds[0].at_zero == h0


def test_points_with_bits_in_front_speak_of_one_block():
    values = vector(N_VARIABLES, 3)
    inner = tuple(Transcript("inner").challenges(2))
    claims = []
    for block in range(4):
        value = multilinear.evaluate(values[:, 4 * block : 4 * block + 4], inner)
        claims.append(Claim((Fp2(block >> 1), Fp2(block & 1), *inner), value))
    assert accepts(values, claims, prove(values, claims))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    values = vector(10, 4)
    claims = true_claims(values, 3)
    assert prove(values.cuda(), claims) == prove(values, claims)


def test_false_claims_are_refused():
    values = vector(N_VARIABLES, 5)
    claims = true_claims(values, 3)
    for j in range(3):
        false = [*claims]
        false[j] = replace(claims[j], value=claims[j].value + 1)
        assert not accepts(values, false, prove(values, false))
        assert not accepts(values, false, prove(values, claims))


def test_other_lists_of_claims_are_refused():
    values = vector(N_VARIABLES, 6)
    claims = true_claims(values, 3)
    proof = prove(values, claims)
    short = Claim(claims[0].point[1:], claims[0].value)
    swapped = [Claim(claims[0].point, claims[1].value), Claim(claims[1].point, claims[0].value)]
    others = ([], claims[:2], [*claims, claims[0]], claims[::-1], [short], [*claims, short])
    for other in (*others, [*swapped, claims[2]]):
        assert not accepts(values, other, proof)
    assert not accepts(values, claims, proof, Transcript("another"))


def test_no_claim_implies_no_claim():
    """The empty sum is 0, and 0 = value·0 for any value."""
    forged = MergeProof((Round(Fp2(0), Fp2(0)),) * N_VARIABLES, Fp2(7))
    assert merge.verify([], forged, start([]), ROUND_TAG) is None


def tampered(proof):
    """The proof with each part changed, removed, duplicated and reordered, by name."""
    rounds = proof.rounds
    for i, message in enumerate(rounds):
        for name, bad in (
            ("at_zero changed", replace(message, at_zero=message.at_zero + 1)),
            ("leading changed", replace(message, leading=message.leading + 1)),
            ("swapped inside", Round(message.leading, message.at_zero)),
        ):
            changed = (*rounds[:i], bad, *rounds[i + 1 :])
            yield f"round {i} {name}", replace(proof, rounds=changed)
        yield f"round {i} removed", replace(proof, rounds=rounds[:i] + rounds[i + 1 :])
        yield f"round {i} twice", replace(proof, rounds=rounds[: i + 1] + rounds[i:])
    for i in range(len(rounds) - 1):
        exchanged = (*rounds[:i], rounds[i + 1], rounds[i], *rounds[i + 2 :])
        yield f"rounds {i}, {i + 1} exchanged", replace(proof, rounds=exchanged)
    yield "value changed", replace(proof, value=proof.value + 1)
    yield "value zero", replace(proof, value=Fp2(0))


def test_every_tampered_part_is_refused():
    values = vector(N_VARIABLES, 7)
    claims = true_claims(values, 3)
    proof = prove(values, claims)
    assert [name for name, bad in tampered(proof) if accepts(values, claims, bad)] == []


def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising():
    values = vector(N_VARIABLES, 8)
    claims, random = true_claims(values, 3), Random(9)
    data = prove(values, claims).to_bytes()
    assert accepts_bytes(values, claims, data)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not accepts_bytes(values, claims, bytes(flipped))
    for wrong in (b"", data[:-1], data[:-16], data[:-32], data[32:], data + bytes(32)):
        assert not accepts_bytes(values, claims, wrong)


def test_points_that_do_not_fit_are_refused():
    values, point = vector(2, 10), tuple(Transcript("point").challenges(2))
    for points in ([], [point[:1]], [point, (*point, Fp2(1))]):
        with pytest.raises(BadLength, match="coordinates"):
            merge.prove(values, points, Transcript("test"), ROUND_TAG)


def test_attack_claims_chosen_after_delta():
    """Where values are not absorbed, two errors a and b with a + delta·b = 0 cancel."""
    values = vector(N_VARIABLES, 11)
    claims = true_claims(values, 2)
    proof, _ = merge.prove(values, [c.point for c in claims], Transcript("test"), ROUND_TAG)
    delta = Transcript("test").challenge()
    false = [
        replace(claims[0], value=claims[0].value + delta),
        replace(claims[1], value=claims[1].value - 1),
    ]

    assert accepts(values, false, proof, Transcript("test"))
    assert not accepts(values, false, proof)
    assert not accepts(values, false, prove(values, false))


class PredictableTranscript(Transcript):
    """The careless copy: challenges do not depend on what was said, so earlier ones serve again."""

    def absorb(self, tag, data):
        pass


def test_attack_challenge_used_again():
    """Whoever knows a round's x sends a false quadratic that is right at x alone."""
    values = vector(N_VARIABLES, 12)
    (claim,) = true_claims(values, 1)
    honest, _ = merge.prove(values, [claim.point], PredictableTranscript("test"), ROUND_TAG)
    _, x = PredictableTranscript("test").challenges(2)
    false, first = replace(claim, value=claim.value + 1), honest.rounds[0]
    error = first.next_claim(claim.value, x) - first.next_claim(false.value, x)
    lie = replace(first, leading=first.leading + error / (x * (x - 1)))
    forged = replace(honest, rounds=(lie, *honest.rounds[1:]))

    assert accepts(values, [false], forged, PredictableTranscript("test"))
    assert not accepts(values, [false], forged)
