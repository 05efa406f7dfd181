"""The compute market on a chain, deployed and joined.

    consumer --subscribes--> Coordinator <--delivers-- node
                  |              |                       |
                wallet -- pays, locks, is repaid --- wallet         Registry: who is where
                                 |
                     verifier, inbox, fee

The registry is deployed first, with the addresses that the others will have: a contract's address
follows from its deployer and the deployer's nonce. Money is in the token's smallest unit, fees in
1/10000 per side.
"""

from dataclasses import dataclass

from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Artifact, Chain, Contract, Party
from aicrypto.evm.accounts import NOBODY, address_of
from aicrypto.evm.token_bound import created_address
from aicrypto.oracle import deploy_blueprint
from aicrypto.ritual.subscriptions import Subscription

COORDINATOR = "RitualCoordinator"
PARTS = ("coordinator", "inbox", "reader", "fee", "factory")  # in the order of deployment


@dataclass(frozen=True)
class Market:
    """The market's contracts.

    Attributes:
        owner: who deployed them, receives the protocol's fees and sets their rate.
    """

    owner: Party
    registry: Contract
    coordinator: Contract
    inbox: Contract
    reader: Contract
    fee: Contract
    factory: Contract

    @property
    def chain(self) -> Chain:
        """Where it is."""
        return self.coordinator.chain

    def wallet(self, owner: Party) -> Contract:
        """A new wallet of somebody's, empty."""
        address = self.factory.createWallet(owner, sender=owner)
        return self.chain.at("RitualWallet", address)

    def consumer(
        self,
        owner: Party,
        signer: Party = NOBODY,
        nodes: tuple[Party, ...] | None = None,
    ) -> Contract:
        """A new consumer; with `nodes` it takes answers from these only."""
        terms = self.registry, signer, nodes is not None, list(nodes or ())
        return self.chain.deploy("RitualConsumer", *terms, sender=owner)

    def sealed_consumer(
        self, owner: Party, seal_s: int, nodes: tuple[Party, ...] | None = None
    ) -> Contract:
        """A new consumer that takes what nodes committed to before anything was public."""
        terms = self.registry, NOBODY, nodes is not None, list(nodes or ()), seal_s
        return self.chain.deploy("RitualSealedConsumer", *terms, sender=owner)

    def verifier(self, judge: Party, is_atomic: bool) -> Contract:
        """A new verifier that speaks for a judge: inside deliveries, or later."""
        return self.chain.deploy("RitualVerifier", self.registry, is_atomic, sender=judge)

    def subscription(self, number: int) -> Subscription:
        """A subscription as it is kept; its owner is nobody if there is none."""
        return Subscription(*self.coordinator.getSubscription(number))


def deploy_market(
    chain: Chain,
    owner: Party,
    fee_bps: int,
    is_safe: bool = False,
    coordinator: str | Artifact = COORDINATOR,
) -> Market:
    """A new market whose protocol takes `fee_bps` of every payment on each side.

    Args:
        chain: where.
        owner: who deploys it and receives the fees.
        fee_bps: in 1/10000.
        is_safe: wallets refuse to spend what is locked, which deployed ones do not.
        coordinator: another contract only to see what its checks are good for.
    """
    blueprint = deploy_blueprint(chain, "RitualWallet", owner)
    first = chain.nonce(owner) + 1  # the registry itself takes one
    addresses = [created_address(owner, first + i) for i in range(len(PARTS))]
    registry = chain.deploy("RitualRegistry", *addresses, sender=owner)
    return Market(
        owner,
        registry,
        chain.deploy(coordinator, registry, sender=owner),
        chain.deploy("RitualInbox", registry, sender=owner),
        chain.deploy("RitualReader", registry, sender=owner),
        chain.deploy("RitualFee", owner, fee_bps, sender=owner),
        chain.deploy("RitualWalletFactory", registry, blueprint, is_safe, sender=owner),
    )


def seal(node: Party, output: bytes, salt: bytes) -> bytes:
    """A node's commitment to an output; `salt` has 32 bytes and is the proof that opens it."""
    address = bytes.fromhex(address_of(node, "node")[2:]).rjust(32, b"\0")
    return keccak256(address, keccak256(output), salt)
