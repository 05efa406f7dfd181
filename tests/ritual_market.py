"""What the compute market's tests share: a market, its people, funded wallets, one order."""

from dataclasses import dataclass

import pytest

from aicrypto.evm import ETHER, Account, Artifact, Chain, Contract, Reverted
from aicrypto.ritual import NOBODY, Market, deploy_market, refusal

START = 1_700_000_000
WEEK = 604_800
FEE_BPS = 511
PRICE = ETHER


@dataclass
class Town:
    """A market, a consumer with its payer's wallet, a node's wallet."""

    market: Market
    consumer: Contract
    payer: Contract
    purse: Contract

    @property
    def chain(self) -> Chain:
        return self.market.chain

    def who(self, name: str) -> Account:
        return self.chain.account(name)

    def order(self, **changes) -> int:
        terms = {
            "container": "c",
            "frequency": 1,
            "period": 0,
            "redundancy": 1,
            "lazy": False,
            "token": NOBODY,
            "amount": PRICE,
            "wallet": self.payer,
            "verifier": NOBODY,
        } | changes
        return self.consumer.subscribe(*terms.values(), sender=self.who("alice"))

    def deliver(self, name: str, sub: int, interval: int = 1, output=b"42", proof=b"", wallet=None):
        self.market.coordinator.deliverCompute(
            *(sub, interval, b"question", output, proof, wallet or self.purse),
            sender=self.who(name),
        )

    def balance(self, wallet: Contract) -> int:
        return self.chain.balance(wallet)


def town(
    coordinator: str | Artifact = "RitualCoordinator",
    fee_bps: int = FEE_BPS,
    is_safe: bool = False,
    seal_s: int | None = None,
    funds: int = 10 * ETHER,
) -> Town:
    chain = Chain(timestamp=START)
    owner, alice, bob = (chain.account(name) for name in ("owner", "alice", "bob"))
    market = deploy_market(chain, owner, fee_bps, is_safe, coordinator)
    if seal_s is None:
        consumer = market.consumer(alice, signer=chain.account("signer"))
    else:
        consumer = market.sealed_consumer(alice, seal_s)
    payer, purse = market.wallet(alice), market.wallet(bob)
    chain.transfer(alice, payer, funds)
    chain.transfer(bob, purse, funds)
    payer.approve(consumer, NOBODY, funds, sender=alice)
    for node in ("n1", "n2", "n3", "n4", "n5"):
        purse.approve(chain.account(node), NOBODY, funds, sender=bob)
    return Town(market, consumer, payer, purse)


def refused(call, *arguments, **settings) -> str:
    """Name of the refusal; it must be one."""
    with pytest.raises(Reverted) as caught:
        call(*arguments, **settings)
    return refusal(caught.value)
