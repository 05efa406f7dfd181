"""Suites erc8004.identity, erc8004.reputation and erc8004.validation."""

from collections.abc import Callable
from typing import Any

from aicrypto.agents.trust import (
    IdentityRegistry,
    ReputationRegistry,
    ValidationRegistry,
    wallet_document,
)
from aicrypto.conform.agents.traces import Json, Op, address_in, address_out, answer_step
from aicrypto.conform.encoding import enhex, unhex


class Registries:
    """The three registries of one case."""

    def __init__(self, world: Json) -> None:
        registry = address_in(world["identityRegistry"])
        self.identities = IdentityRegistry(world["chainId"], registry, world["timestamp"])
        self.reputation = ReputationRegistry(self.identities)
        self.validation = ValidationRegistry(self.identities)

    def attempt(self, action: Callable[[], Any]) -> Any:
        """As of a registry: they check everything before they write."""
        return self.identities.attempt(action)


def trust(case: Json) -> Json:
    """The three suites, which share their steps."""
    if case.get("op") == "agentWalletDigest":
        names = ("chainId", "identityRegistry", "agentId", "newWallet", "owner", "deadline")
        return {"digest": enhex(wallet_document(*(case[name] for name in names)).digest)}
    registries = Registries(case["world"])
    return {"steps": [answer_step(registries, OPS, step) for step in case["steps"]]}


def _set_time(world: Registries, step: Json) -> None:
    world.identities.timestamp = step["timestamp"]


def _register(world: Registries, step: Json) -> int:
    metadata = [(key, unhex(value)) for key, value in step.get("metadata") or []]
    return world.identities.register(_who(step), step.get("agentURI") or "", metadata)


def _set_wallet(world: Registries, step: Json) -> None:
    wallet, signature = address_in(step["newWallet"]), unhex(step["signature"])
    world.identities.set_wallet(_who(step), step["agentId"], wallet, step["deadline"], signature)


def _transfer(world: Registries, step: Json) -> None:
    sender, source, to = (address_in(step[name]) for name in ("sender", "from", "to"))
    world.identities.transfer(sender, source, to, step["agentId"])


def _get_metadata(world: Registries, step: Json) -> str:
    return enhex(world.identities.metadata(step["agentId"], step["key"]))


def _get_wallet(world: Registries, step: Json) -> str:
    return address_out(world.identities.wallet(step["agentId"]))


def _set_metadata(world: Registries, step: Json) -> None:
    value = unhex(step["value"])
    world.identities.set_metadata(_who(step), step["agentId"], step["key"], value)


def _set_operator(world: Registries, step: Json) -> None:
    world.identities.set_operator(_who(step), address_in(step["operator"]), step["approved"])


IDENTITY_OPS: dict[str, Op] = {
    "setTime": _set_time,
    "register": _register,
    "ownerOf": lambda w, s: address_out(w.identities.agent(s["agentId"]).owner),
    "tokenURI": lambda w, s: w.identities.agent(s["agentId"]).uri,
    "getMetadata": _get_metadata,
    "setMetadata": _set_metadata,
    "setAgentURI": lambda w, s: w.identities.set_uri(_who(s), s["agentId"], s["uri"]),
    "getAgentWallet": _get_wallet,
    "setAgentWallet": _set_wallet,
    "unsetAgentWallet": lambda w, s: w.identities.unset_wallet(_who(s), s["agentId"]),
    "approve": lambda w, s: w.identities.approve(_who(s), s["agentId"], address_in(s["to"])),
    "setApprovalForAll": _set_operator,
    "transferFrom": _transfer,
}


def _give_feedback(world: Registries, step: Json) -> int:
    given = [step[name] for name in ("agentId", "value", "valueDecimals", "tag1", "tag2")]
    return world.reputation.give(_who(step), *given)


def _respond(world: Registries, step: Json) -> None:
    client = address_in(step["client"])
    world.reputation.respond(_who(step), step["agentId"], client, step["index"], step["uri"])


def _count_responses(world: Registries, step: Json) -> int:
    client, responders = address_in(step["client"]), _all_in(step["responders"])
    return world.reputation.count_responses(step["agentId"], client, step["index"], responders)


def _summary(world: Registries, step: Json) -> Json:
    clients = _all_in(step["clients"])
    return vars(world.reputation.summary(step["agentId"], clients, step["tag1"], step["tag2"]))


def _read_all(world: Registries, step: Json) -> list[Any]:
    tags = (step["tag1"], step["tag2"])
    found = world.reputation.read_all(
        step["agentId"], _all_in(step["clients"]), *tags, step["includeRevoked"]
    )
    return [
        [address_out(f.client), f.index, f.value, f.decimals, f.tag1, f.tag2, f.is_revoked]
        for f in found
    ]


REPUTATION_OPS: dict[str, Op] = {
    "giveFeedback": _give_feedback,
    "revokeFeedback": lambda w, s: w.reputation.revoke(_who(s), s["agentId"], s["index"]),
    "appendResponse": _respond,
    "getResponseCount": _count_responses,
    "getSummary": _summary,
    "readAllFeedback": _read_all,
    "getClients": lambda w, s: [address_out(c) for c in w.reputation.clients(s["agentId"])],
    "getLastIndex": lambda w, s: w.reputation.last_index(s["agentId"], address_in(s["client"])),
}


def _request(world: Registries, step: Json) -> None:
    validator, request = address_in(step["validator"]), unhex(step["requestHash"])
    world.validation.request(_who(step), validator, step["agentId"], request)


def _answer(world: Registries, step: Json) -> None:
    request, evidence = unhex(step["requestHash"]), unhex(step["responseHash"])
    world.validation.respond(_who(step), request, step["response"], evidence, step["tag"])


def _status(world: Registries, step: Json) -> Json:
    found = world.validation.status(unhex(step["requestHash"]))
    return {
        "validator": address_out(found.validator),
        "agentId": found.agent_id,
        "response": found.response,
        "responseHash": enhex(found.response_hash),
        "tag": found.tag,
        "lastUpdate": found.last_update,
    }


def _validation_summary(world: Registries, step: Json) -> Json:
    validators = _all_in(step["validators"])
    count, average = world.validation.summary(step["agentId"], validators, step["tag"])
    return {"count": count, "average": average}


VALIDATION_OPS: dict[str, Op] = {
    "validationRequest": _request,
    "validationResponse": _answer,
    "getValidationStatus": _status,
    "getValidationSummary": _validation_summary,
    "getAgentValidations": lambda w, s: [enhex(h) for h in w.validation.of_agent(s["agentId"])],
    "getValidatorRequests": lambda w, s: [
        enhex(h) for h in w.validation.of_validator(address_in(s["validator"]))
    ],
}
OPS = {**IDENTITY_OPS, **REPUTATION_OPS, **VALIDATION_OPS}


def _who(step: Json) -> str:
    return address_in(step["sender"])


def _all_in(addresses: list[str]) -> list[str]:
    return [address_in(address) for address in addresses]
