"""Suites x402.authorization and eip712.digest."""

from typing import Any

from aicrypto.agents.payments import Authorization, Domain, Facilitator, Token, decode_header
from aicrypto.agents.payments.exact import NETWORK, payer_of
from aicrypto.agents.refusals import Refusal
from aicrypto.conform.agents.traces import Json, address_in, address_out
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.evm.signing import TypedData, encode_type, sign_digest, signer_of


def typed_digest(case: Json) -> Json:
    """Suite eip712.digest."""
    given = case["typedData"]
    names = ("types", "primaryType", "domain", "message")
    document = TypedData(*(given[name] for name in names))
    return {"encodeType": encode_type(document.types, document.primary_type), **_hashes(document)}


def authorization(case: Json) -> Json:
    """Suite x402.authorization."""
    answer: Json = OPS[case["op"]](case)
    return answer


def _document(case: Json) -> TypedData:
    domain = Domain(case["name"], case["version"], case["chainId"], case["asset"])
    return domain.document(Authorization.from_json(case["authorization"]))


def _hashes(document: TypedData) -> Json:
    return {
        "domainSeparator": enhex(document.domain_separator),
        "structHash": enhex(document.struct_hash),
        "digest": enhex(document.digest),
    }


def _sign(case: Json) -> Json:
    return {"signature": enhex(sign_digest(_document(case).digest, unhex(case["privateKey"])))}


def _recover(case: Json) -> Json:
    signer = signer_of(unhex(case["digest"]), unhex(case["signature"]))
    return {"valid": False} if signer is None else {"address": address_out(signer)}


def _decode(case: Json) -> Json:
    try:
        return {"json": decode_header(case["value"])}
    except Refusal as refusal:
        return {"error": refusal.name}


def _verify(case: Json) -> Json:
    payload, terms = case["payload"], case["requirements"]
    facilitator, _ = _facilitator(case["chain"], terms)
    verdict: Json = {"isValid": True, "payer": address_out(payer_of(payload))}
    try:
        facilitator.verify(case["now"], payload, terms)
    except Refusal as refusal:
        return {**verdict, "isValid": False, "invalidReason": refusal.name}
    return verdict


def _settle(case: Json) -> Json:
    facilitator, tokens = _facilitator(case["chain"], case["steps"][0]["requirements"])
    steps = [_settle_step(facilitator, step) for step in case["steps"]]
    balances = {
        address_out(asset): {address_out(who): held for who, held in token.balances.items()}
        for asset, token in tokens.items()
    }
    return {"steps": steps, "balances": balances}


def _settle_step(facilitator: Facilitator, step: Json) -> Json:
    try:
        facilitator.settle(step["now"], step["payload"], step["requirements"])
    except Refusal as refusal:
        return {"success": False, "errorReason": refusal.name}
    return {"success": True}


def _facilitator(chain: Json, terms: Json) -> tuple[Facilitator, dict[str, Token]]:
    """The chain of a case, which is the one that its first requirements name."""
    network = NETWORK.fullmatch(terms["network"])
    chain_id = int(network[1]) if network else 0
    tokens = {
        address_in(asset): _token(address_in(asset), given, chain_id)
        for asset, given in chain["tokens"].items()
    }
    wallets = {address_in(w): address_in(owner) for w, owner in chain["wallets"].items()}
    return Facilitator(tokens, wallets), tokens


def _token(asset: str, given: Json, chain_id: int) -> Token:
    balances = {address_in(who): held for who, held in given["balances"].items()}
    used = {(address_in(payer), unhex(nonce)) for payer, nonce in given["usedNonces"]}
    return Token(Domain(given["name"], given["version"], chain_id, asset), balances, used)


OPS: dict[str, Any] = {
    "digest": lambda case: _hashes(_document(case)),
    "sign": _sign,
    "recover": _recover,
    "decodeHeader": _decode,
    "verify": _verify,
    "settle": _settle,
}
