"""Sumcheck of any degree: equal to a plain-Python twin, tampered with everywhere, and attacked."""

from dataclasses import replace
from itertools import product
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, m61x2, multilinear
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import polynomial_sumcheck, sumcheck
from aicrypto.proof.polynomial_sumcheck import Polynomial, PolynomialSumcheckProof, Term

CLAIM_TAG, ROUND_TAG = 1, 2
N_VARIABLES = 3
# eq·(a·b - c) + 5, the shape of a constraint system: degree 3.
CONSTRAINT = Polynomial(
    4, (Term(Fp2(1), (0, 1, 2)), Term(-Fp2(1), (0, 3)), Term(Fp2(5), ()), Term(Fp2(0, 2), (1,)))
)
PRODUCT = Polynomial(2, (Term(Fp2(1), (0, 1)),))

coefficients = st.builds(Fp2, st.integers(0, 9), st.integers(0, 9))
terms = st.builds(Term, coefficients, st.lists(st.integers(0, 2), max_size=4).map(tuple))
polynomials = (
    st.lists(terms, min_size=1, max_size=4)
    .filter(lambda terms: any(term.tables for term in terms))
    .map(lambda terms: Polynomial(3, tuple(terms)))
)


def random_tables(polynomial, n_variables, seed):
    generator = torch.Generator().manual_seed(seed)
    tables = m61x2.random((polynomial.n_tables, 1 << n_variables), generator).unbind(1)
    return tables, polynomial.sum(tables)


def start(claim):
    transcript = Transcript("test")
    transcript.absorb(CLAIM_TAG, claim.to_bytes())
    return transcript


def prove(polynomial, tables, claim):
    proof, _ = polynomial_sumcheck.prove(polynomial, tables, start(claim), ROUND_TAG)
    return proof


def accepts(polynomial, tables, claim, proof, transcript=None):
    """The whole verifier: rounds, then every table at the point."""
    n_rounds = multilinear.n_variables(tables[0].shape[-1])
    left = polynomial_sumcheck.verify(
        polynomial, claim, n_rounds, proof, transcript or start(claim), ROUND_TAG
    )
    return left is not None and left.values == tuple(
        multilinear.evaluate(table, left.point) for table in tables
    )


def accepts_bytes(polynomial, tables, claim, data):
    try:
        n_rounds = multilinear.n_variables(tables[0].shape[-1])
        proof = PolynomialSumcheckProof.from_bytes(data, n_rounds, polynomial)
    except ValueError:
        return False
    return accepts(polynomial, tables, claim, proof)


def naive_value(polynomial, tables, point):
    return polynomial([multilinear.evaluate(table, point) for table in tables])


def naive_rounds(polynomial, tables, challenges):
    """Every message from its definition: a sum over the cube of values of g."""
    k = len(challenges)
    messages = []
    for j in range(k):
        rest = list(product((Fp2(0), Fp2(1)), repeat=k - j - 1))
        xs = [Fp2(x) for x in range(polynomial.degree + 1) if x != 1]
        points = [[(*challenges[:j], x, *bits) for bits in rest] for x in xs]
        values = [[naive_value(polynomial, tables, point) for point in row] for row in points]
        messages.append(tuple(sum(row, Fp2(0)) for row in values))
    return tuple(messages)


@settings(max_examples=20, deadline=None)
@given(polynomials, st.integers(0, 4), st.integers(0, 2**32))
def test_honest_proofs_are_accepted_and_survive_bytes(polynomial, n_variables, seed):
    tables, claim = random_tables(polynomial, n_variables, seed)
    proof = prove(polynomial, tables, claim)
    assert accepts(polynomial, tables, claim, proof)
    assert not accepts(polynomial, tables, claim + 1, prove(polynomial, tables, claim + 1))
    data = proof.to_bytes()
    assert PolynomialSumcheckProof.from_bytes(data, n_variables, polynomial) == proof
    assert len(data) == 16 * (n_variables * polynomial.degree + 3)


@settings(max_examples=5, deadline=None)
@given(polynomials, st.integers(0, 2**32))
def test_proofs_equal_the_twin(polynomial, seed):
    tables, claim = random_tables(polynomial, N_VARIABLES, seed)
    cube = product((Fp2(0), Fp2(1)), repeat=N_VARIABLES)
    assert claim == sum((naive_value(polynomial, tables, x) for x in cube), Fp2(0))
    proof, left = polynomial_sumcheck.prove(polynomial, tables, start(claim), ROUND_TAG)
    assert proof.rounds == naive_rounds(polynomial, tables, left.point)


