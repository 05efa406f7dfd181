"""Suites ritual.errors, ritual.resonance and ritual.vtune: one question, one answer."""

from typing import Any

from aicrypto.conform.encoding import enhex
from aicrypto.oracle import event_topic, selector
from aicrypto.ritual import (
    Offer,
    container_id,
    container_line,
    error_selector,
    interval_at,
    judge,
    prices,
)

Case = dict[str, Any]


def errors(case: Case) -> Case:
    """`ritual.errors`: selectors, topics, container ids and intervals."""
    op = case["op"]
    if op == "error":
        return {"selector": enhex(error_selector(case["name"]))}
    if op == "selector":
        return {"selector": enhex(selector(case["signature"]))}
    if op == "event_topic":
        return {"topic": enhex(event_topic(case["signature"]))}
    if op == "container_id":
        text = case["containers"]
        return {"container_id": enhex(container_id(text)), "dag": container_line(text)}
    return {"interval": interval_at(case["now"], case["active_at"], case["period"])}


def resonance(case: Case) -> Case:
    """`ritual.resonance`: the best matching's surplus and everybody's marginal contribution."""
    offers = {name: Offer(**node) for name, node in case["nodes"].items()}
    found = prices(case["transactions"], offers)
    return {
        "surplus": found.matching.surplus,
        "user_utility": dict(found.user_utility),
        "node_profit": dict(found.node_profit),
    }


def vtune(case: Case) -> Case:
    """`ritual.vtune`: the test's p-value and verdict."""
    finding = judge(case["null_probabilities"], case["activated"], case["alpha"])
    return {
        "p_value": finding.p_value,
        "log10_p": finding.log10_p,
        "verified": finding.is_verified,
        "threshold": finding.threshold,
    }
