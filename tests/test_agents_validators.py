"""Verifiers of other rooms report to ERC-8004's validation registry: 100 for true, 0 for false."""

from dataclasses import replace

import numpy as np
import pytest

from aicrypto import zkml
from aicrypto.agents import trust
from aicrypto.agents.agency import Agency
from aicrypto.agents.brain import Brain, HashedWords, Router, RuleVoice, Tool
from aicrypto.agents.refusals import Refusal
from aicrypto.agents.trust import IdentityRegistry, ValidationRegistry
from aicrypto.evm import Chain, Reverted
from aicrypto.opml import machine
from aicrypto.opml.games import Fault, lie
from aicrypto.oracle import MachineModel

OWNER, VALIDATOR, STRANGER = ("0x" + digit * 40 for digit in "123")
TOOLS = (
    Tool("add", "add two numbers", lambda question: 3, {"question": "string"}),
    Tool("trades", "count the trades in a table", lambda question: 7, {"question": "string"}),
)
BRAIN = Brain(Router(TOOLS, HashedWords(32)), RuleVoice())
ACT = BRAIN.act("count the trades")
SCORES = np.array(BRAIN.router.decide(np.frombuffer(ACT.features, np.int8)).scores, "<i4").tobytes()
FALSE = SCORES[4:] + SCORES[:4]


def asked(claim: bytes) -> ValidationRegistry:
    """A registry in which agent 0 has asked the validator about a claim."""
    identities = IdentityRegistry(1, "0x" + "8" * 40, 1000)
    registry = ValidationRegistry(identities)
    registry.request(OWNER, VALIDATOR, identities.register(OWNER), claim)
    return registry


def filed(verdict: trust.Verdict) -> int:
    """What the registry keeps of a verdict about a claim that was asked about."""
    registry = asked(verdict.claim)
    with pytest.raises(Refusal, match="not validator"):
        trust.report(registry, STRANGER, verdict)
    trust.report(registry, VALIDATOR, verdict)
    status = registry.status(verdict.claim)
    assert (status.response_hash, status.tag) == (verdict.evidence, verdict.tag)
    assert registry.summary(0, [VALIDATOR], verdict.tag) == (1, verdict.response)
    return status.response


@pytest.fixture(scope="module")
def proven():
    network = BRAIN.router.network
    x = np.frombuffer(ACT.features, np.int8)[None].copy()
    return network, zkml.prove(network, x).to_bytes()


def test_a_proof_of_the_choice_is_accepted_and_a_false_choice_refuted(proven):
    network, proof = proven
    assert filed(trust.proof_verdict(network, ACT.features, SCORES, proof)) == 100
    assert filed(trust.proof_verdict(network, ACT.features, FALSE, proof)) == 0
    other = bytes([ACT.features[0] ^ 1]) + ACT.features[1:]
    assert filed(trust.proof_verdict(network, other, SCORES, proof)) == 0
    for bad in (b"", proof[:-1], bytes(len(proof))):
        assert not trust.proof_verdict(network, ACT.features, SCORES, bad).is_accepted
    for data, output in [(b"", SCORES), (ACT.features, b"123"), (ACT.features[:-1], SCORES)]:
        assert not trust.proof_verdict(network, data, output, proof).is_accepted


def test_a_run_of_the_choice_is_accepted_and_a_lie_refuted_at_one_step():
    model = MachineModel("router", BRAIN.router.layers)
    honest = model.run(ACT.features)
    assert filed(trust.run_verdict(model, ACT.features, SCORES, honest)) == 100
    assert filed(trust.run_verdict(model, ACT.features, FALSE, honest)) == 0, "another output"
    at = honest.n_steps // 2
    lies = [
        lie(honest, Fault("mem", at=at, addr=machine.MODEL + 200, xor=64)),
        lie(honest, Fault("pad", extra=5)),
        model.run(bytes(32)),
    ]
    for claimed in lies:
        for output in (SCORES, FALSE):
            assert filed(trust.run_verdict(model, ACT.features, output, claimed)) == 0


def test_a_run_that_stops_early_shows_no_output():
    model = MachineModel("router", BRAIN.router.layers)
    honest = model.run(ACT.features)

    class Early:
        n_steps = honest.n_steps - 1
        state, commitment, witness = honest.state, honest.commitment, honest.witness

    assert filed(trust.run_verdict(model, ACT.features, SCORES, Early())) == 0


def test_a_claimant_who_shows_no_state_is_refuted():
    model = MachineModel("router", BRAIN.router.layers)
    liar = lie(model.run(ACT.features), Fault("mem", at=50, addr=machine.MODEL + 200, xor=64))

    class Mute:
        n_steps, state, commitment = liar.n_steps, liar.state, staticmethod(liar.commitment)

        def witness(self, index):
            shown = liar.witness(index)
            return replace(shown, insn_proof=shown.insn_proof[:-1])

    assert filed(trust.run_verdict(model, ACT.features, FALSE, Mute())) == 0


def test_an_act_is_accepted_by_the_same_brain_and_refuted_when_changed():
    assert filed(trust.act_verdict(BRAIN, ACT)) == 100
    assert filed(trust.act_verdict(BRAIN, replace(ACT, tool="add"))) == 0


def test_a_verdict_about_another_claim_cannot_be_filed():
    verdict = trust.act_verdict(BRAIN, ACT)
    registry = asked(trust.claim_hash("rerun", b"", b"", b""))
    with pytest.raises(Refusal, match="unknown"):
        trust.report(registry, VALIDATOR, verdict)
    parts = [(b"ab", b"c", b""), (b"a", b"bc", b""), (b"", b"abc", b""), (b"ab", b"", b"c")]
    assert len({trust.claim_hash("zkml", *part) for part in parts}) == 4
    assert trust.claim_hash("opml", *parts[0]) != trust.claim_hash("zkml", *parts[0])


def test_the_contract_keeps_the_same_verdicts(proven):
    network, proof = proven
    chain = Chain()
    owner, validator = chain.account("owner"), chain.account("validator")
    agency = Agency.deploy(chain, owner)
    agent_id, _ = agency.register(owner)
    good = trust.proof_verdict(network, ACT.features, SCORES, proof)
    bad = trust.proof_verdict(network, ACT.features, FALSE, proof)
    for verdict in (good, bad):
        agency.validation.validationRequest(validator, agent_id, verdict.claim, sender=owner)
        with pytest.raises(Reverted, match="not validator"):
            trust.report_on_chain(agency.validation, owner, verdict)
        trust.report_on_chain(agency.validation, validator, verdict)
    count, average = agency.validation.getValidationSummary(agent_id, [], "zkml")
    assert (count, average) == (2, 50)
