"""Verifiers of every kind: truth is paid, lies are slashed, and what each of them cannot see."""

import random

import numpy as np
import pytest

from aicrypto.algebra.primes import BN254_R
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import ETHER, Reverted
from aicrypto.opml.games import Challenger, Terms
from aicrypto.proof import groth16, r1cs
from aicrypto.ritual import (
    NOBODY,
    deploy_committee,
    deploy_game_verifier,
    deploy_proof_verifier,
    deploy_proven_consumer,
    open_doubt,
    proof_bytes,
    question,
    settle_doubt,
    threshold_for,
)
from tests.oracle_models import flipped_output, small_model
from tests.ritual_market import FEE_BPS, PRICE, WEEK, Town, refused, town

RNG = random.Random(7)
TRAPDOOR = groth16.Trapdoor(*(RNG.randrange(2, BN254_R) for _ in range(5)))
NET = PRICE - PRICE * 2 * FEE_BPS // 10_000
HOUR = 3_600
TERMS = Terms(bytes(32), window_s=12 * HOUR, clock_s=6 * HOUR, extension_s=600)


def earned(t: Town) -> int:
    return t.balance(t.purse) - 10 * ETHER


def serving(t: Town, verifier, judge: str = "judge"):
    verifier.setToken(NOBODY, True, 0, sender=t.who(judge))
    return verifier


# By proof: y = x * x for a public x


def square(x: int):
    circuit = r1cs.Circuit()
    given = circuit.public("x")
    circuit.output("y", circuit.product(given, given, "square"))
    return circuit, circuit.witness({"x": x})


@pytest.fixture(scope="module")
def key():
    return groth16.setup(square(0)[0].system(), TRAPDOOR)


def proven(key, x: int) -> tuple[bytes, bytes]:
    """Output and proof for an input."""
    witness = square(x)[1]
    publics = groth16.publics_of(key, witness)
    proof = groth16.prove(key, witness, 5, 6)
    return publics[0].to_bytes(32, "big"), proof_bytes(proof, publics)


def proof_town(key, x: int, is_proven: bool = True) -> tuple[Town, int]:
    t = town()
    if is_proven:
        t.consumer = deploy_proven_consumer(t.market, t.who("alice"), 1)
        t.payer.approve(t.consumer, NOBODY, 10 * ETHER, sender=t.who("alice"))
    verifier = serving(t, deploy_proof_verifier(t.market, t.who("judge"), key.verifying, 1))
    sub = t.order(verifier=verifier)
    verifier.ask(sub, question([x]), sender=t.who("judge"))
    return t, sub


def test_a_proof_is_paid_inside_the_delivery(key) -> None:
    t, sub = proof_town(key, 6)
    output, proof = proven(key, 6)
    t.deliver("n1", sub, output=output, proof=proof)
    assert earned(t) == NET
    assert t.chain.gas_used < 600_000


def test_a_proof_of_another_question_or_of_nothing_is_slashed(key) -> None:
    output, other = proven(key, 7)
    good = proven(key, 6)[1]
    changed = bytearray(good)
    changed[8 * 32 + 31] ^= 1  # the output among the publics
    for proof in (other, bytes(changed), good[:-1], good + b"\0", b""):
        t, sub = proof_town(key, 6, is_proven=False)
        t.deliver("n1", sub, output=output, proof=proof)
        assert earned(t) == -PRICE


def test_a_good_proof_beside_a_false_output(key) -> None:
    """The verifier never sees the output: a consumer that does not compare takes anything."""
    proof = proven(key, 6)[1]
    t, sub = proof_town(key, 6, is_proven=False)
    t.deliver("n1", sub, output=b"nonsense", proof=proof)
    assert earned(t) == NET
    t, sub = proof_town(key, 6)
    for output in (b"nonsense", (35).to_bytes(32, "big"), b""):
        assert refused(t.deliver, "n1", sub, output=output, proof=proof) == "OutputNotProven"
    assert earned(t) == 0


# By dispute


def game_town(output: bytes | None = None):
    """An answer of a small program by node n1, true unless an output is given."""
    t, model, data = town(), small_model(), bytes(range(8))
    run = model.run(data)
    verifier = serving(t, deploy_game_verifier(t.market, t.who("judge"), TERMS))
    sub = t.order(verifier=verifier)
    verifier.ask(sub, run.state(0).hash, sender=t.who("judge"))
    output = model.answer(data) if output is None else output
    t.deliver("n1", sub, output=output, proof=keccak256(output))
    return t, verifier, (sub, 1, t.who("n1")), run


def test_a_false_answer_falls_in_a_game() -> None:
    t, verifier, answer, run = game_town(output=b"lie")
    doubt = open_doubt(verifier, TERMS, answer, run, "eve")
    settle_doubt(doubt, "eve", [])
    assert earned(t) == -PRICE


def test_a_true_answer_outlives_a_false_claim() -> None:
    t, verifier, answer, run = game_town()
    doubt = open_doubt(verifier, TERMS, answer, flipped_output(run), "eve")
    settle_doubt(doubt, "eve", [Challenger("n1", run)])
    assert doubt.claim == "rejected"
    with pytest.raises(Reverted, match="NothingShown"):
        verifier.close(doubt.contract, sender=t.who("eve"))
    assert earned(t) == 0
    t.chain.warp(WEEK)
    terms = *answer, False
    t.market.coordinator.finalizeProofVerification(*terms, sender=t.who("eve"))
    assert earned(t) == NET


def test_a_game_for_the_answer_itself_settles_it_early() -> None:
    t, verifier, answer, run = game_town()
    settle_doubt(open_doubt(verifier, TERMS, answer, run, "n1"), "n1", [Challenger("n2", run)])
    assert earned(t) == NET
    with pytest.raises(Reverted, match="NoSuchAnswer"):
        verifier.open(99, 1, t.who("n1"), sender=t.who("eve"))


# By samples


@pytest.mark.parametrize("n_honest", [0, 2, 3, 5])
def test_a_committee_of_five(n_honest: int) -> None:
    t = town()
    auditors = [t.who(f"a{i}") for i in range(5)]
    verifier = serving(t, deploy_committee(t.market, t.who("judge"), auditors, 3))
    sub = t.order(verifier=verifier)
    t.deliver("n1", sub, output=b"lie")
    for i, auditor in enumerate(auditors):
        verifier.vote(sub, 1, t.who("n1"), i >= n_honest, sender=auditor)
    assert earned(t) == (-PRICE if n_honest >= 3 else NET)
    vote = verifier.vote
    assert refused(vote, sub, 1, t.who("n1"), True, sender=t.who("eve")) == "Unauthorized"
    assert refused(vote, sub, 1, t.who("n1"), True, sender=auditors[0]) == "AlreadyVoted"


def test_thresholds_keep_their_promise() -> None:
    rng = np.random.default_rng(3)
    agreeing = (rng.random((200_000, 7)) < 0.1).sum(axis=1)
    threshold = threshold_for(7, 0.1, 1e-2)
    assert (agreeing >= threshold).mean() <= 1.2e-2 < (agreeing >= threshold - 1).mean()
    assert threshold_for(2, 0.5, 1e-3) is None
