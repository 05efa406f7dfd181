"""The protocol on a chain: works as NFTs, their accounts, licences and royalties in Vyper.

`Works` deploys the contracts and speaks to them in the engine's words: an IP is its account's
address, a refusal raises `Refusal` with the contracts' name, and nothing has changed. The path is
the one that money takes: register, offer, license, derive, pay, push, claim. The chain's own coin
stands for WIP, the only currency.

Who acts is a key holder, or an IP's account: then its owner signs, and the account executes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from aicrypto.evm import Account, Chain, Contract, Reverted
from aicrypto.evm.accounts import Party, address_of
from aicrypto.evm.token_bound import TokenBound
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.terms.terms import LAP, LRP, Terms, address_value

NOBODY = "0x" + 40 * "0"
CONTRACTS = ("TokenBoundAccount", "Collection", "IpRegistry", "IpRoyalty", "IpLicensing")


@dataclass(frozen=True)
class Works:
    """The contracts of one deployment.

    Attributes:
        implementation: the code that all IP accounts run.
        collection: the NFTs.
    """

    chain: Chain
    implementation: Contract
    collection: Contract
    registry: Contract
    royalty: Contract
    licensing: Contract

    @classmethod
    def deploy(
        cls, chain: Chain, operator: Account, name: str = "Works", fee_percent: int = 0
    ) -> "Works":
        """A fresh deployment; the operator gets the protocol's fees."""
        implementation = chain.deploy("TokenBoundAccount", sender=operator)
        collection = chain.deploy("Collection", name, sender=operator)
        registry = chain.deploy("IpRegistry", implementation, sender=operator)
        royalty = chain.deploy("IpRoyalty", fee_percent, sender=operator)
        licensing = chain.deploy("IpLicensing", registry, royalty, sender=operator)
        royalty.set_licensing(licensing, sender=operator)
        return cls(chain, implementation, collection, registry, royalty, licensing)

    @classmethod
    def at(cls, chain: Chain, addresses: Sequence[str]) -> "Works":
        """The deployment whose contracts are at these addresses, in the order of `addresses`.

        Raises:
            ValueError: if there is no contract at one of them, or their number is wrong.
        """
        pairs = zip(CONTRACTS, addresses, strict=True)
        return cls(chain, *(chain.at(name, address) for name, address in pairs))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the contracts are: account code, collection, registry, royalty, licensing."""
        contracts = (self.implementation, self.collection, self.registry, self.royalty)
        return tuple(c.address for c in (*contracts, self.licensing))

    # Works and offers

    def register(self, owner: Party, content: bytes, sender: Account) -> str:
        """Id of a new work: the NFT is minted to its owner and registered as IP."""
        token = self.collection.mint(owner, content, sender=sender)
        where = self.chain.chain_id, self.collection, token
        return str(self.registry.register(*where, sender=sender))

    def account_of(self, token: int) -> TokenBound:
        """The account of one of the collection's works."""
        where = self.chain.chain_id, self.collection.address, token
        return TokenBound(self.implementation.address, *where)

    def owner_of(self, ip: str) -> str:
        """Who owns a work."""
        return str(self.chain.at("TokenBoundAccount", ip).owner())

    def register_terms(self, terms: Terms, sender: Account) -> int:
        """Number of the terms; `Refusal` as in the engine."""
        return int(self._send(self.licensing, "register_terms", (as_tuple(terms),), sender))

    def attach(self, ip: str, terms: int, by: Account) -> None:
        """Offers licences of the IP under these terms."""
        self._send(self.licensing, "attach", (ip, terms), by)

    # Licences and derivatives

    def mint(
        self,
        ip: str,
        terms: int,
        amount: int,
        by: Account,
        to: Party | None,
        max_fee: int = 0,
        max_share: int = 0,
    ) -> int:
        """Number of the first of so many new licences."""
        arguments = (ip, terms, amount, to or NOBODY, max_fee, max_share)
        value = amount * self.licensing.fee_of(terms)
        return int(self._send(self.licensing, "mint", arguments, by, value))

    def transfer_token(self, token: int, source: Account, to: Party) -> None:
        """Sells a licence on."""
        self._send(self.licensing, "transfer_token", (token, to), source)

    def derive(
        self,
        child: str,
        parents: Sequence[str],
        terms: Sequence[int],
        by: Account,
        max_fee: int = 0,
        max_share: int = 0,
    ) -> int:
        """Fees paid for making the child a derivative."""
        value = sum(self.licensing.fee_of(number) for number in terms)
        arguments = (child, list(parents), list(terms), max_fee, max_share)
        return int(self._send(self.licensing, "derive", arguments, by, value))

    def derive_with_tokens(self, child: str, tokens: Sequence[int], by: Account) -> None:
        """Makes the child a derivative by licences bought before."""
        self._send(self.licensing, "derive_with_tokens", (child, list(tokens)), by)

    # Money

    def pay(self, ip: str, amount: int, by: Account) -> int:
        """Pays an IP; returns what went into its own vault."""
        return int(self._send(self.royalty, "pay", (ip, by), by, amount))

    def push(self, policy: str, ip: str, ancestor: str, by: Account) -> int:
        """Moves what an ancestor is due into its vault; anybody may."""
        arguments = (address_value(policy), ip, ancestor)
        return int(self._send(self.royalty, "push", arguments, by))

    def push_all(self, policy: str, ip: str, by: Account) -> int:
        """Moves what all ancestors are due, in one walk."""
        return int(self._send(self.royalty, "push_all", (address_value(policy), ip), by))

    def claim(self, ip: str, holder: Party, by: Account) -> int:
        """Pays a holder of the IP's royalty tokens; anybody may ask for it."""
        return int(self._send(self.royalty, "claim", (ip, holder), by))

    def transfer_royalty_tokens(self, ip: str, source: Account, to: Party, amount: int) -> None:
        """Sells royalty tokens; those of the IP itself are sold by its owner."""
        self._send(self.royalty, "transfer_royalty_tokens", (ip, to, amount), source)

    def sell_shares(self, ip: str, owner: Account, to: Party, amount: int) -> None:
        """The IP's account sells royalty tokens of its own; its owner signs."""
        function = self.royalty.function("transfer_royalty_tokens")
        self._execute(ip, owner, self.royalty, 0, function.encode(ip, to, amount))

    def withdraw(self, ip: str, owner: Account) -> int:
        """Everything that the IP's account holds, sent to the work's owner; returns the wei."""
        amount = self.chain.balance(ip)
        self._execute(ip, owner, owner, amount, b"")
        return amount

    def _execute(self, ip: str, owner: Account, to: Party, value: int, data: bytes) -> None:
        account = self.chain.at("TokenBoundAccount", ip)
        self._send(account, "execute", (address_of(to), value, data, 0), owner)

    def _send(
        self,
        contract: Contract,
        name: str,
        arguments: tuple[object, ...],
        sender: Account,
        value: int = 0,
    ) -> int:
        try:
            return contract.function(name)(*arguments, sender=sender, value=value) or 0
        except Reverted as reverted:
            raise Refusal(reverted.reason) from None

    def is_conserved(self) -> bool:
        """Whether the royalty contract holds its fees, its pools and its vaults, to the wei."""
        pools = sum(self.royalty.pools(address_value(policy)) for policy in (LAP, LRP))
        owed = self.royalty.treasury() + pools + self.royalty.in_vaults()
        return bool(self.chain.balance(self.royalty) == owed)


def as_tuple(terms: Terms) -> tuple[object, ...]:
    """The terms as the contract takes them."""
    names = ("royalty_policy", "commercializer_checker", "currency")
    values = {field.name: getattr(terms, field.name) for field in fields(terms)}
    return tuple(address_value(v) if name in names else v for name, v in values.items())
