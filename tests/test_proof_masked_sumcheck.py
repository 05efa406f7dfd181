"""Masked sumcheck and its hiding commitment: sound as the plain one, and silent about the tables.

Silence is tested three ways: every conversation can be explained by every witness (exact), a
simulator without a witness is believed (exact), messages of different witnesses have the same
distribution (statistical, a few bits).
"""

import copy
from dataclasses import replace
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra import BadLength, Fp2, NonCanonical, P, fourier, m61x2, multilinear
from aicrypto.commit.tensor import columns, hiding, soundness
from aicrypto.commit.tensor.soundness import TargetUnreachable
from aicrypto.commit.transcript import Transcript
from aicrypto.proof import masked_sumcheck, sumcheck
from aicrypto.proof.masked_sumcheck import PRODUCT, Mask, MaskedProof
from aicrypto.proof.polynomial_sumcheck import Polynomial, PolynomialSumcheckProof, Term

CLAIM_TAG, ROUND_TAG = 1, 2
CUBIC = Polynomial(
    3, (Term(Fp2(3), (0, 1, 2)), Term(Fp2(5, 1), (1,)), Term(Fp2(7), ()), Term(Fp2(1), (0, 0)))
)
LINEAR = Polynomial(1, (Term(Fp2(2), (0,)),))
SEED = bytes(range(32))


def random_tables(polynomial, n_variables, seed):
    generator = torch.Generator().manual_seed(seed)
    n_tables = polynomial.n_tables
    return list(m61x2.random((n_tables, 1 << n_variables), generator).unbind(1))


def start(claim, transcript=None):
    transcript = transcript or Transcript("test")
    transcript.absorb(CLAIM_TAG, claim.to_bytes())
    return transcript


def prove(polynomial, tables, seed=SEED, transcript=None):
    transcript = start(polynomial.sum(tables), transcript)
    proof, _ = masked_sumcheck.prove(polynomial, tables, transcript, ROUND_TAG, seed)
    return proof


def accepts(polynomial, tables, claim, proof, transcript=None):
    """The whole verifier: rounds and mask, then the tables at the point."""
    n_rounds = multilinear.n_variables(tables[0].shape[-1])
    left = masked_sumcheck.verify(
        polynomial, claim, n_rounds, proof, start(claim, transcript), ROUND_TAG
    )
    return left is not None and left.values == tuple(
        multilinear.evaluate(table, left.point) for table in tables
    )


def accepts_bytes(polynomial, tables, claim, data):
    n_rounds = multilinear.n_variables(tables[0].shape[-1])
    try:
        proof = MaskedProof.from_bytes(data, n_rounds, polynomial)
    except ValueError:
        return False
    return accepts(polynomial, tables, claim, proof)


# Honest and tampered proofs --------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.sampled_from([PRODUCT, CUBIC, LINEAR]), st.integers(0, 5), st.integers(0, 2**32))
def test_honest_proofs_are_accepted_and_survive_bytes(polynomial, n_variables, seed):
    tables = random_tables(polynomial, n_variables, seed)
    claim = polynomial.sum(tables)
    proof = prove(polynomial, tables, seed.to_bytes(32, "big"))
    assert accepts(polynomial, tables, claim, proof)
    assert accepts_bytes(polynomial, tables, claim, proof.to_bytes())
    assert not accepts(polynomial, tables, claim + 1, proof)
    data = proof.to_bytes()
    assert MaskedProof.from_bytes(data, n_variables, polynomial).to_bytes() == data


def test_prover_and_verifier_are_left_with_the_same_evaluations_and_transcript():
    tables = random_tables(CUBIC, 4, 1)
    claim = CUBIC.sum(tables)
    prover, verifier = start(claim), start(claim)
    proof, left = masked_sumcheck.prove(CUBIC, tables, prover, ROUND_TAG, SEED)
    assert masked_sumcheck.verify(CUBIC, claim, 4, proof, verifier, ROUND_TAG) == left
    assert prover.state == verifier.state


def test_the_fast_product_says_the_same_as_the_general_one():
    f, g = random_tables(PRODUCT, 5, 2)
    same = Polynomial(2, (Term(Fp2(1), (0, 1)), Term(Fp2(0), (0,))))
    assert same != PRODUCT
    assert prove(PRODUCT, [f, g]).to_bytes() == prove(same, [f, g]).to_bytes()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("polynomial", [PRODUCT, CUBIC])
