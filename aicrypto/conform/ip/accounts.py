"""Answers of the suites story.ip_account, ip_name, slots and permission."""

from collections.abc import Callable
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.evm.token_bound import NO_SALT, REGISTRY, TokenBound, checksummed
from aicrypto.ip import identity, licensing, permissions
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.state import State

Json = dict[str, Any]
THE_IP = "ip"


def ip_account(case: Json) -> Json:
    """Suite story.ip_account."""
    names = ("implementation", "chain_id", "token_contract", "token_id")
    salt = unhex(case["salt"]) if case.get("salt") else NO_SALT
    bound = TokenBound(**{name: case[name] for name in names}, salt=salt)
    return {
        "address": checksummed(bound.address(case.get("registry") or REGISTRY)),
        "creation_code_keccak": enhex(keccak256(bound.creation_code)),
    }


def ip_name(case: Json) -> Json:
    """Suite story.ip_name."""
    names = ("block_chain_id", "chain_id", "token_contract", "token_id")
    given = {name: case[name] for name in names}
    return {"name": identity.ip_name(**given, nft_name=case.get("nft_name") or "")}


SLOTS: dict[str, Callable[[Json], bytes]] = {
    "erc7201": lambda case: identity.namespace_slot(case["name"]),
    "parent_count": lambda case: identity.parent_count_slot(case["ip"]),
    "parent": lambda case: identity.parent_slot(case["ip"], case["index"]),
    "royalty": lambda case: identity.royalty_slot(case["ip"], case["parent"], case["policy"]),
    "stack": lambda case: identity.stack_slot(case["ip"], case["policy"]),
    "acl": lambda case: identity.access_slot(case["caller"]),
}


def slots(case: Json) -> Json:
    """Suite story.slots."""
    return {"slot": enhex(SLOTS[case["kind"]](case))}


def permission(case: Json) -> Json:
    """Suite story.permission: one IP's permissions in a row."""
    state = State()
    licensing.register(state, THE_IP, case["owner"])
    return {"results": [_permission_op(state, op) for op in case["ops"]]}


def _permission_op(state: State, op: Json) -> Json:
    try:
        if op["op"] == "nft_transfer":
            licensing.transfer(state, THE_IP, op["to"])
        elif op["op"] == "check":
            permissions.check_permission(state, THE_IP, op["signer"], op["to"], op["func"])
        elif op["op"] == "set":
            named = (op[name] for name in ("by", "signer", "to", "func", "permission"))
            permissions.set_permission(state, THE_IP, *named)
        else:
            named = (op[name] for name in ("by", "signer", "permission"))
            permissions.set_all_permissions(state, THE_IP, *named)
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"ok": True}
