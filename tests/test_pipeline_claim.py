"""The claim stage: payouts proven to a contract, and what a stranger refuses."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicrypto.algebra.primes import BN254_R
from aicrypto.evm import Reverted, compile_source
from aicrypto.pipeline import Options, Receipt
from aicrypto.pipeline.receipts import Inputs, Refused
from aicrypto.pipeline.shares import in_proportion
from aicrypto.pipeline.stages import claim
from aicrypto.pipeline.state import begin
from aicrypto.proof import groth16, r1cs
from aicrypto.proof.groth16 import calldata

RANKS = {"rank": {"bo": 700, "ada": 1000, "drew": 50}, "deregistered": "drew"}
FACTS = {"rank": RANKS}
NOTHING = Inputs({}.get)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """State after the stage, its evidence, its facts."""
    state = begin(Options(), tmp_path_factory.mktemp("run"), lambda done, total: None)
    before = Receipt("rank", "", RANKS, "", "", "")
    after = claim.run(replace(state, receipts=(before,)))
    return after, after.evidence["claim"], after.receipts[-1].facts


def test_the_payouts_are_those_of_the_rule(ran):
    _, evidence, facts = ran
    assert facts["payouts"] == in_proportion({"ada": 1000, "bo": 700, "drew": 0}, claim.POT_WEI)
    assert claim.conclude(evidence, FACTS, NOTHING).facts == facts
    assert facts["gas"] < 500_000


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=4), st.integers(1, claim.POT_WEI))
def test_the_circuit_is_the_rule(ranks, pot):
    circuit = claim.payout_circuit(len(ranks))
    inputs = {f"rank {i}": rank for i, rank in enumerate(ranks)} | {"salt": 5, "pot": pot}
    if not any(ranks):
        with pytest.raises(r1cs.Unsatisfied):
            circuit.witness(inputs)
        return
    witness = circuit.witness(inputs)
    named = {str(i): rank for i, rank in enumerate(ranks)}
    payouts = list(in_proportion(named, pot).values())
    assert witness[1 : 3 + len(ranks)] == [r1cs.digest([5, *ranks], claim.TAG), *payouts, pot]


@pytest.mark.parametrize(
    "change",
    [
        {"deregistered": "bo"},
        {"rank": {**RANKS["rank"], "bo": 701}},
        {"rank": {"bo": 700, "drew": 50}},
        {"rank": {**RANKS["rank"], "eve": 1}},
    ],
)
def test_other_ranks_do_not_follow(ran, change):
    _, evidence, _ = ran
    with pytest.raises(Refused, match="does not hold for these payouts"):
        claim.conclude(evidence, {"rank": RANKS | change}, NOTHING)


def test_other_evidence_is_refused(ran):
    _, evidence, _ = ran
    key = groth16.VerifyingKey.from_json(evidence["vkey"])
    proof = groth16.Proof.from_json(evidence["proof"])
    weak = replace(key, delta=key.gamma).to_json()
    wrong = replace(proof, c=proof.a).to_json()
    for lie, error in (
        ({"salt": str(int(evidence["salt"]) + 1)}, Refused),
        ({"proof": wrong}, Refused),
        ({"vkey": weak}, groth16.WeakKey),
        ({"proof": {}}, ValueError),
        ({"gas": "100"}, Refused),
    ):
        with pytest.raises(error):
            claim.conclude(evidence | lie, FACTS, NOTHING)


def test_whoever_keeps_the_trapdoor_proves_other_payouts(ran):
    """What the receipt's assumption says: here the toxic waste is the run's seed."""
    state, evidence, _ = ran
    rng = state.rng("claim")
    salt, *secrets = (rng.randrange(2, BN254_R) for _ in range(8))
    lie = {"ada": 1, "bo": 10**6, "drew": 0}
    publics = claim.publics_of(lie, salt)
    system = claim.payout_circuit(3).system()
    unpaid = (publics[0], 0, claim.POT_WEI, 0, claim.POT_WEI)  # not even the rule's payouts
    forged = groth16.forge(system, groth16.Trapdoor(*secrets[:5]), unpaid, 3, 4)
    assert groth16.verify(groth16.VerifyingKey.from_json(evidence["vkey"]), unpaid, forged)


def test_the_chain_holds_the_statement_and_takes_no_second(ran):
    state, evidence, facts = ran
    claim.check_on_chain(state.chain, {"claim": facts})
    n_public = len(facts["payouts"]) + 2
    artifact = claim.artifact(claim.STATEMENT, n_public)
    statement = state.chain.at(artifact, facts["statement"])
    again = groth16.negate_both(groth16.Proof.from_json(evidence["proof"]))
    publics = [int(facts["digest"], 16), *facts["payouts"].values(), facts["pot"]]
    sender = state.chain.account("stranger")
    with pytest.raises(Reverted, match="settled already"):
        statement.settle(*calldata.proof_arguments(again, publics), sender=sender)
    empty = state.chain.deploy(artifact, facts["verifier"], sender=sender)
    raised = [publics[0], publics[1] + 1, *publics[2:]]
    with pytest.raises(Reverted, match="the proof does not hold"):
        empty.settle(*calldata.proof_arguments(again, raised), sender=sender)
    assert not empty.settled()
    empty.settle(*calldata.proof_arguments(again, publics), sender=sender)
    assert [empty.statement(i) for i in range(n_public)] == publics


def test_contracts_that_only_look_alike_are_refused(ran):
    state, _, facts = ran
    sender, n_public = state.chain.account("stranger"), len(facts["payouts"]) + 2
    yes = compile_source(
        f"""
# pragma version ~=0.4.3
@external
@view
def verifyProof(a: uint256[2], b: uint256[2][2], c: uint256[2], pub: uint256[{n_public}]) -> bool:
    return True
""",
        "Yes",
    )
    verifier = state.chain.deploy(yes, sender=sender)
    artifact = claim.artifact(claim.STATEMENT, n_public)
    statement = state.chain.deploy(artifact, verifier, sender=sender)
    lie = [int(facts["digest"], 16), 0, 0, facts["pot"], facts["pot"]]
    statement.settle((1, 2), ((0, 0), (0, 0)), (1, 2), lie, sender=sender)
    for change in (
        {"verifier": verifier.address},
        {"statement": statement.address},
        {"verifier": verifier.address, "statement": statement.address},
        {"statement": facts["verifier"]},
        {"payouts": facts["payouts"] | {"ada": 1}},
        {"digest": "0x1"},
    ):
        with pytest.raises(Refused, match=r"library's code|another statement"):
            claim.check_on_chain(state.chain, {"claim": facts | change})