def test_prover_and_verifier_are_left_with_the_same_evaluations_and_transcript():
    tables, claim = random_tables(CONSTRAINT, N_VARIABLES, 1)
    prover, verifier = start(claim), start(claim)
    proof, left = polynomial_sumcheck.prove(CONSTRAINT, tables, prover, ROUND_TAG)
    again = polynomial_sumcheck.verify(CONSTRAINT, claim, N_VARIABLES, proof, verifier, ROUND_TAG)
    assert again == left
    assert prover.state == verifier.state


def test_a_product_of_two_says_what_the_product_sumcheck_says():
    """The first message of both, before their transcripts part."""
    (f, g), claim = random_tables(PRODUCT, N_VARIABLES, 2)
    general = prove(PRODUCT, (f, g), claim)
    special, _ = sumcheck.prove(f, g, start(claim), ROUND_TAG)
    h0, h2 = general.rounds[0]
    assert h0 == special.rounds[0].at_zero
    assert h2 == special.rounds[0].next_claim(claim, Fp2(2))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_proof_on_cuda_equals_proof_on_cpu():
    tables, claim = random_tables(CONSTRAINT, 10, 3)
    on_cuda = [table.cuda() for table in tables]
    assert CONSTRAINT.sum(on_cuda) == claim
    assert prove(CONSTRAINT, on_cuda, claim) == prove(CONSTRAINT, tables, claim)


@given(st.lists(coefficients, min_size=1, max_size=6), coefficients)
def test_extrapolation_evaluates_the_polynomial_through_the_values(polynomial, x):
    def evaluate(at):
        return sum((c * at**i for i, c in enumerate(polynomial)), Fp2(0))

    values = [evaluate(Fp2(i)) for i in range(len(polynomial))]
    assert polynomial_sumcheck.extrapolate(values, x) == evaluate(x)


def edited(items):
    """The tuple with parts changed, removed, duplicated and exchanged."""
    for i, item in enumerate(items):
        yield f"{i} removed", (*items[:i], *items[i + 1 :])
        yield f"{i} twice", (*items[: i + 1], *items[i:])
        if isinstance(item, Fp2):
            yield f"{i} changed", (*items[:i], item + 1, *items[i + 1 :])
    for i in range(len(items) - 1):
        yield f"{i}, {i + 1} exchanged", (*items[:i], items[i + 1], items[i], *items[i + 2 :])


def tampered(proof):
    """The proof with each part changed, removed, duplicated and reordered, by name."""
    rounds = proof.rounds
    for name, bad in edited(rounds):
        yield f"round {name}", replace(proof, rounds=bad)
    for name, bad in edited(proof.values):
        yield f"value {name}", replace(proof, values=bad)
    for i, message in enumerate(rounds):
        for name, bad in edited(message):
            changed = (*rounds[:i], bad, *rounds[i + 1 :])
            yield f"round {i}, number {name}", replace(proof, rounds=changed)


def test_every_tampered_part_is_refused():
    tables, claim = random_tables(CONSTRAINT, N_VARIABLES, 4)
    proof = prove(CONSTRAINT, tables, claim)
    versions = list(tampered(proof))
    assert len(versions) > 40
    assert [name for name, bad in versions if bad == proof] == []
    assert [name for name, bad in versions if accepts(CONSTRAINT, tables, claim, bad)] == []
    assert not accepts(CONSTRAINT, tables, claim + 1, proof)