def test_proof_on_cuda_equals_proof_on_cpu(polynomial):
    tables = random_tables(polynomial, 8, 15)
    on_device = [table.cuda() for table in tables]
    assert prove(polynomial, on_device).to_bytes() == prove(polynomial, tables).to_bytes()


def test_a_mask_is_the_polynomial_it_says():
    mask = Mask.random(3, 2, SEED)
    corners = [[Fp2(i >> bit & 1) for bit in (2, 1, 0)] for i in range(8)]
    assert mask.total == sum((mask(corner) for corner in corners), Fp2(0))
    x = Fp2(5, 6)
    at_zero, at_two = mask.round(1, [x], 2)
    for message, y in ((at_zero, Fp2(0)), (at_two, Fp2(2))):
        assert message == sum((mask([x, y, Fp2(z)]) for z in (0, 1)), Fp2(0))
    weights = masked_sumcheck._weights([x, x + 1, x + 2], 2)
    products = [a * b for a, b in zip(weights, mask.coefficients, strict=True)]
    assert mask([x, x + 1, x + 2]) == sum(products, Fp2(0))


def tampered(proof):
    """The proof with each part changed, removed, duplicated and reordered, by name."""
    masked, opening = proof.masked, proof.opening
    rounds = masked.rounds

    def with_rounds(*changed):
        return replace(proof, masked=replace(masked, rounds=tuple(changed)))

    def with_opening(**changes):
        return replace(proof, opening=replace(opening, **changes))

    yield "root", replace(proof, root=bytes(32))
    yield "root cut", replace(proof, root=proof.root[:31])
    yield "total", replace(proof, total=proof.total + 1)
    yield "values", replace(proof, masked=replace(masked, values=masked.values[::-1]))
    yield "value less", replace(proof, masked=replace(masked, values=masked.values[:-1]))
    for i, message in enumerate(rounds):
        other = (message[0] + 1, *message[1:])
        yield f"round {i}", with_rounds(*rounds[:i], other, *rounds[i + 1 :])
        yield f"round {i} reversed", with_rounds(*rounds[:i], message[::-1], *rounds[i + 1 :])
        longer = (*message, Fp2(0))
        yield f"round {i} longer", with_rounds(*rounds[:i], longer, *rounds[i + 1 :])
        yield f"round {i} removed", with_rounds(*rounds[:i], *rounds[i + 1 :])
        yield f"round {i} twice", with_rounds(*rounds[: i + 1], *rounds[i:])
    yield "rounds in reverse", with_rounds(*rounds[::-1])
    product, shown = opening.product, opening.shown
    yield "sigma", with_opening(sigma=opening.sigma + 1)
    for i in (0, product.shape[-1] // 2, product.shape[-1] - 1):
        changed = product.clone()
        changed[0, i] = (changed[0, i] + 1) % P
        yield f"coefficient {i} of Q", with_opening(product=changed)
    yield "Q shorter", with_opening(product=product[:, :-1])
    yield "Q longer", with_opening(product=torch.nn.functional.pad(product, (0, 1)))
    yield "Q reversed", with_opening(product=product.flip(-1))
    yield "columns exchanged", with_opening(shown=shown[32:64] + shown[:32] + shown[64:])
    yield "column changed", with_opening(shown=bytes([shown[0] ^ 1]) + shown[1:])
    yield "siblings cut", with_opening(shown=shown[:-32])
    yield "siblings twice", with_opening(shown=shown + shown[-32:])
    yield "nothing shown", with_opening(shown=b"")


@pytest.mark.parametrize("polynomial", [PRODUCT, CUBIC])
def test_every_tampered_part_is_refused(polynomial):
    tables = random_tables(polynomial, 3, 3)
    proof, claim = prove(polynomial, tables), polynomial.sum(tables)
    assert accepts(polynomial, tables, claim, proof)
    accepted = [n for n, bad in tampered(proof) if accepts(polynomial, tables, claim, bad)]
    assert accepted == []


def test_random_bit_flips_and_wrong_lengths_are_refused_without_raising():
    tables = random_tables(PRODUCT, 3, 4)
    claim, data, random = PRODUCT.sum(tables), prove(PRODUCT, tables).to_bytes(), Random(5)
    assert accepts_bytes(PRODUCT, tables, claim, data)
    for i in range(400):
        flipped = bytearray(data)
        flipped[i if i < 200 else random.randrange(len(data))] ^= 1 << random.randrange(8)
        assert not accepts_bytes(PRODUCT, tables, claim, bytes(flipped))
    for wrong in (b"", data[:40], data[:200], data[:-1], data[:-32], data + bytes(32)):
        assert not accepts_bytes(PRODUCT, tables, claim, wrong)


def test_wrong_tables_seeds_and_targets_are_refused():
    f, g = random_tables(PRODUCT, 2, 6)
    for tables in ([f], [f, g, g], [f, g[:, :2]], [f[:, :3], g[:, :3]], []):
        with pytest.raises(BadLength, match="tables"):
            masked_sumcheck.prove(PRODUCT, tables, Transcript("test"), ROUND_TAG, SEED)
    with pytest.raises(ValueError, match="seed has 31 bytes"):
        masked_sumcheck.prove(PRODUCT, [f, g], Transcript("test"), ROUND_TAG, SEED[:31])
    with pytest.raises(TargetUnreachable, match="5 secrets"):
        masked_sumcheck.prove(PRODUCT, [f, g], Transcript("test"), ROUND_TAG, SEED, bits=120)


# Silence ---------------------------------------------------------------------------------------


class Coins(Transcript):
    """Challenges that do not depend on what was said: the coins of an honest verifier."""

    def absorb(self, tag, data):
        pass


def play(polynomial, tables, mask):
    """The conversation with these coins: P, the rounds, and the point."""
    coins = Coins("coins")
    rho = coins.challenge()
    proof, point = masked_sumcheck._prove_rounds(polynomial, tables, mask, rho, coins, ROUND_TAG)
    return mask.total, proof.rounds, point


def explain(polynomial, tables, total, rounds):
    """The mask with which these tables lead to the conversation: an inverse, step by step."""
    k, d = len(rounds), polynomial.degree
    rho = Coins("coins").challenge()
    nothing = Mask(Fp2(0), ((Fp2(0),) * d,) * k)
    _, plain, point = play(polynomial, tables, nothing)
    claim, plain_claim = polynomial.sum(tables) + rho * total, polynomial.sum(tables)
    slopes = []
    for i, (said, h) in enumerate(zip(rounds, plain, strict=True)):
        full = [(said[0], claim - said[0], *said[1:]), (h[0], plain_claim - h[0], *h[1:])]
        cover = [(a - b) / rho for a, b in zip(*full, strict=True)]  # 2^(k-i-1)·p_i + constant
        lifted = [(value - cover[0]) / (1 << (k - i - 1)) for value in cover[1:]]
        vandermonde = [[Fp2(x) ** j for j in range(1, d + 1)] for x in range(1, d + 1)]
        slopes.append(tuple(solve(vandermonde, lifted)))
        claim = masked_sumcheck._next_claim(said, claim, point[i])
        plain_claim = masked_sumcheck._next_claim(h, plain_claim, point[i])
    rest = masked_sumcheck.sum_over(k, Fp2(0), slopes)
    return Mask((total - rest) / (1 << k), tuple(slopes))


def solve(matrix, right):
    """The solution of a small system by elimination; the leading entries never vanish here."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(len(rows)):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(rows)):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[-1] for row in rows]


@pytest.mark.parametrize("polynomial", [PRODUCT, CUBIC, LINEAR])
def test_every_conversation_is_explained_by_every_witness(polynomial):
    """As many messages as random numbers, one to one: so the messages are uniform."""
    numbers = m61x2.to_scalars(hiding.uniform(SEED, 1 + 4 * polynomial.degree))
    total, *others = numbers
    d = polynomial.degree
    rounds = tuple(tuple(others[i : i + d]) for i in range(0, 4 * d, d))
    masks = []
    for seed in (7, 8):
        tables = random_tables(polynomial, 4, seed)
        masks.append(explain(polynomial, tables, total, rounds))
        assert play(polynomial, tables, masks[-1])[:2] == (total, rounds)
    assert masks[0] != masks[1]


def simulate(polynomial, values, claim, n_rounds, random_bytes):
    """An accepted conversation from the claim and g's last values, without any table."""
    d = polynomial.degree
    total, *others = m61x2.to_scalars(hiding.uniform(random_bytes, 1 + n_rounds * d))
    rounds = tuple(tuple(others[i : i + d]) for i in range(0, n_rounds * d, d))
    coins = start(claim, Coins("coins"))
    rho = coins.challenge()
    point = coins.challenges(n_rounds)
    running = claim + rho * total
    for message, x in zip(rounds, point, strict=True):
        running = masked_sumcheck._next_claim(message, running, x)
    weights = masked_sumcheck._weights(point, d)
    # Any vector with the right value at the point will do: the opening tells that value alone.
    vector = m61x2.to_scalars(hiding.uniform(random_bytes[::-1], len(weights)))
    value = sum((a * w for a, w in zip(vector, weights, strict=True)), Fp2(0))
    vector[0] += (running - polynomial(values)) / rho - value
    hidden = hiding.commit(m61x2.from_scalars(vector), random_bytes)
    opening = hiding.prove(hidden, weights, coins)
    masked = PolynomialSumcheckProof(rounds, values)
    return MaskedProof(hidden.root, total, masked, opening)


def test_whoever_knows_the_coins_needs_no_witness():
    tables = random_tables(PRODUCT, 4, 9)
    claim = PRODUCT.sum(tables)
    coins = Coins("coins")
    point = coins.challenges(5)[1:]
    values = tuple(multilinear.evaluate(table, point) for table in tables)
    simulated = simulate(PRODUCT, values, claim, 4, SEED)
    assert accepts(PRODUCT, tables, claim, simulated, Coins("coins"))
    assert not accepts(PRODUCT, tables, claim, simulated)
    honest = prove(PRODUCT, tables, transcript=Coins("coins"))
    assert len(honest.to_bytes()) == len(simulated.to_bytes())


def said(proof):
    """All numbers of a proof but the tables' values: P, rounds, sigma, Q, the columns."""
    opening = proof.opening
    rounds = [value for message in proof.masked.rounds for value in message]
    scalars = m61x2.from_scalars([proof.total, *rounds, opening.sigma])
    n_columns = 100  # at least so many places are shown
    columns = np.frombuffer(opening.shown[: 32 * n_columns], "<i8").reshape(-1)
    return np.concatenate((scalars.flatten(), opening.product.flatten(), columns))


def worst_bias(fill, n_runs):
    """How far, in standard deviations, some bit of some message is from being set half the time."""
    tables = [torch.full((2, 4), fill)] * 2
    proofs = [prove(PRODUCT, tables, run.to_bytes(32, "big")) for run in range(n_runs)]
    messages = np.stack([said(proof) for proof in proofs])
    parts = np.stack([(messages >> bit & 1).mean(axis=0) for bit in (0, 30, 60)])
    return np.abs(parts - 0.5).max() * 2 * np.sqrt(n_runs)


@pytest.mark.parametrize("fill", [0, P - 1])
def test_no_bit_of_any_message_depends_on_the_witness(fill):
    """5.5 deviations: once in ten thousand runs of this test, for some 2,000 fair coins."""
    assert worst_bias(fill, 300) < 5.5


def test_without_a_mask_the_bits_do(monkeypatch):
    zeros = Mask(Fp2(0), ((Fp2(0), Fp2(0)),) * 2)
    monkeypatch.setattr(Mask, "random", lambda *_: zeros)
    assert worst_bias(0, 300) > 5.5


def test_without_random_coefficients_the_columns_do(monkeypatch):
    drawn = hiding.uniform
    monkeypatch.setattr(hiding, "uniform", lambda seed, n: 0 * drawn(seed, n))
    assert worst_bias(0, 100) == 10


# Attacks ---------------------------------------------------------------------------------------


def test_attack_a_mask_without_its_constant(monkeypatch):
    """With a_0 = 0, P follows from the rounds, up to a sum over the witness: a distinguisher."""

    def relation(proof):
        coins = Coins("coins")
        rho, d, k = coins.challenge(), 2, len(proof.masked.rounds)
        point = coins.challenges(k)
        claim, slopes = rho * proof.total, []
        for i, message in enumerate(proof.masked.rounds):  # the witness is guessed to be zeros
            full = [message[0], claim - message[0], *message[1:]]
            cover = [(v - full[0]) / rho / (1 << (k - i - 1)) for v in full[1:]]
            slopes.append(solve([[Fp2(x) ** j for j in range(1, d + 1)] for x in (1, 2)], cover))
            claim = masked_sumcheck._next_claim(message, claim, point[i])
        return proof.total == masked_sumcheck.sum_over(k, Fp2(0), slopes)

    zeros = [torch.zeros(2, 8, dtype=torch.int64)] * 2
    f, g = random_tables(PRODUCT, 3, 10)
    others = [f, g]
    honest = [relation(prove(PRODUCT, t, transcript=Coins("coins"))) for t in (zeros, others)]
    assert honest == [False, False]
    drawn = Mask.random
    without = lambda *a: replace(drawn(*a), constant=Fp2(0))  # noqa: E731
    monkeypatch.setattr(Mask, "random", without)
    careless = [relation(prove(PRODUCT, t, transcript=Coins("coins"))) for t in (zeros, others)]
    assert careless == [True, False]


def test_attack_one_seed_for_two_witnesses(monkeypatch):
    """Where the mask does not depend on the transcript, differences of messages are the tables'."""
    one, other = random_tables(PRODUCT, 3, 11), random_tables(PRODUCT, 3, 12)
    first = sumcheck.prove(*one, start(PRODUCT.sum(one)), ROUND_TAG)[0].rounds[0].at_zero
    second = sumcheck.prove(*other, start(PRODUCT.sum(other)), ROUND_TAG)[0].rounds[0].at_zero

    def difference():
        messages = [prove(PRODUCT, t, transcript=coins()).masked.rounds[0][0] for t in (one, other)]
        return messages[0] - messages[1]

    coins = lambda: Coins("coins")  # the careless copy hears nothing  # noqa: E731
    assert difference() == first - second
    coins = lambda: None  # noqa: E731
    assert difference() != first - second


def test_attack_a_mask_chosen_after_rho():
    """Where the mask's sum is not absorbed, it repairs any false claim."""
    tables = random_tables(PRODUCT, 3, 13)
    truth, rho = PRODUCT.sum(tables), Coins("coins").challenge()
    proof = prove(PRODUCT, tables, transcript=Coins("coins"))
    repaired = replace(proof, total=proof.total - 1 / rho)
    assert accepts(PRODUCT, tables, truth + 1, repaired, Coins("coins"))
    honest = prove(PRODUCT, tables)
    transcript = start(truth + 1)
    shape = masked_sumcheck._shape(3, PRODUCT, soundness.DEFAULT_BITS)
    rho = masked_sumcheck._hear_mask(honest.root, honest.total, shape, transcript)
    assert not accepts(PRODUCT, tables, truth + 1, replace(honest, total=honest.total - 1 / rho))


def test_attack_a_mask_that_is_not_opened(monkeypatch):
    """Where p(point) is taken on trust, every claim can be proven."""
    tables = random_tables(PRODUCT, 3, 14)
    false = PRODUCT.sum(tables) + 1
    lie, _ = masked_sumcheck.prove(PRODUCT, tables, start(false), ROUND_TAG, SEED)
    assert not accepts(PRODUCT, tables, false, lie)
    monkeypatch.setattr(hiding, "verify", lambda *_: True)
    assert accepts(PRODUCT, tables, false, lie)


# The hiding commitment -------------------------------------------------------------------------


def opened(n, seed=SEED, wrong=0, spoil=None):
    """Whether the opening of n elements at random weights, of a value off by `wrong`, passes."""
    secret = m61x2.random((n,), torch.Generator().manual_seed(n))
    hidden = hiding.commit(secret, seed)
    if spoil:
        hidden = spoil(hidden)
    prover, verifier = Transcript("test"), Transcript("test")
    for transcript in (prover, verifier):
        transcript.absorb(1, hidden.root)
    weights = prover.challenges(n)
    assert verifier.challenges(n) == weights
    opening = hiding.prove(hidden, weights, prover)
    data = opening.to_bytes()
    assert hiding.Opening.from_bytes(data, hidden.shape).to_bytes() == data
    value = sum((a * w for a, w in zip(m61x2.to_scalars(secret), weights, strict=True)), Fp2(0))
    shape = hidden.shape
    return hiding.verify(hidden.root, shape, weights, value + wrong, opening, verifier)


@pytest.mark.parametrize("n", [1, 2, 7, 33, 100])
def test_vectors_are_opened_at_one_combination(n):
    assert opened(n)
    assert not opened(n, wrong=1)


def test_codewords_far_from_polynomials_are_refused():
    def spoil(hidden):
        codewords = hidden.codewords.clone()
        n = hidden.shape.n_places
        codewords[0, 0, : n // 2] = (codewords[0, 0, : n // 2] + 1) % P
        return replace(hidden, codewords=codewords, levels=columns.tree(columns.leaves(codewords)))

    assert not opened(5, spoil=spoil)


def test_attack_a_second_opening_gives_the_secret_away():
    """Q - Q' = A·(beta·C - beta'·C'): divided place by place, and transformed back."""
    secret = m61x2.random((4,), torch.Generator().manual_seed(1))
    hidden = hiding.commit(secret, SEED)
    n, pairs = hidden.shape.n_places, []
    for number in (1, 2):
        transcript = Transcript(f"verifier {number}")
        weights = transcript.challenges(4)
        opening = hiding.prove(hidden, weights, copy.copy(transcript))
        beta = hiding._hear(opening.sigma, transcript)
        scaled = m61x2.from_scalars([beta * weight for weight in weights[::-1]])
        pairs.append([fourier.reed_solomon_encode(v, n) for v in (opening.product, scaled)])
    difference, factor = (m61x2.sub(*both) for both in zip(*pairs, strict=True))
    found = fourier.inverse_fft(m61x2.mul(difference, m61x2.inverse(factor)))
    assert torch.equal(found[:, :4], secret)
    assert torch.equal(found[:, : hidden.secret.shape[-1]], hidden.secret)


def test_shapes_have_their_bits_and_enough_randomness():
    for n in (1, 9, 33, 121, 400):
        shape = hiding.choose_shape(n)
        assert soundness.bits(shape.errors) >= 100
        assert shape.n_coefficients + n <= shape.n_places
        fewer = replace(shape, queries=shape.queries - 1)
        assert soundness.bits(fewer.errors) < 100
        hidden = hiding.commit(m61x2.random((n,), torch.Generator().manual_seed(0)), SEED)
        assert hidden.secret.shape[-1] - n == shape.queries + 1
        assert hidden.mask.shape[-1] == shape.n_coefficients
    with pytest.raises(BadLength, match="n_secrets is 0"):
        hiding.choose_shape(0)
    with pytest.raises(TargetUnreachable, match="bits"):
        hiding.choose_shape(10**6)


def test_seeds_and_lengths_are_checked():
    secret = m61x2.random((3,), torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="seed has 5 bytes"):
        hiding.commit(secret, b"short")
    hidden = hiding.commit(secret, SEED)
    with pytest.raises(BadLength, match="weights: there are 2, must be 3"):
        hiding.prove(hidden, [Fp2(1)] * 2, Transcript("test"))
    opening = hiding.prove(hidden, [Fp2(1)] * 3, Transcript("test"))
    data = opening.to_bytes()
    with pytest.raises(BadLength, match="opening has 16 bytes"):
        hiding.Opening.from_bytes(data[:16], hidden.shape)
    with pytest.raises(NonCanonical):
        hiding.Opening.from_bytes(b"\xff" * 8 + data[8:], hidden.shape)
    root, shape = hidden.root, hidden.shape
    assert not hiding.verify(root, shape, [Fp2(1)] * 2, Fp2(0), opening, Transcript("test"))
    assert not hiding.verify(None, shape, [Fp2(1)] * 3, Fp2(0), opening, Transcript("test"))


def test_uniform_elements_follow_from_the_seed():
    one = hiding.uniform(SEED, 1000)
    assert torch.equal(one[:, :10], hiding.uniform(SEED, 10))
    assert one.min() >= 0
    assert one.max() < P
    assert not torch.equal(one, hiding.uniform(SEED[::-1], 1000))
