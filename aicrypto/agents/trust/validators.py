"""Validators at work: what the verifiers of other rooms find, as the validation registry keeps it.

An agent claims that its model gave this output for that input. `claim_hash` is what it files the
request under, so a validator that looks at anything else answers another request, which nobody has
made. Three kinds of validator, each with a tag:

    zkml   checks a proof; nobody is trusted, the model must be small enough to be proved
    opml   runs the model itself and, where the claim differs, has one step decide between the two
    rerun  runs an agent's own brain again: exact where the brain is, within a tolerance elsewhere

They answer 100 (accepted) or 0 (refuted), and file the hash of what they looked at.
Source: ERC-8004 (Draft), validation registry.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicrypto.agents.trust.validation import ACCEPTED, REFUTED, ValidationRegistry
from aicrypto.commit.hashes import keccak256, sha256

if TYPE_CHECKING:
    from aicrypto.agents.brain import Act, Brain
    from aicrypto.evm import Account, Contract
    from aicrypto.opml.games import Run
    from aicrypto.oracle import MachineModel
    from aicrypto.zkml import ModelCommitment, Network

ZKML, OPML, RERUN = "zkml", "opml", "rerun"


@dataclass(frozen=True)
class Verdict:
    """What a validator found.

    Attributes:
        claim: hash of the claim that was looked at; the request must have been filed under it.
        response: 100 or 0.
        evidence: SHA-256 of what was looked at.
        tag: kind of validator.
    """

    claim: bytes
    response: int
    evidence: bytes
    tag: str

    @property
    def is_accepted(self) -> bool:
        """Whether the claim stands."""
        return self.response == ACCEPTED


def claim_hash(tag: str, model: bytes, data: bytes, output: bytes) -> bytes:
    """32 bytes that stand for "this model gives this output for this input"."""
    parts = (tag.encode(), model, data, output)
    return keccak256(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def proof_verdict(
    model: "Network | ModelCommitment", data: bytes, output: bytes, proof: bytes
) -> Verdict:
    """A zkML verifier's: whether the proof shows that the model gives the output.

    Args:
        model: the network, or the commitment to it.
        data: one row of inputs, a signed byte each.
        output: its logits, four bytes each, the low one first.
        proof: as a stranger sends it.
    """
    import numpy as np

    from aicrypto import zkml

    claim = claim_hash(ZKML, model.digest, data, output)
    try:
        x, logits = np.frombuffer(data, np.int8)[None], np.frombuffer(output, "<i4")[None]
        stands = zkml.verify(model, x.copy(), logits.copy(), proof)
    except ValueError:  # bytes that are no row of numbers
        stands = False
    return _verdict(claim, stands, sha256(proof), ZKML)


def run_verdict(model: "MachineModel", data: bytes, output: bytes, claimed: "Run") -> Verdict:
    """An opML validator's: it runs the model, and one step decides where the claimed run differs.

    Args:
        model: as the verifiable machine runs it.
        data: its input.
        output: that is claimed.
        claimed: the run that is said to lead there.

    Raises:
        Unanswerable: if the input is none of the model's.
    """
    from aicrypto.opml.games import dispute
    from aicrypto.oracle import shown_output

    claim = claim_hash(OPML, model.model_hash, data, output)
    own = model.run(data)
    is_same_task = claimed.commitment(0) == own.commitment(0)
    if not is_same_task or claimed.n_steps != own.n_steps:
        return _verdict(claim, False, sha256(claimed.commitment(0)), OPML)
    try:
        found = dispute(claimed, own)
    except ValueError:  # no step at all: the claimant shows a state that is none
        return _verdict(claim, False, sha256(claimed.commitment(own.n_steps)), OPML)
    evidence = sha256(found.claimed, found.h_lo, found.h_hi)
    stands = found.winner is None and shown_output(own)[0] == output
    return _verdict(claim, stands, evidence, OPML)


def act_verdict(brain: "Brain", act: "Act") -> Verdict:
    """A witness' with the same brain: whether the act is what that brain would have done."""
    from aicrypto.agents.brain import check

    question = act.question.encode(errors="surrogatepass")  # JSON may say half a character
    claim = claim_hash(RERUN, bytes.fromhex(brain.router.digest), question, act.digest)
    return _verdict(claim, check(brain, act), sha256(act.to_bytes()), RERUN)


def report(registry: ValidationRegistry, validator: str, verdict: Verdict) -> None:
    """Files a verdict; Refusal `unknown` where nobody asked about that claim."""
    found = (verdict.response, verdict.evidence, verdict.tag)
    registry.respond(validator, verdict.claim, *found)


def report_on_chain(registry: "Contract", validator: "Account", verdict: Verdict) -> None:
    """Files a verdict with the contract; Reverted "unknown" where nobody asked about that claim."""
    found = (verdict.response, verdict.evidence, verdict.tag)
    registry.validationResponse(verdict.claim, *found, sender=validator)


def _verdict(claim: bytes, stands: bool, evidence: bytes, tag: str) -> Verdict:
    return Verdict(claim, ACCEPTED if stands else REFUTED, evidence, tag)
