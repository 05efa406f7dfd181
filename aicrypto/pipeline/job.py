"""One job in the WorkRegistry contract: what the run posts, and what a stranger reads there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aicrypto.evm import ETHER, Chain, Contract
from aicrypto.pipeline.stages.agent import Agent

CONTRACT = "WorkRegistry"
CLIENT, COORDINATOR = "client", "coordinator"
SETTLED = 5  # the contract's last good stage
REWARD_WEI = ETHER
DEADLINE_S = 24 * 3600


@dataclass(frozen=True)
class Posted:
    """What the contract holds of a job, in the order of its struct; digests in hex.

    `stage` is 5 once the reward is shared out; `label` is the class of the first page.
    """

    client: str
    coordinator: str
    reward_wei: int
    deadline: int
    stage: int
    root: str
    n_rows: int
    model: str
    input: str
    label: int
    proof: str


@dataclass(frozen=True)
class Job:
    """A funded job and the gas of each transaction so far; posts are by the coordinator."""

    chain: Chain
    contract: Contract
    number: int
    gas: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, chain: Chain, agent: Agent) -> "Job":
        """A new job on a new contract, ordered by an agent, its reward in escrow."""
        coordinator = chain.account(COORDINATOR)
        contract = chain.deploy(CONTRACT, sender=coordinator)
        deadline = chain.timestamp + DEADLINE_S
        number = agent.act(contract.open, coordinator, deadline, value=REWARD_WEI)
        return cls(chain, contract, number, {"open": chain.gas_used})

    @classmethod
    def at(cls, chain: Chain, address: str, number: int) -> "Job":
        """The job of that number in the contract at that address; ValueError if there is none."""
        return cls(chain, chain.at(CONTRACT, address), number)

    def post_dataset(self, root: bytes, n_rows: int) -> None:
        """Fixes the data set."""
        self._send("post_dataset", root, n_rows)

    def post_model(self, digest: bytes) -> None:
        """Fixes the model."""
        self._send("post_model", digest)

    def post_result(self, input_digest: bytes, label: int, proof_digest: bytes) -> None:
        """Fixes the answer and its proof."""
        self._send("post_result", input_digest, label, proof_digest)

    def settle(self, payouts: Mapping[str, int]) -> None:
        """Shares the reward out by name of party, and lets everybody fetch their part."""
        due = {self.chain.account(name): wei for name, wei in payouts.items() if wei > 0}
        self._send("settle", list(due), list(due.values()))
        for account in due:
            self.contract.withdraw(sender=account)
        self.gas["withdraw"] = self.chain.gas_used

    def posted(self) -> Posted:
        """What the contract holds."""
        fields: tuple[Any, ...] = self.contract.jobs(self.number)
        plain: list[Any] = [x.hex() if isinstance(x, bytes) else x for x in fields]
        return Posted(*plain)

    def credited(self) -> dict[str, int]:
        """Wei that this job gave each address."""
        given: dict[str, int] = {}
        for event in self.contract.events("Credited"):
            if event.arguments["job"] == self.number:
                payee = event.arguments["payee"]
                given[payee] = given.get(payee, 0) + event.arguments["amount"]
        return given

    def _send(self, function: str, *arguments: Any) -> None:
        coordinator = self.chain.account(COORDINATOR)
        getattr(self.contract, function)(self.number, *arguments, sender=coordinator)
        self.gas[function] = self.chain.gas_used
