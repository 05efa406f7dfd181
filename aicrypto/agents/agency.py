"""Everything an owned agent needs on one chain: registries, accounts, a market.

An agent is a token of the identity registry (ERC-8004); the token has an account (ERC-6551) that
holds what the agent earns; whoever owns the token commands the account. Sold through the market,
the agent goes with all that it had when it was offered: account, memory, registration file.
"""

from dataclasses import dataclass

from aicrypto.agents.ownable.calldata import pack
from aicrypto.agents.refusals import demand
from aicrypto.commit.hashes import keccak256
from aicrypto.evm import Account, Chain, Contract
from aicrypto.evm.accounts import NOBODY, Party, address_of
from aicrypto.evm.compiler import Artifact
from aicrypto.evm.token_bound import NO_SALT, NotERC6551Account, TokenBound, identify, parse

OFFER = (  # of the market, in its order; the third is the account
    *("address", "uint256", "address", "uint256", "uint256"),
    *("address", "uint256", "bytes32"),
)


@dataclass(frozen=True)
class Agency:
    """The contracts.

    Attributes:
        chain: where they are.
        registry: makes accounts of NFTs (`AccountRegistry`).
        implementation: the code that accounts run (`AgentAccount`).
        identities: the agents (`AgentIdentity`).
        reputation: what clients say (`AgentReputation`).
        validation: what validators found (`AgentValidation`).
        market: sells agents (`AgentMarket`).
    """

    chain: Chain
    registry: Contract
    implementation: Contract
    identities: Contract
    reputation: Contract
    validation: Contract
    market: Contract

    @classmethod
    def deploy(
        cls,
        chain: Chain,
        sender: Account,
        account: str | Artifact = "AgentAccount",
        market: str | Artifact = "AgentMarket",
        registry: Contract | None = None,
    ) -> "Agency":
        """New contracts, but for a registry that exists; lessons weaken account or market."""
        registry = registry or chain.deploy("AccountRegistry", sender=sender)
        identities = chain.deploy("AgentIdentity", sender=sender)
        return cls(
            chain,
            registry,
            chain.deploy(account, registry.address, sender=sender),
            identities,
            chain.deploy("AgentReputation", identities.address, sender=sender),
            chain.deploy("AgentValidation", identities.address, sender=sender),
            chain.deploy(market, sender=sender),
        )

    def register(self, owner: Account, uri: str = "") -> tuple[int, Contract]:
        """Id of a new agent, and its account."""
        agent_id = self.identities.register(uri, [], sender=owner)
        return agent_id, self.open_account(agent_id, owner)

    def bound(self, agent_id: int, salt: bytes = NO_SALT) -> TokenBound:
        """The description of an agent's account."""
        implementation, collection = self.implementation.address, self.identities.address
        return TokenBound(implementation, self.chain.chain_id, collection, agent_id, salt)

    def open_account(self, agent_id: int, sender: Account, salt: bytes = NO_SALT) -> Contract:
        """The account of an agent, which anybody may create, at the address known before."""
        bound = self.bound(agent_id, salt)
        given = (bound.chain_id, bound.token_contract, bound.token_id)
        address = self.registry.createAccount(bound.implementation, salt, *given, sender=sender)
        return self.at(address)

    def at(self, account: Party) -> Contract:
        """The account at an address."""
        return self.chain.at("AgentAccount", account)

    def give(self, owner: Account, agent_id: int, to: Party) -> None:
        """Gives the agent away, where no account would come to own itself.

        A safe transfer asks the receiver, which looks up its own owners; this looks before.

        Raises:
            Refusal: `OwnershipCycle`.
            Reverted: if the sender may not give the agent.
        """
        demand(not self.closes_circle(agent_id, to), "OwnershipCycle")
        self.identities.transferFrom(owner, to, agent_id, sender=owner)

    def closes_circle(self, agent_id: int, to: Party) -> bool:
        """Whether an account would own itself in the end, were the agent given to that address."""
        above, seen = address_of(to), set[str]()
        while (bound := self._owned(above)) and above not in seen:
            if bound.token_id == agent_id:
                return True
            seen.add(above)
            above = self.identities.ownerOf(bound.token_id)
        return above in seen

    def _owned(self, address: str) -> TokenBound | None:
        """Which agent's account is at the address; none where it is no account of an agent."""
        code = self.chain.state.account(address).code
        try:
            bound = parse(code)
        except NotERC6551Account:
            return None
        is_here = bound.chain_id == self.chain.chain_id
        is_agents = is_here and bound.token_contract == self.identities.address
        is_genuine = identify(address, code, bound.implementation, self.registry)
        exists = bound.token_id < self.identities.n_agents()
        return bound if is_agents and is_genuine and exists else None

    def offer(
        self, seller: Account, agent_id: int, price_wei: int, asset: Party | None = None
    ) -> None:
        """Offers the agent with its account as it is now, and its balance of the asset."""
        account = self.bound(agent_id).address(self.registry)
        promised = NOBODY if asset is None else asset
        collection = self.identities.address
        self.identities.approve(self.market.address, agent_id, sender=seller)
        self.market.offer(collection, agent_id, price_wei, account, promised, sender=seller)

    def offer_hash(self, agent_id: int) -> bytes:
        """32 bytes that stand for the offer as it is now, which whoever looks at it keeps.

        Raises:
            Refusal: `foreign account` if it promises what another account holds than the agent's:
                any contract can say that it is the token's, and keep what it holds.
        """
        where = self.identities.address, agent_id
        offered = self.market.offers(*where)
        own = self.bound(agent_id).address(self.registry)
        demand(offered[2].lower() in (own.lower(), NOBODY), "foreign account")
        return keccak256(pack(OFFER, offered))

    def buy(self, buyer: Account, agent_id: int, price_wei: int, seen: bytes) -> None:
        """Buys an offered agent; `seen` is the `offer_hash` of what the buyer has looked at.

        Raises:
            Reverted: if it is another offer now, or the agent's account has acted, holds less or
                the registry says something else of the agent than when it was offered.
        """
        terms = self.identities.address, agent_id, seen
        self.market.buy(*terms, sender=buyer, value=price_wei)
