"""Suites ora.oao, ora.erc7007_flow and ora.ai_dao: whole flows through the Vyper contracts.

A session has a chain, the accounts of the suite by name, and one method for each action of the
suite. An action that reverts answers "error: " and the contract's reason.
"""

from collections.abc import Callable
from typing import Any

from aicrypto.commit.hashes import keccak256
from aicrypto.conform.encoding import enhex, unhex
from aicrypto.conform.oracle.tokens import TokenSession
from aicrypto.evm import Account, Chain, Contract, Reverted
from aicrypto.oracle import NOBODY, Oracle, deploy_oracle

Case = dict[str, Any]
Action = dict[str, Any]

COURT = "court"  # decides, in the suites, whatever it is told to
FUNDS_WEI = 10**30
VOTES = ("", "YES", "NO", "ABSTAIN", "INVALID")
NO_REASON = "no reason given"
ALL_TOKENS = 2**255


def oao(case: Case) -> Case:
    """`ora.oao`: requests, answers, challenges and money of the oracle."""
    session = OracleSession(case["config"], case["actions"][0]["t"])
    results = [attempt(session.chain, session.do, action) for action in case["actions"]]
    return {"results": results, **session.summary()}


def erc7007_flow(case: Case) -> Case:
    """`ora.erc7007_flow`: tokens of either variant."""
    session = TokenSession(case["variant"], case["window"], case["actions"][0]["t"])
    return {"results": [attempt(session.chain, session.do, a) for a in case["actions"]]}


def ai_dao(case: Case) -> Case:
    """`ora.ai_dao`: proposals, votes and payments."""
    session = DaoSession(case["config"], case["actions"][0]["t"])
    results = [attempt(session.chain, session.do, action) for action in case["actions"]]
    return {"results": results, **session.summary()}


def attempt(chain: Chain, act: Callable[[Action], Any], action: Action) -> Any:
    """The result of an action at its time: a value, "ok", or the reason of a revert."""
    chain.warp(action["t"] - chain.timestamp)
    try:
        result = act(action)
    except Reverted as reverted:
        return "error: " + reverted.reason.replace(NO_REASON, "")
    return "ok" if result is None else result


