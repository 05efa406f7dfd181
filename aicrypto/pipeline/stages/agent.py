"""The agent that orders a run: an NFT with an account of its own, and a key that acts for it.

    client -- owns --> agent (NFT, ERC-8004) --> account (ERC-6551) -- pays --> contracts
                                                    ^
                                  key (the program), allowed by the client

The client puts a budget into the account, and from there the agent pays for whatever it orders. All
that it owns and earns is the account's, so it goes where the NFT goes. The account is also the
agent's wallet: it has agreed to that by a signature, which is its owner's (ERC-1271).

A stranger finds the agent's acts among a chain's transactions: calls of the account's `execute`.
Money is wei, times are seconds.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from aicrypto.agents.agency import Agency
from aicrypto.agents.ownable.calldata import EXECUTE, EXECUTE_TYPES, unpack
from aicrypto.agents.trust import wallet_document
from aicrypto.evm import ETHER, Account, Chain, Contract
from aicrypto.evm.chain import Receipt
from aicrypto.evm.contract import ContractFunction
from aicrypto.evm.signing import sign_digest

KEY, AGENCY = "agent", "agency"  # accounts: of the agent's program, and of who deploys registries
BUDGET_WEI = 2 * ETHER
CONSENT_S = 300  # so long the account's agreement to be the wallet can be used


@dataclass(frozen=True)
class Agent:
    """An agent on a chain.

    Attributes:
        number: of its NFT.
        owner: who owns the NFT at first.
        key: acts for the account as long as this owner has the NFT.
        consent: digest and signature by which the account agreed to be the wallet.
    """

    agency: Agency
    number: int
    account: Contract
    owner: Account
    key: Account
    consent: tuple[bytes, bytes]

    @property
    def address(self) -> str:
        """The account's."""
        return self.account.address

    def act(self, function: ContractFunction, *arguments: Any, value: int = 0) -> Any:
        """What a contract's function returns when the account calls it.

        Raises:
            Reverted: if the account or the function refuses.
        """
        target, data = function.contract, function.encode(*arguments)
        answer = self.account.execute(target, value, data, 0, sender=self.key)
        [called] = [one for one in function.overloads if len(one.inputs) == len(arguments)]
        return called.decode_output(answer)

    def pay(self, to: Contract, value: int) -> None:
        """Moves wei from the account to a contract."""
        self.account.execute(to, value, b"", 0, sender=self.key)


@dataclass(frozen=True)
class Act:
    """What an account did: it sent so many wei and these bytes to somebody."""

    to: str
    wei: int
    data: bytes
    receipt: Receipt


def found(chain: Chain, owner: Account) -> Agent:
    """A new agent of the owner's with its budget, on a chain that knows no agents yet."""
    agency = Agency.deploy(chain, chain.account(AGENCY))
    number, account = agency.register(owner)
    key = chain.account(KEY)
    account.setPermissions([key], [True], sender=owner)
    identities, deadline = agency.identities, chain.timestamp + CONSENT_S
    named = chain.chain_id, identities.address, number, account.address, owner.address
    digest = wallet_document(*named, deadline).digest
    signature = sign_digest(digest, owner.private_key)
    identities.setAgentWallet(number, account, deadline, signature, sender=owner)
    chain.transfer(owner, account, BUDGET_WEI)
    return Agent(agency, number, account, owner, key, (digest, signature))


def paid_to(chain: Chain, to: str, account: str) -> list[Act]:
    """What was paid to a contract: by anybody's own transaction, or by this account."""
    direct = [
        Act(to, receipt.message.value_wei, receipt.message.data, receipt)
        for receipt in chain.receipts
        if receipt.message.to == to and receipt.message.value_wei and not receipt.halt
    ]
    return direct + [act for act in acts_of(chain, account) if act.to == to and act.wei]


def gas_of(chain: Chain, contracts: Collection[str], account: str) -> int:
    """Gas of all that was sent to these contracts, made them, or was sent by the account there."""
    sent = (r for r in chain.receipts if {r.message.to, r.created} & set(contracts))
    acted = (act.receipt for act in acts_of(chain, account) if act.to in contracts)
    return sum(receipt.gas_used for receipt in (*sent, *acted))


def acts_of(chain: Chain, account: str) -> list[Act]:
    """All that an account did, in order."""
    acts = []
    for receipt in chain.receipts:
        message = receipt.message
        if message.to == account and not receipt.halt and message.data.startswith(EXECUTE):
            to, wei, data, _ = unpack(EXECUTE_TYPES, message.data[len(EXECUTE) :])
            acts.append(Act(to.lower(), wei, data, receipt))
    return acts
