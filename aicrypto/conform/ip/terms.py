"""Answers of the suites story.pil_terms, pil_validation, pil_compatibility and dispute_window."""

from typing import Any

from aicrypto.conform.encoding import enhex
from aicrypto.ip.disputes import Window
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.state import State
from aicrypto.ip.terms import FLAVOURS, Source, Terms, are_compatible, check_terms, may_derive
from aicrypto.ip.terms.terms import party_name

Json = dict[str, Any]


def pil_terms(case: Json) -> Json:
    """Suite story.pil_terms."""
    if "flavor" in case:
        named = {name: value for name, value in case.items() if name != "flavor"}
        for name in ("currency", "royalty_policy"):
            if name in named:
                named[name] = party_name(named[name])
        terms = FLAVOURS[case["flavor"]](**named)
    else:
        terms = Terms.from_json(case["terms"])
    stored = terms.stored
    return {
        "hash": enhex(terms.hash()),
        "encoded_length": len(stored.encoded()),
        "stored_uri": stored.uri,
    }


def pil_validation(case: Json) -> Json:
    """Suite story.pil_validation."""
    listed = State()
    try:
        terms = Terms.from_json(case["terms"])
        check_terms(terms, listed.listed_policies, listed.listed_tokens)
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"ok": True}


def pil_compatibility(case: Json) -> Json:
    """Suite story.pil_compatibility."""
    known = dict(enumerate(map(Terms.from_json, case["terms"]), 1))
    sources = [
        Source(p["terms"], known.get(p["terms"], Terms()), p["is_derivative"], p["approved"])
        for p in case["parents"]
    ]
    return {"terms_compatible": are_compatible(sources), "may_derive": may_derive(sources)}


def dispute_window(case: Json) -> Json:
    """Suite story.dispute_window."""
    limits = ("min_liveness", "max_liveness", "max_bond", "owner_time_percent")
    window = Window(*(case[name] for name in limits))
    try:
        window.check(case["liveness"], case["bond"])
        window.check_counter(case["liveness"], case["elapsed"], case["by_ip_owner"])
    except Refusal as refusal:
        return {"error": refusal.name}
    return {"ok": True}
