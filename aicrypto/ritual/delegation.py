"""Subscriptions by signature: a consumer's signer signs, a node brings it on chain (EIP-712).

The digest binds chain, coordinator, nonce, expiry and every field of the subscription. The nonce
is what stops a replay: the same owner and nonce always give the same subscription, and that is
looked up before anything else. So a node that is handed a delegation must compare it with the
subscription of that number before it works.

`Ledger` says what the coordinator's contract says, without a chain.

Source: ritual-net/infernet-sdk@b183dc3, EIP712Coordinator; EIP-712.
"""

from dataclasses import dataclass, field

from aicrypto.evm import Account
from aicrypto.evm.signing import Signature, TypedData, recover, sign_digest
from aicrypto.ritual.subscriptions import KINDS, TIME_MASK, Subscription

NAME, VERSION = "InfernetCoordinator", "1"
DELEGATION, SUBSCRIPTION = "DelegateSubscription", "Subscription"
DELEGATION_KINDS = {"nonce": "uint32", "expiry": "uint32", "sub": SUBSCRIPTION}
TYPES = {
    structure: [{"name": name, "type": kind} for name, kind in kinds.items()]
    for structure, kinds in ((DELEGATION, DELEGATION_KINDS), (SUBSCRIPTION, KINDS))
}


class SignatureExpired(Exception):
    """The delegation came at or after its expiry."""


class SignerMismatch(Exception):
    """Somebody signed, but not the one who signs for the owner."""


@dataclass(frozen=True)
class Domain:
    """Where a delegation holds: one coordinator on one chain."""

    chain_id: int
    coordinator: str


@dataclass(frozen=True)
class Delegation:
    """An order that only its signature makes valid."""

    nonce: int
    expiry_s: int
    subscription: Subscription

    def document(self, domain: Domain) -> TypedData:
        """What the owner's signer signs."""
        where = {
            "name": NAME,
            "version": VERSION,
            "chainId": domain.chain_id,
            "verifyingContract": domain.coordinator,
        }
        sub = dict(zip(KINDS, self.subscription.fields, strict=True))
        message = {"nonce": self.nonce, "expiry": self.expiry_s, "sub": sub}
        return TypedData(TYPES, DELEGATION, where, message)

    def digest(self, domain: Domain) -> bytes:
        """32 bytes that are signed."""
        return self.document(domain).digest


@dataclass
class Ledger:
    """Delegations that one coordinator has seen.

    Attributes:
        subscriptions: what was created; number n stands at n - 1.
        created: number by owner and nonce.
    """

    domain: Domain
    subscriptions: list[Subscription] = field(default_factory=list)
    created: dict[tuple[str, int], int] = field(default_factory=dict)

    def create(self, delegation: Delegation, signature: Signature, now_s: int, signer: str) -> int:
        """Number of the subscription, old or new; `signer` signs for the owner at this time.

        Raises:
            SignatureExpired: if it is too late.
            InvalidSignature: if nobody can have signed this.
            SignerMismatch: if somebody else did.
        """
        key = delegation.subscription.owner.lower(), delegation.nonce
        if key in self.created:
            return self.created[key]
        if now_s & TIME_MASK >= delegation.expiry_s:
            raise SignatureExpired(f"expiry_s is {delegation.expiry_s}, now_s is {now_s}")
        found = recover(delegation.digest(self.domain), signature)
        if found != signer.lower():
            raise SignerMismatch(f"signed by {found}, not by {signer}")
        self.subscriptions.append(delegation.subscription)
        self.created[key] = len(self.subscriptions)
        return self.created[key]


def sign(delegation: Delegation, domain: Domain, signer: Account) -> Signature:
    """The signer's signature of a delegation."""
    return Signature.from_bytes(sign_digest(delegation.digest(domain), signer.private_key))
