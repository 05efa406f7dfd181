"""Settling x402 payments on a chain: the token is `PaymentToken.vy`, the facilitator carries.

The facilitator sends the payer's signature to the token and pays the gas; it can neither change the
payment nor keep it. To verify, it tries the same transaction and takes it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aicrypto.agents.payments.authorization import PREFIX, Authorization, Domain
from aicrypto.agents.refusals import Refusal
from aicrypto.evm import Account, Contract, Reverted


@dataclass(frozen=True)
class ChainToken:
    """A token contract as a facilitator uses it.

    Attributes:
        contract: of `PaymentToken`.
        carrier: who sends the transactions.
    """

    contract: Contract
    carrier: Account

    @property
    def domain(self) -> Domain:
        """What payments in this token are signed for."""
        chain_id, address = self.contract.chain.chain_id, self.contract.address
        return Domain(self.contract.name(), self.contract.version(), chain_id, address)

    def check(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Refuses what the contract refuses now, by the chain's own clock and its own ERC-1271."""
        chain = self.contract.chain
        before = chain.snapshot()
        try:
            self.settle(now, paid, signature, wallets)
        finally:
            chain.revert(before)

    def settle(
        self, now: int, paid: Authorization, signature: bytes, wallets: Mapping[str, str]
    ) -> None:
        """Makes the payment on chain, once.

        Raises:
            Refusal: with x402's name of the contract's reason.
        """
        times = (paid.valid_after, paid.valid_before)
        money = (paid.payer, paid.payee, paid.value)
        try:
            self.contract.transferWithAuthorization(
                *money, *times, paid.nonce, signature, sender=self.carrier
            )
        except Reverted as reverted:
            raise Refusal(PREFIX + reverted.reason) from None
