"""The product sumcheck: honest proofs, tampered ones, and two classical ways to break it."""

from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, m61x2, multilinear
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import sumcheck
from aicrypto.proof.sumcheck import Round, SumcheckProof

CLAIM_TAG, ROUND_TAG = 1, 2
N_VARIABLES = 4


def tables(n_variables, seed):
    generator = torch.Generator().manual_seed(seed)
    f, g = m61x2.random((2, 1 << n_variables), generator).unbind(1)
    return f, g, m61x2.to_scalar(m61x2.dot(f, g))


def start(claim):
    transcript = Transcript("test")
    transcript.absorb(CLAIM_TAG, claim.to_bytes())
    return transcript


def prove(f, g, claim):
    proof, _ = sumcheck.prove(f, g, start(claim), ROUND_TAG)
    return proof


def accepts(f, g, claim, proof, transcript=None):
    """The whole verifier: rounds, then both tables at the point."""
    n_variables = multilinear.n_variables(f.shape[-1])
    left = sumcheck.verify(claim, n_variables, proof, transcript or start(claim), ROUND_TAG)
    return left is not None and (
        multilinear.evaluate(f, left.point) == left.f_value
        and multilinear.evaluate(g, left.point) == left.g_value
    )


def accepts_bytes(f, g, claim, data):
    try:
        proof = SumcheckProof.from_bytes(data)
    except ValueError:
        return False
    return accepts(f, g, claim, proof)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 6), st.integers(0, 2**32))
def test_honest_proofs_are_accepted_and_survive_bytes(n_variables, seed):
    f, g, claim = tables(n_variables, seed)
    proof = prove(f, g, claim)
    assert accepts(f, g, claim, proof)
    assert SumcheckProof.from_bytes(proof.to_bytes()) == proof
    assert len(proof.to_bytes()) == 32 * (n_variables + 1)


def test_prover_and_verifier_are_left_with_the_same_evaluations_and_transcript():
    f, g, claim = tables(N_VARIABLES, 1)
    prover, verifier = start(claim), start(claim)
    proof, left = sumcheck.prove(f, g, prover, ROUND_TAG)
    assert sumcheck.verify(claim, N_VARIABLES, proof, verifier, ROUND_TAG) == left
    assert prover.state == verifier.state


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    f, g, claim = tables(10, 9)
    assert prove(f.cuda(), g.cuda(), claim) == prove(f, g, claim)
    assert accepts(f.cuda(), g.cuda(), claim, prove(f, g, claim))


def test_a_round_is_the_quadratic_through_its_three_numbers():
    h = [Fp2(7), Fp2(5), Fp2(3)]  # 7 + 5X + 3X²
    message = Round(at_zero=h[0], leading=h[2])
    claim = h[0] + sum(h, Fp2(0))
    for x in (Fp2(0), Fp2(1), Fp2(10), Fp2(4, 9)):
        assert message.next_claim(claim, x) == h[0] + h[1] * x + h[2] * x * x


def tampered(proof):
    """The proof with each part changed, removed, duplicated and reordered, by name."""
    rounds = proof.rounds
    for i, message in enumerate(rounds):
        yield (
            f"at_zero of round {i} changed",
            with_round(proof, i, replace(message, at_zero=message.at_zero + 1)),
        )
        yield (
            f"leading of round {i} changed",
            with_round(proof, i, replace(message, leading=message.leading + 1)),
        )
        yield (
            f"round {i} swapped inside",
            with_round(proof, i, Round(message.leading, message.at_zero)),
        )
        yield f"round {i} removed", replace(proof, rounds=rounds[:i] + rounds[i + 1 :])
        yield f"round {i} twice", replace(proof, rounds=rounds[: i + 1] + rounds[i:])
    for i in range(len(rounds) - 1):
        exchanged = (*rounds[:i], rounds[i + 1], rounds[i], *rounds[i + 2 :])
        yield f"rounds {i}, {i + 1} exchanged", replace(proof, rounds=exchanged)
    f, g = proof.f_value, proof.g_value
    yield "f changed", replace(proof, f_value=f + 1)
    yield "g changed", replace(proof, g_value=g + 1)
    yield "values exchanged", replace(proof, f_value=g, g_value=f)
    yield "same product, other values", replace(proof, f_value=2 * f, g_value=g / 2)


