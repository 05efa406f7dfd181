"""The engine and the contracts side by side: one history, two answers, compared after every step.

`Twins` sends each operation to both worlds and demands the same result or the same refusal, and the
same money afterwards. What two implementations that share no line agree on, step by step over many
histories, is either right or wrong in both for the same reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from aicrypto.evm import Account, Chain
from aicrypto.ip import licensing, royalty
from aicrypto.ip.onchain.works import Works
from aicrypto.ip.refusals import Refusal
from aicrypto.ip.royalty.payments import TREASURY
from aicrypto.ip.state import HP, State, conserved
from aicrypto.ip.terms.terms import LAP, LRP, WIP, Terms

PEOPLE = ("ann", "bob", "cay")
RICH_WEI = 10**30
BASE = Terms(
    transferable=True,
    royalty_policy=LAP,
    commercial_use=True,
    derivatives_allowed=True,
    derivatives_reciprocal=True,
    currency=WIP,
)
MENU = (  # terms that meet, miss and contradict each other
    replace(BASE, rev_share=HP // 20, minting_fee=1_000_003),
    replace(BASE, rev_share=HP // 10, royalty_policy=LRP, minting_fee=7),
    replace(BASE, rev_share=HP // 3, expiration_s=50),
    replace(BASE, rev_share=HP // 7, derivatives_reciprocal=False),
    replace(BASE, rev_share=HP // 9, derivatives_reciprocal=False, royalty_policy=LRP),
    replace(BASE, rev_share=1, transferable=False),
    Terms(derivatives_allowed=True, derivatives_reciprocal=True),
    replace(BASE, derivatives_allowed=False, derivatives_reciprocal=False, minting_fee=99),
)


class Disagreement(AssertionError):
    """The engine and the contracts answered differently."""


@dataclass
class Twins:
    """Two worlds with one history.

    Attributes:
        works: ids of the registered works, the same in both.
        n_refused: how many operations both refused.
    """

    fee_percent: int = 0
    seed: str = "twins"
    works: list[str] = field(default_factory=list)
    n_ops: int = 0
    n_refused: int = 0

    def __post_init__(self) -> None:
        self.chain = Chain(seed=self.seed)
        self.people = [self.chain.account(name, RICH_WEI) for name in PEOPLE]
        self.operator = self.chain.account("operator")
        self.contracts = Works.deploy(self.chain, self.operator, fee_percent=self.fee_percent)
        self.state = State(fee_percent=self.fee_percent, now_s=self.chain.timestamp)
        self.state.listed_tokens = frozenset({WIP})
        for terms in MENU:
            ours = licensing.register_terms(self.state, terms)
            _compare("terms", ours, self.contracts.register_terms(terms, self.operator))

    def register(self, owner: Account) -> str:
        """A new work in both worlds."""
        content = len(self.works).to_bytes(32, "big")
        ip = self.contracts.register(owner, content, self.operator)
        licensing.register(self.state, ip, owner.address)
        self.works.append(ip)
        return ip

    def warp(self, seconds: int) -> None:
        """Time passes in both."""
        self.chain.warp(seconds)
        self.state.now_s += seconds

    def attach(self, ip: str, terms: int, by: Account) -> Any:
        """Offers licences."""
        return self._both(
            lambda: licensing.attach(self.state, ip, terms, by.address),
            lambda: self.contracts.attach(ip, terms, by),
        )

    def mint(self, ip: str, terms: int, amount: int, by: Account, **limits: int) -> Any:
        """Buys licences."""
        return self._both(
            lambda: (
                licensing.mint(
                    self.state, ip, terms, amount, by.address, by.address, **limits
                ).first_token
            ),
            lambda: self.contracts.mint(ip, terms, amount, by, by, **limits),
        )

    def transfer_token(self, token: int, source: Account, to: Account) -> Any:
        """Sells a licence on."""
        return self._both(
            lambda: licensing.transfer_token(self.state, token, source.address, to.address),
            lambda: self.contracts.transfer_token(token, source, to),
        )

    def derive(
        self, child: str, parents: list[str], terms: list[int], by: Account, **limits: int
    ) -> Any:
        """Makes a derivative."""
        return self._both(
            lambda: licensing.derive(self.state, child, parents, terms, by.address, **limits),
            lambda: self.contracts.derive(child, parents, terms, by, **limits),
        )

    def derive_with_tokens(self, child: str, tokens: list[int], by: Account) -> Any:
        """Makes a derivative by licences."""
        return self._both(
            lambda: licensing.derive_with_tokens(self.state, child, tokens, by.address),
            lambda: self.contracts.derive_with_tokens(child, tokens, by),
        )

    def pay(self, ip: str, amount: int, by: Account) -> Any:
        """Pays a work."""
        return self._both(
            lambda: royalty.pay(self.state, ip, WIP, amount, by.address).vault,
            lambda: self.contracts.pay(ip, amount, by),
        )

    def push(self, policy: str, ip: str, ancestor: str) -> Any:
        """Moves an ancestor's part into its vault."""
        return self._both(
            lambda: royalty.push(self.state, policy, ip, ancestor, WIP),
            lambda: self.contracts.push(policy, ip, ancestor, self.operator),
        )

    def claim(self, ip: str, holder: str) -> Any:
        """Pays a holder of royalty tokens."""
        return self._both(
            lambda: royalty.claim(self.state, ip, holder, WIP),
            lambda: self.contracts.claim(ip, holder, self.operator),
        )

    def sell(self, ip: str, source: Account, to: Account, amount: int) -> Any:
        """Sells royalty tokens that a person holds."""
        return self._both(
            lambda: royalty.transfer_royalty_tokens(
                self.state, ip, source.address, to.address, amount
            ),
            lambda: self.contracts.transfer_royalty_tokens(ip, source, to, amount),
        )

    def sell_own(self, ip: str, owner: Account, to: Account, amount: int) -> Any:
        """The work's account sells royalty tokens of its own."""
        return self._both(
            lambda: royalty.transfer_royalty_tokens(self.state, ip, ip, to.address, amount),
            lambda: self.contracts.sell_shares(ip, owner, to, amount),
        )

    def check_money(self) -> None:
        """Demands conservation in both worlds, and the same pockets.

        Raises:
            Disagreement: naming what differs.
        """
        _compare("conservation", conserved(self.state), self.contracts.is_conserved())
        _compare("conservation", True, self.contracts.is_conserved())
        treasury = self.contracts.royalty.treasury()
        _compare("treasury", self.state.cash[TREASURY, WIP], treasury)
        _compare("total", self.chain.minted_wei, self.chain.total_wei())
        for ip in self.works:
            ours = self.state.income[ip, WIP], royalty.claimable(self.state, ip, ip, WIP)
            contract = self.contracts.royalty
            _compare(f"vault of {ip}", ours, (contract.income(ip), contract.claimable(ip, ip)))

    def _both(self, ours: Callable[[], Any], theirs: Callable[[], Any]) -> Any:
        """The common result; None after a refusal by both for the same reason."""
        self.n_ops += 1
        results = [_answer(ours), _answer(theirs)]
        _compare(f"operation {self.n_ops}", *results)
        refused = isinstance(results[0], Refusal)
        self.n_refused += refused
        return None if refused else results[0]


def _answer(call: Callable[[], Any]) -> Any:
    try:
        return call() or 0
    except Refusal as refusal:
        return refusal


def _compare(what: str, ours: Any, theirs: Any) -> None:
    names = [x.name if isinstance(x, Refusal) else x for x in (ours, theirs)]
    if names[0] != names[1]:
        raise Disagreement(f"{what}: the engine says {ours!r}, the contracts {theirs!r}")
