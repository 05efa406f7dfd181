"""Suites erc6551.account and erc6551.behaviour."""

from typing import Any

from aicrypto.agents import ownable
from aicrypto.agents.ownable import World
from aicrypto.agents.refusals import Refusal
from aicrypto.agents.registry import created_data, created_topics, registry_call
from aicrypto.commit.hashes import keccak256
from aicrypto.conform.agents.traces import Json, Op, address_in, address_out, answer_step
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.evm.token_bound import REGISTRY, TokenBound, create2_address, identify, parse

YES_SIGNER, YES_SIGNATURE, NO = "0x523e3260", "0x1626ba7e", "0x00000000"


def account(case: Json) -> Json:
    """Suite erc6551.account."""
    return ACCOUNT_OPS[case["op"]](case)


def behaviour(case: Json) -> Json:
    """Suite erc6551.behaviour."""
    given = case["world"]
    world = World(
        given["chainId"],
        given["timestamp"],
        address_in(given["nft"]),
        {kind: address_in(a) for kind, a in given["implementations"].items()},
        frozenset(map(address_in, given["trustedExecutors"])),
    )
    return {"steps": [answer_step(world, BEHAVIOUR_OPS, step) for step in case["steps"]]}


def _address(case: Json) -> Json:
    bound = TokenBound(
        case["implementation"],
        case["chainId"],
        case["tokenContract"],
        case["tokenId"],
        unhex(case["salt"]),
    )
    address = bound.address(case.get("registry") or REGISTRY)
    return {
        "account": address_out(address),
        "creationCodeHash": enhex(keccak256(bound.creation_code)),
        "deployedCodeHash": enhex(keccak256(bound.deployed_code)),
        "topics": [enhex(topic) for topic in created_topics(bound)],
        "data": enhex(created_data(bound, address)),
    }


def _create2(case: Json) -> Json:
    hashed = case.get("initCodeHash")
    code_hash = unhex(hashed) if hashed else keccak256(unhex(case["initCode"]))
    address = create2_address(case["deployer"], unhex(case["salt"]), code_hash)
    return {"address": address_out(address)}


def _parse(case: Json) -> Json:
    bound = parse(unhex(case["code"]))
    return {
        "implementation": address_out(bound.implementation),
        "salt": enhex(bound.salt),
        "chainId": bound.chain_id,
        "tokenContract": address_out(bound.token_contract),
        "tokenId": bound.token_id,
    }


def _identify(case: Json) -> Json:
    registry = case.get("registry") or REGISTRY
    code, implementation = unhex(case["code"]), case["expectedImplementation"]
    return {"valid": identify(case["account"], code, implementation, registry)}


def _registry_call(case: Json) -> Json:
    try:
        returned = registry_call(unhex(case["calldata"]), case.get("value") or 0)
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"returndata": enhex(returned)}


ACCOUNT_OPS = {
    "account": _address,
    "create2": _create2,
    "parse": _parse,
    "identify": _identify,
    "registry_call": _registry_call,
}


def _mint(world: World, step: Json) -> None:
    ownable.mint(world, address_in(step["to"]), step["tokenId"])


def _transfer(world: World, step: Json) -> None:
    sender, source, to = (address_in(step[name]) for name in ("sender", "from", "to"))
    is_safe = step["op"] == "safeTransferFrom"
    ownable.transfer(world, sender, source, to, step["tokenId"], safe=is_safe)


def _create_account(world: World, step: Json) -> str:
    contract = step.get("tokenContract")
    where = address_in(contract) if contract else None
    kind, salt = step["implementation"], unhex(step["salt"])
    bound = world.bind(kind, step["tokenId"], step["chainId"], salt, where)
    return address_out(world.create_account(kind, bound))


def _fund(world: World, step: Json) -> None:
    world.balances[address_in(step["to"])] = step["value"]


def _set_time(world: World, step: Json) -> None:
    world.timestamp = step["timestamp"]


def _at(world: World, step: Json) -> ownable.BoundAccount:
    return world.account(address_in(step["account"]))


def _token(world: World, step: Json) -> list[Any]:
    bound = _at(world, step).bound
    return [bound.chain_id, address_out(bound.token_contract), bound.token_id]


def _is_valid_signer(world: World, step: Json) -> str:
    is_valid = ownable.is_valid_signer(world, _at(world, step), address_in(step["signer"]))
    return YES_SIGNER if is_valid else NO


def _is_valid_signature(world: World, step: Json) -> str:
    given = (unhex(step["hash"]), unhex(step["signature"]))
    return YES_SIGNATURE if ownable.is_valid_signature(world, _at(world, step), *given) else NO


def _call(step: Json) -> tuple[str, str, int, bytes, int]:
    sender, to = address_in(step["sender"]), address_in(step["to"])
    return sender, to, step["value"], unhex(step["data"]), step["operation"]


def _execute(world: World, step: Json) -> str:
    return enhex(ownable.execute(world, _at(world, step), *_call(step)))


def _execute_nested(world: World, step: Json) -> str:
    proof = [_entry(entry) for entry in step["proof"]]
    return enhex(ownable.execute_nested(world, _at(world, step), *_call(step), proof))


def _entry(entry: Any) -> tuple[bytes, str, int]:
    names = ("salt", "tokenContract", "tokenId")
    salt, contract, token_id = [entry[n] for n in names] if isinstance(entry, dict) else entry
    return unhex(salt), address_in(contract), token_id


def _lock(world: World, step: Json) -> None:
    ownable.lock(world, _at(world, step), address_in(step["sender"]), step["until"])


def _set_permissions(world: World, step: Json) -> None:
    callers = [address_in(caller) for caller in step["callers"]]
    sender = address_in(step["sender"])
    ownable.set_permissions(world, _at(world, step), sender, callers, step["permissions"])


BEHAVIOUR_OPS: dict[str, Op] = {
    "mint": _mint,
    "transferFrom": _transfer,
    "safeTransferFrom": _transfer,
    "createAccount": _create_account,
    "fund": _fund,
    "balance": lambda world, step: world.balances.get(address_in(step["of"]), 0),
    "ownerOf": lambda world, step: address_out(world.owner_of(world.nft, step["tokenId"])),
    "setTime": _set_time,
    "token": _token,
    "owner": lambda world, step: address_out(ownable.owner(world, _at(world, step))),
    "state": lambda world, step: _at(world, step).state,
    "isValidSigner": _is_valid_signer,
    "isValidSignature": _is_valid_signature,
    "supportsInterface": lambda world, step: ownable.supports_interface(
        _at(world, step), unhex(step["interfaceId"])
    ),
    "sandbox": lambda world, step: address_out(ownable.sandbox(address_in(step["account"]))),
    "execute": _execute,
    "executeNested": _execute_nested,
    "lock": _lock,
    "setPermissions": _set_permissions,
}
