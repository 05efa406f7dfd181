"""People and money around a market: who orders, who works, and orders with their wallets.

A member is a node with a purse of its own that stands surety for what it delivers. An order has a
consumer of its own, which takes answers from chosen members only, and a wallet that holds exactly
what it may cost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from aicrypto.evm import Account, Contract
from aicrypto.evm.accounts import NOBODY
from aicrypto.ritual.market import Market
from aicrypto.ritual.node import Container, Courier, Known, Node, Seat
from aicrypto.ritual.routing.rooms import Shelf
from aicrypto.ritual.routing.table import Job


@dataclass(frozen=True)
class Post:
    """An order as it stands on the chain.

    Attributes:
        payer: the wallet that it is paid from.
    """

    order: Known
    consumer: Contract
    payer: Contract
    verifier: Contract

    @property
    def number(self) -> int:
        """The subscription's."""
        return self.order.number


@dataclass
class Hall:
    """A market with its buyer, the judge of its disputes, its members, and a shelf for proofs."""

    market: Market
    buyer: Account
    judge: Account
    shelf: Shelf = field(default_factory=Shelf)
    members: dict[str, Node] = field(default_factory=dict)

    def join(self, name: str, containers: Iterable[Container], funds_wei: int) -> Node:
        """A new member whose purse holds so much; ValueError if the name is taken."""
        if name in self.members:
            raise ValueError(f"name is {name!r}, which is taken")
        chain, account = self.market.chain, self.market.chain.account(name)
        purse = self.market.wallet(account)
        chain.transfer(account, purse, funds_wei)
        purse.approve(account, NOBODY, 2**255, sender=account)
        seat = Seat(self.market, account, purse, trail_blocks=0)
        self.members[name] = Node(containers, Random(name), seat)
        return self.members[name]

    def courier(self, name: str) -> Courier:
        """A member's side at the market; ValueError if there is no such member."""
        node = self.members.get(name)
        if node is None or node.courier is None:
            raise ValueError(f"name is {name!r}, must be one of {sorted(self.members)}")
        return node.courier

    def purses_wei(self) -> dict[str, int]:
        """What each member's purse holds."""
        chain = self.market.chain
        return {name: chain.balance(self.courier(name).purse) for name in self.members}

    def post(
        self,
        job: Job,
        wage_wei: int,
        names: Sequence[str],
        verifier: Contract,
        seal_s: int | None = None,
    ) -> Post:
        """An order of one answer from each of the named members, paid `wage_wei` each.

        With `seal_s` members first seal their answers for so long.
        """
        market, buyer = self.market, self.buyer
        accounts = tuple(self.courier(name).account for name in names)
        if seal_s is None:
            consumer = market.consumer(buyer, nodes=accounts)
        else:
            consumer = market.sealed_consumer(buyer, seal_s, accounts)
        payer = market.wallet(buyer)
        market.chain.transfer(buyer, payer, len(names) * wage_wei)
        payer.approve(consumer, NOBODY, len(names) * wage_wei, sender=buyer)
        number = consumer.requestCompute(
            *(job.room, job.data, len(names), NOBODY, wage_wei, payer, verifier), sender=buyer
        )
        return Post(Known(market, number, (job.room,)), consumer, payer, verifier)

    def verifier(self) -> Contract:
        """A verifier that speaks for the judge, for the chain's own money, at no fee."""
        return self.hire(self.market.verifier(self.judge, is_atomic=False))

    def hire(self, verifier: Contract) -> Contract:
        """The verifier, which now works for the chain's own money at no fee."""
        verifier.setToken(NOBODY, True, 0, sender=self.judge)
        return verifier
