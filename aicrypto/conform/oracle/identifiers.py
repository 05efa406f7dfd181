"""Suites ora.oao_ids and ora.erc7007: selectors, topics, numbers of models, tokens, requests."""

from typing import Any

from aicrypto.conform.encoding import enhex, unhex
from aicrypto.oracle import identifiers

Case = dict[str, Any]


def oao_ids(case: Case) -> Case:
    """`ora.oao_ids`: what the oracle's contracts call things."""
    op = case["op"]
    if op == "selector":
        return {"selector": enhex(identifiers.selector(case["signature"]))}
    if op == "event_topic":
        return {"topic": enhex(identifiers.event_topic(case["signature"]))}
    if op == "model_id":
        return {"model_id": identifiers.model_id(case["name"])}
    number = identifiers.request_id(
        case["model"],
        unhex(case["input"]),
        case["callback"],
        case["gas_limit"],
        unhex(case["data"]),
        case["sender"],
        case["timestamp"],
    )
    return {"request_id": number}


def erc7007(case: Case) -> Case:
    """`ora.erc7007`: what the token's standard calls things."""
    op = case["op"]
    if op == "interface_id":
        return {op: enhex(identifiers.interface_id(case["functions"]))}
    if op == "token_id":
        return {op: identifiers.token_id(unhex(case["prompt"]))}
    if op == "token_uri":
        return {op: identifiers.token_uri(case["uri"], case["prompt"], case["aigc_data"])}
    if op == "event_topic":
        return {"topic": enhex(identifiers.event_topic(case["signature"]))}
    joined = identifiers.public_inputs(unhex(case["prompt"]), unhex(case["aigc_data"]))
    return {"public_inputs": enhex(joined)}
