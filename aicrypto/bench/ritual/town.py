"""A market with one node and a buyer, as the benchmarks of the compute market want it."""

from dataclasses import dataclass
from random import Random

from aicrypto.evm import ETHER, Account, Chain, Contract
from aicrypto.evm.accounts import NOBODY
from aicrypto.ritual import Market, deploy_market
from aicrypto.ritual.node import Container, Node, Output, Seat

START, FEE_BPS = 1_700_000_000, 511
FUNDS_WEI, WAGE_WEI = 500 * ETHER, ETHER // 100
ECHO = Container("echo", lambda data: Output(data, data), proves=True)


@dataclass
class Town:
    """A fresh market: a consumer, the wallet that pays for it, a node and its purse."""

    market: Market
    consumer: Contract
    payer: Contract
    purse: Contract
    node: Node

    @classmethod
    def founded(cls) -> "Town":
        """A town whose node echoes."""
        chain = Chain(timestamp=START)
        owner, alice, server = (chain.account(name) for name in ("owner", "alice", "server"))
        market = deploy_market(chain, owner, FEE_BPS)
        consumer, payer, purse = market.consumer(alice), market.wallet(alice), market.wallet(server)
        for wallet, rich, spender in ((payer, alice, consumer), (purse, server, server)):
            chain.transfer(rich, wallet, FUNDS_WEI)
            wallet.approve(spender, NOBODY, FUNDS_WEI, sender=rich)
        node = Node([ECHO], Random(0), Seat(market, server, purse, trail_blocks=0))
        return cls(market, consumer, payer, purse, node)

    def who(self, name: str) -> Account:
        """An account."""
        return self.market.chain.account(name)

    def order(self, verifier: Contract | str = NOBODY) -> int:
        """A new paid request for one answer."""
        terms = "echo", b"question", 1, NOBODY, WAGE_WEI, self.payer, verifier
        number: int = self.consumer.requestCompute(*terms, sender=self.who("alice"))
        return number

    def deliver(self, number: int) -> int:
        """Gas of an answer by the node's account, sent without further thought."""
        said = number, 1, b"question", b"answer", b"proof", self.purse
        self.market.coordinator.deliverCompute(*said, sender=self.who("server"))
        return self.market.chain.gas_used

    def hired(self, verifier: Contract) -> Contract:
        """A verifier of alice's that works for nothing."""
        verifier.setToken(NOBODY, True, 0, sender=self.who("alice"))
        return verifier