def with_round(proof, i, message):
    return replace(proof, rounds=(*proof.rounds[:i], message, *proof.rounds[i + 1 :]))


def test_every_tampered_part_is_refused():
    f, g, claim = tables(N_VARIABLES, 2)
    proof = prove(f, g, claim)
    assert [name for name, bad in tampered(proof) if accepts(f, g, claim, bad)] == []
    assert not accepts(f, g, claim + 1, proof)


def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising():
    f, g, claim = tables(N_VARIABLES, 3)
    data, random = prove(f, g, claim).to_bytes(), Random(4)
    assert accepts_bytes(f, g, claim, data)
    for _ in range(500):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not accepts_bytes(f, g, claim, bytes(flipped))
    for wrong in (b"", data[:-1], data[:-32], data[32:], data + bytes(1), data + bytes(32)):
        assert not accepts_bytes(f, g, claim, wrong)


def test_a_proof_of_another_number_of_rounds_is_refused():
    f, g, claim = tables(N_VARIABLES, 5)
    proof = prove(f, g, claim)
    for n_rounds in (0, N_VARIABLES - 1, N_VARIABLES + 1):
        assert sumcheck.verify(claim, n_rounds, proof, start(claim), ROUND_TAG) is None


def test_other_label_or_tag_is_refused():
    f, g, claim = tables(N_VARIABLES, 5)
    proof = prove(f, g, claim)
    assert not accepts(f, g, claim, proof, Transcript("another"))
    assert sumcheck.verify(claim, N_VARIABLES, proof, start(claim), ROUND_TAG + 1) is None


@pytest.mark.parametrize(("f_length", "g_length"), [(3, 3), (4, 2), (0, 0)])
def test_tables_of_bad_length_are_refused(f_length, g_length):
    f, g = (m61x2.random((n,), torch.Generator().manual_seed(6)) for n in (f_length, g_length))
    with pytest.raises(BadLength):
        sumcheck.prove(f, g, Transcript("test"), ROUND_TAG)


def test_attack_claim_chosen_after_the_challenge():
    """Where the claim is not absorbed, any first message can be completed to a false claim."""
    f, g, truth = tables(N_VARIABLES, 7)
    forgetful = Transcript("test")
    lie = Round(at_zero=Fp2(1), leading=Fp2(2))
    forgetful.absorb(ROUND_TAG, lie.to_bytes())
    x = forgetful.challenge()
    bound = multilinear.bind(f, x), multilinear.bind(g, x)
    honest_rest, _ = sumcheck.prove(*bound, forgetful, ROUND_TAG)
    # lie.next_claim(claim, x) must be the true sum over the bound tables: solve for the claim.
    target = m61x2.to_scalar(m61x2.dot(*bound))
    false_claim = (target - lie.at_zero) / x + 2 * lie.at_zero + lie.leading - lie.leading * x
    forged = replace(honest_rest, rounds=(lie, *honest_rest.rounds))

    assert false_claim != truth
    assert accepts(f, g, false_claim, forged, Transcript("test"))
    assert not accepts(f, g, false_claim, forged)


class PredictableTranscript(Transcript):
    """The careless copy: challenges do not depend on what was said."""

    def absorb(self, tag, data):
        pass


def test_attack_challenge_known_in_advance():
    """Whoever knows x beforehand sends a false quadratic that is right at x alone."""
    f, g, truth = tables(N_VARIABLES, 8)
    false_claim = truth + 1
    honest, _ = sumcheck.prove(f, g, PredictableTranscript("test"), ROUND_TAG)
    x = PredictableTranscript("test").challenge()
    first = honest.rounds[0]
    error = first.next_claim(truth, x) - first.next_claim(false_claim, x)
    forged = with_round(honest, 0, replace(first, leading=first.leading + error / (x * (x - 1))))

    assert accepts(f, g, false_claim, forged, PredictableTranscript("test"))
    assert not accepts(f, g, false_claim, forged)
