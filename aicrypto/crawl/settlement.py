"""Payment on chain: heads that may only grow, and vouchers that outlive the validator.

The validator posts its ledger's heads to the contract DataLedger, which checks the consistency
proof of each before it believes it. Instead of sending a payment per receipt, it signs *vouchers*:
"this node has earned so much since the beginning". A node keeps the last one and claims when it
likes, also when the validator has died since. For what came after the last voucher the router
signs, but only after a time of silence and up to a cap over all nodes, since a router can invent as
many as it likes (who settles then is unpublished in the real network; this rule is our own).

Money is wei; a node is paid `wei_per_byte` for each payload byte of its accepted receipts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aicrypto.crawl.ledger import Ledger
from aicrypto.evm import Account, Chain, Contract, Party

CONTRACT = "DataLedger"
GRACE_S = 86_400


@dataclass(frozen=True)
class Voucher:
    """A signed word on what a node has earned since the beginning."""

    node: str
    total_wei: int
    signature: bytes


@dataclass(frozen=True)
class Settlement:
    """The contract of one validator and router."""

    contract: Contract
    wei_per_byte: int

    @classmethod
    def open(
        cls,
        chain: Chain,
        validator: Party,
        router: Party,
        *,
        sender: Party,
        funds_wei: int,
        wei_per_byte: int = 1,
        grace_s: int = GRACE_S,
        silent_cap_wei: int = 10**6,
    ) -> "Settlement":
        """A new contract that holds the funds; ValueError and Reverted as `Chain.deploy`."""
        terms = (validator, router, grace_s, silent_cap_wei)
        return cls(chain.deploy(CONTRACT, *terms, sender=sender, value=funds_wei), wei_per_byte)

    def post(self, ledger: Ledger, validator: Account) -> int:
        """Gas of posting the ledger's head, with the proof that it continues the posted one.

        Raises:
            Reverted: if it does not, or somebody else posts.
        """
        n_heads = self.contract.n_heads()
        posted = self.contract.heads(n_heads - 1)[0] if n_heads else 0
        path = ledger.prove_consistency(posted)
        self.contract.post(len(ledger), ledger.root(), path, sender=validator)
        return self.contract.chain.gas_used

    def voucher(self, node: Party, earned_bytes: int, signer: Account) -> Voucher:
        """A voucher over all that a node has earned; about 8 ms."""
        total_wei = earned_bytes * self.wei_per_byte
        signature = signer.sign(self.contract.voucher(node, total_wei))
        address = node if isinstance(node, str) else node.address
        return Voucher(address, total_wei, signature)

    def claim(self, voucher: Voucher, sender: Party) -> int:
        """Wei paid on a voucher; anybody may bring it, the node is paid.

        Raises:
            Reverted: if it is already paid, not signed by whom it must be, or funds are short.
        """
        paid: int = self.contract.claim(
            voucher.node, voucher.total_wei, voucher.signature, sender=sender
        )
        return paid

    def includes(self, ledger: Ledger, index: int, size: int) -> bool:
        """Whether the contract finds the ledger's entry in a posted head of that size."""
        path: Sequence[bytes] = ledger.prove_inclusion(index, size)
        return bool(self.contract.includes(ledger.leaf(index), index, size, path))
