"""ERC-8004 validation: an agent asks a named validator to check a piece of its work.

The validator answers 0 to 100, may answer again (first softly, then with finality), and its answers
are kept by the hash of the request. What a validator does is its own affair: here it is where
proofs (zkML), disputes (opML) and attestations report, 100 for accepted and 0 for refuted.

Source: erc-8004/erc-8004-contracts@b9e466c2, ValidationRegistryUpgradeable v2.0.0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aicrypto.agents.refusals import REVERT, demand
from aicrypto.agents.trust.identity import IdentityRegistry
from aicrypto.evm.accounts import NOBODY

MAX_RESPONSE = 100
ACCEPTED, REFUTED = 100, 0


@dataclass
class Validation:
    """One request and the latest answer.

    Attributes:
        validator: who is asked.
        agent_id: whose work it is.
        response: 0..100, 0 before the first answer.
        response_hash: hash of the validator's evidence.
        tag: kind of answer.
        last_update: time of the request, then of the latest answer.
        is_answered: whether there is one.
    """

    validator: str
    agent_id: int
    last_update: int
    response: int = 0
    response_hash: bytes = bytes(32)
    tag: str = ""
    is_answered: bool = False


@dataclass
class ValidationRegistry:
    """Requests by their hash, in order."""

    identities: IdentityRegistry
    requests: dict[bytes, Validation] = field(default_factory=dict)

    def request(self, sender: str, validator: str, agent_id: int, request_hash: bytes) -> None:
        """Asks a validator about the agent's work."""
        demand(validator != NOBODY, "bad validator")
        demand(request_hash not in self.requests, "exists")
        demand(self.identities.is_authorised(sender, agent_id), "Not authorized")
        now = self.identities.timestamp
        self.requests[request_hash] = Validation(validator, agent_id, now)

    def respond(
        self, sender: str, request_hash: bytes, response: int, response_hash: bytes, tag: str = ""
    ) -> None:
        """The validator's answer, in place of an earlier one.

        Raises:
            Refusal: `revert` below 0 (it is a uint8), `unknown`, `not validator`, `resp>100`.
        """
        demand(response >= 0, REVERT)
        entry = self.status(request_hash)
        demand(sender == entry.validator, "not validator")
        demand(response <= MAX_RESPONSE, "resp>100")
        entry.response, entry.response_hash, entry.tag = response, response_hash, tag
        entry.last_update, entry.is_answered = self.identities.timestamp, True

    def status(self, request_hash: bytes) -> Validation:
        """What is known about a request."""
        demand(request_hash in self.requests, "unknown")
        return self.requests[request_hash]

    def summary(self, agent_id: int, validators: Sequence[str], tag: str) -> tuple[int, int]:
        """Count and average, cut off, of those validators' (none: all) answers of that tag."""
        asked = [self.requests[h] for h in self.of_agent(agent_id)]
        heard = [v for v in asked if not validators or v.validator in validators]
        counted = [v.response for v in heard if v.is_answered and tag in ("", v.tag)]
        return len(counted), sum(counted) // max(1, len(counted))

    def of_agent(self, agent_id: int) -> list[bytes]:
        """Hashes of the requests about an agent."""
        return [h for h, entry in self.requests.items() if entry.agent_id == agent_id]

    def of_validator(self, validator: str) -> list[bytes]:
        """Hashes of the requests to a validator."""
        return [h for h, entry in self.requests.items() if entry.validator == validator]
