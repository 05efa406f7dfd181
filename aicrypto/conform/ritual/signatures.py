"""Suite ritual.eip712: digests, signers, and delegations in order."""

from typing import Any

from aicrypto.conform.encoding import enhex, unhex
from aicrypto.evm.signing import struct_hash
from aicrypto.ritual import (
    Delegation,
    Domain,
    InvalidSignature,
    Ledger,
    Signature,
    SignatureExpired,
    SignerMismatch,
    Subscription,
    recover,
)

Case = dict[str, Any]


def eip712(case: Case) -> Case:
    """`ritual.eip712`."""
    return {"digest": _digest, "recover": _recover, "delegatee": _delegatee}[case["op"]](case)


def _digest(case: Case) -> Case:
    domain = Domain(case["chain_id"], case["coordinator"])
    document = _delegation(case, case["sub"]["owner"]).document(domain)
    subscription = struct_hash(document.types, "Subscription", document.message["sub"])
    return {
        "domain_separator": enhex(document.domain_separator),
        "subscription_hash": enhex(subscription),
        "delegate_hash": enhex(document.struct_hash),
        "digest": enhex(document.digest),
    }


def _recover(case: Case) -> Case:
    try:
        return {"signer": recover(unhex(case["digest"]), _signature(case))}
    except InvalidSignature:
        return {"error": "InvalidSignature"}


def _delegatee(case: Case) -> Case:
    ledger = Ledger(Domain(case["chain_id"], case["coordinator"]))
    signers = {name: one["signer"] for name, one in case["consumers"].items()}
    results: list[Any] = []
    for action in case["actions"]:
        name = action["consumer"]
        if action["act"] == "set_signer":
            signers[name] = action["signer"]
            results.append("ok")
        else:
            owner = case["consumers"][name]["address"]
            results.append(_create(ledger, action, owner, signers[name]))
    return {"results": results}


def _create(ledger: Ledger, action: Case, owner: str, signer: str) -> int | str:
    delegation = _delegation(action, owner)
    try:
        return ledger.create(delegation, _signature(action), action["t"], signer)
    except (SignatureExpired, InvalidSignature, SignerMismatch) as error:
        return f"error: {type(error).__name__}"


def _delegation(case: Case, owner: str) -> Delegation:
    sub = case["sub"]
    subscription = Subscription(
        *(owner, sub["activeAt"], sub["period"], sub["frequency"], sub["redundancy"]),
        *(unhex(sub["containerId"]), sub["lazy"], sub["verifier"], sub["paymentAmount"]),
        *(sub["paymentToken"], sub["wallet"]),
    )
    return Delegation(case["nonce"], case["expiry"], subscription)


def _signature(case: Case) -> Signature:
    return Signature(case["v"], int(case["r"], 16), int(case["s"], 16))
