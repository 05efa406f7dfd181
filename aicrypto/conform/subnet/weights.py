"""Answers of the suites bittensor.set_weights, commit_hash and commit_reveal."""

from dataclasses import replace
from typing import Any

from aicrypto.conform.encoding import enhex, unhex
from aicrypto.subnet import weights
from aicrypto.subnet.weights import Call, Caller, Queue, Refusal, Row, WeightRules

Json = dict[str, Any]
RULES = {
    "netuid": "netuid",
    "n": "n",
    "owner_uid": "owner_uid",
    "stake_threshold": "stake_threshold",
    "weights_version_key": "version_key",
    "mechanisms": "mechanisms",
    "min_allowed_weights": "min_allowed",
    "commit_reveal": "commit_reveal",
    "rate_limit": "rate_limit",
    "reveal_period": "reveal_period",
}


def set_weights(case: Json) -> Json:
    """Suite bittensor.set_weights: the stored row, or the refusal's name by raising."""
    state, call = case["state"], case["call"]
    caller = Caller(state["uid"], state["permit"], state["stake"], state["last_update"])
    called = Call(
        tuple(call["uids"]), tuple(call["values"]), call["version_key"], call["mechanism"]
    )
    block = state["current_block"]
    row = weights.set_weights(_rules(state), caller, called, block)
    return {"weights": _listed(row), "last_update": block}


def commit_hash(case: Json) -> Json:
    """Suite bittensor.commit_hash."""
    return {"hash": enhex(_hash(unhex(case["hotkey"]), case["netuid_index"], case))}


def commit_reveal(case: Json) -> Json:
    """Suite bittensor.commit_reveal: a hotkey's commits and reveals in a row."""
    config = case["config"]
    rules = _rules(config)
    caller = Caller(config["uid"], config["permit"], 0, config["last_update"])
    queue: Queue = ()
    row: Row | None = None
    results = []
    for op in case["ops"]:
        try:
            if op["op"] == "commit":
                digest, at = unhex(op["hash"]), (op["epoch"], op["block"])
                queue = weights.commit(rules, caller, queue, digest, *at)
                caller = replace(caller, last_update=op["block"])
            else:
                queue, row = _revealed(rules, caller, queue, config, op)
            results.append("ok")
        except Refusal as refusal:
            results.append(type(refusal).__name__)
    return {
        "results": results,
        "queue": [[enhex(c.digest), c.epoch, c.block] for c in queue],
        "last_update": caller.last_update,
        "weights": None if row is None else _listed(row),
    }


def _revealed(
    rules: WeightRules, caller: Caller, queue: Queue, config: Json, op: Json
) -> tuple[Queue, Row]:
    digest = _hash(unhex(config["hotkey"]), config["netuid_index"], op)
    call = Call(tuple(op["uids"]), tuple(op["values"]), op["version_key"])
    return weights.reveal(rules, caller, queue, call, digest, op["epoch"], op["block"])


def _hash(hotkey: bytes, netuid_index: int, given: Json) -> bytes:
    uids, values, salt = (given[name] for name in ("uids", "values", "salt"))
    return weights.commit_hash(hotkey, netuid_index, uids, values, salt, given["version_key"])


def _rules(given: Json) -> WeightRules:
    return WeightRules(**{ours: given[theirs] for theirs, ours in RULES.items() if theirs in given})


def _listed(row: Row) -> list[list[int]]:
    return [list(entry) for entry in row]
