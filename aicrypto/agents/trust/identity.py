"""ERC-8004 identity: an agent is an ERC-721 token with a registration file, metadata and a wallet.

The wallet is the address at which the agent is paid. It must consent to being named, by an EIP-712
signature; and because a buyer must not pay the seller's wallet, a transfer forgets it.

Ids count from 0. Whoever owns the token, is an operator for its owner's tokens, or is approved for
it, is authorised. Addresses are lower-case hex, times seconds.
Source: erc-8004/erc-8004-contracts@b9e466c2, IdentityRegistryUpgradeable v2.0.0.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aicrypto.agents.refusals import Refusal, demand
from aicrypto.evm.accounts import NOBODY
from aicrypto.evm.signing import TypedData, signer_of

WALLET_KEY = "agentWallet"  # metadata that only setAgentWallet and transfers may write
MAX_DEADLINE_S = 300
NO_TOKEN = "ERC721NonexistentToken"
WALLET_TYPE = (
    ("agentId", "uint256"),
    ("newWallet", "address"),
    ("owner", "address"),
    ("deadline", "uint256"),
)

AsksContract = Callable[[str, bytes, bytes], bool]  # ERC-1271 of an address


def no_contract(address: str, digest: bytes, signature: bytes) -> bool:
    """What an address without code answers to ERC-1271: nothing."""
    return False


@dataclass
class Agent:
    """One registered agent."""

    owner: str
    uri: str
    wallet: str
    metadata: dict[str, bytes] = field(default_factory=dict)
    approved: str = NOBODY


@dataclass
class IdentityRegistry:
    """All agents of one registry.

    Attributes:
        chain_id: of its chain.
        address: of the registry itself.
        timestamp: seconds since 1970.
        agents: by id.
        operators: (owner, operator) pairs.
        asks_contract: whether a wallet that is a contract stands by a signature.
    """

    chain_id: int
    address: str
    timestamp: int
    agents: list[Agent] = field(default_factory=list)
    operators: set[tuple[str, str]] = field(default_factory=set)
    asks_contract: AsksContract = no_contract

    def agent(self, agent_id: int) -> Agent:
        """The agent of that id."""
        demand(0 <= agent_id < len(self.agents), NO_TOKEN)
        return self.agents[agent_id]

    def wallet(self, agent_id: int) -> str:
        """Where the agent is paid; the zero address if there is no wallet, or no agent."""
        return self.agents[agent_id].wallet if 0 <= agent_id < len(self.agents) else NOBODY

    def metadata(self, agent_id: int, key: str) -> bytes:
        """An entry; empty if there is none, or no agent."""
        is_known = 0 <= agent_id < len(self.agents)
        return self.agents[agent_id].metadata.get(key, b"") if is_known else b""

    def is_authorised(self, who: str, agent_id: int) -> bool:
        """Whether somebody may speak for the agent."""
        agent = self.agent(agent_id)
        return who in (agent.owner, agent.approved) or (agent.owner, who) in self.operators

    def register(
        self, sender: str, uri: str = "", metadata: Sequence[tuple[str, bytes]] = ()
    ) -> int:
        """Id of a new agent of the sender's, whose wallet is the sender."""
        demand(all(key != WALLET_KEY for key, _ in metadata), "reserved key")
        self.agents.append(Agent(sender, uri, sender, dict(metadata)))
        return len(self.agents) - 1

    def set_metadata(self, sender: str, agent_id: int, key: str, value: bytes) -> None:
        """Writes one entry."""
        self._demand_authorised(sender, agent_id)
        demand(key != WALLET_KEY, "reserved key")
        self.agents[agent_id].metadata[key] = value

    def set_uri(self, sender: str, agent_id: int, uri: str) -> None:
        """Names another registration file."""
        self._demand_authorised(sender, agent_id)
        self.agents[agent_id].uri = uri

    def set_wallet(
        self, sender: str, agent_id: int, wallet: str, deadline: int, signature: bytes
    ) -> None:
        """Names another wallet, which has signed that it wants to be it."""
        agent = self.agent(agent_id)
        demand(self.is_authorised(sender, agent_id), "Not authorized")
        demand(wallet != NOBODY, "bad wallet")
        demand(self.timestamp <= deadline, "expired")
        demand(deadline <= self.timestamp + MAX_DEADLINE_S, "deadline too far")
        document = wallet_document(
            self.chain_id, self.address, agent_id, wallet, agent.owner, deadline
        )
        is_signed = signer_of(document.digest, signature) == wallet
        is_signed = is_signed or self.asks_contract(wallet, document.digest, signature)
        demand(is_signed, "invalid wallet sig")
        agent.wallet = wallet

    def unset_wallet(self, sender: str, agent_id: int) -> None:
        """Leaves the agent without wallet."""
        self._demand_authorised(sender, agent_id)
        self.agents[agent_id].wallet = NOBODY

    def approve(self, sender: str, agent_id: int, to: str) -> None:
        """Lets one address speak for the agent, until it is transferred."""
        agent = self.agent(agent_id)
        is_entitled = sender == agent.owner or (agent.owner, sender) in self.operators
        demand(is_entitled, "ERC721InvalidApprover")
        agent.approved = to

    def set_operator(self, sender: str, operator: str, approved: bool) -> None:
        """Lets somebody, or no longer, speak for all agents of the sender."""
        demand(operator != NOBODY, "ERC721InvalidOperator")
        change = self.operators.add if approved else self.operators.discard
        change((sender, operator))

    def transfer(self, sender: str, source: str, to: str, agent_id: int) -> None:
        """Gives the agent away; its wallet and approval are forgotten."""
        demand(to != NOBODY, "ERC721InvalidReceiver")
        agent = self.agent(agent_id)
        demand(self.is_authorised(sender, agent_id), "ERC721InsufficientApproval")
        demand(source == agent.owner, "ERC721IncorrectOwner")
        agent.owner, agent.wallet, agent.approved = to, NOBODY, NOBODY

    def attempt(self, action: Callable[[], Any]) -> Any:
        """What the action returns; after a refusal the registry is as it was before.

        Raises:
            Refusal: the action's.
        """
        kept = copy.deepcopy((self.agents, self.operators))
        try:
            return action()
        except Refusal:
            self.agents, self.operators = kept
            raise

    def _demand_authorised(self, sender: str, agent_id: int) -> None:
        demand(self.is_authorised(sender, agent_id), "Not authorized")


def wallet_document(
    chain_id: int, registry: str, agent_id: int, wallet: str, owner: str, deadline: int
) -> TypedData:
    """What a wallet signs to become an agent's."""
    domain = {
        "name": "ERC8004IdentityRegistry",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": registry,
    }
    message = {"agentId": agent_id, "newWallet": wallet, "owner": owner, "deadline": deadline}
    fields = [{"name": name, "type": kind} for name, kind in WALLET_TYPE]
    return TypedData({"AgentWalletSet": fields}, "AgentWalletSet", domain, message)