def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising():
    tables, claim = random_tables(CONSTRAINT, N_VARIABLES, 5)
    data, random = prove(CONSTRAINT, tables, claim).to_bytes(), Random(6)
    assert accepts_bytes(CONSTRAINT, tables, claim, data)
    for _ in range(300):
        flipped = bytearray(data)
        flipped[random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not accepts_bytes(CONSTRAINT, tables, claim, bytes(flipped))
    for wrong in (b"", data[:-1], data[:-16], data[16:], data + bytes(1), data + bytes(16)):
        assert not accepts_bytes(CONSTRAINT, tables, claim, wrong)


def test_rounds_of_higher_degree_are_refused_even_if_true():
    """The same polynomial with 0·f³ written after it: every round has a number more."""
    tables, claim = random_tables(PRODUCT, N_VARIABLES, 7)
    longer = replace(PRODUCT, terms=(*PRODUCT.terms, Term(Fp2(0), (0, 0, 0))))
    proof = prove(longer, tables, claim)
    assert accepts(longer, tables, claim, proof)
    assert not accepts(PRODUCT, tables, claim, proof)


def test_another_polynomial_number_of_rounds_label_or_tag_is_refused():
    tables, claim = random_tables(CONSTRAINT, N_VARIABLES, 8)
    proof = prove(CONSTRAINT, tables, claim)
    other = replace(CONSTRAINT, terms=(*CONSTRAINT.terms[:-1], Term(Fp2(0, 3), (1,))))
    assert not accepts(other, tables, claim, proof)
    assert not accepts(CONSTRAINT, tables, claim, proof, Transcript("another"))
    for n_rounds, tag in ((2, ROUND_TAG), (4, ROUND_TAG), (3, ROUND_TAG + 1)):
        arguments = (CONSTRAINT, claim, n_rounds, proof, start(claim), tag)
        assert polynomial_sumcheck.verify(*arguments) is None


def test_polynomials_and_tables_that_do_not_fit_are_refused():
    for wrong in ((), (Term(Fp2(1), ()),)):
        with pytest.raises(ValueError, match="none has a table"):
            Polynomial(2, wrong)
    for number in (-1, 2):
        with pytest.raises(ValueError, match=r"terms\[0\]"):
            Polynomial(2, (Term(Fp2(1), (0, number)),))
    table = m61x2.random((4,), torch.Generator().manual_seed(9))
    for tables in ([table], [table] * 3, [table, table[:, :2]], [table[:, :3]] * 2):
        with pytest.raises(BadLength):
            polynomial_sumcheck.prove(PRODUCT, tables, Transcript("test"), ROUND_TAG)


def test_attack_claim_chosen_after_the_challenge():
    """Where the claim is not absorbed, any first message can be completed to a false claim."""
    tables, truth = random_tables(PRODUCT, N_VARIABLES, 10)
    forgetful, lie = Transcript("test"), (Fp2(1), Fp2(2))
    forgetful.absorb(ROUND_TAG, b"".join(value.to_bytes() for value in lie))
    x = forgetful.challenge()
    bound = [multilinear.bind(table, x) for table in tables]
    rest, _ = polynomial_sumcheck.prove(PRODUCT, bound, forgetful, ROUND_TAG)
    # h(x) is linear in the claim: h(x) at the claims 0 and 1 gives the one that hits the target.
    at_claim_0, at_claim_1 = (
        polynomial_sumcheck.extrapolate((lie[0], claim - lie[0], lie[1]), x)
        for claim in (Fp2(0), Fp2(1))
    )
    false_claim = (PRODUCT.sum(bound) - at_claim_0) / (at_claim_1 - at_claim_0)
    forged = replace(rest, rounds=(lie, *rest.rounds))

    assert false_claim != truth
    assert accepts(PRODUCT, tables, false_claim, forged, Transcript("test"))
    assert not accepts(PRODUCT, tables, false_claim, forged)


class PredictableTranscript(Transcript):
    """The careless copy: challenges do not depend on what was said, so earlier ones serve again."""

    def absorb(self, tag, data):
        pass


def test_attack_challenge_used_again():
    """Whoever knows x beforehand sends a false polynomial that is right at x alone."""
    tables, truth = random_tables(CONSTRAINT, N_VARIABLES, 11)
    honest, _ = polynomial_sumcheck.prove(
        CONSTRAINT, tables, PredictableTranscript("test"), ROUND_TAG
    )
    x, first = PredictableTranscript("test").challenge(), honest.rounds[0]
    # Claim + 1 puts h(1) up by 1; the value h(3) is turned until h(x) is the old one.
    pushed = polynomial_sumcheck.extrapolate((Fp2(0), Fp2(1), Fp2(0), Fp2(0)), x)
    pull = polynomial_sumcheck.extrapolate((Fp2(0), Fp2(0), Fp2(0), Fp2(1)), x)
    lie = (*first[:2], first[2] - pushed / pull)
    forged = replace(honest, rounds=(lie, *honest.rounds[1:]))

    assert accepts(CONSTRAINT, tables, truth + 1, forged, PredictableTranscript("test"))
    assert not accepts(CONSTRAINT, tables, truth + 1, forged)
