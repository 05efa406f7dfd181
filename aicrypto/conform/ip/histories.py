"""Answers of the op suites: story.vault, licensing, limits, group and dispute.

Each op is a function of the state and the op's arguments; what it returns is the op's result, and a
refusal is its name. An op without a result answers `{"ok": true}`.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from aicrypto.conform.ip.royalty import paid, stacks_of
from aicrypto.ip import disputes, groups, licensing, royalty
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.state import Config, State
from aicrypto.ip.terms import Terms

Json = dict[str, Any]
Op = Callable[[State, Json], Any]


def history(case: Json) -> Json:
    """The results of a history of ops."""
    state = State(fee_percent=case["fee_percent"], now_s=case["start"])
    return {"results": [_result(state, op) for op in case["ops"]]}


def _result(state: State, op: Json) -> Json:
    try:
        result = OPS[op["op"]](state, op)
    except Refusal as refusal:
        return {"error": refusal.name}
    if result is None:
        return {"ok": True}
    field = RESULTS.get(op["op"])
    return {field: result} if field else dict(result)


def _terms(op: Json) -> Terms:
    """An op's terms; they are transferable unless they say otherwise."""
    return Terms.from_json({"transferable": True, **op["terms"]})


def _warp(state: State, op: Json) -> None:
    state.now_s += op["seconds"]


def _fee(state: State, op: Json) -> None:
    state.fee_percent = op["percent"]


def _chain(state: State, op: Json) -> None:
    works = [f"{op['prefix']}{i}" for i in range(op["length"] + 1)]
    owner = op["owner"]
    licensing.register(state, works[0], owner)
    terms = licensing.register_terms(state, _terms(op))
    licensing.attach(state, works[0], terms, owner)
    for parent, child in pairwise(works):
        licensing.register(state, child, owner)
        licensing.derive(state, child, [parent], [terms], owner)


def _mint(state: State, op: Json) -> Json:
    limits = {name: op[name] for name in ("max_fee", "max_share") if name in op}
    named = (op[name] for name in ("ip", "terms", "amount", "by", "to"))
    return vars(licensing.mint(state, *named, **limits))


def _derive(state: State, op: Json) -> None:
    limits = {name: op[name] for name in ("max_fee", "max_share") if name in op}
    named = (op[name] for name in ("child", "parents", "terms", "by"))
    licensing.derive(state, *named, **limits)


def _dispute(state: State, op: Json) -> int:
    given = {"liveness": "liveness_s", "bond": "bond", "token": "token"}
    options = {ours: op[theirs] for theirs, ours in given.items() if theirs in op}
    named = (op[name] for name in ("ip", "by", "tag", "evidence"))
    return disputes.raise_dispute(state, *named, **options)


def _config(state: State, op: Json) -> None:
    config = Config(**op.get("config", {}))
    licensing.configure(state, op["ip"], op["terms"], op["by"], config)


def _call(function: Callable[..., Any], *names: str) -> Op:
    """An op that is one call of the library, with the named arguments in that order."""
    return lambda state, op: function(state, *(op[name] for name in names))


OPS: dict[str, Op] = {
    "register": _call(licensing.register, "ip", "owner"),
    "warp": _warp,
    "fee": _fee,
    "terms": lambda state, op: licensing.register_terms(state, _terms(op)),
    "chain": _chain,
    "attach": _call(licensing.attach, "ip", "terms", "by"),
    "config": _config,
    "mint": _mint,
    "token_transfer": _call(licensing.transfer_token, "token", "frm", "to"),
    "derive": _derive,
    "derive_tokens": _call(licensing.derive_with_tokens, "child", "tokens", "by"),
    "approve": lambda state, op: licensing.approve(
        state, op["parent"], op["terms"], op["child"], op["by"], op.get("approved", True)
    ),
    "link": _call(royalty.link, "child", "parents", "policy", "percents"),
    "pay": lambda state, op: paid(royalty.pay(state, op["ip"], op["token"], op["amount"])),
    "push": _call(royalty.push, "policy", "ip", "ancestor", "token"),
    "claim": _call(royalty.claim, "ip", "who", "token"),
    "claimable": _call(royalty.claimable, "ip", "who", "token"),
    "claim_as_vault": _call(royalty.claim_as_vault, "ip", "target", "token"),
    "rt_transfer": _call(royalty.transfer_royalty_tokens, "ip", "frm", "to", "amount"),
    "rt": lambda state, op: state.royalty_tokens[op["ip"], op["who"]],
    "debt": lambda state, op: state.debts[op["ip"], op["who"], op["token"]],
    "vault_total": lambda state, op: state.income[op["ip"], op["token"]],
    "pool_balance": lambda state, op: state.cash[royalty.policy_pool(op["policy"]), op["token"]],
    "stack": lambda state, op: stacks_of(state, op["ip"]),
    "percent": _call(royalty.percent, "policy", "ip", "ancestor"),
    "expire_time": lambda state, op: state.assets[op["ip"]].expires_s,
    "is_tagged": lambda state, op: state.is_tagged(op["ip"]),
    "ancestors": lambda state, op: len(royalty.ancestors(state.parents, op["ip"])),
    "group": _call(groups.register_group, "group", "owner"),
    "group_add": lambda state, op: groups.add(
        state, op["group"], op["ips"], op["by"], *([op["max_share"]] if "max_share" in op else [])
    ),
    "group_collect": _call(groups.collect, "group", "token"),
    "group_available": _call(groups.available, "group", "token", "ips"),
    "group_claim": _call(groups.claim_rewards, "group", "token", "ips"),
    "group_remove": _call(groups.remove, "group", "ips", "by"),
    "dispute": _dispute,
    "judge": _call(disputes.judge, "dispute", "upheld"),
    "cancel": _call(disputes.cancel, "dispute", "by"),
    "counter": lambda state, op: disputes.counter(
        state, op["dispute"], op["by"], op.get("evidence", 1)
    ),
    "propagate": _call(disputes.propagate, "ip", "dispute", "by"),
    "resolve": _call(disputes.resolve, "dispute", "by"),
}
AMOUNTS = (
    *("push", "claim", "claimable", "claim_as_vault", "rt", "debt", "vault_total"),
    *("pool_balance", "group_collect"),
)
RESULTS = dict.fromkeys(AMOUNTS, "amount") | {
    "terms": "terms_id",
    "percent": "percent",
    "expire_time": "time",
    "is_tagged": "value",
    "ancestors": "count",
    "group_available": "amounts",
    "dispute": "dispute",
    "propagate": "dispute",
}
