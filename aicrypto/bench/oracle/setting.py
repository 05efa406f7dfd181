"""A chain with an oracle, a court and models, as the benchmarks of the oracle want it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from aicrypto.bench import one_thread
from aicrypto.evm import Account, Chain, Contract
from aicrypto.opml.games import Terms
from aicrypto.oracle import (
    MachineModel,
    Model,
    Node,
    Oracle,
    Request,
    deploy_court,
    deploy_oracle,
    model_id,
    prompt_of,
    requests_of,
    train_painter,
)

DIGITS = Path(__file__).parents[3] / "data" / "digits.npz"
START, DAY, HOUR = 1_700_000_000, 86_400, 3_600
FEE_WEI = 3 * 10**14  # ora-io/docs: 0.0003 ETH a request on mainnet
CALLBACK_GAS = 500_000
TERMS = Terms(bytes(32), window_s=12 * HOUR, clock_s=6 * HOUR, extension_s=600)
PROMPT = prompt_of(7, "kitten")


@dataclass
class Setting:
    """An oracle that knows some models, and a node for them."""

    oracle: Oracle
    node: Node
    probe: Contract

    @classmethod
    def of(cls, *models: Model) -> "Setting":
        """A fresh chain."""
        chain = Chain(timestamp=START)
        owner = chain.account("owner")
        oracle = deploy_oracle(chain, owner, DAY)
        oracle.admit(chain.account("server"))
        for model in models:
            oracle.register(model_id(model.name), FEE_WEI, chain.account("lab"), 80)
        probe = chain.deploy("CallbackProbe", "", 0, sender=owner)
        node = Node(oracle.contract, chain.account("server"), models, oracle.library)
        return cls(oracle, node, probe)

    @property
    def chain(self) -> Chain:
        """Where everything is."""
        return self.oracle.chain

    def who(self, name: str) -> Account:
        """An account."""
        return self.chain.account(name)

    def court(self, model: MachineModel) -> Contract:
        """A court for a model, appointed."""
        owner = self.who("owner")
        court = deploy_court(self.chain, self.oracle.library, owner, TERMS)
        self.oracle.appoint(model.number, court)
        court.register(model.number, model.program_hash, sender=owner)
        return court

    def ask(self, model: Model, data: bytes) -> Request:
        """A request, as its event says it."""
        number = model_id(model.name)
        asked = number, data, self.probe, CALLBACK_GAS, b""
        self.oracle.contract.requestCallback(*asked, sender=self.who("user"), value=FEE_WEI)
        return requests_of(self.oracle.contract)[-1]


@cache
def painter() -> MachineModel:
    """The painter of digits, trained."""
    data = np.load(DIGITS)
    with one_thread():
        layers = train_painter(data["images"], data["labels"])
    return MachineModel("aicrypto/painter", layers)
