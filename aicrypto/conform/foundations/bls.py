"""Answers of the suites bls.signature, bls.threshold and bls.hash_to_curve."""

from collections.abc import Callable
from typing import Any

from aicrypto.algebra.curves.bls12_381 import g1_from_bytes, g2_from_bytes
from aicrypto.algebra.curves.gaussian import Gaussian
from aicrypto.algebra.curves.weierstrass import Affine
from aicrypto.commit import bls
from aicrypto.commit.bls import expand, hash_to_curve, threshold
from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all

Json = dict[str, Any]
Operations = dict[str, Callable[[Json], Json]]


def signature(case: Json) -> Json:
    """Suite bls.signature: `op` selects a signer's or verifier's function, or a decoder."""
    return _SIGNATURE[case["op"]](case)


def threshold_suite(case: Json) -> Json:
    """Suite bls.threshold: `op` selects the step of sharing, signing or checking."""
    return _THRESHOLD[case["op"]](case)


def curve_hash(case: Json) -> Json:
    """Suite bls.hash_to_curve: `op` selects the stage, or one of the four whole functions."""
    message, tag = unhex(case["message"]), unhex(case["dst"])
    if case["op"] == "expand":
        return {"bytes": enhex(expand.expand_message(message, tag, case["length"]))}
    if case["op"] == "hash_to_field":
        return {"elements": expand.hash_to_field(message, tag, case["degree"], case["count"])}
    x, y = _CURVE_HASHES[case["op"]](message, tag) or (0, 0)
    return {"x": _coordinates(x), "y": _coordinates(y)}


def _coordinates(value: int | Gaussian) -> list[int]:
    return [value.re, value.im] if isinstance(value, Gaussian) else [value]


def _decodes(decode: Callable[[bytes], Affine], case: Json) -> Json:
    try:
        decode(unhex(case["encoding"]))
    except ValueError:
        return {"valid": False}
    return {"valid": True}


def _verify(case: Json) -> Json:
    key, message, signed = (unhex(case[name]) for name in ("pubkey", "message", "signature"))
    return {"valid": bls.verify(key, message, signed)}


def _pop_verify(case: Json) -> Json:
    return {"valid": bls.pop_verify(unhex(case["pubkey"]), unhex(case["proof"]))}


def _aggregate_verify(case: Json) -> Json:
    keys, messages = unhex_all(case["pubkeys"]), unhex_all(case["messages"])
    return {"valid": bls.aggregate_verify(keys, messages, unhex(case["signature"]))}


def _fast_aggregate_verify(case: Json) -> Json:
    keys, message = unhex_all(case["pubkeys"]), unhex(case["message"])
    return {"valid": bls.fast_aggregate_verify(keys, message, unhex(case["signature"]))}


def _batch_verify(case: Json) -> Json:
    lists = (unhex_all(case[name]) for name in ("pubkeys", "messages", "signatures"))
    keys, messages, signatures = lists
    return {"valid": bls.batch_verify(keys, messages, signatures)}


def _dealt(dealing: threshold.Dealing) -> Json:
    return {
        "shares": list(dealing.shares),
        "commitments": enhex_all(dealing.commitments),
        "group_public_key": enhex(dealing.group_public_key),
    }


def _deal(case: Json) -> Json:
    dealing = threshold.deal(case["coefficients"], case["ids"])
    return {**_dealt(dealing), "public_key_shares": enhex_all(dealing.public_key_shares)}


def _verify_share(case: Json) -> Json:
    commitments = unhex_all(case["commitments"])
    return {"valid": threshold.verify_share(commitments, case["id"], case["share"])}


def _combine(case: Json) -> Json:
    return {"signature": enhex(threshold.combine(case["ids"], unhex_all(case["partials"])))}


def _combine_and_verify(case: Json) -> Json:
    partials = unhex_all(case["partials"])
    message, key = unhex(case["message"]), unhex(case["group_public_key"])
    return {"valid": threshold.combine_and_verify(case["ids"], partials, message, key)}


def _find_bad(case: Json) -> Json:
    keys, partials = unhex_all(case["public_key_shares"]), unhex_all(case["partials"])
    return {"bad": threshold.find_bad(case["ids"], keys, partials, unhex(case["message"]))}


_SIGNATURE: Operations = {
    "sk_to_pk": lambda c: {"pubkey": enhex(bls.sk_to_pk(unhex(c["sk"])))},
    "sign": lambda c: {"signature": enhex(bls.sign(unhex(c["sk"]), unhex(c["message"])))},
    "pop_prove": lambda c: {"proof": enhex(bls.pop_prove(unhex(c["sk"])))},
    "aggregate": lambda c: {"signature": enhex(bls.aggregate(unhex_all(c["signatures"])))},
    "verify": _verify,
    "pop_verify": _pop_verify,
    "aggregate_verify": _aggregate_verify,
    "fast_aggregate_verify": _fast_aggregate_verify,
    "batch_verify": _batch_verify,
    "decode_g1": lambda c: _decodes(g1_from_bytes, c),
    "decode_g2": lambda c: _decodes(g2_from_bytes, c),
}
_THRESHOLD: Operations = {
    "deal": _deal,
    "joint_deal": lambda c: _dealt(threshold.joint_deal(c["dealers"], c["ids"])),
    "lagrange": lambda c: {"coefficients": threshold.lagrange(c["ids"], c["at"])},
    "recover": lambda c: {"secret": threshold.recover(c["ids"], c["shares"])},
    "verify_share": _verify_share,
    "combine": _combine,
    "combine_and_verify": _combine_and_verify,
    "find_bad": _find_bad,
}
_CURVE_HASHES = {
    "hash_to_g1": hash_to_curve.hash_to_g1,
    "hash_to_g2": hash_to_curve.hash_to_g2,
    "encode_to_g1": hash_to_curve.encode_to_g1,
    "encode_to_g2": hash_to_curve.encode_to_g2,
}
