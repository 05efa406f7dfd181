"""Suite ritual.billing: actions through the contracts, then every balance, lock and allowance.

A session has a chain, the suite's people, consumers and verifiers by name, and one method for each
action. Wallets are called W1, W2, ... in the order in which they are made; any other name of a
wallet stands for an account that is none.
"""

from typing import Any

from aicrypto.evm import Account, Chain, Contract, Party, Reverted
from aicrypto.ritual import NOBODY, deploy_market, refusal

Case = dict[str, Any]
Action = dict[str, Any]

ALL_TOKENS = 2**255
TOKENS = ("ETH", "TKN")
PEOPLE = ("alice", "bob", "n1", "n2", "n3", "eve", "protocol")
CONSUMER_OWNER, JUDGE, MINT = "consumers' owner", "judge", "mint"


def billing(case: Case) -> Case:
    """`ritual.billing`."""
    session = BillingSession(case["config"], case["actions"][0]["t"])
    results = [session.attempt(action) for action in case["actions"]]
    return {"results": results, **session.summary()}


class BillingSession:
    """One case.

    Attributes:
        wallets: wallets of the factory by name.
    """

    def __init__(self, config: Case, start_s: int) -> None:
        self.chain = Chain(timestamp=start_s)
        self.market = deploy_market(self.chain, self._person("protocol"), config["fee"])
        self.token = self.chain.deploy(
            *("ModelShares", "Token", "TKN", ALL_TOKENS, 0), sender=self._person(MINT)
        )
        self.wallets: dict[str, Contract] = {}
        self.consumers = {name: self._consumer(**how) for name, how in config["consumers"].items()}
        self.verifiers = {name: self._verifier(**how) for name, how in config["verifiers"].items()}

    def attempt(self, action: Action) -> Any:
        """The result of an action at its time: a value, "ok", or the name of its refusal."""
        self.chain.warp(max(0, action["t"] - self.chain.timestamp))
        try:
            result = getattr(self, f"_{action['act']}")(action)
        except Reverted as reverted:
            return "error: " + refusal(reverted)
        return "ok" if result is None else result

    def summary(self) -> Case:
        """What the suite compares at the end."""
        parties: dict[str, Party] = {name: self._person(name) for name in PEOPLE}
        parties |= {**self.consumers, **self.verifiers, **self.wallets}
        eth = {name: self.chain.balance(who) for name, who in sorted(parties.items())}
        token = {name: self.token.balanceOf(who) for name, who in sorted(parties.items())}
        return {
            "eth": {name: wei for name, wei in eth.items() if wei},
            "token": {name: amount for name, amount in token.items() if amount},
            "locked": self._locked(),
            "allowances": self._allowances(parties),
            "delivered": self._delivered(),
        }

    # Actions

    def _create_wallet(self, action: Action) -> str:
        name = f"W{len(self.wallets) + 1}"
        self.wallets[name] = self.market.wallet(self._person(action["owner"]))
        return name

    def _fund(self, action: Action) -> None:
        wallet = self._party(action["wallet"])
        if action["token"] == "ETH":
            self.chain.mint(self._person(MINT), action["amount"])
            self.chain.transfer(self._person(MINT), wallet, action["amount"])
        else:
            self.token.transfer(wallet, action["amount"], sender=self._person(MINT))

    def _approve(self, action: Action) -> None:
        self.wallets[action["wallet"]].approve(
            *(self._party(action["spender"]), self._token(action["token"]), action["amount"]),
            sender=self._person(action["by"]),
        )

    def _withdraw(self, action: Action) -> None:
        self.wallets[action["wallet"]].withdraw(
            *(self._token(action["token"]), action["amount"]), sender=self._person(action["by"])
        )

    def _update_fee(self, action: Action) -> None:
        self.market.fee.updateFee(action["fee"], sender=self._person(action["by"]))

    def _verifier_set(self, action: Action) -> None:
        verifier, judge = self.verifiers[action["verifier"]], self._person(JUDGE)
        supported = action.get("supported", True)
        verifier.setToken(self._token(action["token"]), supported, action["fee"], sender=judge)
        verifier.setStanding(action.get("valid", False), sender=judge)

    def _create_sub(self, action: Action) -> int:
        terms = (
            *(action["container"], action["frequency"], action["period"], action["redundancy"]),
            *(bool(action.get("lazy")), self._token(action.get("token", "ETH"))),
            *(action.get("amount", 0), self._party(action.get("wallet"))),
            self._party(action.get("verifier")),
        )
        if consumer := self.consumers.get(action["by"]):
            return int(consumer.subscribe(*terms, sender=self._person(CONSUMER_OWNER)))
        by = self._person(action["by"])
        return int(self.market.coordinator.createSubscription(*terms, sender=by))

    def _cancel(self, action: Action) -> None:
        if consumer := self.consumers.get(action["by"]):
            consumer.cancel(action["sub"], sender=self._person(CONSUMER_OWNER))
        else:
            by = self._person(action["by"])
            self.market.coordinator.cancelSubscription(action["sub"], sender=by)

    def _interval(self, action: Action) -> int:
        sub = self.market.subscription(action["sub"])
        return int(self.market.coordinator.getSubscriptionInterval(sub.active_at, sub.period_s))

    def _deliver(self, action: Action) -> None:
        self.market.coordinator.deliverCompute(
            *(action["sub"], action["interval"], b"input", b"output", b"proof"),
            self._party(action["wallet"]),
            sender=self._person(action["by"]),
        )

    def _finalize(self, action: Action) -> None:
        terms = action["sub"], action["interval"], self._party(action["node"]), action["valid"]
        if verifier := self.verifiers.get(action["by"]):
            verifier.decide(*terms, sender=self._person(JUDGE))
        else:
            by = self._person(action["by"])
            self.market.coordinator.finalizeProofVerification(*terms, sender=by)

    # Names

    def _person(self, name: str) -> Account:
        return self.chain.account(name, 0)

    def _party(self, name: str | None) -> Party:
        if name is None:
            return NOBODY
        known: dict[str, Contract] = {**self.wallets, **self.consumers, **self.verifiers}
        return known.get(name) or self._person(name)

    def _token(self, name: str) -> Party:
        return NOBODY if name == "ETH" else self.token

    def _consumer(self, allow: list[str] | None = None) -> Contract:
        nodes = None if allow is None else tuple(map(self._person, allow))
        return self.market.consumer(self._person(CONSUMER_OWNER), nodes=nodes)

    def _verifier(
        self, mode: str, fee: dict[str, int], supported: list[str], valid: bool = False
    ) -> Contract:
        judge = self._person(JUDGE)
        verifier = self.market.verifier(judge, mode == "atomic")
        for name in sorted({*fee, *supported}):
            terms = self._token(name), name in supported, fee.get(name, 0)
            verifier.setToken(*terms, sender=judge)
        verifier.setStanding(valid, sender=judge)
        return verifier

    # What is left

    def _locked(self) -> dict[str, dict[str, int]]:
        locked: dict[str, dict[str, int]] = {}
        for name, wallet in sorted(self.wallets.items()):
            amounts = {token: wallet.lockedBalance(self._token(token)) for token in TOKENS}
            if any(amounts.values()):
                locked[name] = {token: amount for token, amount in amounts.items() if amount}
        return locked

    def _allowances(self, parties: dict[str, Party]) -> list[list[Any]]:
        return [
            [name, spender, token, amount]
            for name, wallet in sorted(self.wallets.items())
            for spender, who in sorted(parties.items())
            for token in TOKENS
            if (amount := wallet.allowance(who, self._token(token)))
        ]

    def _delivered(self) -> list[list[Any]]:
        names = {self._person(name).address: name for name in PEOPLE}
        return [
            [
                *(said["subscriptionId"], said["interval"], said["redundancy"]),
                *(names[said["node"]], said["containerId"] != bytes(32), said["index"]),
            ]
            for event in self.chain.events()
            if event.name == "Received"
            for said in [event.arguments]
        ]
