"""The world that owned agents live in: one collection of NFTs, their accounts, money and a clock.

A small model of a chain in plain Python, exact in what matters here: who owns what, which account
may do what, and by which name a contract refuses. `aicrypto.evm` runs contracts of the same rules;
this one is for reading, and for histories of real contracts to be replayed on.

Three kinds of account exist, as deployed: `simple` and `upgradeable` of the ERC's reference (the
second by Manifold), and `v3` of Future Primitive's Tokenbound. Addresses are lower-case hex, money
is in wei, time in seconds.
Source: erc6551/reference@da16a63f; tokenbound/contracts@bce75f98; OpenZeppelin 4.9 ERC721.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from aicrypto.agents.refusals import REVERT, Refusal, demand
from aicrypto.evm.token_bound import REGISTRY, TokenBound

P = ParamSpec("P")
R = TypeVar("R")

Kind = Literal["simple", "upgradeable", "v3"]
UNMINTED = "ERC721: invalid token ID"


@dataclass
class BoundAccount:
    """What one deployed account remembers.

    Attributes:
        kind: whose code it runs.
        bound: the NFT that owns it.
        address: where it is.
        state: number that changes with everything the account does.
        locked_until: it refuses to act before this time (v3).
        permissions: (root owner, caller) -> may act (v3).
        nonce: what the next contract it creates is numbered.
    """

    kind: Kind
    bound: TokenBound
    address: str
    state: int = 0
    locked_until: int = 0
    permissions: dict[tuple[str, str], bool] = field(default_factory=dict)
    nonce: int = 1

    def copy(self) -> "BoundAccount":
        """The account as it is now, whatever becomes of this one."""
        return replace(self, permissions=dict(self.permissions))


@dataclass
class World:
    """One chain with one collection.

    Attributes:
        chain_id: of this chain.
        timestamp: seconds since 1970.
        nft: address of the collection.
        implementations: address of each kind's code.
        trusted_executors: may act for accounts of NFTs on other chains (v3's guardian).
        owners: of each token.
        balances: wei at each address.
        accounts: deployed accounts by address.
        created: contracts that accounts have created, sandboxes included.
    """

    chain_id: int
    timestamp: int
    nft: str
    implementations: dict[Kind, str]
    trusted_executors: frozenset[str] = frozenset()
    owners: dict[int, str] = field(default_factory=dict)
    balances: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, BoundAccount] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)

    def attempt(self, action: Callable[[], Any]) -> Any:
        """What the action returns; after a refusal the world is as it was before.

        Raises:
            Refusal: the action's.
        """
        kept = (dict(self.owners), dict(self.balances), set(self.created))
        accounts = [(account, account.copy()) for account in self.accounts.values()]
        try:
            return action()
        except Refusal:
            self.owners, self.balances, self.created = kept
            for account, before in accounts:
                vars(account).update(vars(before))
            self.accounts = {account.address: account for account, _ in accounts}
            raise

    def owner_of(self, contract: str, token_id: int) -> str:
        """Who owns a token; refused if nobody does, or that contract is no collection."""
        demand(contract == self.nft, REVERT)
        demand(token_id in self.owners, UNMINTED)
        return self.owners[token_id]

    def account(self, address: str) -> BoundAccount:
        """The account at an address; `revert` if there is none."""
        demand(address in self.accounts, REVERT)
        return self.accounts[address]

    def has_code(self, address: str) -> bool:
        """Whether a contract is at the address."""
        contracts = {self.nft, REGISTRY, *self.implementations.values()}
        return address in self.accounts or address in contracts or address in self.created

    def bind(
        self, kind: Kind, token_id: int, chain_id: int, salt: bytes, contract: str | None = None
    ) -> TokenBound:
        """The description of an NFT's account, deployed or not."""
        where = self.nft if contract is None else contract
        return TokenBound(self.implementations[kind], chain_id, where, token_id, salt)

    def create_account(self, kind: Kind, bound: TokenBound) -> str:
        """Address of the account, which now exists; a second call changes nothing."""
        address = bound.address()
        if address not in self.accounts:
            self.accounts[address] = BoundAccount(kind, bound, address)
        return address

    def move(self, sender: str, to: str, wei: int) -> None:
        """Pays; `revert` if the sender has less, or for less than nothing."""
        held = self.balances.get(sender, 0)
        demand(0 <= wei <= held, REVERT)
        self.balances[sender] = held - wei
        self.balances[to] = self.balances.get(to, 0) + wei


def whole(call: Callable[Concatenate[World, P], R]) -> Callable[Concatenate[World, P], R]:
    """The call, after whose refusal the world is as it was before."""

    @wraps(call)
    def attempted(world: World, /, *args: P.args, **named: P.kwargs) -> R:
        """What the call returns."""
        result: R = world.attempt(lambda: call(world, *args, **named))
        return result

    return attempted
