"""Answers of the suite story.royalty: links, payments and pushes over one graph."""

from typing import Any

from aicrypto.ip import licensing, royalty
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.state import State
from aicrypto.ip.terms import LAP, LRP, WIP

Json = dict[str, Any]


def payments(case: Json) -> Json:
    """Suite story.royalty."""
    state = State(fee_percent=case["fee_percent"])
    for link in case["links"]:
        try:
            _link(state, link)
        except Refusal as refusal:
            return {"error": refusal.name, "at": link["child"]}
    return {
        "stacks": {ip: stacks_of(state, ip) for ip in case["stacks"]},
        "payments": [_paid(state, payment) for payment in case["payments"]],
        "pushed": [_pushed(state, push) for push in case["push"]],
        "left_in_policy": {p: state.cash[royalty.policy_pool(p), WIP] for p in (LAP, LRP)},
    }


def _link(state: State, link: Json) -> None:
    for ip in (link["child"], *link["parents"]):
        licensing.register(state, ip, ip)
    royalty.link(state, link["child"], link["parents"], link["policy"], link["percents"])


def stacks_of(state: State, ip: str) -> Json:
    """What flows out of a payment to the IP, by policy and together."""
    stacks = {policy: state.stacks[policy, ip] for policy in (LAP, LRP)}
    return {**stacks, "global": royalty.global_stack(state, ip)}


def paid(payment: royalty.Payment) -> Json:
    """A payment as the suites write it."""
    return {"fee": payment.fee, "pools": payment.pools, "vault": payment.vault}


def _paid(state: State, payment: Json) -> Json:
    try:
        return paid(royalty.pay(state, payment["ip"], WIP, payment["amount"]))
    except Refusal as refusal:
        return {"error": refusal.name}


def _pushed(state: State, push: Json) -> Json:
    return {a: _pushed_to(state, push["policy"], push["ip"], a) for a in push["ancestors"]}


def _pushed_to(state: State, policy: str, ip: str, ancestor: str) -> int | str:
    try:
        return royalty.push(state, policy, ip, ancestor, WIP)
    except Refusal as refusal:
        return refusal.name
