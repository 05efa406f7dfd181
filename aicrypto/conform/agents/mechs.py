"""Suite olas.mech: the marketplace where agents hire agents."""

from collections.abc import Mapping
from typing import Any

from aicrypto.agents.refusals import Refusal
from aicrypto.agents.services.mech import (
    FIXED_PRICE_NATIVE,
    Marketplace,
    Mech,
    SignedRequest,
    deliver_signed,
    domain_separator,
    request_id,
    split_payment,
)
from aicrypto.conform.agents.traces import Json, Op, address_in, answer_step
from aicrypto.conform.encoding import enhex, enhex_all, unhex, unhex_all
from aicrypto.evm.signing import InvalidSignature, Signature, recover


class Town:
    """A marketplace, and wallets that stand by whatever their owner's key signs."""

    def __init__(self, case: Json) -> None:
        timeouts = case["minResponseTimeout"], case["maxResponseTimeout"]
        where = case["chainId"], address_in(case["marketplace"])
        self.market = Marketplace(*where, case["fee"], *timeouts, case["t0"])
        for given in case["mechs"]:
            kind, operator = unhex(given["paymentType"]), address_in(given["operator"])
            mech = Mech(address_in(given["address"]), given["maxDeliveryRate"], kind, operator)
            self.market.register(mech)
        self.mechs = [address_in(given["address"]) for given in case["mechs"]]
        self.requesters = [address_in(who) for who in case["requesters"]]
        wallets = case.get("contractRequesters", {})
        self.wallets = {address_in(w): address_in(owner) for w, owner in wallets.items()}

    def attempt(self, action: Any) -> Any:
        """As of the marketplace: a refused call changes nothing."""
        return self.market.attempt(action)

    def asks_wallet(self, address: str, digest: bytes, signature: bytes) -> bool | None:
        """What the wallet at the address says; None if there is none."""
        if address not in self.wallets:
            return None
        try:
            return recover(digest, Signature.from_bytes(signature)) == self.wallets[address]
        except InvalidSignature:
            return False

    def post(self) -> Json:
        """What the suite looks at after each step."""
        counts, karma = self.market.counts, self.market.karma
        tracker, pairs = self.market.trackers[FIXED_PRICE_NATIVE], karma.requesters
        return {
            "mechKarma": _of(self.mechs, karma.mechs),
            "mechBalances": _of(self.mechs, tracker.mechs),
            "mechDeliveries": _of(self.mechs, counts.mech_deliveries),
            "requesterBalances": _of(self.requesters, tracker.requesters),
            "nonces": _of(self.requesters, counts.nonces),
            "requestCounts": _of(self.requesters, counts.requests),
            "deliveryCounts": _of(self.requesters, counts.deliveries),
            "requesterMechKarma": [[pairs[r, m] for m in self.mechs] for r in self.requesters],
            "undelivered": counts.undelivered,
            "totalRequests": counts.total,
            "collectedFees": tracker.fees,
        }


def _of(who: list[str], numbers: Mapping[str, int]) -> list[int]:
    return [numbers[name] for name in who]


def mech(case: Json) -> Json:
    """Domain, request ids, fees, and histories of a marketplace."""
    try:
        return ANSWERS[case["op"]](case)
    except Refusal as refusal:
        return {"error": refusal.name}


def _domain(case: Json) -> Json:
    return {"domainSeparator": enhex(domain_separator(case["chainId"], case["marketplace"]))}


def _request_id(case: Json) -> Json:
    where, who = (case["chainId"], case["marketplace"]), (case["mech"], case["requester"])
    terms = unhex(case["data"]), case["deliveryRate"], unhex(case["paymentType"]), case["nonce"]
    return {"requestId": enhex(request_id(*where, *who, *terms))}


def _fee(case: Json) -> Json:
    payment, fee = split_payment(case["balance"], case["fee"])
    return {"marketplaceFee": fee, "mechPayment": payment}


def _trace(case: Json) -> Json:
    town = Town(case)
    return {"steps": [_step(town, step) for step in case["steps"]]}


def _step(town: Town, step: Json) -> Json:
    town.market.timestamp = step.get("t", town.market.timestamp)
    answer = answer_step(town, OPS, step)
    return answer if "error" in answer else {**answer, "post": town.post()}


def _request_batch(town: Town, step: Json) -> list[str]:
    sender, priority = address_in(step["sender"]), address_in(step["priorityMech"])
    datas, kind = unhex_all(step["datas"]), unhex(step["paymentType"])
    terms = step["maxDeliveryRate"], kind, priority, step["responseTimeout"]
    return enhex_all(town.market.request(sender, datas, *terms, step.get("value", 0)))


def _deliver(town: Town, step: Json) -> list[bool]:
    ids = unhex_all(step["requestIds"])
    return town.market.deliver(address_in(step["mech"]), ids, step["deliveryRates"])


def _deliver_signed(town: Town, step: Json) -> list[str]:
    signed = [SignedRequest(unhex(r["data"]), unhex(r["signature"])) for r in step["requests"]]
    who = address_in(step["mech"]), address_in(step["requester"])
    rates = step["deliveryRates"]
    return enhex_all(deliver_signed(town.market, *who, signed, rates, town.asks_wallet))


def _deposit(town: Town, step: Json) -> None:
    tracker = town.market.tracker(FIXED_PRICE_NATIVE)
    tracker.deposit(address_in(step["account"]), step["value"])


def _withdraw(town: Town, step: Json) -> list[int]:
    return list(town.market.withdraw(address_in(step["mech"]), address_in(step["sender"])))


ANSWERS = {"domain": _domain, "requestId": _request_id, "fee": _fee, "trace": _trace}
OPS: dict[str, Op] = {
    "request": lambda town, step: _request_batch(town, {**step, "datas": [step["data"]]})[0],
    "requestBatch": _request_batch,
    "deliver": _deliver,
    "deliverWithSignatures": _deliver_signed,
    "depositFor": _deposit,
    "processPayment": _withdraw,
    "requestStatus": lambda town, step: int(town.market.status(unhex(step["requestId"]))),
}