class OracleSession:
    """One case of `ora.oao`.

    Attributes:
        requests: what each request of the suite is called on chain, and was asked.
    """

    def __init__(self, config: Case, start: int) -> None:
        self.chain = Chain(timestamp=start)
        self.sent_wei: dict[str, int] = {}
        self.oracle = self._oracle(config["window"])
        self.token = self._tokens(config["tokens"])
        self.receivers = {
            name: self._receiver(**how) for name, how in sorted(config["receivers"].items())
        }
        self.requests: dict[int | str, tuple[int, int, bytes]] = {}
        self.models: set[int] = set()

    def do(self, action: Action) -> Any:
        """The result of an action."""
        return getattr(self, f"_{action['act']}")(action, self._account(action["by"]))

    def summary(self) -> Case:
        """What the suite compares at the end."""
        holders = {"owner", "server", "admin", "user", "other", "lab", "lab2"}
        balances = {name: self.token.balanceOf(self._account(name)) for name in sorted(holders)}
        events = self.oracle.contract.events("AICallbackResult")
        return {
            "gas_price": self.oracle.contract.gasPrice(),
            "oracle_wei": self.chain.balance(self.oracle.contract),
            "oracle_tokens": self.token.balanceOf(self.oracle.contract),
            "received_wei": {n: wei for n in sorted(holders) if (wei := self._received(n))},
            "tokens": {name: amount for name, amount in balances.items() if amount},
            "revenue": {str(m): self._revenue(m) for m in sorted(self.models)},
            "callbacks": self._callbacks(),
            "result_events": len(events),
        }

    def _oracle(self, window_s: int) -> Oracle:
        oracle = deploy_oracle(
            self.chain, self._account("owner"), window_s, admin=self._account("admin")
        )
        oracle.admit(self._account("server"))
        return oracle

    def _tokens(self, balances: dict[str, int]) -> Contract:
        mint = self._account("mint")
        token = self.chain.deploy("ModelShares", "Token", "T", ALL_TOKENS, 0, sender=mint)
        for name, amount in balances.items():
            token.transfer(self._account(name), amount, sender=mint)
        for name in ("owner", "server", "admin", "user", "other"):
            token.approve(self.oracle.contract, ALL_TOKENS, sender=self._account(name))
        return token

    def _receiver(self, kind: str, gas: int = 0, reason: str = "") -> Contract:
        refusal = reason if kind == "revert" else ""
        return self.chain.deploy("CallbackProbe", refusal, gas, sender=self._account("owner"))

    def _account(self, name: str) -> Account:
        return self.chain.account(name, FUNDS_WEI)

    def _address(self, receiver: str | None) -> str:
        return NOBODY if receiver is None else self.receivers[receiver].address

    def _upload_model(self, action: Action, by: Account) -> None:
        model, token = action["model"], self.token if action.get("token") else NOBODY
        self.oracle.contract.uploadModel(
            *(model, bytes(32), bytes(32), action["fee"], self._account(action["receiver"])),
            *(action["pct"], token, bool(action.get("unverifiable"))),
            sender=by,
        )
        self.models.add(model)
        if self.oracle.library.courts(model) == NOBODY:
            self.oracle.appoint(model, self._account(COURT))

    def _remove_model(self, action: Action, by: Account) -> None:
        self.oracle.contract.removeModel(action["model"], sender=by)
        self.models.discard(action["model"])

    def _set_fee(self, action: Action, by: Account) -> None:
        self.oracle.contract.setModelFee(action["model"], action["fee"], sender=by)

    def _blacklist(self, action: Action, by: Account) -> None:
        self.oracle.contract.setBlacklist(self._address(action["callback"]), True, sender=by)

    def _reset_gas_price(self, action: Action, by: Account) -> None:
        self.oracle.contract.resetGasPrice(sender=by)

    def _estimate(self, action: Action, by: Account) -> int:
        asked = action["model"], action["gas_limit"]
        if "batch" in action:
            return int(self.oracle.contract.estimateFeeBatch(*asked, action["batch"], sender=by))
        return int(self.oracle.contract.estimateFee(*asked, sender=by))

    def _request(self, action: Action, by: Account) -> int | str:
        asked: list[Any] = [action["model"], unhex(action["input"])]
        asked += [self._address(action["callback"]), action["gas_limit"], unhex(action["data"])]
        ways = [action.get("input_da", 0), action.get("output_da", 0)]
        if "batch" in action:
            request = self.oracle.contract.requestBatchInference
            asked = [action["batch"], *asked, *ways]
        else:
            request = self.oracle.contract.requestCallback
            asked += ways if "input_da" in action else []
        number = request(*asked, sender=by, value=action["value"])
        name = number if number < 2**64 else f"u{len(self.requests)}"
        self.requests[name] = number, action["model"], unhex(action["input"])
        self.sent_wei[by.name] = self.sent_wei.get(by.name, 0) + action["value"]
        return name

    def _invoke(self, action: Action, by: Account) -> None:
        number, output = self._number(action), unhex(action["output"])
        price = action.get("gas_price", 0)
        self.oracle.contract.invokeCallback(number, output, sender=by, gas_price_wei=price)

    def _update(self, action: Action, by: Account) -> None:
        self.oracle.contract.updateResult(self._number(action), unhex(action["output"]), sender=by)

    def _overturn(self, action: Action, by: Account) -> None:
        number, model, asked = self.requests.get(action["request"], (0, 0, b""))
        self.oracle.library.overturn(
            *(number, model, keccak256(asked), keccak256(unhex(action["output"]))),
            sender=self._account(COURT),
        )

    def _finalized(self, action: Action, by: Account) -> bool:
        return bool(self.oracle.contract.isFinalized(self._number(action)))

    def _claim(self, action: Action, by: Account) -> None:
        self.oracle.contract.claimModelRevenue(action["model"], sender=by)

    def _withdraw(self, action: Action, by: Account) -> None:
        self.oracle.contract.withdraw(self.token if action.get("token") else NOBODY, sender=by)

    def _number(self, action: Action) -> int:
        known = self.requests.get(action["request"])
        return known[0] if known else int(action["request"])

    def _received(self, name: str) -> int:
        return self.chain.balance(self._account(name)) - FUNDS_WEI + self.sent_wei.get(name, 0)

    def _revenue(self, model: int) -> int:
        return int(self.oracle.contract.modelTerms(model)[4])

    def _callbacks(self) -> list[list[Any]]:
        names = {receiver.address: name for name, receiver in self.receivers.items()}
        requests = {number: name for name, (number, _, _) in self.requests.items()}
        return [
            [
                names[event.address],
                requests[event.arguments["request"]],
                enhex(event.arguments["output"]),
                enhex(event.arguments["data"]),
            ]
            for event in self.chain.events()
            if event.name == "Answered"
        ]


class DaoSession:
    """One case of `ora.ai_dao`; the oracle is an account, every callback a request of its own."""

    def __init__(self, config: Case, start: int) -> None:
        self.chain = Chain(timestamp=start)
        self.n_answers = 0
        self.names: dict[str, str] = {}
        oracle, treasury = self.chain.account("oracle"), config["treasury"]
        self.dao = self.chain.deploy(
            *("AiDao", oracle, 1, config["window"], 2**255),
            sender=self.chain.account("founder"),
            value=treasury,
        )

    def do(self, action: Action) -> Any:
        """The result of an action."""
        by = self.chain.account(action["by"])
        if action["act"] == "propose":
            to = self.chain.account(action["to"])
            self.names[to.address] = action["to"]
            return self.dao.propose(to, action["amount"], b"", sender=by)
        if action["act"] == "execute":
            return self.dao.execute(action["proposal"], sender=by)
        self.n_answers += 1
        number = action["proposal"]
        output, data = unhex(action["output"]), number.to_bytes(32, "big")
        self.dao.aiOracleCallback(self.n_answers, output, data, sender=by)
        return VOTES[self.dao.proposals(number)[6]]

    def summary(self) -> Case:
        """Treasury and payments."""
        paid: dict[str, int] = {}
        for event in self.dao.events("Executed"):
            name = self.names[event.arguments["to"]]
            paid[name] = paid.get(name, 0) + event.arguments["amount"]
        return {"treasury": self.chain.balance(self.dao), "paid": paid}
